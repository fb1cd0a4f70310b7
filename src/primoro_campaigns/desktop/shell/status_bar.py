"""The status bar: how fresh the copy is, what runs, and what waits."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QLabel

from primoro_campaigns.desktop.kit import icon
from primoro_campaigns.desktop.kit.button import button, icon_button
from primoro_campaigns.desktop.kit.icon import Tint
from primoro_campaigns.desktop.kit.label import label, row
from primoro_campaigns.desktop.kit.progress_line import ProgressLine
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.shell.status_words import StatusLine
from primoro_campaigns.desktop.work.progress import JobLine, JobList

_LOOK_AGAIN_MS = 1000


class StatusBar(QFrame):
    """``say`` shows a line; the line is asked for again each second, because "10 seconds ago" grows old."""

    def __init__(self, line: Callable[[], StatusLine], waiting: Callable[[], None], jobs: JobList) -> None:
        super().__init__()
        self.setObjectName("statusLine")
        self._line = line
        self._jobs = jobs
        self._mark = QLabel()
        self._words = label("", TextRole.CAPTION)
        self._words.setObjectName("shell.status")
        self._words.setAccessibleName("How fresh this computer's copy is")
        self._waiting = button("", waiting, role="link")
        self._waiting.setObjectName("shell.waiting")
        self._job = ProgressLine("Work under way")
        self._job.setMaximumWidth(320)
        self._stop = icon_button("Stop this work", "stop", self._on_stop)
        self._shown: JobLine | None = None
        layout = row(self._mark, self._words, self._waiting, None, self._job, self._stop)
        layout.setContentsMargins(4 * GRID, GRID, 4 * GRID, GRID)
        self.setLayout(layout)
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOK_AGAIN_MS)
        self._clock.timeout.connect(self.look)
        self._clock.start()
        jobs.changed = self.look_at_jobs
        self.look()
        self.look_at_jobs()

    def look(self) -> None:
        """Show what there is to say now."""
        line = self._line()
        tint = Tint.NEUTRAL if line.tone is Tone.NEUTRAL else Tint(line.tone.value)
        self._mark.setPixmap(icon.pixmap(line.icon, tint, 16, self.devicePixelRatioF()))
        if self._words.text() != line.words:
            self._words.setText(line.words)
        self._waiting.setText(line.waiting)
        self._waiting.setAccessibleName(f"{line.waiting}. Show them.")
        self._waiting.setVisible(bool(line.waiting))

    def look_at_jobs(self) -> None:
        """The oldest longer job, with Stop; nothing under half a second."""
        lines = self._jobs.lines()
        self._shown = lines[0] if lines else None
        for part in (self._job, self._stop):
            part.setVisible(self._shown is not None)
        if self._shown is not None:
            words = f"{self._shown.title} {self._shown.words}".strip()
            self._job.show_progress("Stopping …" if self._shown.stopping else words, self._shown.share)
        due = self._jobs.due()
        if due is not None:
            QTimer.singleShot(int(due * 1000) + 20, self, self.look_at_jobs)

    def theme_changed(self) -> None:
        self.look()

    def _on_stop(self) -> None:
        if self._shown is not None:
            self._jobs.stop(self._shown.ticket)
