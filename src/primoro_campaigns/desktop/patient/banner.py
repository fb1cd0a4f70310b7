"""The banner over a patient's file: in words, what is in force and what ends it."""

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.label import clear_layout, column, label, row
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, RADIUS, Tone, tokens
from primoro_campaigns.desktop.patient.in_force import Fact, Gravity

_TONES = {Gravity.ALL: Tone.ERROR, Gravity.SOME: Tone.WARNING, Gravity.WAITING: Tone.INFO}
_ICONS = {Gravity.ALL: "restrict", Gravity.SOME: "warning", Gravity.WAITING: "clock"}


class Banner(QWidget):
    """Takes no room while nothing is in force."""

    def __init__(self) -> None:
        super().__init__()
        self._facts: tuple[Fact, ...] = ()
        self._marks: list[tuple[QLabel, Fact]] = []
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(4 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        self._layout.setSpacing(2 * GRID)
        self.hide()

    def text(self) -> str:
        """All of it, one fact a line."""
        return "\n".join(f"{fact.words} {fact.more}" for fact in self._facts)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        if tuple(facts) == self._facts:
            return
        self._facts = tuple(facts)
        clear_layout(self._layout)
        self._marks = []
        for fact in self._facts:
            mark = QLabel()
            mark.setAlignment(Qt.AlignmentFlag.AlignTop)
            self._marks.append((mark, fact))
            words = column(label(fact.words, TextRole.STRONG, wrap=True), label(fact.more, wrap=True), gap=0)
            line = row(mark, words, gap=2)
            line.setStretch(1, 1)
            self._layout.addLayout(line)
        self.setAccessibleName("In force for this patient")
        self.setAccessibleDescription(self.text())
        self.setVisible(bool(self._facts))
        self.theme_changed()

    def theme_changed(self) -> None:
        for mark, fact in self._marks:
            tint = Tint(_TONES[fact.gravity].value)
            mark.setPixmap(icon.pixmap(_ICONS[fact.gravity], tint, 20, self.devicePixelRatioF()))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self._facts:
            return
        colours = tokens().tone(_TONES[max(fact.gravity for fact in self._facts)])
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.soft))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.setBrush(QColor(colours.solid))
        painter.drawRoundedRect(QRectF(0, 0, 4, self.height()), 2, 2)
        painter.end()
