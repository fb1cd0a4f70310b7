"""The Details tab: two cards of lines, each with what is to know about it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.label import box, clear_layout, column, label, row
from primoro_campaigns.desktop.kit.theme import TextRole, em, set_role
from primoro_campaigns.desktop.kit.token import GRID
from primoro_campaigns.desktop.local.patients import PatientFile
from primoro_campaigns.desktop.patient.details import NONE, Line, practice_lines, reach_lines


class DetailsView(QScrollArea):
    def __init__(self) -> None:
        super().__init__()
        self._reach = _Card("How to reach the patient")
        self._practice = _Card("At the practice")
        cards = row(self._reach, self._practice, gap=4)
        cards.setStretch(0, 3)
        cards.setStretch(1, 2)
        cards.setAlignment(self._reach, Qt.AlignmentFlag.AlignTop)
        cards.setAlignment(self._practice, Qt.AlignmentFlag.AlignTop)
        page = QWidget()
        set_role(page, "scrolled")
        inside = QVBoxLayout(page)
        inside.setContentsMargins(0, 4 * GRID, 0, 0)
        inside.addLayout(cards)
        inside.addStretch(1)
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Details")

    def show_file(self, file: PatientFile) -> None:
        self._reach.show_lines(reach_lines(file))
        self._practice.show_lines(practice_lines(file))


class _Card(QFrame):
    def __init__(self, title: str) -> None:
        super().__init__()
        set_role(self, "card")
        self._lines: tuple[Line, ...] = ()
        self._marks: list[QLabel] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(5 * GRID)
        self._grid.setVerticalSpacing(3 * GRID)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnMinimumWidth(0, em(7))
        self.setLayout(column(label(title, TextRole.HEADING), self._grid, gap=4, margin=5))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    def show_lines(self, lines: Sequence[Line]) -> None:
        if tuple(lines) == self._lines:
            return
        self._lines = tuple(lines)
        self._marks = []
        clear_layout(self._grid)
        for number, line in enumerate(self._lines):
            caption = label(line.caption, TextRole.MUTED)
            self._grid.addWidget(caption, number, 0, Qt.AlignmentFlag.AlignTop)
            muted = line.value == NONE
            value = label(line.value, TextRole.MUTED if muted else TextRole.BODY, wrap=True, copy=not muted)
            value.setAccessibleName(f"{line.caption}: {line.value}. {line.remark}".strip())
            self._grid.addWidget(box(self._value(value, line)), number, 1)
        self.theme_changed()

    def _value(self, value: QLabel, line: Line) -> QVBoxLayout:
        if not line.remark:
            return column(value, gap=0)
        remark = label(line.remark, TextRole.CAPTION, wrap=True)
        if not line.wrong:
            return column(value, remark, gap=0)
        mark = QLabel()
        self._marks.append(mark)
        beside = row(mark, remark, gap=1)
        beside.setStretch(1, 1)
        return column(value, beside, gap=0)

    def theme_changed(self) -> None:
        for mark in self._marks:
            mark.setPixmap(icon.pixmap("warning", Tint.WARNING, 16, self.devicePixelRatioF()))
