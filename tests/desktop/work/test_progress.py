"""The list of longer work: nothing flickers past, and Stop is shown at once."""

from primoro_campaigns.desktop.work.progress import PATIENCE, JobList
from primoro_campaigns.desktop.work.ticket import Ticket


class Listed:
    def __init__(self) -> None:
        self.now = 100.0
        self.jobs = JobList(lambda: self.now)
        self.changes = 0
        self.jobs.changed = self._changed

    def _changed(self) -> None:
        self.changes += 1

    def titles(self) -> list[str]:
        return [line.title for line in self.jobs.lines()]


def test_a_job_is_listed_once_it_takes_long_and_until_it_ends() -> None:
    listed = Listed()
    ticket = Ticket("First copy")
    assert listed.jobs.due() is None
    listed.jobs.started(ticket)
    assert listed.titles() == []
    assert listed.jobs.due() == PATIENCE
    listed.now += PATIENCE
    assert listed.titles() == ["First copy"]
    assert listed.jobs.due() is None
    listed.jobs.ended(ticket)
    listed.jobs.ended(ticket)
    assert listed.titles() == []
    assert listed.changes == 2


def test_what_is_over_soon_never_flickers_past() -> None:
    listed = Listed()
    short, long = Ticket("Short"), Ticket("Long")
    listed.jobs.started(short)
    listed.now += PATIENCE / 2
    listed.jobs.started(long)
    listed.jobs.ended(short)
    listed.now += PATIENCE
    assert listed.titles() == ["Long"]


def test_a_line_says_how_far_the_job_is() -> None:
    listed = Listed()
    ticket = Ticket("First copy", listed.jobs.moved)
    listed.jobs.started(ticket)
    listed.now += PATIENCE
    (line,) = listed.jobs.lines()
    assert (line.share, line.words) == (None, "")
    ticket.report(3, 4, "3 of 4 parts")
    (line,) = listed.jobs.lines()
    assert (line.share, line.words) == (0.75, "3 of 4 parts")
    ticket.report(9, 4)
    assert listed.jobs.lines()[0].share == 1.0
    assert listed.changes == 3


def test_stop_is_shown_before_the_job_has_heard_it() -> None:
    listed = Listed()
    ticket = Ticket("First copy")
    listed.jobs.started(ticket)
    listed.now += PATIENCE
    assert not listed.jobs.lines()[0].stopping
    listed.jobs.stop(ticket)
    assert listed.jobs.lines()[0].stopping
    assert ticket.stopped()


def test_reports_of_a_job_that_is_not_listed_change_nothing() -> None:
    listed = Listed()
    listed.jobs.moved(Ticket("Unknown"))
    assert listed.changes == 0
