"""Puts the tokens on the application: Fusion underneath, palette and style sheet on top."""

import string
from collections.abc import Callable
from enum import StrEnum

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.token import DARK, LIGHT, RADIUS, RESOURCES, SCHEME_PROPERTY, Tokens

_BASE = "primoroBasePointSize"
_STYLE = "Fusion"
_STYLED = "primoroStyled"
_FOLLOWER = "primoroSchemeFollower"


class Scheme(StrEnum):
    """The person's choice of light or dark; ``SYSTEM`` follows the computer, also when it changes."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class TextSize(StrEnum):
    """How large words are, against the computer's own setting."""

    NORMAL = "normal"
    LARGE = "large"
    LARGEST = "largest"


_SCALE = {TextSize.NORMAL: 1.0, TextSize.LARGE: 1.15, TextSize.LARGEST: 1.3}


class TextRole(StrEnum):
    """Set on a label with ``set_role``: how its words are set."""

    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    STRONG = "strong"
    MUTED = "muted"
    CAPTION = "caption"


ROLE_SCALE = {
    TextRole.TITLE: 1.5,
    TextRole.HEADING: 1.15,
    TextRole.BODY: 1.0,
    TextRole.STRONG: 1.0,
    TextRole.MUTED: 1.0,
    TextRole.CAPTION: 0.92,
}


def set_role(widget: QWidget, role: str) -> None:
    """Give a widget a look: labels a ``TextRole``, buttons ``primary``, ``quiet``, ``danger`` or ``link``,
    frames ``card``, ``panel`` or ``page``. May be called again to change it.
    """
    widget.setProperty("role", str(role))
    restyle(widget)


def restyle(widget: QWidget) -> None:
    """Let the style sheet look again at a widget whose properties changed, if it has looked at it at all."""
    if not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):
        return
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def em(share: float = 1.0) -> int:
    """Pixels for ``share`` times the height of ordinary words: sizes that must grow with the text."""
    return round(QFontMetrics(QApplication.font()).height() * share)


class _Follower(QObject):
    """Applies the theme again when the computer turns light or dark."""

    def __init__(self, app: QApplication, again: Callable[[], None]) -> None:
        super().__init__(app)
        self.setObjectName(_FOLLOWER)
        self.again = again
        app.styleHints().colorSchemeChanged.connect(self._changed)

    def _changed(self, _scheme: Qt.ColorScheme) -> None:
        self.again()


def new_application(program: str) -> QApplication:
    """Born in the style that ``apply`` dresses. To be given it later takes longer: PySide then makes all that
    belongs to styles.
    """
    app = QApplication([program, "-style", _STYLE])
    app.setProperty(_STYLED, True)
    return app


def apply(app: QApplication, scheme: Scheme = Scheme.SYSTEM, text_size: TextSize = TextSize.NORMAL) -> None:
    """Dress the application. May be called again at any time; open windows change at once."""
    hints = app.styleHints()
    follower = app.findChild(_Follower, _FOLLOWER)
    if not isinstance(follower, _Follower):
        if not app.property(_STYLED):
            app.setStyle(_STYLE)
        app.setProperty(_BASE, _point_size(app.font()))
        follower = _Follower(app, lambda: None)
    follower.again = lambda: None
    if scheme is Scheme.SYSTEM:
        hints.unsetColorScheme()
        chosen = DARK if hints.colorScheme() is Qt.ColorScheme.Dark else LIGHT
        follower.again = lambda: apply(app, scheme, text_size)
    else:
        chosen = DARK if scheme is Scheme.DARK else LIGHT
        hints.setColorScheme(Qt.ColorScheme.Dark if chosen is DARK else Qt.ColorScheme.Light)
    app.setProperty(SCHEME_PROPERTY, chosen.name)
    font = app.font()
    base = float(app.property(_BASE)) * _SCALE[text_size]
    font.setPointSizeF(base)
    app.setFont(font)
    app.setPalette(palette(chosen))
    app.setStyleSheet(style_sheet(chosen, base))
    icon.refresh(app)
    for widget in app.allWidgets():
        changed = getattr(widget, "theme_changed", None)
        if callable(changed):
            changed()


def _point_size(font: QFont) -> float:
    """The system's own size, but never below 9.75 points, which is 13 px on an ordinary screen."""
    size = font.pointSizeF()
    if size <= 0:
        size = QFontInfo(font).pointSizeF()
    return max(size, 9.75)


def palette(t: Tokens) -> QPalette:
    """For what Fusion draws by itself and for widgets without a rule in the style sheet."""
    result = QPalette()
    role = QPalette.ColorRole
    for name, colour in (
        (role.Window, t.window),
        (role.WindowText, t.text),
        (role.Base, t.surface),
        (role.AlternateBase, t.hover),
        (role.ToolTipBase, t.text),
        (role.ToolTipText, t.surface),
        (role.PlaceholderText, t.text_muted),
        (role.Text, t.text),
        (role.Button, t.surface),
        (role.ButtonText, t.text),
        (role.BrightText, t.on_danger),
        (role.Highlight, t.accent_soft),
        (role.HighlightedText, t.text),
        (role.Link, t.accent_text),
        (role.LinkVisited, t.accent_text),
        (role.Light, t.surface),
        (role.Midlight, t.border),
        (role.Mid, t.border),
        (role.Dark, t.border_strong),
        (role.Shadow, t.border_strong),
        (role.Accent, t.accent),
    ):
        result.setColor(name, QColor(colour))
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        result.setColor(QPalette.ColorGroup.Disabled, name, QColor(t.text_disabled))
    return result


def style_sheet(t: Tokens, base: float) -> str:
    """``base`` is the size of ordinary words in points."""
    values: dict[str, object] = {key: getattr(t, key) for key in t.__dataclass_fields__}
    values |= {f"pt_{role.value}": f"{base * scale:.2f}pt" for role, scale in ROLE_SCALE.items()}
    values |= {
        "error_text": t.error.text,
        "radius": f"{RADIUS}px",
        "art": (RESOURCES / "theme" / t.name).as_posix(),
    }
    return string.Template(_SHEET).substitute(values)


_SHEET = (RESOURCES / "theme" / "theme.qss").read_text(encoding="utf-8")
