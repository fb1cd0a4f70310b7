"""The program's own icons: 24-pixel strokes, tinted from the tokens."""

from enum import StrEnum
from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QApplication

from primoro_campaigns.desktop.kit.token import RESOURCES, Tokens, tokens

_FOLDER = RESOURCES / "icons"
_SHOWN = "primoroIcon"
_TINT = "primoroIconTint"


class Tint(StrEnum):
    """What an icon stands on or means. Disabled states are greyed by themselves."""

    TEXT = "text"
    MUTED = "text_muted"
    ACCENT = "accent_text"
    ON_ACCENT = "on_accent"
    ON_DANGER = "on_danger"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    ERROR = "error"
    NEUTRAL = "neutral"


def names() -> tuple[str, ...]:
    """Every icon there is."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.svg")))


def icon(name: str, tint: Tint = Tint.TEXT, size: int = 16) -> QIcon:
    """The icon in the tokens in force, for the ``size`` in which it is shown. Ask again after the theme
    changed, or use ``put``.
    """
    t = tokens()
    ratios = {1.0, *(screen.devicePixelRatio() for screen in QApplication.screens())}
    return _icon(name, _colour(t, tint), t.text_disabled, frozenset(round(size * each) for each in ratios))


def pixmap(name: str, tint: Tint, size: int, ratio: float = 1.0) -> QPixmap:
    """``size`` in device-independent pixels, ``ratio`` the screen's device pixel ratio."""
    return coloured(name, _colour(tokens(), tint), size, ratio)


def put(button: QAbstractButton, name: str, tint: Tint = Tint.TEXT, size: int = 16) -> None:
    """Show an icon on a button, and keep it in the right colour when the theme changes."""
    button.setProperty(_SHOWN, name)
    button.setProperty(_TINT, str(tint))
    button.setIcon(icon(name, tint, size))
    button.setIconSize(QSize(size, size))


def refresh(app: QApplication) -> None:
    """Colour again what ``put`` has shown. Called by the theme."""
    for widget in app.allWidgets():
        name = widget.property(_SHOWN)
        if name and isinstance(widget, QAbstractButton):
            tint = Tint(str(widget.property(_TINT)))
            widget.setIcon(icon(str(name), tint, widget.iconSize().width()))


def _colour(t: Tokens, tint: Tint) -> str:
    value = getattr(t, tint.value)
    return value if isinstance(value, str) else str(value.text)


@cache
def _source(name: str) -> bytes:
    return (_FOLDER / f"{name}.svg").read_bytes()


@cache
def coloured(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon in any colour, cached. For widgets that paint themselves."""
    pixels = round(size * ratio)
    result = QPixmap(pixels, pixels)
    result.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(_source(name).replace(b"currentColor", colour.encode())))
    painter = QPainter(result)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    result.setDevicePixelRatio(ratio)
    return result


@cache
def _icon(name: str, colour: str, disabled: str, sizes: frozenset[int]) -> QIcon:
    result = QIcon()
    for size in sorted(sizes):
        for mode, shade in (
            (QIcon.Mode.Normal, colour),
            (QIcon.Mode.Active, colour),
            (QIcon.Mode.Selected, colour),
            (QIcon.Mode.Disabled, disabled),
        ):
            result.addPixmap(coloured(name, shade, size), mode)
    return result
