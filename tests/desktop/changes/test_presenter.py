"""The list of waiting changes without widgets: readings that overtake each other."""

from collections.abc import Callable
from typing import TypeVar

from primoro_campaigns.desktop.changes.presenter import ChangeRow, ChangesPresenter
from primoro_campaigns.desktop.work.runner import Lane
from primoro_campaigns.desktop.work.ticket import Job, Ticket
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId
from tests.fakes.reception import Reception

T = TypeVar("T")


class LateDelivery:
    """Does each job at once; ``deliver`` hands over what came of them, the last one first."""

    def __init__(self) -> None:
        self._results: list[Callable[[], None]] = []

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
        del failed, lane, stopped
        ticket = Ticket(title)
        result = job(ticket)

        def hand_over() -> None:
            if done is not None and not ticket.stopped():
                done(result)

        self._results.append(hand_over)
        return ticket

    def deliver(self) -> None:
        while self._results:
            self._results.pop()()


class Shown:
    def __init__(self) -> None:
        self.rows: tuple[ChangeRow, ...] = ()

    def show_rows(self, rows: tuple[ChangeRow, ...]) -> None:
        self.rows = rows

    def show_problem(self, error: PrimoroError) -> None:
        raise error


def test_a_reading_that_comes_late_does_not_take_the_place_of_a_newer_one(reception: Reception) -> None:
    runner, shown = LateDelivery(), Shown()
    presenter = ChangesPresenter(shown, reception.outbox, runner, reception.footsteps, lambda _: "now")
    presenter.refresh()
    reception.outbox.restrict(PatientId("priya"), Purpose.PROMOTIONS, on=True)
    presenter.refresh()
    runner.deliver()
    assert len(shown.rows) == 1
