"""Contact entries: written once, logged, and moving "last contacted" where they should."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, select

from primoro_campaigns.domain.ids import DeliveryId, PatientId
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.server.patient.contacts import ContactEntry
from primoro_campaigns.server.patient.tables import contact, patient
from primoro_campaigns.storage.synced import Room

ANN = PatientId("ann")


@pytest.fixture(autouse=True)
def ann(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(
            insert(patient),
            [{"id": "ann", "location_id": "boston", "status": "active", "family_name": "Ash"}],
        )


def sent(delivery_id: str | None = None, category: str = "promotions") -> ContactEntry:
    return ContactEntry(
        patient_id=ANN,
        kind="sms",
        direction="out",
        title="Spring check-up",
        status="sent",
        category=category,
        delivery_id=None if delivery_id is None else DeliveryId(delivery_id),
    )


def test_entry_is_written_and_logged_for_the_patients_location(database: Database) -> None:
    with database.write() as uow:
        (contact_id,) = contacts.record(uow, [sent()])
    with database.read() as connection:
        row = connection.execute(select(contact).where(contact.c.id == contact_id)).mappings().one()
        logged = connection.execute(select(change.c.room, change.c.entity_id, change.c.location_id)).all()
    assert (row["patient_id"], row["title"], row["at"]) == ("ann", "Spring check-up", database.clock.now())
    assert set(map(tuple, logged)) == {
        (Room.CONTACT.value, contact_id, "boston"),
        (Room.PATIENT.value, "ann", "boston"),
    }


def test_a_delivery_has_one_entry_however_often_it_is_settled(database: Database) -> None:
    with database.write() as uow:
        contacts.record(uow, [sent("d1"), sent("d1")])
    with database.read() as connection:
        before = latest(connection)
    with database.write() as uow:
        assert contacts.record(uow, [sent("d1")]) == []
    with database.read() as connection:
        assert len(connection.execute(select(contact)).all()) == 1
        assert latest(connection) == before


def test_marketing_moves_last_contacted_at_the_practices_day_and_never_back(database: Database) -> None:
    late = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)  # the evening before in Boston
    earlier = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    for at in (late, earlier):
        with database.write() as uow:
            contacts.record(
                uow,
                [ContactEntry(ANN, "email", "out", "News", "sent", category="newsletters", at=at)],
            )
    with database.read() as connection:
        assert connection.execute(select(patient.c.last_contacted_on)).scalar_one() == date(2026, 3, 2)


@pytest.mark.parametrize(
    "entry",
    [
        sent(category="important"),
        ContactEntry(ANN, "sms", "in", "STOP", "received", category="promotions"),
        ContactEntry(ANN, "sms", "out", "Spring", "failed", category="promotions"),
        ContactEntry(ANN, "consent", "none", "Opted in", "recorded", category="promotions"),
    ],
)
def test_other_entries_leave_last_contacted_alone(database: Database, entry: ContactEntry) -> None:
    with database.write() as uow:
        assert len(contacts.record(uow, [entry])) == 1
    with database.read() as connection:
        assert connection.execute(select(patient.c.last_contacted_on)).scalar_one() is None


def test_an_entry_for_nobody_is_left_out(database: Database) -> None:
    with database.write() as uow:
        assert contacts.record(uow, [ContactEntry(PatientId("ghost"), "note", "none", "x", "recorded")]) == []
