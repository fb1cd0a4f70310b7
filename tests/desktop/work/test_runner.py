"""The job runner on real threads: lanes, results in order, Stop, faults, and the end of it all."""

import queue
import threading
from collections.abc import Callable, Iterator

import pytest

from primoro_campaigns.desktop.work.runner import Lane, Runner, UnexpectedError
from primoro_campaigns.desktop.work.ticket import Stopped, Ticket
from primoro_campaigns.domain.errors import PrimoroError

PATIENCE_S = 10.0
FULL = PrimoroError("The disk is full.", "Make room.", "cache.disk_full")


class Desk:
    """A runner whose screens' thread is the test's: ``look`` does what was posted to it."""

    def __init__(self) -> None:
        self.posted: queue.Queue[Callable[[], None]] = queue.Queue()
        self.crashes: list[BaseException] = []
        self.unheard: list[PrimoroError] = []
        self.watched: list[str] = []
        self.said: list[object] = []
        self.runner = Runner(self.posted.put, self.crashes.append, self.unheard.append, self)

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            self.posted.get(timeout=PATIENCE_S)()

    # The watcher

    def started(self, ticket: Ticket) -> None:
        self.watched.append(f"{ticket.title} began")

    def moved(self, ticket: Ticket) -> None:
        self.watched.append(f"{ticket.title} at {ticket.progress.done}")

    def ended(self, ticket: Ticket) -> None:
        self.watched.append(f"{ticket.title} ended")


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.runner.close()


class Gate:
    """A job that waits inside until it is let through, and says when it is there."""

    def __init__(self) -> None:
        self.there = threading.Event()
        self.open = threading.Event()

    def __call__(self, _ticket: Ticket) -> str:
        self.there.set()
        assert self.open.wait(PATIENCE_S)
        return threading.current_thread().name


def test_a_result_comes_back_on_the_screens_thread(desk: Desk) -> None:
    threads: list[str] = []

    def done(name: str) -> None:
        threads.extend([name, threading.current_thread().name])

    desk.runner.run(lambda _ticket: threading.current_thread().name, done)
    desk.look()
    assert threads[0].startswith("primoro-read")
    assert threads[1] == threading.current_thread().name


def test_writes_happen_one_after_the_other_in_order(desk: Desk) -> None:
    inside: list[int] = []
    most: list[int] = []
    order: list[int] = []

    def write(number: int) -> Callable[[Ticket], int]:
        def job(_ticket: Ticket) -> int:
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)
            return number

        return job

    for number in range(50):
        desk.runner.run(write(number), order.append, lane=Lane.WRITE)
    desk.look(50)
    assert order == list(range(50))
    assert max(most) == 1


@pytest.mark.parametrize(("lane", "at_once"), [(Lane.WRITE, 1), (Lane.READ, 2), (Lane.NETWORK, 3)])
def test_each_lane_has_its_own_threads(desk: Desk, lane: Lane, at_once: int) -> None:
    gates = [Gate() for _ in range(at_once + 1)]
    for gate in gates:
        desk.runner.run(gate, lane=lane)
    for gate in gates[:at_once]:
        assert gate.there.wait(PATIENCE_S)
    assert not gates[-1].there.is_set(), "one more has to wait"
    for gate in gates:
        gate.open.set()
    desk.look(at_once + 1)


def test_a_slow_server_does_not_hold_up_reads_and_writes(desk: Desk) -> None:
    slow = [Gate() for _ in range(3)]
    for gate in slow:
        desk.runner.run(gate, lane=Lane.NETWORK)
    desk.runner.run(lambda _ticket: "read", desk.said.append)
    desk.look()
    desk.runner.run(lambda _ticket: "written", desk.said.append, lane=Lane.WRITE)
    desk.look()
    assert desk.said == ["read", "written"]
    for gate in slow:
        gate.open.set()
    desk.look(3)


def test_a_refusal_goes_to_who_started_the_job(desk: Desk) -> None:
    def refuse(_ticket: Ticket) -> None:
        raise FULL

    desk.runner.run(refuse, desk.said.append, desk.said.append)
    desk.look()
    assert desk.said == [FULL]
    assert desk.crashes == []


def test_a_refusal_nobody_listens_for_is_not_lost(desk: Desk) -> None:
    def refuse(_ticket: Ticket) -> None:
        raise FULL

    desk.runner.run(refuse, desk.said.append)
    desk.look()
    assert desk.unheard == [FULL]


def test_a_fault_of_the_program_is_reported_whole_and_said_in_plain_words(desk: Desk) -> None:
    def break_down(_ticket: Ticket) -> int:
        return 1 // 0

    desk.runner.run(break_down, failed=desk.said.append)
    desk.look()
    (crash,) = desk.crashes
    assert isinstance(crash, ZeroDivisionError)
    assert crash.__traceback__ is not None, "the report can say where"
    (said,) = desk.said
    assert isinstance(said, UnexpectedError)
    assert "ZeroDivision" not in f"{said.title} {said.advice}"
    desk.runner.run(break_down)
    desk.look()
    assert [type(error) for error in desk.unheard] == [UnexpectedError]


def test_a_stopped_job_hears_of_it_and_only_stopped_is_called(desk: Desk) -> None:
    there = threading.Event()

    def wait(ticket: Ticket) -> str:
        there.set()
        assert ticket.wait(PATIENCE_S), "Stop ends the wait at once"
        ticket.raise_if_stopped()
        return "late"

    ticket = desk.runner.run(
        wait, desk.said.append, desk.said.append, stopped=lambda: desk.said.append("stopped")
    )
    assert there.wait(PATIENCE_S)
    ticket.stop()
    desk.look()
    assert desk.said == ["stopped"]


def test_a_result_that_is_there_already_is_dropped_after_stop(desk: Desk) -> None:
    finished = threading.Event()

    def work(_ticket: Ticket) -> str:
        finished.set()
        return "late"

    ticket = desk.runner.run(work, desk.said.append, stopped=lambda: desk.said.append("stopped"))
    assert finished.wait(PATIENCE_S)
    ticket.stop()
    desk.look()
    assert desk.said == ["stopped"]


def test_a_job_that_is_stopped_before_its_turn_is_never_begun(desk: Desk) -> None:
    first = Gate()
    begun: list[str] = []
    desk.runner.run(first, lane=Lane.WRITE)
    second = desk.runner.run(
        lambda _ticket: begun.append("second"), lane=Lane.WRITE, stopped=lambda: desk.said.append("stopped")
    )
    second.stop()
    first.open.set()
    desk.look(2)
    assert begun == []
    assert desk.said == ["stopped"]


def test_close_ends_every_thread_and_nothing_is_called_any_more(desk: Desk) -> None:
    there = threading.Event()

    def wait(ticket: Ticket) -> None:
        there.set()
        assert ticket.wait(PATIENCE_S)
        raise Stopped

    for _ in range(20):
        desk.runner.run(wait, desk.said.append, stopped=lambda: desk.said.append("stopped"), title="Long")
    assert there.wait(PATIENCE_S)
    desk.runner.close()
    assert [thread for thread in threading.enumerate() if thread.name.startswith("primoro-")] == []
    while not desk.posted.empty():
        desk.look()
    assert desk.said == []
    assert not any(line.endswith("ended") for line in desk.watched)


def test_after_close_a_job_is_not_begun(desk: Desk) -> None:
    desk.runner.close()
    desk.runner.run(lambda _ticket: desk.said.append("begun"), desk.said.append)
    desk.runner.close()
    assert desk.said == []
    assert desk.posted.empty()


def test_a_job_with_a_title_is_watched_and_its_progress_is_not_piled_up(desk: Desk) -> None:
    gate = Gate()

    def work(ticket: Ticket) -> None:
        for done in range(1000):
            ticket.report(done, 1000)
        gate(ticket)

    desk.runner.run(work, title="First copy")
    assert gate.there.wait(PATIENCE_S)
    desk.look(2)
    assert desk.watched == ["First copy began", "First copy at 999"]
    assert desk.posted.empty(), "reports that nobody looked at are one"
    gate.open.set()
    desk.look()
    assert desk.watched[-1] == "First copy ended"


def test_a_job_without_a_title_is_not_listed(desk: Desk) -> None:
    def work(ticket: Ticket) -> None:
        ticket.report(1, 2)

    desk.runner.run(work)
    desk.look()
    assert desk.watched == []
