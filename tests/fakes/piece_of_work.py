"""What a runner does with one job, for the runners of tests, which have no threads."""

from collections.abc import Callable
from typing import TypeVar

from primoro_campaigns.desktop.work.ticket import Job, Stopped, Ticket
from primoro_campaigns.domain.errors import PrimoroError

T = TypeVar("T")


def piece_of_work(
    job: Job[T],
    ticket: Ticket,
    done: Callable[[T], None] | None,
    failed: Callable[[PrimoroError], None] | None,
    stopped: Callable[[], None] | None,
) -> Callable[[], None]:
    """Called, it does the job and hands over the result, on the caller's thread."""

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

    return work
