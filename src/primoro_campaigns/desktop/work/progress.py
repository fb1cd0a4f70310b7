"""The list of longer work: what runs, how far it is, and Stop. Qt-free."""

from collections.abc import Callable
from dataclasses import dataclass

from primoro_campaigns.desktop.work.ticket import Ticket

PATIENCE = 0.5
"""Seconds for which a job stays unlisted: what is over by then never flickers past (architecture.md)."""


@dataclass(frozen=True)
class JobLine:
    """One line of the jobs list. ``share`` is 0 to 1, or None where nobody knows how much there is."""

    title: str
    words: str
    share: float | None
    stopping: bool
    ticket: Ticket


class JobList:
    """The runner's watcher. ``changed`` is called when lines may differ; ``monotonic`` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._since: dict[Ticket, float] = {}
        self.changed: Callable[[], None] = lambda: None

    def started(self, ticket: Ticket) -> None:
        self._since[ticket] = self._monotonic()
        self.changed()

    def moved(self, ticket: Ticket) -> None:
        if ticket in self._since:
            self.changed()

    def ended(self, ticket: Ticket) -> None:
        if self._since.pop(ticket, None) is not None:
            self.changed()

    def stop(self, ticket: Ticket) -> None:
        ticket.stop()
        self.changed()

    def lines(self) -> tuple[JobLine, ...]:
        """The jobs that have run for half a second or more, oldest first."""
        now = self._monotonic()
        return tuple(_line(ticket) for ticket, since in self._since.items() if now - since >= PATIENCE)

    def due(self) -> float | None:
        """Seconds until the next job has to be listed; None when none waits for that."""
        now = self._monotonic()
        waits = [since + PATIENCE - now for since in self._since.values() if now - since < PATIENCE]
        return min(waits) if waits else None


def _line(ticket: Ticket) -> JobLine:
    progress = ticket.progress
    share = min(1.0, progress.done / progress.total) if progress.total > 0 else None
    return JobLine(ticket.title, progress.words, share, ticket.stopped(), ticket)
