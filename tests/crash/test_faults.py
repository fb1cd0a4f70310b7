"""What the worker stands on gives way in the middle of a send: nobody is lost, nobody is written to twice."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.claiming import LINES_A_CLAIM
from primoro_campaigns.server.settings import database_url
from primoro_campaigns.support.clock import FixedClock
from tests.crash import scene
from tests.crash.scene import Practice
from tests.postgresql import postgresql_server

PATIENTS = 90
AT_ONCE = 4
"""Connections to the mail server: what is on them when it dies may be in doubt."""


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@pytest.fixture
def texts() -> Iterator[TextCatcher]:
    with TextCatcher() as running:
        yield running


@pytest.fixture
def at(
    server_database: str, tmp_path: Path, mail: MailCatcher, texts: TextCatcher, clock: FixedClock
) -> Iterator[Practice]:
    place = scene.place_in(tmp_path, server_database)
    with scene.practice(place, mail, texts, PATIENTS, 0, clock) as practice:
        scene.approved(practice.database, by_text=False)
        yield practice


class At:
    """Has ``act`` done while the given letter is being handed over, on the mail server's own thread."""

    def __init__(self, letter: int, act: Callable[[], None]) -> None:
        self._letter = letter
        self._act = act
        self._seen = 0

    def __call__(self, _address: str) -> str | None:
        self._seen += 1
        if self._seen == self._letter:
            self._act()
        return None


def settled(at: Practice, mail: MailCatcher, most_in_doubt: int = 0) -> None:
    """At the end everybody has one letter, but for at most ``most_in_doubt`` whose line says so."""
    account = scene.account(at.database, "letters")
    count = scene.letters_at(mail)
    assert set(account.counts) <= {"sent", "unknown"}
    assert len(account.states) == PATIENTS
    assert len(account.who("unknown")) <= most_in_doubt
    assert set(count.values()) == {1}
    assert all(count[scene.address_of(who)] == 1 for who in account.who("sent"))


def test_a_mail_server_that_dies_and_comes_back(at: Practice, mail: MailCatcher, clock: FixedClock) -> None:
    worker = at.worker()
    for letters in (7, 31, 64):
        going_down = threading.Event()

        def manner(
            _address: str, letters: int = letters, going_down: threading.Event = going_down
        ) -> str | None:
            if len(mail.caught) >= letters:
                going_down.set()
            return "451 4.3.2 going down" if going_down.is_set() else None

        def pull_the_plug(going_down: threading.Event = going_down) -> None:
            going_down.wait()
            mail.stop()

        mail.manners.refuse = manner
        fault = threading.Thread(target=pull_the_plug, name="fault")
        fault.start()
        worker.work()
        fault.join()
        clock.instant += timedelta(minutes=6)
        worker.work()
        assert scene.account(at.database, "letters").who("planned")
        mail.manners.refuse = lambda _address: None
        mail.start()
        clock.instant += timedelta(minutes=6)
    worker.work()
    worker.stop()
    assert scene.done(at.database, "letters")
    settled(at, mail, most_in_doubt=3 * AT_ONCE)


def test_a_database_that_is_locked_for_a_while(at: Practice, mail: MailCatcher) -> None:
    """What was sent while nobody could write it down is written down later, and nothing is claimed before."""
    sqlite = at.database.engine.dialect.name == "sqlite"
    impatient(at.database)
    other = at.database.engine.connect()

    def lock() -> None:
        other.begin()
        if not sqlite:
            other.execute(text("LOCK TABLE delivery IN ACCESS EXCLUSIVE MODE"))

    mail.manners.refuse = At(25, lock)
    worker = at.worker()
    for _ in range(2):
        with pytest.raises(OperationalError):
            worker.work()
    assert len(mail.caught) == 2 * LINES_A_CLAIM
    other.rollback()
    other.close()
    assert len(scene.account(at.database, "letters").who("claimed")) == LINES_A_CLAIM
    worker.work()
    worker.stop()
    settled(at, mail)


def test_a_disk_that_is_full(
    tmp_path: Path, mail: MailCatcher, texts: TextCatcher, clock: FixedClock
) -> None:
    place = scene.place_in(tmp_path, database_url(tmp_path))
    with scene.practice(place, mail, texts, PATIENTS, 0, clock) as at:
        scene.approved(at.database, by_text=False)
        disk = Disk(at.database)
        mail.manners.refuse = At(25, disk.fill)
        worker = at.worker()
        with pytest.raises(OperationalError, match="full"):
            worker.work()
        before = len(mail.caught)
        with pytest.raises(OperationalError, match="full"):
            worker.work()
        assert len(mail.caught) == before, "it went on sending without being able to write it down"
        account = scene.account(at.database, "letters")
        assert len(account.who("sent")) + len(account.who("claimed")) == before
        disk.empty()
        worker.work()
        worker.stop()
        settled(at, mail)


def test_a_postgresql_that_crashes_and_recovers(
    tmp_path: Path, mail: MailCatcher, texts: TextCatcher, clock: FixedClock
) -> None:
    """A claim is on disk before its letters leave, even where the server is told not to wait for the disk."""
    with postgresql_server() as server:
        place = scene.place_in(tmp_path, server.url(server.create()))
        with scene.practice(place, mail, texts, PATIENTS, 0, clock) as at:
            scene.approved(at.database, by_text=False)

            def crash() -> None:
                server.stop(signal.SIGQUIT)
                server.start_again()

            mail.manners.refuse = At(25, crash)
            worker = at.worker()
            for _ in range(2):
                # The pooled connection may turn out to be dead in the middle of a statement.
                with contextlib.suppress(OperationalError):
                    worker.work()
            worker.work()
            worker.stop()
            settled(at, mail)


def impatient(database: Database) -> None:
    """Nobody waits for a lock for long."""

    @event.listens_for(database.engine, "checkout")
    def hurry(connection: Any, _record: object, _proxy: object) -> None:
        if database.engine.dialect.name == "sqlite":
            connection.execute("PRAGMA busy_timeout=50")
        else:
            connection.execute("SET lock_timeout = '50ms'")
            connection.commit()


class Disk:
    """An SQLite file that may not grow any more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._most = 2**30
        event.listen(database.engine, "checkout", self._limit)

    def fill(self) -> None:
        with self._database.read() as connection:
            self._most = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def empty(self) -> None:
        self._most = 2**30

    def _limit(self, connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={self._most}")
