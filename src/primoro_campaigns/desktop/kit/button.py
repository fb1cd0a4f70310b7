"""Buttons with their look, icon and name set in one go. Space and Enter press them."""

from collections.abc import Callable

from PySide6 import QtWidgets
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.theme import em, set_role
from primoro_campaigns.desktop.kit.token import tokens

_TINTS = {"primary": Tint.ON_ACCENT, "danger": Tint.ON_DANGER, "link": Tint.ACCENT}


def button(
    text: str, pressed: Callable[[], None], *, role: str = "", icon_name: str = "", tooltip: str = ""
) -> QPushButton:
    """``text`` carries the mnemonic ("&New campaign"). ``role``: "" plain, "primary" (one a page), "quiet",
    "danger" or "link". Where a button is disabled, ``tooltip`` should say why (``set_allowed``).
    """
    result = QPushButton(text)
    # So that Enter presses the button that has the focus; in a dialog, that one and not OK.
    result.setAutoDefault(True)
    result.setAccessibleName(text.replace("&", ""))
    result.setToolTip(tooltip)
    if role:
        set_role(result, role)
    if icon_name:
        icon.put(result, icon_name, _TINTS.get(role, Tint.TEXT))
    result.clicked.connect(lambda: pressed())
    return result


def menu_button(text: str, menu: QMenu, *, role: str = "quiet", name: str = "") -> QPushButton:
    """A button that opens ``menu``; ``name`` is what a screen reader says in place of ``text``."""
    result = QPushButton(text)
    result.setAutoDefault(True)
    result.setAccessibleName(name or text.replace("&", ""))
    set_role(result, role)
    result.setMenu(menu)
    return result


class ChoiceButton(QPushButton):
    """Looks as a list box does and opens a menu; its words stand to the left and end in dots if they must."""

    def __init__(self, name: str, menu: QMenu) -> None:
        super().__init__()
        self.setAutoDefault(True)
        self.setAccessibleName(name)
        set_role(self, "choice")
        self.setMenu(menu)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 46, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's own name
        return QSize(em(5), self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        # The style sheet draws the words of a button with a menu from its very edge.
        option = QtWidgets.QStyleOptionButton()
        self.initStyleOption(option)
        words, option.text = option.text, ""
        painter = QPainter(self)
        self.style().drawControl(QtWidgets.QStyle.ControlElement.CE_PushButton, option, painter, self)
        t = tokens()
        room = self.rect().adjusted(12, 0, -30, 0)
        painter.setPen(QColor(t.text if self.isEnabled() else t.text_disabled))
        painter.drawText(
            room,
            int((Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter).value),
            option.fontMetrics.elidedText(words, Qt.TextElideMode.ElideRight, room.width()),
        )
        painter.end()


class _IconButton(QToolButton):
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


def icon_button(name: str, icon_name: str, pressed: Callable[[], None]) -> QToolButton:
    """A button that is only an icon; ``name`` is its tooltip and what a screen reader says."""
    result = _IconButton()
    result.setAccessibleName(name)
    result.setToolTip(name)
    icon.put(result, icon_name, Tint.MUTED)
    result.clicked.connect(lambda: pressed())
    return result


def set_allowed(control: QPushButton | QToolButton, allowed: bool, why_not: str = "") -> None:
    """Enable or disable; while disabled the tooltip and the accessible description say why."""
    control.setEnabled(allowed)
    control.setToolTip("" if allowed else why_not)
    control.setAccessibleDescription("" if allowed else why_not)
