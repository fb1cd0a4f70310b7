"""A made-up practice in a server's database is one that the server itself could have written."""

import pytest
from sqlalchemy import Table, select

from primoro_campaigns.demo.practice.ids import Ids
from primoro_campaigns.demo.practice.practice import STAFF, NotEmptyError, make_practice, people
from primoro_campaigns.demo.practice.rows import RowMaker, Rows
from primoro_campaigns.server.account.tables import location, user
from primoro_campaigns.server.consent import verify
from primoro_campaigns.server.consent.tables import consent_entry, permission, restriction, suppression
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.patient import facts
from primoro_campaigns.server.patient.service import derived
from primoro_campaigns.server.patient.tables import (
    appointment,
    contact,
    encounter,
    invoice,
    patient,
    planned_treatment,
    practitioner,
    recall,
)
from tests.conftest import NOW
from tests.demo.practice.conftest import SEED

KEY = ServerKey("a secret of the tests, long enough for a key")
PASSWORDS = dict.fromkeys(STAFF, "three quiet words")

Row = dict[str, object]


def make(database: Database, patients: int) -> None:
    make_practice(database, KEY, patients=patients, seed=SEED, passwords=PASSWORDS)


def rows(database: Database, table: Table) -> list[Row]:
    with database.read() as connection:
        return [dict(row._mapping) for row in connection.execute(select(table))]


def test_everything_is_there_and_agrees_with_itself(database: Database) -> None:
    heard: list[int] = []
    made = make_practice(
        database, KEY, patients=900, seed=SEED, passwords=PASSWORDS, on_progress=heard.append
    )
    assert heard == [900]
    assert (made.patients, len(made.locations), made.users) == (900, 3, tuple(STAFF))
    patients = rows(database, patient)
    for table in (appointment, recall, planned_treatment, invoice, restriction, permission, contact):
        found = rows(database, table)
        assert made.rows[table.name] == len(found) > 0
        assert {row["patient_id"] for row in found} <= {row["id"] for row in patients}
    assert len(rows(database, location)) == 3
    assert len(rows(database, practitioner)) == 12
    assert len(rows(database, user)) == len(STAFF)
    assert rows(database, encounter) == []
    # What is derived is what the server derives.
    with database.write() as uow:
        assert facts.recompute(uow, [str(row["id"]) for row in patients]) == 0
    for row in patients:
        told = {name: row[name] for name in ("email", "mobile", "landline", "born_on")}
        assert {name: row[name] for name in derived(told, "GB")} == derived(told, "GB")
    # And the present consents follow from the ledger.
    with database.read() as connection:
        verdict = verify.verify(connection, KEY.for_hashes)
    assert verdict.problem == ""
    assert verdict.entries == len(rows(database, consent_entry)) > 0
    assert rows(database, suppression)


def test_the_same_seed_makes_the_same_rows() -> None:
    def made(seed: int) -> Rows:
        found = Rows()
        places = ["leeds", "york", "hull"]
        maker = RowMaker(Ids(seed, NOW), places, [f"d{each}" for each in range(12)], KEY.for_hashes, NOW)
        for person in people(100, seed, NOW):
            maker.add(found, person)
        return found

    first = made(SEED)
    assert made(SEED) == first
    assert made(SEED + 1).patient != first.patient
    ids = [row["id"] for row in (*first.patient, *first.appointment, *first.contact)]
    assert len(set(ids)) == len(ids)


def test_nothing_is_mixed_into_a_practice(database: Database) -> None:
    make(database, 50)
    with pytest.raises(NotEmptyError) as refused:
        make(database, 50)
    assert refused.value.advice.startswith("Nothing was changed.")
    assert len(rows(database, patient)) == 50


def test_nothing_is_mixed_in_among_imported_patients_either(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(patient.insert().values(id="ann", location_id="leeds", status="active"))
    with pytest.raises(NotEmptyError):
        make(database, 50)
    assert len(rows(database, patient)) == 1
    assert rows(database, user) == []
