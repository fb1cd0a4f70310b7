"""The same question, the same answer: on PostgreSQL, on SQLite, and on SQLite as the desktop asks it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import true

from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.consent.rules import Standing
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.server.consent.tables import permission, restriction
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.patient.tables import contact, patient
from primoro_campaigns.storage.audience_sql import render_sqlite
from primoro_campaigns.storage.standing_sql import (
    StandingRules,
    StandingTables,
    candidate_of,
    standing_select,
)
from primoro_campaigns.support.clock import FixedClock
from tests.server.practice import add_contact, add_location, add_patient, add_permission, add_restriction

TABLES = StandingTables(patient, restriction, permission, contact)
CHANNELS = (Channel.EMAIL, Channel.SMS)
RULES = StandingRules(
    ZoneInfo("Europe/London"),
    lambda channel, location: channel is Channel.EMAIL or location == "loc-1",
    True,
    excluded_patient_ids={"eve"},
    booked_patient_ids={"fay"},
)


@pytest.fixture
def filled(migrated_database: str, clock: FixedClock) -> Iterator[Database]:
    database = Database(open_engine(migrated_database), clock)
    _fill(database)
    yield database
    database.close()


def _fill(database: Database) -> None:
    now = database.clock.now()
    with database.write() as uow:
        add_location(uow)
        add_patient(uow, "ann", preferred_channel="sms", is_head_of_household=True)
        add_permission(uow, "ann")
        add_permission(uow, "ann", purpose=Purpose.NEWSLETTERS, state=PermissionState.OPTED_OUT)
        add_patient(
            uow, "bea", status="inactive", born_on=None, mobile_e164="+447700900123", mobile_state="ok"
        )
        add_permission(uow, "bea", Channel.SMS, state=PermissionState.UNKNOWN, soft_opt_in=True)
        add_restriction(uow, "bea")
        add_restriction(uow, "bea", Purpose.NEWSLETTERS)
        add_patient(uow, "cat", email_suppressed=True, location_id="loc-2", email=None, email_state="none")
        add_patient(uow, "dan")
        add_contact(uow, "dan", now - timedelta(days=6, hours=23), kind="sms")
        add_contact(uow, "dan", now - timedelta(days=8), category="newsletters", status="unknown")
        add_contact(uow, "dan", now - timedelta(days=89))
        add_contact(uow, "dan", now - timedelta(days=91))
        add_contact(uow, "dan", now, status="failed")
        add_contact(uow, "dan", now, direction="in")
        add_contact(uow, "dan", now, category="important")
        add_contact(uow, "dan", now, kind="phone")
        add_patient(uow, "eve")
        add_contact(uow, "eve", now - timedelta(days=60))
        add_patient(uow, "fay")
        add_patient(uow, "gil", last_booked_on=date(2026, 2, 20))
        add_contact(uow, "gil", now - timedelta(days=18))


def standings(database: Database, purpose: Purpose) -> dict[tuple[str, Channel], Standing]:
    statement = standing_select(TABLES, true(), purpose, CHANNELS, database.clock.now())
    with database.read() as connection:
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    found = [candidate_of({str(key): row[key] for key in row}, purpose, CHANNELS, RULES) for row in rows]
    return {
        (each.member.patient_id, channel): standing
        for each in found
        for channel, standing in each.standings.items()
    }


def test_the_facts_of_each_patient_and_channel(filled: Database) -> None:
    found = standings(filled, Purpose.PROMOTIONS)
    assert len(found) == 14
    ann = found["ann", Channel.EMAIL]
    assert (ann.permission, ann.address, ann.address_state) == (
        PermissionState.OPTED_IN,
        "ann@example.com",
        AddressState.OK,
    )
    assert not ann.restrictions
    assert found["ann", Channel.SMS].permission is PermissionState.UNKNOWN
    assert found["ann", Channel.SMS].address_state is AddressState.NONE
    bea = found["bea", Channel.SMS]
    assert (bea.status, bea.born_on, bea.address) == (PatientStatus.INACTIVE, None, "+447700900123")
    assert bea.restrictions == {Purpose.PROMOTIONS}
    assert bea.soft_opt_in
    assert not found["bea", Channel.EMAIL].soft_opt_in
    assert found["cat", Channel.EMAIL].suppressed
    assert found["cat", Channel.EMAIL].address is None
    assert not found["cat", Channel.SMS].channel_ready
    assert found["cat", Channel.EMAIL].channel_ready
    assert found["eve", Channel.EMAIL].excluded_by_hand
    assert found["fay", Channel.EMAIL].booked


def test_the_purpose_decides_which_permission_counts(filled: Database) -> None:
    found = standings(filled, Purpose.NEWSLETTERS)
    assert found["ann", Channel.EMAIL].permission is PermissionState.OPTED_OUT
    assert found["bea", Channel.EMAIL].restrictions == {Purpose.NEWSLETTERS}
    assert standings(filled, Purpose.IMPORTANT)["bea", Channel.EMAIL].restrictions == frozenset()


def test_caps_count_all_marketing_and_the_rest_its_own_purpose(filled: Database) -> None:
    dan = standings(filled, Purpose.PROMOTIONS)["dan", Channel.EMAIL]
    assert (dan.sent_last_7_days, dan.sent_last_90_days) == (1, 3)
    assert dan.resting_until == date(2026, 3, 24)
    assert standings(filled, Purpose.NEWSLETTERS)["dan", Channel.EMAIL].resting_until == date(2026, 3, 23)
    assert standings(filled, Purpose.PROMOTIONS)["ann", Channel.EMAIL].resting_until is None


def test_e20_a_rest_counts_from_the_contact_or_the_booking_whichever_is_first(filled: Database) -> None:
    """Written to on 13 February, booked on the 20th: the booking within the rest does not prolong it."""
    assert standings(filled, Purpose.PROMOTIONS)["gil", Channel.EMAIL].resting_until == date(2026, 3, 13)
    assert standings(filled, Purpose.NEWSLETTERS)["gil", Channel.SMS].resting_until == date(2026, 3, 20)


def test_e20_zero_months_is_no_rest(filled: Database) -> None:
    statement = standing_select(TABLES, true(), Purpose.PROMOTIONS, CHANNELS, filled.clock.now())
    with filled.read() as connection:
        rows = [dict(row) for row in connection.execute(statement).mappings()]
    off = replace(RULES, reset_months=0)
    for row in rows:
        candidate = candidate_of({str(key): row[key] for key in row}, Purpose.PROMOTIONS, CHANNELS, off)
        assert {each.resting_until for each in candidate.standings.values()} == {None}


def test_the_desktop_gets_the_same_answer(filled: Database) -> None:
    """Its cache holds the same columns; it asks with sqlite3 and gets text and whole numbers."""
    if filled.engine.dialect.name != "sqlite":
        pytest.skip("the desktop's cache is SQLite")
    text, values = render_sqlite(
        standing_select(TABLES, true(), Purpose.PROMOTIONS, CHANNELS, filled.clock.now())
    )
    with closing(sqlite3.connect(str(filled.engine.url.database))) as raw:
        raw.row_factory = sqlite3.Row
        rows = [{key: row[key] for key in row.keys()} for row in raw.execute(text, values)]  # noqa: SIM118
    found = {
        (each.member.patient_id, channel): replace(standing)
        for each in (candidate_of(row, Purpose.PROMOTIONS, CHANNELS, RULES) for row in rows)
        for channel, standing in each.standings.items()
    }
    assert found == standings(filled, Purpose.PROMOTIONS)
