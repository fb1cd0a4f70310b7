"""Light, dark, or as the computer has it; words of every size; and colours one can read."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit import icon, theme
from primoro_campaigns.desktop.kit.button import icon_button
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.theme import Scheme, TextRole, TextSize
from primoro_campaigns.desktop.kit.token import DARK, LIGHT, RESOURCES, Tokens, Tone, tokens

SOURCE = RESOURCES.parent


@pytest.fixture
def app(qapp: QApplication) -> Iterator[QApplication]:
    font, palette, style = qapp.font(), qapp.palette(), qapp.style().name()
    yield qapp
    theme.apply(qapp, Scheme.LIGHT)
    qapp.styleHints().unsetColorScheme()
    qapp.setStyleSheet("")
    qapp.setFont(font)
    qapp.setPalette(palette)
    qapp.setStyle(style)


@pytest.mark.parametrize(("scheme", "wanted"), [(Scheme.LIGHT, LIGHT), (Scheme.DARK, DARK)])
def test_a_scheme_that_was_chosen_is_in_force(app: QApplication, scheme: Scheme, wanted: Tokens) -> None:
    theme.apply(app, scheme)
    assert tokens() is wanted
    assert wanted.window in app.styleSheet()
    assert app.palette().window().color().name().upper() == wanted.window


def test_system_is_what_the_computer_has_and_follows_it(app: QApplication) -> None:
    theme.apply(app, Scheme.DARK)
    theme.apply(app, Scheme.SYSTEM)
    assert tokens() is LIGHT, "the computer of the tests names no scheme"
    app.setStyleSheet("")
    app.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Unknown)
    assert LIGHT.window in app.styleSheet(), "dressed again when the computer changed"


def test_a_choice_of_ones_own_does_not_follow_the_computer(app: QApplication) -> None:
    theme.apply(app, Scheme.SYSTEM)
    theme.apply(app, Scheme.DARK)
    app.setStyleSheet("")
    app.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert app.styleSheet() == ""
    assert tokens() is DARK


def test_larger_words_are_larger_and_do_not_add_up(app: QApplication) -> None:
    theme.apply(app, Scheme.LIGHT)
    normal = app.font().pointSizeF()
    for _ in range(3):
        theme.apply(app, Scheme.LIGHT, TextSize.LARGEST)
    assert app.font().pointSizeF() == pytest.approx(normal * 1.3, abs=0.1)
    theme.apply(app, Scheme.LIGHT)
    assert app.font().pointSizeF() == pytest.approx(normal, abs=0.1)
    assert normal >= 9.75


def test_open_windows_change_at_once(app: QApplication, qtbot: QtBot) -> None:
    theme.apply(app, Scheme.LIGHT)
    control = icon_button("Close", "close", lambda: None)
    qtbot.addWidget(control)
    light = control.icon().cacheKey()
    theme.apply(app, Scheme.DARK)
    assert control.icon().cacheKey() != light


def test_a_role_can_be_given_and_changed(app: QApplication, qtbot: QtBot) -> None:
    theme.apply(app, Scheme.LIGHT)
    words = QLabel("Campaigns")
    qtbot.addWidget(words)
    words.show()
    before = words.sizeHint().height()
    theme.set_role(words, TextRole.TITLE)
    assert words.sizeHint().height() > before
    theme.set_role(words, TextRole.BODY)
    assert words.sizeHint().height() == before


# Colours


def luminance(colour: str) -> float:
    """WCAG 2.2, "relative luminance", of #RRGGBB."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_counted_as_wcag_does() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def words_on_grounds(t: Tokens) -> dict[str, tuple[str, str]]:
    """Every pair of words and ground that the theme and the painting widgets make."""
    grounds = {name: getattr(t, name) for name in ("window", "bar", "surface", "sunken", "hover")}
    pairs = {
        f"{words} on {name}": (getattr(t, words), ground)
        for words in ("text", "text_muted", "accent_text")
        for name, ground in {**grounds, "accent_soft": t.accent_soft}.items()
    }
    for ground in ("accent", "accent_hover", "accent_pressed"):
        pairs[f"on_accent on {ground}"] = (t.on_accent, getattr(t, ground))
    for ground in ("danger", "danger_hover"):
        pairs[f"on_danger on {ground}"] = (t.on_danger, getattr(t, ground))
    for tone in Tone:
        colours = t.tone(tone)
        pairs[f"{tone} on its own ground"] = (colours.text, colours.soft)
        pairs[f"words on the ground of {tone}"] = (t.text, colours.soft)
    pairs["an error on a card"] = (t.error.text, t.surface)
    pairs["an error on the window"] = (t.error.text, t.window)
    pairs["a tooltip"] = (t.surface, t.text)
    return pairs


def marks_on_grounds(t: Tokens) -> dict[str, tuple[str, str]]:
    """Edges, rings, bars and dots that tell something: WCAG 1.4.11 asks for 3 to 1."""
    pairs = {
        f"{mark} on {ground}": (getattr(t, mark), getattr(t, ground))
        for mark in ("border_strong", "focus", "accent", "danger")
        for ground in ("surface", "window")
    }
    pairs |= {f"the bar of {tone}": (t.tone(tone).solid, t.surface) for tone in Tone}
    pairs["the focus in a chosen row"] = (t.focus, t.accent_soft)
    return pairs


@pytest.mark.parametrize("t", [LIGHT, DARK], ids=lambda t: str(t.name))
def test_words_can_be_read_on_every_ground(t: Tokens) -> None:
    weak = {
        name: round(contrast(*pair), 2) for name, pair in words_on_grounds(t).items() if contrast(*pair) < 4.5
    }
    assert weak == {}


@pytest.mark.parametrize("t", [LIGHT, DARK], ids=lambda t: str(t.name))
def test_edges_and_marks_can_be_seen(t: Tokens) -> None:
    weak = {
        name: round(contrast(*pair), 2) for name, pair in marks_on_grounds(t).items() if contrast(*pair) < 3
    }
    assert weak == {}


def test_no_colour_is_written_but_in_the_one_table() -> None:
    sheet = (RESOURCES / "theme" / "theme.qss").read_text(encoding="utf-8")
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b(?=[^{]*})", sheet) == []
    elsewhere = [
        path.name
        for path in (SOURCE / "desktop").rglob("*.py")
        if path.name != "token.py" and re.search(r"[\"']#[0-9A-Fa-f]{6}[\"']", path.read_text("utf-8"))
    ]
    assert elsewhere == []


@pytest.mark.parametrize("t", [LIGHT, DARK], ids=lambda t: str(t.name))
def test_the_style_sheet_names_only_what_there_is(t: Tokens) -> None:
    sheet = theme.style_sheet(t, 10.0)
    assert "$" not in sheet
    art = re.findall(r'url\("([^"]+)"\)', sheet)
    assert art
    assert [path for path in art if not Path(path).exists()] == []


# Icons


def test_every_icon_that_is_named_is_there_and_drawn() -> None:
    named: set[str] = set()
    for path in (SOURCE / "desktop").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'icon_name="([a-z-]+)"', text))
        named |= set(re.findall(r'icon_button\(\s*(?:"[^"]*"|[\w.]+),\s*"([a-z-]+)"', text))
        named |= set(re.findall(r'EmptyState\(\s*"([a-z-]+)"', text))
        named |= set(re.findall(r'icon\.(?:icon|pixmap)\(\s*"([a-z-]+)"', text))
        named |= set(re.findall(r'icon\.put\([^,]+,\s*"([a-z-]+)"', text))
    assert len(named) > 8
    assert named - set(icon.names()) == set()


@pytest.mark.parametrize("name", icon.names())
def test_an_icon_is_drawn_in_the_colour_asked_for(qapp: QApplication, name: str) -> None:
    assert qapp is not None
    picture = icon.pixmap(name, Tint.ERROR, 24).toImage()
    colours = {
        picture.pixelColor(x, y).name().upper()
        for x in range(24)
        for y in range(24)
        if picture.pixelColor(x, y).alpha() == 255
    }
    assert tokens().error.text in colours
