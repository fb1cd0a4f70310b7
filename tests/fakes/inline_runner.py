"""A runner for presenters: does each job at once, on the caller's thread, and hands over the result."""

from collections.abc import Callable
from typing import TypeVar

from primoro_campaigns.desktop.work.runner import Lane
from primoro_campaigns.desktop.work.ticket import Job, Ticket
from primoro_campaigns.domain.errors import PrimoroError
from tests.fakes.piece_of_work import piece_of_work

T = TypeVar("T")


class InlineRunner:
    """``held`` jobs wait until ``release``: for what happens between asking and knowing."""

    def __init__(self) -> None:
        self.holding = False
        self._held: list[Callable[[], None]] = []

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
        if self.holding:
            self._held.append(work)
        else:
            work()
        return ticket

    def release(self) -> None:
        """Do what was held, in order, and hold no longer."""
        self.holding = False
        held, self._held = self._held, []
        for work in held:
            work()
