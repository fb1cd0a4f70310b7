"""A runner for pages: each job waits in a queue, and ``settle`` does them all, on the test's own thread."""

from collections import deque
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QApplication

from primoro_campaigns.desktop.work.runner import Lane
from primoro_campaigns.desktop.work.ticket import Job, Ticket
from primoro_campaigns.domain.errors import PrimoroError
from tests.fakes.piece_of_work import piece_of_work

T = TypeVar("T")

_QUIET_ROUNDS = 3
"""Rounds of Qt's events without work: what is painted may ask for more in the next round."""


class QueuedRunner:
    """As with the real one, nothing comes back inside the call that asked for it. No threads, no waiting.

    ``post`` queues what has to run on the screens' thread: announcements of changes.
    """

    def __init__(self) -> None:
        self._queue: deque[Callable[[], None]] = deque()

    def run(
        self,
        job: Job[T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[PrimoroError], None] | None = None,
        *,
        lane: Lane = Lane.READ,
        title: str = "",
        stopped: Callable[[], None] | None = None,
    ) -> Ticket:
        del lane
        ticket = Ticket(title)
        work = piece_of_work(job, ticket, done, failed, stopped)
        self._queue.append(work)
        return ticket

    def post(self, function: Callable[[], None]) -> None:
        self._queue.append(function)

    @property
    def waiting(self) -> int:
        """How many jobs and announcements have not been done yet."""
        return len(self._queue)

    def step(self) -> None:
        """Do the oldest."""
        self._queue.popleft()()

    def settle(self) -> None:
        """Do what waits, and what follows from it, until nothing does; paint what is visible."""
        quiet = 0
        while quiet < _QUIET_ROUNDS:
            QApplication.processEvents()
            if self._queue:
                self.step()
                quiet = 0
            else:
                quiet += 1
