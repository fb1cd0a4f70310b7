"""Horizontal bars for numbers that people compare: each with its words and its number."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from primoro_campaigns.desktop.kit.token import Tone, tokens


@dataclass(frozen=True)
class Bar:
    words: str
    number: int
    tone: Tone | None = None
    """None is the accent colour."""


def describe(bars: Sequence[Bar]) -> str:
    """The chart in words: "Sent 214, Failed 3"."""
    return ", ".join(f"{bar.words} {bar.number:,}" for bar in bars)


def _colour(tone: Tone | None) -> QColor:
    return QColor(tokens().accent if tone is None else tokens().tone(tone).solid)


class _Chart(QWidget):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.bars: tuple[Bar, ...] = ()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        self.bars = tuple(bars)
        self.setAccessibleDescription(describe(self.bars))
        self.updateGeometry()
        self.update()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's own name
        return self.sizeHint()


class BarChart(_Chart):
    """One bar a line, all to one scale. Lines stay in the order given.

    ``below``: the bar stands below its words, for narrow places.
    """

    def __init__(self, name: str, *, below: bool = False) -> None:
        super().__init__(name)
        self._below = below

    def _line(self) -> int:
        return self.fontMetrics().height() + (24 if self._below else 12)

    def sizeHint(self) -> QSize:
        return QSize(320, max(1, len(self.bars)) * self._line())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        (self._paint_below if self._below else self._paint_beside)(painter)
        painter.end()

    def _paint_below(self, painter: QPainter) -> None:
        t = tokens()
        metrics = painter.fontMetrics()
        most = max((bar.number for bar in self.bars), default=0) or 1
        for place, bar in enumerate(self.bars):
            top = place * self._line()
            number = f"{bar.number:,}"
            room = self.width() - metrics.horizontalAdvance(number) - 12
            line = QRectF(0, top, self.width(), metrics.height())
            painter.setPen(QColor(t.text))
            painter.drawText(
                line,
                int(Qt.AlignmentFlag.AlignLeft),
                metrics.elidedText(bar.words, Qt.TextElideMode.ElideRight, room),
            )
            painter.drawText(line, int(Qt.AlignmentFlag.AlignRight), number)
            painter.setPen(Qt.PenStyle.NoPen)
            for colour, length in (
                (QColor(t.sunken), float(self.width())),
                (_colour(bar.tone), self.width() * bar.number / most),
            ):
                painter.setBrush(colour)
                painter.drawRoundedRect(QRectF(0, top + metrics.height() + 4, length, 6), 3, 3)

    def _paint_beside(self, painter: QPainter) -> None:
        t = tokens()
        metrics = painter.fontMetrics()
        words = max((metrics.horizontalAdvance(bar.words) for bar in self.bars), default=0) + 16
        words = min(words, self.width() // 2)
        number = max((metrics.horizontalAdvance(f"{bar.number:,}") for bar in self.bars), default=0) + 8
        most = max((bar.number for bar in self.bars), default=0) or 1
        room = max(0, self.width() - words - number - 8)
        middle = Qt.AlignmentFlag.AlignVCenter
        for place, bar in enumerate(self.bars):
            top = place * self._line()
            painter.setPen(QColor(t.text))
            painter.drawText(
                QRectF(0, top, words - 12, self._line()),
                int(middle | Qt.AlignmentFlag.AlignLeft),
                metrics.elidedText(bar.words, Qt.TextElideMode.ElideRight, words - 12),
            )
            length = room * bar.number / most
            if bar.number:
                length = max(3.0, length)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_colour(bar.tone))
            height = self._line() - 14
            painter.drawRoundedRect(QRectF(words, top + 7, length, height), 3, 3)
            painter.setPen(QColor(t.text))
            painter.drawText(
                QRectF(words + length + 8, top, number + 8, self._line()),
                int(middle | Qt.AlignmentFlag.AlignLeft),
                f"{bar.number:,}",
            )


class StackedBar(_Chart):
    """One bar made of parts, with a legend below that names each part and its number.

    Without ``legend`` the numbers have to stand beside it in words.
    """

    _BAR = 12

    def __init__(self, name: str, *, legend: bool = True) -> None:
        super().__init__(name)
        self._with_legend = legend

    def _legend(self, width: int) -> list[tuple[Bar, int, int]]:
        """Each part with the left and the line of its legend, wrapped to ``width``."""
        metrics = self.fontMetrics()
        result: list[tuple[Bar, int, int]] = []
        left = line = 0
        for bar in self.bars:
            need = metrics.horizontalAdvance(f"{bar.words} {bar.number:,}") + 36
            if left and left + need > width:
                left, line = 0, line + 1
            result.append((bar, left, line))
            left += need
        return result

    def _height(self, width: int) -> int:
        if not self._with_legend:
            return self._BAR
        lines = max((line for _bar, _left, line in self._legend(width)), default=0) + 1
        return self._BAR + 8 + lines * (self.fontMetrics().height() + 6)

    def sizeHint(self) -> QSize:
        return QSize(320, self._height(max(320, self.width())))

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's own name
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's own name
        return self._height(width)

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(0, 0, self.width(), self._BAR), 4, 4)
        painter.setClipPath(shape)
        painter.fillRect(QRectF(0, 0, self.width(), self._BAR), QColor(t.sunken))
        parts = [bar for bar in self.bars if bar.number]
        total = sum(bar.number for bar in parts) or 1
        left = 0.0
        for bar in parts:
            length = self.width() * bar.number / total
            painter.fillRect(QRectF(left, 0, max(2.0, length - 1), self._BAR), _colour(bar.tone))
            left += length
        painter.setClipping(False)
        if self._with_legend:
            self._paint_legend(painter)
        painter.end()

    def _paint_legend(self, painter: QPainter) -> None:
        t = tokens()
        height = painter.fontMetrics().height()
        for bar, x, line in self._legend(self.width()):
            top = self._BAR + 8 + line * (height + 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_colour(bar.tone))
            painter.drawRoundedRect(QRectF(x, top + height / 2 - 5, 10, 10), 2, 2)
            painter.setPen(QColor(t.text))
            painter.drawText(
                QRectF(x + 16, top, self.width(), height + 2),
                int(Qt.AlignmentFlag.AlignVCenter),
                f"{bar.words} {bar.number:,}",
            )
