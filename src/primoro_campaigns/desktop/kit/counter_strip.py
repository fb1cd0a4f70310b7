"""Counters that filter: how many there are of each, and a click shows only those."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from primoro_campaigns.desktop.kit.token import GRID, RADIUS, Tone, tokens


@dataclass(frozen=True)
class Counter:
    """``key`` is what the listener hears; ``tone`` colours the dot before the words."""

    key: str
    words: str
    tone: Tone = Tone.NEUTRAL


class _Tile(QAbstractButton):
    def __init__(self, counter: Counter) -> None:
        super().__init__()
        self.counter = counter
        self.number: int | None = None
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_number(None)

    def show_number(self, number: int | None) -> None:
        self.number = number
        self.setAccessibleName(self.counter.words if number is None else f"{self.counter.words}, {number:,}")
        self.updateGeometry()
        self.update()

    def _big(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _shown(self) -> str:
        return "–" if self.number is None else f"{self.number:,}"

    def sizeHint(self) -> QSize:
        big = QFontMetrics(self._big())
        small = self.fontMetrics()
        width = max(big.horizontalAdvance(self._shown()), small.horizontalAdvance(self.counter.words) + 14)
        return QSize(max(112, width + 32), big.height() + small.height() + 20)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave):
            self.update()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        on = self.isChecked()
        fill = t.accent_soft if on else t.hover if self.underMouse() else t.surface
        edge = t.focus if self.hasFocus() else t.accent if on else t.border
        width = 2.0 if self.hasFocus() else 1.0
        painter.setBrush(QColor(fill))
        painter.setPen(QPen(QColor(edge), width))
        inset = width / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
        left, top = 16, 8
        painter.setFont(self._big())
        painter.setPen(QColor(t.accent_text if on else t.text))
        height = painter.fontMetrics().height()
        painter.drawText(QRectF(left, top, self.width() - left, height), self._shown())
        painter.setFont(self.font())
        small = painter.fontMetrics().height()
        line = top + height + 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(t.tone(self.counter.tone).solid))
        painter.drawEllipse(QRectF(left, line + small / 2 - 3, 7, 7))
        painter.setPen(QColor(t.text if on else t.text_muted))
        painter.drawText(QRectF(left + 14, line, self.width() - left - 14, small), self.counter.words)
        painter.end()


class CounterStrip(QWidget):
    """One counter may be on; pressing it again shows all ("")."""

    def __init__(self, name: str, counters: Sequence[Counter]) -> None:
        super().__init__()
        self._tiles: dict[str, _Tile] = {}
        self._listener: Callable[[str], None] = lambda _key: None
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2 * GRID)
        for counter in counters:
            tile = _Tile(counter)
            tile.clicked.connect(lambda _checked=False, key=counter.key: self._press(key))
            self._tiles[counter.key] = tile
            layout.addWidget(tile)
        layout.addStretch(1)
        self.setAccessibleName(name)

    def on_chosen(self, listener: Callable[[str], None]) -> None:
        """Called with the key of the counter that a person turned on, or "" when none is on any more."""
        self._listener = listener

    @property
    def chosen(self) -> str:
        return next((key for key, tile in self._tiles.items() if tile.isChecked()), "")

    def choose(self, key: str) -> None:
        """Show a choice made elsewhere; the listener is not called."""
        for other, tile in self._tiles.items():
            tile.setChecked(other == key)

    def show_numbers(self, numbers: dict[str, int | None]) -> None:
        """None while a number is not known yet."""
        for key, number in numbers.items():
            self._tiles[key].show_number(number)

    def _press(self, key: str) -> None:
        chosen = key if self._tiles[key].isChecked() else ""
        self.choose(chosen)
        self._listener(chosen)
