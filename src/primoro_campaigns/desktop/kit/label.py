"""Labels and small layout pieces that every page uses."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QLayout, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.theme import TextRole, set_role
from primoro_campaigns.desktop.kit.token import GRID


def label(
    text: str = "", role: TextRole = TextRole.BODY, *, wrap: bool = False, copy: bool = False
) -> QLabel:
    """Words, always plain text: a patient's name is never read as HTML. ``copy`` lets people select them."""
    result = QLabel(text)
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setWordWrap(wrap)
    if copy:
        result.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
    set_role(result, role)
    return result


def rule() -> QFrame:
    """A thin line between parts of a page."""
    result = QFrame()
    set_role(result, "rule")
    return result


def column(*parts: QWidget | QLayout | None, gap: int = 2, margin: int = 0) -> QVBoxLayout:
    """Parts below each other; ``gap`` and ``margin`` in grid steps of 4 pixels, None is a stretch."""
    layout = QVBoxLayout()
    _fill(layout, parts, gap, margin)
    return layout


def row(*parts: QWidget | QLayout | None, gap: int = 2, margin: int = 0) -> QHBoxLayout:
    """Parts beside each other; ``gap`` and ``margin`` in grid steps of 4 pixels, None is a stretch."""
    layout = QHBoxLayout()
    _fill(layout, parts, gap, margin)
    return layout


def _fill(layout: QBoxLayout, parts: tuple[QWidget | QLayout | None, ...], gap: int, margin: int) -> None:
    layout.setSpacing(gap * GRID)
    layout.setContentsMargins(*([margin * GRID] * 4))
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)


def box(layout: QLayout, role: str = "") -> QFrame:
    """A frame around a layout; ``role`` "card" draws it as a card on the page."""
    result = QFrame()
    result.setLayout(layout)
    if role:
        set_role(result, role)
    return result


def clear_layout(layout: QLayout) -> None:
    """Take everything out of a layout and delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        inner = item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear_layout(inner)
