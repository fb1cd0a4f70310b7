"""The workspace bar: one button for each room, with the number of things that wait there."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QApplication,
    QButtonGroup,
    QFrame,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.theme import em, set_role
from primoro_campaigns.desktop.kit.token import GRID, tokens
from primoro_campaigns.desktop.shell.room import Room

_MOST_SHOWN = 99


class WorkspaceButton(QToolButton):
    """A room's button. The counter is part of its accessible name, not of its picture alone."""

    def __init__(self, room: Room, shortcut: str) -> None:
        super().__init__()
        self._title = room.title.replace("&", "")
        self._number = 0
        self._shortcut = shortcut
        self.setObjectName(f"shell.{room.name}")
        self.setText(room.title)
        self.setCheckable(True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        set_role(self, "workspace")
        icon.put(self, room.icon, Tint.TEXT, 24)
        self.show_number(0)

    def show_number(self, number: int) -> None:
        self._number = number
        waiting = f", {number:,} waiting" if number else ""
        self.setAccessibleName(f"{self._title}{waiting}")
        self.setToolTip(f"{self._title}{waiting} ({self._shortcut})")
        self.update()

    @property
    def number(self) -> int:
        return self._number

    def sizeHint(self) -> QSize:
        return QSize(em(5.4), em(3.9))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._number:
            return
        text = f"{self._number}" if self._number <= _MOST_SHOWN else f"{_MOST_SHOWN}+"
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.8)
        font.setBold(True)
        painter.setFont(font)
        height = painter.fontMetrics().height()
        width = max(height, painter.fontMetrics().horizontalAdvance(text) + 8)
        place = QRectF(self.width() / 2 + 8, 5, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens().danger))
        painter.drawRoundedRect(place, height / 2, height / 2)
        painter.setPen(QColor(tokens().on_danger))
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()


def _width_for(rooms: Sequence[Room]) -> int:
    """Wide enough for the longest title, also when it is the chosen one and set in bold."""
    font = QFont(QApplication.font())
    font.setWeight(QFont.Weight.DemiBold)
    metrics = QFontMetrics(font)
    longest = max(
        (metrics.horizontalAdvance(room.title.replace("&", "")) for room in rooms if room.icon), default=0
    )
    return max(em(6.4), longest + 9 * GRID)


class WorkspaceBar(QFrame):
    """Buttons below each other; exactly one is on."""

    def __init__(
        self, rooms: Sequence[Room], chosen: Callable[[Room], None], foot: QWidget | None = None
    ) -> None:
        """``foot`` stands at the bottom; the bar that has it last keeps it."""
        super().__init__()
        self.setObjectName("workspaceBar")
        self.setAccessibleName("Workspaces")
        self._buttons: dict[str, WorkspaceButton] = {}
        group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 3 * GRID, 2 * GRID, 3 * GRID)
        layout.setSpacing(GRID)
        for number, room in enumerate((room for room in rooms if room.icon), start=1):
            button = WorkspaceButton(room, f"Ctrl+{number}")
            button.clicked.connect(lambda _checked=False, to=room: chosen(to))
            group.addButton(button)
            self._buttons[room.name] = button
            layout.addWidget(button)
        layout.addStretch(1)
        if foot is not None:
            layout.addWidget(foot)
        self.setFixedWidth(_width_for(rooms))

    def choose(self, name: str) -> None:
        """Show which room one is in; a room without a button leaves the choice as it is."""
        if name in self._buttons:
            self._buttons[name].setChecked(True)

    def show_number(self, name: str, number: int) -> None:
        self._buttons[name].show_number(number)
