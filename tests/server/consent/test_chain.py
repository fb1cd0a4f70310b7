"""The chain over the ledger of consent: it holds, and it shows where somebody had a hand in."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Executable, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from primoro_campaigns.demo.practice.practice import STAFF, make_practice
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server import cli
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.consent import ledger, store
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.tables import (
    consent_entry,
    consent_head,
    consent_link,
    consent_why,
    permission,
    restriction,
    suppression,
)
from primoro_campaigns.server.consent.verify import Verdict, verify
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.opening import Place, opened
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.server.settings import database_url
from primoro_campaigns.support.clock import FixedClock
from tests.server.desk import PASSWORD
from tests.server.practice import actor, add_location, add_patient

KEY = b"a key for the tests"
SECRET = "a key for tests, thirty-two characters"
NUMBER = "+447700900123"
PEOPLE = ("ann", "bea", "cat", "dan")


@pytest.fixture
def service() -> ConsentService:
    return ConsentService(KEY)


@pytest.fixture
def database(database: Database, service: ConsentService) -> Database:
    """Four patients, of whom six entries tell in six units of work, and one more in the seventh."""
    with database.write() as uow:
        add_location(uow)
        for who in PEOPLE:
            add_patient(uow, who, mobile_e164=NUMBER if who in ("cat", "dan") else None)
    with database.write() as uow:
        service.restrict(uow, actor(), "ann", Purpose.PROMOTIONS, why="Rang this morning.")
        service.permit(uow, actor(), "bea", Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_OUT)
    with database.write() as uow:
        service.lift(uow, actor(Role.MANAGER), "ann", Purpose.PROMOTIONS, why="She asked at the desk.")
    with database.write() as uow:
        service.suppress(uow, AddressKind.MOBILE, NUMBER, source=ConsentSource.STOP_TEXT)
    with database.write() as uow:
        service.suppress(uow, AddressKind.EMAIL, "nobody@example.com", source=ConsentSource.BOUNCE)
    return database


def checked(database: Database) -> Verdict:
    with database.read() as connection:
        return verify(connection, KEY)


Tamper = Callable[..., None]


@pytest.fixture
def tamper(database: Database) -> Tamper:
    """Executes statements for somebody who may do anything with the database."""
    with database.write() as uow:
        for table in (consent_entry, consent_link):
            for trigger in ("kept", "stays"):
                of = f" ON {table.name}" if uow.connection.dialect.name == "postgresql" else ""
                uow.connection.execute(text(f"DROP TRIGGER {table.name}_{trigger}{of}"))

    def execute(*statements: Executable) -> None:
        with database.write() as uow:
            for statement in statements:
                uow.connection.execute(statement)

    return execute


def number_of(database: Database, what: str) -> int:
    """The place in the chain of the first entry of this kind."""
    statement = (
        select(func.min(consent_link.c.number))
        .join(consent_entry, consent_entry.c.id == consent_link.c.entry_id)
        .where(consent_entry.c.what == what)
    )
    with database.read() as connection:
        return int(connection.execute(statement).scalar_one())


def test_l26_the_chain_holds_and_says_how_many_entries(database: Database) -> None:
    assert checked(database) == Verdict(10)


def test_l26_entries_are_neither_changed_nor_deleted(database: Database) -> None:
    with database.write() as uow:
        audit.record(uow, SERVER, "test.done")
    for table in (consent_entry, consent_link, audit_entry):
        for statement in (update(table).values(number=table.c.number + 100), delete(table)):
            with pytest.raises(DBAPIError, match=f"{table.name} is append-only"), database.write() as uow:
                uow.connection.execute(statement)
    assert checked(database).holds


def test_l26_emptying_a_table_is_refused_too(database: Database) -> None:
    if database.engine.dialect.name != "postgresql":
        return
    for table in (consent_entry, consent_link, audit_entry):
        with pytest.raises(DBAPIError, match="append-only"), database.write() as uow:
            uow.connection.execute(text(f"TRUNCATE {table.name}"))


def test_a_unit_that_fails_leaves_no_link(database: Database, service: ConsentService) -> None:
    def fail(uow: UnitOfWork) -> None:
        with uow.savepoint():
            service.restrict(uow, actor(), "bea", Purpose.NEWSLETTERS)
            raise ZeroDivisionError

    with database.write() as uow:
        service.restrict(uow, actor(), "ann", Purpose.NEWSLETTERS)
        with pytest.raises(ZeroDivisionError):
            fail(uow)
    assert checked(database) == Verdict(11)


def test_writers_at_once_make_one_chain(migrated_database: str, database: Database) -> None:
    """Each on connections of its own, as several servers would; on PostgreSQL they truly overlap."""
    rounds = 10
    wrong: list[BaseException] = []

    def write(who: str) -> None:
        own = Database(open_engine(migrated_database), FixedClock(database.clock.now()))
        service = ConsentService(KEY)
        try:
            for turn in range(rounds):
                state = (PermissionState.OPTED_OUT, PermissionState.UNKNOWN)[turn % 2]
                with own.write() as uow:
                    service.permit(uow, SERVER, who, Channel.APP, Purpose.NEWSLETTERS, state, how="Asked.")
        except BaseException as error:  # noqa: BLE001  # told by the test's own thread
            wrong.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=write, args=(who,)) for who in PEOPLE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert checked(database) == Verdict(10 + rounds * len(PEOPLE))


def test_a_changed_entry_breaks_the_chain_there(database: Database, tamper: Tamper) -> None:
    number = number_of(database, "permission_set")
    first = select(func.min(consent_entry.c.number)).where(consent_entry.c.what == "permission_set")
    tamper(
        update(consent_entry)
        .where(consent_entry.c.number == first.scalar_subquery())
        .values(state=PermissionState.OPTED_IN.value)
    )
    verdict = checked(database)
    assert verdict.entries == number - 1
    assert f"broken at link {number}" in verdict.problem
    assert "changed afterwards" in verdict.problem


@pytest.mark.parametrize("what", ["restriction_set", "restriction_lifted", "suppressed"])
def test_a_missing_entry_breaks_the_chain_there(database: Database, tamper: Tamper, what: str) -> None:
    number = number_of(database, what)
    linked = select(consent_link.c.entry_id).where(consent_link.c.number == number).scalar_subquery()
    tamper(delete(consent_entry).where(consent_entry.c.id == linked))
    verdict = checked(database)
    assert (verdict.entries, f"broken at link {number}" in verdict.problem) == (number - 1, True)


def test_a_missing_link_breaks_the_chain_there(database: Database, tamper: Tamper) -> None:
    tamper(delete(consent_link).where(consent_link.c.number == 4))
    assert "a link is missing before link 5" in checked(database).problem


def test_a_chain_that_was_cut_short_is_noticed(database: Database, tamper: Tamper) -> None:
    last = select(consent_link.c.entry_id).where(consent_link.c.number == 10).scalar_subquery()
    tamper(delete(consent_entry).where(consent_entry.c.id == last))
    tamper(delete(consent_link).where(consent_link.c.number == 10))
    assert "should end at link 10" in checked(database).problem


def test_another_last_link_is_noticed(database: Database, tamper: Tamper) -> None:
    tamper(update(consent_head).values(hash="0" * 64))
    assert "not the one the chain ended with" in checked(database).problem


def test_changed_or_missing_words_are_noticed(database: Database, tamper: Tamper) -> None:
    tamper(
        update(consent_why).where(consent_why.c.why == "Rang this morning.").values(why="Rang this evening.")
    )
    assert "broken at link 1 " in checked(database).problem
    assert "words of the entry were changed" in checked(database).problem
    tamper(delete(consent_why))
    assert "words of the entry are gone" in checked(database).problem


def test_an_entry_past_the_ledger_is_noticed(database: Database) -> None:
    with database.write() as uow:
        row = {
            "id": "stray",
            "at": uow.now,
            "patient_id": "ann",
            "what": "restriction_set",
            "source": "staff",
        }
        uow.connection.execute(insert(consent_entry).values(**row, purpose="promotions"))
    assert "The entry stray has no place in the chain." in checked(database).problem


def test_a_present_state_that_differs_names_the_first_patient(
    database: Database, service: ConsentService
) -> None:
    with database.write() as uow:
        service.restrict(uow, actor(), "ann", Purpose.NEWSLETTERS)
    with database.write() as uow:
        uow.connection.execute(
            update(permission).where(permission.c.patient_id == "dan").values(state="opted_in")
        )
        uow.connection.execute(
            update(permission).where(permission.c.patient_id == "bea").values(state="opted_in")
        )
    assert checked(database).patient_id == "bea"
    with database.write() as uow:
        uow.connection.execute(delete(restriction))
    verdict = checked(database)
    assert (verdict.entries, verdict.patient_id) == (11, "ann")
    assert "The restriction on “Newsletters” is missing" in verdict.problem


def test_a_yes_that_nobody_recorded_is_noticed(database: Database) -> None:
    with database.write() as uow:
        row = store.PermissionRow(
            "ann",
            Channel.SMS,
            Purpose.PROMOTIONS,
            PermissionState.OPTED_IN,
            uow.now,
            ConsentSource.STAFF,
            "",
            "",
            "",
        )
        store.put_permission(uow.connection, row)
    assert checked(database).patient_id == "ann"


def test_a_flag_or_suppression_that_went_is_noticed(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(update(patient).where(patient.c.id == "dan").values(mobile_suppressed=False))
    assert checked(database).patient_id == "dan"
    with database.write() as uow:
        uow.connection.execute(update(patient).where(patient.c.id == "dan").values(mobile_suppressed=True))
    assert checked(database).holds
    with database.write() as uow:
        uow.connection.execute(delete(suppression).where(suppression.c.kind == "email"))
    assert "The list of suppressed addresses" in checked(database).problem


def test_many_entries_of_one_unit_are_linked_in_their_order(database: Database) -> None:
    with database.write() as uow:
        ledger.append(
            uow,
            [
                store.Entry(f"{number:05}", uow.now, "", "suppressed", ConsentSource.BOUNCE, state="email")
                for number in reversed(range(2500))
            ],
        )
    with database.read() as connection:
        order = [link.entry_id for link in store.links(connection)][10:]
    assert order == [f"{number:05}" for number in reversed(range(2500))]


def test_the_administrator_is_told_whether_it_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["audit", "verify", "--data", str(tmp_path)]
    with opened(Place(tmp_path, database_url(tmp_path))) as (database, key), database.write() as uow:
        add_location(uow)
        add_patient(uow, "ann")
        ConsentService(key.for_hashes).restrict(uow, actor(), "ann", Purpose.PROMOTIONS)
    assert cli.main(asked) == 0
    assert capsys.readouterr().out == "The record of consent holds: 1 entry.\n"
    with opened(Place(tmp_path, database_url(tmp_path))) as (database, _), database.write() as uow:
        uow.connection.execute(delete(restriction))
    assert cli.main(asked) == 1
    assert "First at the patient ann." in capsys.readouterr().err


def test_the_made_up_practice_has_a_record_that_holds(migrated_database: str, clock: FixedClock) -> None:
    database, key = Database(open_engine(migrated_database), clock), ServerKey(SECRET)
    try:
        make_practice(database, key, patients=150, seed=3, passwords=dict.fromkeys(STAFF, PASSWORD))
        with database.read() as connection:
            verdict = verify(connection, key.for_hashes)
    finally:
        database.close()
    assert verdict.holds, verdict
    assert verdict.entries > 150
