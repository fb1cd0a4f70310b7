"""Visit facts follow from the visits, at the practice's own day, and only changes are logged."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update

from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.patient import facts
from primoro_campaigns.server.patient.tables import (
    appointment,
    encounter,
    patient,
    planned_treatment,
    recall,
)
from primoro_campaigns.support.clock import FixedClock


@pytest.fixture(autouse=True)
def ann(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(insert(patient), [{"id": "ann", "location_id": "boston", "status": "active"}])


def add(database: Database, name: str, status: str, starts_at: datetime, *, location: str = "boston") -> None:
    table = encounter if name.startswith("e") else appointment
    with database.write() as uow:
        uow.connection.execute(
            insert(table),
            [
                {
                    "id": name,
                    "external_id": name,
                    "patient_id": "ann",
                    "location_id": location,
                    "status": status,
                    "starts_at": starts_at,
                }
            ],
        )


def told(database: Database) -> dict[str, object]:
    with database.write() as uow:
        facts.recompute(uow, ["ann"])
    with database.read() as connection:
        row = connection.execute(select(patient).where(patient.c.id == "ann")).one()
    names = (
        "last_visit_on",
        "next_visit_on",
        "last_no_show_on",
        "recall_due_on",
        "has_unscheduled_treatment",
        "last_booked_on",
    )
    return {name: row._mapping[name] for name in names}


NOTHING = {
    "last_visit_on": None,
    "next_visit_on": None,
    "last_no_show_on": None,
    "recall_due_on": None,
    "has_unscheduled_treatment": False,
    "last_booked_on": None,
}


def test_days_are_those_of_the_place_of_the_visit(database: Database) -> None:
    # Four in the morning of 2 March in London is still 1 March in Boston.
    add(database, "a1", "attended", datetime(2026, 3, 2, 4, 0, tzinfo=UTC))
    assert told(database) == {**NOTHING, "last_visit_on": date(2026, 3, 1)}
    add(database, "a2", "attended", datetime(2026, 3, 2, 4, 0, tzinfo=UTC), location="leeds")
    assert told(database) == {**NOTHING, "last_visit_on": date(2026, 3, 2)}


def test_cancelled_missed_proposed_and_future_visits_are_no_last_visit(database: Database) -> None:
    now = database.clock.now()
    add(database, "a1", "cancelled", now - timedelta(days=3))
    add(database, "a2", "missed", now - timedelta(days=4))
    add(database, "a3", "proposed", now + timedelta(days=4))
    add(database, "a4", "cancelled", now + timedelta(days=5))
    add(database, "e5", "entered-in-error", now - timedelta(days=5))
    add(database, "e6", "planned", now - timedelta(days=6))
    assert told(database) == {**NOTHING, "last_no_show_on": (now - timedelta(days=4)).date()}


def test_the_day_of_the_latest_booking_is_the_day_it_was_made(database: Database) -> None:
    now = database.clock.now()
    for name, status, booked_at in (
        ("a1", "booked", datetime(2026, 2, 20, 3, 0, tzinfo=UTC)),
        ("a2", "attended", datetime(2026, 2, 10, 12, 0, tzinfo=UTC)),
        ("a3", "cancelled", now),
        ("a4", "booked", None),
    ):
        add(database, name, status, now + timedelta(days=30))
        with database.write() as uow:
            uow.connection.execute(
                update(appointment).where(appointment.c.id == name).values(booked_at=booked_at)
            )
    # Three in the morning of 20 February in London is still the 19th in Boston.
    assert told(database)["last_booked_on"] == date(2026, 2, 19)


def test_the_next_visit_is_the_earliest_booked_and_an_encounter_counts_as_last(database: Database) -> None:
    now = database.clock.now()
    add(database, "a1", "booked", now + timedelta(days=20))
    add(database, "a2", "booked", now + timedelta(days=9))
    add(database, "e3", "finished", now - timedelta(days=2))
    add(database, "a4", "attended", now - timedelta(days=5))
    assert told(database) == {
        **NOTHING,
        "next_visit_on": (now + timedelta(days=9)).date(),
        "last_visit_on": (now - timedelta(days=2)).date(),
    }


def test_recalls_and_planned_treatment(database: Database) -> None:
    with database.write() as uow:
        uow.connection.execute(
            insert(recall),
            [
                {
                    "id": "r1",
                    "external_id": "r1",
                    "patient_id": "ann",
                    "due_on": date(2026, 5, 1),
                    "done": True,
                },
                {
                    "id": "r2",
                    "external_id": "r2",
                    "patient_id": "ann",
                    "due_on": date(2026, 7, 1),
                    "done": False,
                },
                {
                    "id": "r3",
                    "external_id": "r3",
                    "patient_id": "ann",
                    "due_on": date(2026, 6, 1),
                    "done": False,
                },
            ],
        )
        uow.connection.execute(
            insert(planned_treatment),
            [
                {
                    "id": "t1",
                    "external_id": "t1",
                    "patient_id": "ann",
                    "description": "Crown",
                    "planned_on": date(2026, 1, 1),
                    "has_appointment": True,
                }
            ],
        )
    assert told(database) == {**NOTHING, "recall_due_on": date(2026, 6, 1)}
    with database.write() as uow:
        uow.connection.execute(update(planned_treatment).values(has_appointment=False))
    assert told(database)["has_unscheduled_treatment"] is True


def test_what_did_not_change_is_not_logged(database: Database) -> None:
    add(database, "a1", "attended", database.clock.now() - timedelta(days=1))
    told(database)
    with database.read() as connection:
        before = latest(connection)
    told(database)
    with database.read() as connection:
        assert latest(connection) == before


def test_as_days_pass_a_next_visit_becomes_the_last(database: Database, clock: FixedClock) -> None:
    booked = clock.instant + timedelta(days=2)
    add(database, "a1", "booked", booked)
    assert told(database)["next_visit_on"] == booked.date()
    assert facts.catch_up(database) == 0
    clock.instant += timedelta(days=3)
    assert facts.catch_up(database) == 1
    with database.read() as connection:
        row = connection.execute(select(patient.c.last_visit_on, patient.c.next_visit_on)).one()
    assert tuple(row) == (booked.date(), None)
    assert facts.catch_up(database) == 0


def test_whose_evening_is_still_to_come_holds_up_nobody_else(database: Database, clock: FixedClock) -> None:
    # In Boston it is the evening of 2 March, and Ann's visit is half an hour away.
    evening = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)
    with database.write() as uow:
        uow.connection.execute(insert(patient), [{"id": "ben", "location_id": "leeds", "status": "active"}])
        row = {"patient_id": "ben", "location_id": "leeds", "status": "booked"}
        at = datetime(2026, 2, 20, 9, 0, tzinfo=UTC)
        uow.connection.execute(insert(appointment), [{**row, "id": "a9", "starts_at": at}])
    add(database, "a1", "booked", evening + timedelta(minutes=30))
    clock.instant = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
    with database.write() as uow:
        assert facts.recompute(uow, ["ann", "ben"]) == 2
    clock.instant = evening
    assert facts.catch_up(database, batch=1) == 1
    with database.read() as connection:
        query = select(patient.c.id, patient.c.last_visit_on, patient.c.next_visit_on).order_by(patient.c.id)
        assert [tuple(row) for row in connection.execute(query)] == [
            ("ann", None, date(2026, 3, 2)),
            ("ben", date(2026, 2, 20), None),
        ]
