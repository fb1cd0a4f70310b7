"""A unit of work: all or nothing, with change numbers that are safe when transactions overlap."""

import threading

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.migrate import upgrade_engine
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.patient.tables import practitioner
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.clock import FixedClock
from tests.conftest import NOW
from tests.postgresql import Postgresql

WAITS_FOR_A_LOCK = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")


def add(uow: UnitOfWork, practitioner_id: str) -> None:
    uow.connection.execute(insert(practitioner).values(id=practitioner_id, name="Dr Oak", active=True))
    uow.changes.touched(Room.PRACTITIONER, practitioner_id, [EVERYWHERE])


def marks(database: Database) -> dict[str, tuple[int, bool]]:
    with database.read() as connection:
        return {row.entity_id: (row.seq, row.gone) for row in connection.execute(select(change))}


def test_what_raises_leaves_nothing_and_tells_nobody(database: Database) -> None:
    told: list[int] = []
    database.on_change(told.append)

    def fail() -> None:
        with database.write() as uow:
            add(uow, "oak")
            uow.after_commit.append(lambda: told.append(-1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert marks(database) == {}
    assert told == []
    with database.read() as connection:
        assert connection.execute(select(practitioner)).all() == []


def test_a_commit_numbers_its_changes_and_tells_the_highest(database: Database) -> None:
    told: list[int] = []
    database.on_change(told.append)
    with database.write() as uow:
        add(uow, "oak")
        add(uow, "elm")
    with database.write() as uow:
        uow.changes.gone(Room.PRACTITIONER, "oak", [EVERYWHERE])
        uow.after_commit.append(lambda: told.append(-1))
    with database.write() as uow:
        assert uow.now == NOW
    assert marks(database) == {"elm": (1, False), "oak": (3, True)}
    assert told == [2, -1, 3]


def test_a_savepoint_takes_back_rows_marks_and_callbacks(database: Database) -> None:
    told: list[str] = []

    def fail(uow: UnitOfWork) -> None:
        with uow.savepoint():
            add(uow, "elm")
            uow.changes.touched(Room.PRACTITIONER, "ash", [EVERYWHERE])
            uow.after_commit.append(lambda: told.append("undone"))
            raise ZeroDivisionError

    with database.write() as uow:
        add(uow, "oak")
        uow.changes.gone(Room.PRACTITIONER, "ash", [EVERYWHERE])
        with pytest.raises(ZeroDivisionError):
            fail(uow)
        with uow.savepoint():
            add(uow, "fir")
            uow.after_commit.append(lambda: told.append("kept"))
    assert {key: gone for key, (_, gone) in marks(database).items()} == {
        "ash": True,
        "oak": False,
        "fir": False,
    }
    assert told == ["kept"]


def test_a_reader_sees_one_state_throughout(database: Database) -> None:
    with database.read() as connection:
        assert latest(connection) == 0
        with database.write() as uow:
            add(uow, "oak")
        assert latest(connection) == 0
        assert connection.execute(select(practitioner)).all() == []
    with database.read() as connection:
        assert latest(connection) == 1


def test_a_reader_writes_nothing(database: Database) -> None:
    with database.read() as connection:
        connection.execute(insert(practitioner).values(id="oak", name="Dr Oak", active=True))
    with database.read() as connection:
        assert connection.execute(select(practitioner)).all() == []


def test_errors_of_the_database_quote_no_values(database: Database) -> None:
    def fail() -> None:
        with database.write() as uow:
            add(uow, "oak")
            add(uow, "oak")

    with pytest.raises(IntegrityError) as caught:
        fail()
    assert "Dr Oak" not in str(caught.value)


def test_a_smaller_number_is_never_committed_after_a_larger_one(postgresql: Postgresql) -> None:
    """The second transaction does its work first, but gets its number, and commits, after the first."""
    name = postgresql.create()
    url = postgresql.url(name)
    database = migrated(url)
    numbered, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with database.write() as uow:
            add(uow, "slow")
            uow.changes.write(uow.connection)
            numbered.set()
            finish.wait()

    def quick() -> None:
        with database.write() as uow:
            add(uow, "quick")

    first, second = threading.Thread(target=slow), threading.Thread(target=quick)
    first.start()
    numbered.wait()
    second.start()
    try:
        with database.engine.connect() as looking:
            looking = looking.execution_options(isolation_level="AUTOCOMMIT")
            while looking.execute(WAITS_FOR_A_LOCK).scalar_one() == 0:
                assert second.is_alive(), "the second transaction committed past the first"
        assert marks(database) == {}
    finally:
        finish.set()
        first.join()
        second.join()
    assert marks(database) == {"slow": (1, False), "quick": (2, False)}
    database.close()
    postgresql.drop(name)


def test_a_cursor_misses_nothing_while_many_write(database: Database) -> None:
    """A reader that follows its cursor sees every change exactly once, however the writers' commits
    interleave.
    """
    writers, each = 4, 15
    done = threading.Event()
    seen: list[str] = []

    def write(writer: int) -> None:
        for number in range(each):
            with database.write() as uow:
                add(uow, f"{writer}-{number}")

    def follow() -> None:
        cursor = 0
        last = False
        while True:
            with database.read() as connection:
                rows = connection.execute(
                    select(change.c.seq, change.c.entity_id)
                    .where(change.c.seq > cursor)
                    .order_by(change.c.seq)
                ).all()
            seen.extend(row.entity_id for row in rows)
            cursor = rows[-1].seq if rows else cursor
            if last:
                return
            last = done.is_set()

    reader = threading.Thread(target=follow)
    reader.start()
    threads = [threading.Thread(target=write, args=[number]) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    reader.join()
    assert sorted(seen) == sorted(f"{writer}-{number}" for writer in range(writers) for number in range(each))


def migrated(url: str) -> Database:
    engine = open_engine(url)
    upgrade_engine(engine)
    return Database(engine, FixedClock(NOW))
