"""A runner for one page: what comes back after the page has gone is dropped, and its reads are stopped."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QObject

from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Job, Ticket
from primoro_campaigns.domain.errors import PrimoroError

T = TypeVar("T")


class PageRunner:
    """Writes always go through, also when the page goes first: what a person did is kept."""

    def __init__(self, runner: Running) -> None:
        self._runner = runner
        self._reads: set[Ticket] = set()
        self._gone = False

    def follow(self, page: QObject) -> None:
        """End with this page."""
        page.destroyed.connect(self.close)

    def close(self) -> None:
        self._gone = True
        for ticket in self._reads:
            ticket.stop()
        self._reads.clear()

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
        def on_done(result: T) -> None:
            self._reads.discard(ticket)
            if done is not None and not self._gone:
                done(result)

        def on_failed(error: PrimoroError) -> None:
            self._reads.discard(ticket)
            if failed is not None and not self._gone:
                failed(error)

        def on_stopped() -> None:
            self._reads.discard(ticket)
            if stopped is not None and not self._gone:
                stopped()

        ticket = self._runner.run(
            job,
            on_done,
            None if failed is None else on_failed,
            lane=lane,
            title=title,
            stopped=on_stopped,
        )
        if lane is not Lane.WRITE:
            self._reads.add(ticket)
        return ticket
