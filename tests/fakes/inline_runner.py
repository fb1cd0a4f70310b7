"""A runner for presenters: does each job at once, on the caller's thread, and hands over the result."""

from collections.abc import Callable
from typing import TypeVar

from primoro_campaigns.desktop.work.runner import Lane
from primoro_campaigns.desktop.work.ticket import Job, Stopped, Ticket
from primoro_campaigns.domain.errors import PrimoroError

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

        def work() -> None:
            try:
                ticket.raise_if_stopped()
                result = job(ticket)
                ticket.raise_if_stopped()
            except Stopped:
                if stopped is not None:
                    stopped()
            except PrimoroError as error:
                if failed is None:
                    raise
                failed(error)
            else:
                if done is not None:
                    done(result)

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
