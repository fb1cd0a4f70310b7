"""Taking in patients: what is derived, what is flagged, what is logged, and who goes along on a move."""

from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import select

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.errors import NotAllowedError, NotFoundError
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.patient import contacts, service
from primoro_campaigns.server.patient.contacts import ContactEntry
from primoro_campaigns.server.patient.service import AddressKindName, Move, PatientService, Told
from primoro_campaigns.server.patient.tables import patient

Row = dict[str, object]


class Practice:
    """A service that knows what is suppressed and remembers the moves it was told of."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.suppressed: set[str] = set()
        self.moves: list[Move] = []
        self.service = PatientService(self._suppressed, [self._follow])

    def _suppressed(self, _uow: UnitOfWork, kind: AddressKindName, addresses: Sequence[str]) -> set[str]:
        return {each for each in addresses if f"{kind}:{each}" in self.suppressed}

    def _follow(self, _uow: UnitOfWork, moves: Sequence[Move]) -> None:
        self.moves.extend(moves)

    def take(self, key: str = "1", location: str = "leeds", region: str = "GB", **columns: object) -> str:
        with self.database.write() as uow:
            told = Told(key, columns, region, location, location_told=True)
            return self.service.upsert(uow, "pms", [told]).ids[key]

    def row(self, patient_id: str) -> Row:
        with self.database.read() as connection:
            return dict(connection.execute(select(patient).where(patient.c.id == patient_id)).one()._mapping)

    def seq(self) -> int:
        with self.database.read() as connection:
            return latest(connection)

    def marks(self, entity_id: str) -> set[tuple[str, bool]]:
        with self.database.read() as connection:
            query = select(change.c.location_id, change.c.gone).where(change.c.entity_id == entity_id)
            return {(row.location_id, bool(row.gone)) for row in connection.execute(query)}


@pytest.fixture
def practice(database: Database) -> Practice:
    return Practice(database)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"email": "Ann@Example.COM"}, {"email": "Ann@example.com", "email_state": "ok"}),
        ({"email": "ann@"}, {"email": "ann@", "email_state": "invalid"}),
        ({"email": None}, {"email": None, "email_state": "none"}),
        ({"mobile": "07700 900123"}, {"mobile_e164": "+447700900123", "mobile_state": "ok"}),
        ({"mobile": "0113 496 0123"}, {"mobile_e164": "+441134960123", "mobile_state": "landline"}),
        ({"mobile": "ask wife"}, {"mobile": "ask wife", "mobile_e164": None, "mobile_state": "invalid"}),
        ({"mobile": None}, {"mobile": None, "mobile_e164": None, "mobile_state": "none"}),
        ({"landline": "0113 496 0123"}, {"landline_e164": "+441134960123"}),
        ({"born_on": date(1980, 5, 17)}, {"birth_md": 517}),
        ({}, {"email_state": "none", "mobile_state": "none", "status": "active", "tags": "[]"}),
    ],
)
def test_what_follows_from_the_record_is_kept_with_it(
    practice: Practice, columns: dict[str, str], expected: Row
) -> None:
    row = practice.row(practice.take(**columns))
    assert {name: row[name] for name in expected} == expected


def test_numbers_are_read_as_in_their_country(practice: Practice) -> None:
    assert practice.row(practice.take(region="US", mobile="617 555 0134"))["mobile_e164"] == "+16175550134"


def test_the_same_again_changes_nothing_and_a_change_is_logged_once(practice: Practice) -> None:
    patient_id = practice.take(given_name="Ann", town="Leeds")
    before = practice.seq()
    assert practice.take(given_name="Ann", town="Leeds") == patient_id
    assert practice.seq() == before
    practice.take(given_name="Anne", town="Leeds")
    assert practice.seq() == before + 1
    assert practice.row(patient_id)["given_name"] == "Anne"


def test_what_is_not_told_stays(practice: Practice) -> None:
    patient_id = practice.take(given_name="Ann", email="ann@example.com")
    practice.take(given_name="Anne")
    assert practice.row(patient_id)["email"] == "ann@example.com"


def test_a_suppressed_address_is_flagged_before_anyone_sees_the_row(practice: Practice) -> None:
    practice.suppressed = {"email:stop@example.com", "mobile:+447700900001"}
    patient_id = practice.take(email="stop@example.com", mobile="07700900001")
    row = practice.row(patient_id)
    assert (row["email_suppressed"], row["mobile_suppressed"]) == (True, True)
    practice.take(email="fresh@example.com", mobile="07700900001")
    row = practice.row(patient_id)
    assert (row["email_suppressed"], row["mobile_suppressed"]) == (False, True)
    practice.take(email="stop@example.com", mobile="07700900001")
    assert practice.row(patient_id)["email_suppressed"] is True


def test_who_moves_is_gone_there_and_seen_here_with_all_that_follows(
    practice: Practice, database: Database
) -> None:
    patient_id = practice.take(given_name="Ann")
    with database.write() as uow:
        entry = ContactEntry(PatientId(patient_id), "note", "none", "Rang", "recorded")
        (contact_id,) = contacts.record(uow, [entry])
    practice.take(given_name="Ann", location="boston")
    assert practice.row(patient_id)["location_id"] == "boston"
    for entity in (patient_id, str(contact_id)):
        assert practice.marks(entity) == {("leeds", True), ("boston", False)}
    assert practice.moves == [Move(patient_id, "leeds", "boston")]


def test_holders_of_a_number(practice: Practice, database: Database) -> None:
    by_mobile = practice.take("1", mobile="07700 900123", family_name="Ash")
    by_landline = practice.take("2", landline="07700 900123", family_name="Birch")
    by_hand = practice.take("3", family_name="Cedar")
    practice.take("4", mobile="07700 900124")
    with database.write() as uow:
        assert practice.service.add_number(uow, by_hand, "+447700900123", "Jo")
        assert not practice.service.add_number(uow, by_hand, "+447700900123", "Jo")
    with database.read() as connection:
        found = service.holders_of(connection, "+447700900123")
        assert service.holders_of(connection, "+447700900199") == []
    assert {each.patient_id for each in found} == {by_mobile, by_landline, by_hand}
    practice.take("3", family_name="Cedar", mobile="07700 900555")
    with database.read() as connection:
        assert by_hand in {each.patient_id for each in service.holders_of(connection, "+447700900123")}


def test_a_patient_is_found_by_those_who_may_see_them(practice: Practice, database: Database) -> None:
    patient_id = practice.take(given_name="Ann")
    here = Actor("u", "Jo", frozenset({Right.VIEW}), False, frozenset({"leeds"}))
    there = Actor("u", "Jo", frozenset({Right.VIEW}), False, frozenset({"boston"}))
    nobody = Actor("u", "Jo", frozenset(), True)
    with database.read() as connection:
        assert service.find(connection, here, patient_id).given_name == "Ann"
        with pytest.raises(NotFoundError):
            service.find(connection, there, patient_id)
        with pytest.raises(NotFoundError):
            service.find(connection, here, "no-such-patient")
        with pytest.raises(NotAllowedError):
            service.find(connection, nobody, patient_id)
