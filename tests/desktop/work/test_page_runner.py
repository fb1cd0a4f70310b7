"""A page that has gone is not told anything any more; what a person did is kept all the same."""

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.work.page_runner import PageRunner
from primoro_campaigns.desktop.work.runner import Lane
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.errors import PrimoroError
from tests.fakes.queued_runner import QueuedRunner

FULL = PrimoroError("The disk is full.", "Make room.", "cache.disk_full")


class Page:
    def __init__(self) -> None:
        self.queue = QueuedRunner()
        self.runner = PageRunner(self.queue)
        self.did: list[str] = []
        self.said: list[object] = []

    def job(self, name: str) -> str:
        self.did.append(name)
        return name

    def refuse(self, _ticket: Ticket) -> str:
        raise FULL


def test_results_reach_a_page_that_is_there(qtbot: QtBot) -> None:
    assert qtbot is not None
    page = Page()
    page.runner.run(lambda _ticket: page.job("read"), page.said.append)
    page.runner.run(page.refuse, page.said.append, page.said.append)
    stopped = page.runner.run(lambda _ticket: page.job("never"), stopped=lambda: page.said.append("stopped"))
    stopped.stop()
    page.queue.settle()
    assert page.said == ["read", FULL, "stopped"]
    assert page.did == ["read"]


def test_reads_of_a_page_that_went_are_stopped_and_late_results_dropped(qtbot: QtBot) -> None:
    assert qtbot is not None
    page = Page()
    place = QObject()
    page.runner.follow(place)
    for lane in (Lane.READ, Lane.NETWORK):
        page.runner.run(
            lambda _ticket: page.job("read"),
            page.said.append,
            page.said.append,
            lane=lane,
            stopped=lambda: page.said.append("stopped"),
        )
    del place
    page.queue.settle()
    assert page.did == []
    assert page.said == []


def test_a_write_goes_through_after_the_page_went(qtbot: QtBot) -> None:
    assert qtbot is not None
    page = Page()
    page.runner.run(lambda _ticket: page.job("written"), page.said.append, lane=Lane.WRITE)
    page.runner.run(page.refuse, page.said.append, page.said.append, lane=Lane.WRITE)
    page.runner.close()
    page.queue.settle()
    assert page.did == ["written"]
    assert page.said == []
