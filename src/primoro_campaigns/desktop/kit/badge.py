"""A small pill that names a state in words; its colour only helps the eye."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from primoro_campaigns.desktop.kit.token import Tone, tokens


def badge_size(metrics: QFontMetrics, text: str) -> QSize:
    return QSize(metrics.horizontalAdvance(text) + 29, metrics.height() + 4)


def paint_badge(painter: QPainter, rect: QRect, text: str, tone: Tone) -> None:
    """Paint the pill into ``rect``; for delegates and for the widget below."""
    colours = tokens().tone(tone)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colours.soft))
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.setBrush(QColor(colours.solid))
    painter.drawEllipse(rect.left() + 8, rect.center().y() - 2, 6, 6)
    painter.setPen(QColor(colours.text))
    words = rect.adjusted(18, 0, -8, 0)
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, words.width())
    painter.drawText(words, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), shown)
    painter.restore()


class Badge(QLabel):
    """``Badge("Paused", Tone.WARNING)``; change it with ``show_state``."""

    def __init__(self, text: str = "", tone: Tone = Tone.NEUTRAL, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.show_state(text, tone)

    @property
    def tone(self) -> Tone:
        return self._tone

    def show_state(self, text: str, tone: Tone) -> None:
        self._tone = tone
        self.setText(text)
        self.setAccessibleName(text)
        self.update()

    def sizeHint(self) -> QSize:
        return badge_size(self.fontMetrics(), self.text()) if self.text() else QSize(0, 0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's own name
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.text():
            return
        painter = QPainter(self)
        paint_badge(painter, self.rect(), self.text(), self._tone)
        painter.end()
