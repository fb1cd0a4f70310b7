"""Notices in place: what happened and what to do, where one is looking. Never a box in the way."""

from collections.abc import Callable

from PySide6 import QtGui
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.button import button, icon_button
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.label import column, label, row
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, RADIUS, Tone, tokens
from primoro_campaigns.domain.errors import PrimoroError

_ICONS = {
    Tone.NEUTRAL: "info",
    Tone.INFO: "info",
    Tone.SUCCESS: "success",
    Tone.WARNING: "warning",
    Tone.ERROR: "error",
}
_SPOKEN = {
    Tone.NEUTRAL: "Notice",
    Tone.INFO: "Notice",
    Tone.SUCCESS: "Done",
    Tone.WARNING: "Warning",
    Tone.ERROR: "Problem",
}


class Notice(QWidget):
    """One notice. ``action`` is a button's words and what it does; ``closable`` adds a cross."""

    closed = Signal()

    def __init__(
        self,
        tone: Tone,
        title: str,
        advice: str = "",
        action: tuple[str, Callable[[], None]] | None = None,
        *,
        closable: bool = False,
    ) -> None:
        super().__init__()
        self.tone = tone
        self.title = title
        self.advice = advice
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(f"{_SPOKEN[tone]}: {title}")
        self.setAccessibleDescription(advice)
        self._mark = QLabel()
        self._mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        words = column(label(title, TextRole.STRONG, wrap=True), gap=0)
        if advice:
            words.addWidget(label(advice, TextRole.BODY, wrap=True))
        line = row(self._mark, words, gap=2)
        line.setStretch(1, 1)
        line.setContentsMargins(4 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        if action is not None:
            self.action = button(action[0], action[1])
            line.addWidget(self.action, alignment=Qt.AlignmentFlag.AlignVCenter)
        if closable:
            line.addWidget(
                icon_button("Dismiss", "close", self.close_notice), alignment=Qt.AlignmentFlag.AlignTop
            )
        self.setLayout(line)
        self.theme_changed()

    def close_notice(self) -> None:
        self.hide()
        self.closed.emit()
        self.deleteLater()

    def theme_changed(self) -> None:
        tint = Tint.NEUTRAL if self.tone is Tone.NEUTRAL else Tint(self.tone.value)
        self._mark.setPixmap(icon.pixmap(_ICONS[self.tone], tint, 20, self.devicePixelRatioF()))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = tokens().tone(self.tone)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.soft))
        painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        painter.setBrush(QColor(colours.solid))
        painter.drawRoundedRect(QRectF(0, 0, 4, self.height()), 2, 2)
        painter.end()


class NoticeArea(QWidget):
    """A place for notices at the top of a page or a dialog. Takes no room while there are none.

    A notice has a ``key``; showing another under the same key replaces it, ``take_away(key)`` removes it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2 * GRID)
        self._notices: dict[str, Notice] = {}
        self.hide()

    def say(
        self,
        tone: Tone,
        title: str,
        advice: str = "",
        *,
        action: tuple[str, Callable[[], None]] | None = None,
        key: str = "",
        closable: bool = True,
    ) -> Notice:
        self.take_away(key)
        notice = Notice(tone, title, advice, action, closable=closable)
        notice.closed.connect(lambda: self._forget(key, notice))
        self._notices[key] = notice
        self._layout.insertWidget(0, notice)
        self.show()
        QtGui.QAccessible.updateAccessibility(QtGui.QAccessibleEvent(notice, QtGui.QAccessible.Event.Alert))
        return notice

    def stand(
        self, title: str, advice: str, *, action: tuple[str, Callable[[], None]] | None = None, key: str
    ) -> None:
        """A warning that stays until it is taken away; said again in the same words, it is not read out
        again.
        """
        there = self._notices.get(key)
        if there is None or (there.title, there.advice) != (title, advice):
            self.say(Tone.WARNING, title, advice, action=action, key=key, closable=False)

    def say_error(
        self, error: PrimoroError, *, action: tuple[str, Callable[[], None]] | None = None, key: str = ""
    ) -> Notice:
        return self.say(Tone.ERROR, error.title, error.advice, action=action, key=key)

    def take_away(self, key: str = "") -> None:
        notice = self._notices.get(key)
        if notice is not None:
            notice.close_notice()

    def notices(self) -> tuple[Notice, ...]:
        """What is shown, newest first."""
        return tuple(reversed(self._notices.values()))

    def _forget(self, key: str, notice: Notice) -> None:
        if self._notices.get(key) is notice:
            del self._notices[key]
        self._layout.removeWidget(notice)
        self.setVisible(bool(self._notices))
