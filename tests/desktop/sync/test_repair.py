"""A copy that drifted is found by its sums and fetched again; a server put back from a copy is noticed."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, update

from primoro_campaigns.desktop.remote import api
from primoro_campaigns.desktop.sync.status import Phase
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.server.account import store as account_store
from primoro_campaigns.server.account.tables import user, user_location
from primoro_campaigns.server.database.tables import change, change_counter
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.clock import FixedClock
from tests.desktop.sync.conftest import MakeDesk
from tests.fakes.desk import Desk
from tests.fakes.line import Line
from tests.fakes.loopback_server import LoopbackServer
from tests.fakes.server_rows import held, sums, visible
from tests.server.practice import add_location
from tests.strict import LogWatch

ENGINE = ("primoro_campaigns.desktop.sync.engine", logging.WARNING)
MANY = [f"p{number:03}" for number in range(120)]


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def desk(server: LoopbackServer, make_desk: MakeDesk, line: Line) -> Desk:
    """Synced, with many patients."""
    server.add_patients(*MANY)
    made = make_desk("manager", line)
    assert made.sync().phase is Phase.CURRENT
    line.asked.clear()
    return made


def spoil(desk: Desk, statement: str) -> None:
    """As a fault of the disk or of the program would."""
    with desk.database.write() as connection:
        connection.execute(statement)


def remove(*patient_ids: str) -> Callable[[UnitOfWork], None]:
    """Patients vanish from the server."""

    def act(uow: UnitOfWork) -> None:
        uow.connection.execute(delete(patient).where(patient.c.id.in_(patient_ids)))
        for patient_id in patient_ids:
            uow.changes.gone(Room.PATIENT, patient_id, ["loc-1"])

    return act


def rename(uow: UnitOfWork) -> None:
    uow.connection.execute(update(patient).where(patient.c.id == "p001").values(family_name="Married"))
    uow.changes.touched(Room.PATIENT, "p001", ["loc-1"])


def same(desk: Desk, server: LoopbackServer) -> bool:
    checks = {each.room: (each.count, each.seq_sum) for each in desk.mirror.checks()}
    return held(desk.database) == visible(server.database, None) and checks == sums(server.database, None)


def later(clock: FixedClock) -> None:
    """When the sums are due again."""
    clock.instant += timedelta(minutes=11)


# Repairs.


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM patient WHERE id = 'p001'",
        "UPDATE patient SET seq = 1 WHERE id = 'p001'",
        "INSERT INTO practitioner (id, name, active, seq) VALUES ('ghost', 'Dr Ghost', 1, 1)",
        "DELETE FROM location",
    ],
)
def test_a_copy_that_drifted_is_fetched_again(
    desk: Desk, server: LoopbackServer, clock: FixedClock, expect_log: LogWatch, statement: str
) -> None:
    spoil(desk, statement)
    assert desk.sync().phase is Phase.CURRENT
    assert not same(desk, server)
    later(clock)
    with expect_log(*ENGINE, "the copy differs from the server's in: (patient|practitioner|location)$"):
        assert desk.sync().phase is Phase.CURRENT
    assert same(desk, server)


def test_a_repair_from_an_older_snapshot_loses_nothing(
    desk: Desk, server: LoopbackServer, clock: FixedClock, line: Line, expect_log: LogWatch
) -> None:
    """The server hands out the snapshot it had ready; what changed since then comes after it."""
    server.change(rename)
    server.change(remove("p002"))
    server.add_patients("newcomer")
    assert desk.sync().phase is Phase.CURRENT
    spoil(desk, "DELETE FROM patient WHERE id = 'p003'")
    later(clock)
    with expect_log(*ENGINE, "differs"):
        assert desk.sync().phase is Phase.CURRENT
    assert "/sync/snapshot" in line.asked
    assert same(desk, server)


def test_a_repair_goes_on_after_a_cut(
    desk: Desk, server: LoopbackServer, clock: FixedClock, line: Line, expect_log: LogWatch
) -> None:
    spoil(desk, "DELETE FROM patient WHERE id = 'p003'")
    later(clock)

    def cut(path: str) -> None:
        if path.endswith("/1"):
            server.stop()

    line.before = cut
    with expect_log(*ENGINE, "differs"):
        assert desk.sync().phase is Phase.OFFLINE
    line.before = lambda _path: None
    server.start()
    desk.reopen()
    assert desk.sync().phase is Phase.CURRENT
    assert same(desk, server)


def test_a_copy_that_differs_still_is_told_and_not_fetched_again_and_again(
    desk: Desk, server: LoopbackServer, clock: FixedClock, line: Line, expect_log: LogWatch
) -> None:
    """A row that no snapshot can sweep: it claims to be newer than any."""
    spoil(desk, "INSERT INTO location (id, name, seq) VALUES ('ghost', 'Nowhere', 1000000)")
    later(clock)
    expect_log(*ENGINE, "differs")
    for _ in range(3):
        status = desk.sync()
        assert (status.phase, status.code) == (Phase.STUCK, "sync.copy_differs")
        assert "You can go on working" in status.advice
        assert "location" in status.advice
    assert line.asked.count("/sync/snapshot") == 1
    spoil(desk, "DELETE FROM location WHERE id = 'ghost'")
    later(clock)
    assert desk.sync().phase is Phase.CURRENT
    assert same(desk, server)


def test_sums_are_asked_for_after_the_start_and_every_ten_minutes(
    desk: Desk, line: Line, clock: FixedClock, expect_log: LogWatch
) -> None:
    spoil(desk, "DELETE FROM patient WHERE id = 'p003'")
    desk.sync()
    assert "/sync/snapshot" not in line.asked
    desk.reopen()
    with expect_log(*ENGINE, "differs"):
        desk.sync()
    assert "/sync/snapshot" in line.asked
    spoil(desk, "DELETE FROM patient WHERE id = 'p003'")
    clock.instant -= timedelta(hours=5)
    line.asked.clear()
    with expect_log(*ENGINE, "differs"):
        desk.sync()


# Another scope, another server.


def test_a_server_put_back_from_a_copy_is_noticed(desk: Desk, server: LoopbackServer) -> None:
    server.add_patients("after-the-copy")
    assert desk.sync().phase is Phase.CURRENT
    desk.outbox.restrict(PatientId("p001"), Purpose.PROMOTIONS, on=True)

    def put_back(uow: UnitOfWork) -> None:
        uow.connection.execute(delete(patient).where(patient.c.id == "after-the-copy"))
        uow.connection.execute(delete(change).where(change.c.entity_id == "after-the-copy"))
        uow.connection.execute(update(change_counter).values(value=change_counter.c.value - 1))

    server.change(put_back)
    status = desk.sync()
    assert (status.phase, status.waiting) == (Phase.CURRENT, 0)
    assert desk.patients.get(PatientId("after-the-copy")) is None
    assert [row.pending for row in desk.patients.restrictions(PatientId("p001"))] == [False]
    assert same(desk, server)


def test_whoever_is_given_other_locations_sees_those(server: LoopbackServer, make_desk: MakeDesk) -> None:
    server.add_patients("ann")
    desk = make_desk("reception")
    desk.sync()
    desk.outbox.restrict(PatientId("ann"), Purpose.PROMOTIONS, on=True)

    def leave(uow: UnitOfWork) -> None:
        add_location(uow, "loc-2", name="High Street")
        uow.changes.touched(Room.LOCATION, "loc-2", [EVERYWHERE])
        row = account_store.user_by_name(uow.connection, "reception")
        assert row is not None
        uow.connection.execute(update(user).where(user.c.id == row.id).values(all_locations=False))
        uow.connection.execute(insert(user_location).values(user_id=row.id, location_id="loc-2"))

    server.change(leave)
    server.add_patients("bob", location_id="loc-2")
    status = desk.sync()
    assert (status.phase, status.waiting) == (Phase.CURRENT, 0)
    assert held(desk.database) == visible(server.database, frozenset({"loc-2"}))


# Many patients vanish.


def test_a_few_patients_vanish_without_a_question(desk: Desk, server: LoopbackServer) -> None:
    server.change(remove(*MANY[:50]))
    assert desk.sync().phase is Phase.CURRENT
    assert desk.patients.count("").number == 70


def test_many_patients_do_not_vanish_before_somebody_says_so(
    desk: Desk, server: LoopbackServer, expect_log: LogWatch
) -> None:
    expect_log(*ENGINE, "would delete 51 of 120 patients")
    server.change(remove(*MANY[:51]))
    desk.outbox.restrict(PatientId("p119"), Purpose.PROMOTIONS, on=True)
    for _ in range(2):
        status = desk.sync()
        assert (status.phase, status.code) == (Phase.STUCK, "sync.mass_deletion")
        assert status.title == "The server says that 51 of the 120 patients here are gone."
        assert "Nothing has been removed yet" in status.advice
        assert desk.patients.count("").number == 120
    # The withdrawal has arrived all the same.
    assert "promotions" in {row[2] for row in visible(server.database, None)[Room.RESTRICTION].values()}
    desk.engine.allow_deletion()
    status = desk.sync()
    assert (status.phase, status.waiting) == (Phase.CURRENT, 0)
    assert same(desk, server)


def test_leave_to_delete_holds_once(desk: Desk, server: LoopbackServer, expect_log: LogWatch) -> None:
    expect_log(*ENGINE, "would delete 60 of 120")
    server.change(remove(*MANY[:10]))
    desk.engine.allow_deletion()
    assert desk.sync().phase is Phase.CURRENT
    server.add_patients(*(f"n{number}" for number in range(10)))
    desk.sync()
    server.change(remove(*MANY[10:70]))
    assert desk.sync().phase is Phase.STUCK


def test_many_patients_on_several_pages_are_counted_together(
    desk: Desk, server: LoopbackServer, expect_log: LogWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "ROWS_A_ROUND", 10)
    server.add_patients("newcomer")
    server.change(remove(*MANY[:60]))
    server.add_patients("late")
    expect_log(*ENGINE, r"would delete 5\d of 120")
    for _ in range(2):
        assert desk.sync().code == "sync.mass_deletion"
        assert desk.patients.count("").number == 120
    desk.reopen()
    desk.engine.allow_deletion()
    assert desk.sync().phase is Phase.CURRENT
    assert same(desk, server)


def test_somebody_who_vanishes_and_comes_back_between_two_pages(
    desk: Desk, server: LoopbackServer, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "ROWS_A_ROUND", 2)
    server.change(remove("p001", "p002", "p003"))
    pages = iter(range(100))

    def come_back(path: str) -> None:
        if path == "/sync/round" and next(pages) == 1:
            server.add_patients("p001")

    line.before = come_back
    assert desk.sync().phase is Phase.CURRENT
    assert same(desk, server)
    assert desk.patients.get(PatientId("p001")) is not None


def test_a_cut_between_two_pages_of_deletions_loses_none(
    desk: Desk, server: LoopbackServer, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "ROWS_A_ROUND", 2)
    server.change(remove("p001", "p002", "p003"))
    pages = iter(range(100))

    def cut(path: str) -> None:
        if path == "/sync/round" and next(pages) == 1:
            server.stop()

    line.before = cut
    assert desk.sync().phase is Phase.OFFLINE
    assert desk.patients.count("").number == 120
    line.before = lambda _path: None
    server.start()
    assert desk.sync().phase is Phase.CURRENT
    assert same(desk, server)


def test_a_repair_that_would_drop_many_patients_asks_too(
    desk: Desk, server: LoopbackServer, clock: FixedClock, expect_log: LogWatch
) -> None:
    """They went without a mark, as after a fault of the server."""

    def lose(uow: UnitOfWork) -> None:
        uow.connection.execute(delete(patient).where(patient.c.id.in_(MANY[:90])))

    server.change(lose)
    expect_log(*ENGINE, "differs")
    expect_log(*ENGINE, "would delete 90 of 120")
    clock.instant += timedelta(hours=25)
    for _ in range(2):
        assert desk.sync().code == "sync.mass_deletion"
        assert desk.patients.count("").number == 120
    desk.engine.allow_deletion()
    assert desk.sync().phase is Phase.CURRENT
    assert same(desk, server)
