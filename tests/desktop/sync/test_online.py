"""The connection as the program runs it: threads, the change stream, the keyring."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from primoro_campaigns.desktop.account import door
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.outbox import Outbox
from primoro_campaigns.desktop.local.patients import Patients
from primoro_campaigns.desktop.local.standing import PersonStore
from primoro_campaigns.desktop.online import Online, Parts, connect
from primoro_campaigns.desktop.person import person_from_json
from primoro_campaigns.desktop.sync.engine import Engine
from primoro_campaigns.desktop.sync.failure import UnreachableError
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus
from primoro_campaigns.desktop.sync.timetable import Timetable
from primoro_campaigns.desktop.work.changes import Changes
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.server.account import store as account_store
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.support.secrets import SessionSecrets
from tests.desktop.sync.conftest import MakeDesk
from tests.fakes.loopback_server import PASSWORD, LoopbackServer

PATIENCE_S = 20.0
"""Nobody waits that long: what is waited for comes, or the test fails."""

ANN = PatientId("ann")


class Told:
    """Statuses and changes as they come in, from any thread."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._changes: list[Changes] = []
        self.last = SyncStatus()

    def hear(self, status: SyncStatus) -> None:
        with self._news:
            self.last = status
            self._news.notify_all()

    def hear_changes(self, changes: Changes) -> None:
        with self._news:
            self._changes.append(changes)
            self._news.notify_all()

    def until_touched(self, room: str, entity_id: str) -> None:
        with self._news:
            assert self._news.wait_for(
                lambda: any(each.touches(room, entity_id) and each.ids for each in self._changes), PATIENCE_S
            )

    def until(self, wanted: Callable[[SyncStatus], bool]) -> SyncStatus:
        with self._news:
            assert self._news.wait_for(lambda: wanted(self.last), PATIENCE_S), self.last
            return self.last


@dataclass
class Seat:
    """One person at one computer with everything the program gives them but its screens."""

    database: Database
    outbox: Outbox
    patients: Patients
    parts: Parts
    told: Told
    secrets: SessionSecrets
    signed_in: door.SignedIn
    crashes: list[BaseException] = field(default_factory=list)

    def online(self, *, again: bool = False) -> Online:
        return connect(self.parts, None if again else self.signed_in)


@pytest.fixture
def seat(tmp_path: Path, server: LoopbackServer, clock: FixedClock) -> Iterator[Seat]:
    """``reception``, who has signed in with her password."""
    server.add_patients("ann")
    database = Database(tmp_path / "online.db", "0f" * 32)
    device_id = new_id()
    signed_in = door.sign_in(server.address, "reception", PASSWORD, device_id)
    told, secrets = Told(), SessionSecrets()
    crashes: list[BaseException] = []
    parts = Parts(
        address=server.address,
        device_id=device_id,
        refresh_name="refresh",
        secrets=secrets,
        database=database,
        person=signed_in.person,
        clock=clock,
        announce=told.hear_changes,
        status_changed=told.hear,
        crashed=crashes.append,
    )
    outbox = Outbox(database, signed_in.person, clock, new_id, told.hear_changes)
    patients = Patients(database, lambda: signed_in.person.day_of(clock.now()))
    made = Seat(database, outbox, patients, parts, told, secrets, signed_in, crashes)
    yield made
    database.close()
    assert crashes == []


def current(status: SyncStatus) -> bool:
    return status.phase is Phase.CURRENT and status.waiting == 0


def test_it_fills_and_then_hears_of_changes_by_the_stream_alone(seat: Seat, server: LoopbackServer) -> None:
    online = seat.online()
    online.start()
    seat.told.until(current)
    assert seat.patients.count("").number == 1
    server.add_patients("bob")
    seat.told.until_touched("patient", "bob")
    online.stop()
    assert seat.patients.count("").number == 2


def test_what_is_recorded_goes_at_once(seat: Seat) -> None:
    online = seat.online()
    online.start()
    seat.told.until(current)
    seat.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    online.note_pending()
    seat.told.until(current)
    assert [row.pending for row in seat.patients.restrictions(ANN)] == [False]
    online.stop()


def test_another_desks_act_arrives_without_being_asked_for(seat: Seat, make_desk: MakeDesk) -> None:
    other = make_desk("manager")
    other.sync()
    online = seat.online()
    online.start()
    seat.told.until(current)
    other.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    other.sync()
    seat.told.until_touched("restriction", ANN)
    online.stop()
    assert [row.by_name for row in seat.patients.restrictions(ANN)] == ["Manager"]


def test_it_comes_back_when_the_server_does(seat: Seat, server: LoopbackServer) -> None:
    online = seat.online()
    online.start()
    seat.told.until(current)
    server.stop()
    online.poke()
    assert not seat.told.until(lambda status: status.phase is Phase.OFFLINE).online
    server.start()
    online.poke()
    assert seat.told.until(current).online
    online.stop()


def test_the_next_start_needs_no_password(seat: Seat) -> None:
    first = seat.online()
    first.start()
    seat.told.until(current)
    first.stop()
    second = seat.online(again=True)
    second.start()
    seat.told.until(current)
    second.stop()
    kept = PersonStore(seat.database).read()
    assert kept is not None
    assert person_from_json(kept) == seat.signed_in.person


def test_signing_out_ends_the_session_and_keeps_what_waits(seat: Seat, server: LoopbackServer) -> None:
    online = seat.online()
    seat.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    online.start()
    seat.told.until(current)
    server.stop()
    seat.outbox.restrict(ANN, Purpose.NEWSLETTERS, on=True)
    server.start()
    online.sign_out()
    assert seat.secrets.get("refresh") is None
    assert len(seat.outbox.events()) <= 1
    assert {row.purpose for row in seat.patients.restrictions(ANN)} == {
        Purpose.PROMOTIONS,
        Purpose.NEWSLETTERS,
    }
    after = seat.online(again=True)
    after.start()
    seat.told.until(lambda status: status.phase is Phase.SIGNED_OUT)
    after.stop()


def test_a_session_that_was_ended_elsewhere_is_told(seat: Seat, server: LoopbackServer) -> None:
    def revoke(uow: UnitOfWork) -> None:
        account_store.revoke_user(uow.connection, seat.signed_in.person.user_id, uow.now)

    online = seat.online()
    online.start()
    seat.told.until(current)
    server.change(revoke)
    online.poke()
    seat.told.until(lambda status: status.phase is Phase.SIGNED_OUT)
    online.stop()


class Broken:
    """A stream with a fault of the program in it."""

    def changes(self, _after: int, _stopped: Callable[[], bool], /) -> Iterator[int]:
        raise ZeroDivisionError


def test_a_fault_of_the_program_is_reported_and_does_not_end_the_other_thread(make_desk: MakeDesk) -> None:
    desk = make_desk()
    crashes: list[BaseException] = []
    reported, ran = threading.Event(), threading.Event()

    def crashed(error: BaseException) -> None:
        crashes.append(error)
        reported.set()

    class Watched(Engine):
        def run(self) -> None:
            super().run()
            ran.set()

    engine = Watched(desk.mirror, desk.engine._remote, desk.clock, lambda _: None, lambda _: None)
    timetable = Timetable(engine, Broken(), crashed)
    timetable.start()
    assert reported.wait(PATIENCE_S)
    assert ran.wait(PATIENCE_S)
    timetable.stop()
    assert [type(each) for each in crashes] == [ZeroDivisionError]
    assert engine.status.phase is Phase.CURRENT


def test_a_fault_in_a_run_is_reported_and_the_next_run_works(make_desk: MakeDesk) -> None:
    desk = make_desk()
    crashes: list[BaseException] = []
    reported, ran = threading.Event(), threading.Event()
    faults = iter([True])

    class Faulty(Engine):
        def run(self) -> None:
            if next(faults, False):
                raise ZeroDivisionError
            super().run()
            ran.set()

    class Silent:
        def changes(self, _after: int, _stopped: Callable[[], bool], /) -> Iterator[int]:
            raise UnreachableError

    def crashed(error: BaseException) -> None:
        crashes.append(error)
        reported.set()

    engine = Faulty(desk.mirror, desk.engine._remote, desk.clock, lambda _: None, lambda _: None)
    timetable = Timetable(engine, Silent(), crashed)
    timetable.start()
    assert reported.wait(PATIENCE_S)
    timetable.poke()
    assert ran.wait(PATIENCE_S)
    timetable.stop()
    assert engine.status.phase is Phase.CURRENT
