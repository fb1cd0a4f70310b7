"""The gate as SQL gives every patient the answer that the domain gives, with the same reason."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import ColumnElement, delete, false, true

from primoro_campaigns.domain.campaign.model import CHANNELS, ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose, Refusal
from primoro_campaigns.domain.consent.rules import Refused, clear
from primoro_campaigns.domain.delivery.plan import Candidate, Planned, Skipped, plan
from primoro_campaigns.domain.delivery.tally import Tally
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy, add_months
from primoro_campaigns.server.consent.tables import permission, restriction
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.patient.tables import contact, patient
from primoro_campaigns.storage.audience_sql import render_sqlite
from primoro_campaigns.storage.gate_sql import ASK, OPEN, Asking, decided, gate_select, tally
from primoro_campaigns.storage.standing_sql import (
    StandingRules,
    StandingTables,
    candidate_of,
    standing_select,
)
from primoro_campaigns.support.clock import FixedClock
from tests.server.practice import add_contact, add_location, add_patient, add_permission, add_restriction
from tests.strategies.audience import TODAYS

TABLES = StandingTables(patient, restriction, permission, contact)
LONDON = ZoneInfo("Europe/London")
PEOPLE = tuple(f"p{number}" for number in range(12))


@pytest.fixture
def database(migrated_database: str, clock: FixedClock) -> Iterator[Database]:
    database = Database(open_engine(migrated_database), clock)
    with database.write() as uow:
        add_location(uow)
        add_location(uow, "loc-2")
    yield database
    database.close()


def fill(uow: UnitOfWork, random: Random, today: date, now: datetime, months: int) -> None:
    """A dozen patients whose facts lie around every border that the gate knows."""
    for table in (contact, permission, restriction, patient):
        uow.connection.execute(delete(table))
    borders = [add_months(today, -each * months) for each in (0, 1, 2, 3)]

    def near() -> date:
        return random.choice(borders) + timedelta(days=random.randint(-3, 3))

    def instant() -> datetime:
        if random.random() < 0.3:
            return now - timedelta(days=random.choice([7, 90]), microseconds=random.randint(-1, 1))
        return datetime.combine(near(), random.choice([time(0), time(23, 59, 59)]), LONDON).astimezone(UTC)

    for each in PEOPLE:
        eighteen = date(today.year - 18, today.month, 1) + timedelta(days=today.day - 1)
        willing = random.random() < 0.6
        address = random.choice(["one@example.com", "One@Example.com", f"{each}@example.com", "", None])
        add_patient(
            uow,
            each,
            location_id=random.choice(["loc-1", "loc-2"]),
            status=random.choice([*PatientStatus, *[PatientStatus.ACTIVE] * 15]).value,
            born_on=random.choice(
                [None, date(1980, 5, 17), eighteen + timedelta(days=random.randint(-2, 2))]
            ),
            is_head_of_household=random.random() < 0.3,
            preferred_channel=random.choice([None, "email", "sms"]),
            last_booked_on=random.choice([None, near(), near()]),
            email=address,
            email_state=random.choice([*AddressState, *[AddressState.OK] * 12]).value,
            email_suppressed=random.random() < 0.1,
            mobile_e164=random.choice([None, "+447700900123", f"+44770090{each[1:]:0>4}"]),
            mobile_state=random.choice([*AddressState, *[AddressState.OK] * 12]).value,
            mobile_suppressed=random.random() < 0.1,
        )
        for channel in (Channel.EMAIL, Channel.SMS):
            for purpose in Purpose:
                if random.random() < 0.85:
                    state = PermissionState.OPTED_IN if willing else random.choice(list(PermissionState))
                    add_permission(
                        uow, each, channel, purpose, state, soft_opt_in=random.choice([True, False])
                    )
        for purpose in Purpose:
            if random.random() < 0.1:
                add_restriction(uow, each, purpose)
        for _ in range(random.choice([0, 0, 1, 1, 1, 2, 5])):
            add_contact(
                uow,
                each,
                instant(),
                category=random.choice(list(Purpose)).value,
                kind=random.choice(["email", "sms", "phone"]),
                direction=random.choice(["out", "out", "out", "in"]),
                status=random.choice(["sent", "unknown", "failed"]),
            )


def asking_of(random: Random, today: date, now: datetime, purpose: Purpose, policy: ChannelPolicy) -> Asking:
    ready: dict[Channel, ColumnElement[bool]] = {
        Channel.EMAIL: random.choice([true(), true(), false()]),
        Channel.SMS: patient.c.location_id.in_(["loc-1"]),
    }
    email_ready = ready[Channel.EMAIL] is true()
    rules = StandingRules(
        LONDON,
        lambda channel, location: email_ready if channel is Channel.EMAIL else location == "loc-1",
        random.choice([True, False]),
        excluded_patient_ids=frozenset(random.sample(PEOPLE, random.randint(0, 2))),
        booked_patient_ids=frozenset(random.sample(PEOPLE, random.randint(0, 2))),
        reset_months=random.choice([0, 1, 1, 2, 13]),
    )
    frequency = FrequencyPolicy(random.choice([0, 1, 2]), random.choice([0, 1, 4]))
    channels = CHANNELS[policy]
    return Asking(purpose, channels, now, today, frequency, rules, {each: ready[each] for each in channels})


def candidates(database: Database, asking: Asking) -> dict[str, Candidate]:
    statement = standing_select(TABLES, true(), asking.purpose, asking.channels, asking.now)
    with database.read() as connection:
        rows = [dict(row._mapping) for row in connection.execute(statement)]
    found = (
        candidate_of({str(name): row[name] for name in row}, asking.purpose, asking.channels, asking.rules)
        for row in rows
    )
    return {each.member.patient_id: each for each in found}


def answer(candidate: Candidate, channel: Channel, asking: Asking) -> str:
    given = clear(candidate.standings[channel], asking.now, asking.today, asking.frequency)
    return given.reason.value if isinstance(given, Refused) else OPEN


def numbers(found: dict[str, Candidate], asking: Asking, policy: ChannelPolicy) -> Tally:
    """What ``plan`` comes to."""
    planned: dict[Channel, int] = {}
    skipped: dict[Refusal, int] = {}
    for each in plan(found.values(), policy, asking.now, asking.today, asking.frequency):
        if isinstance(each, Planned):
            planned[each.cleared.channel] = planned.get(each.cleared.channel, 0) + 1
        else:
            skipped[each.reason] = skipped.get(each.reason, 0) + 1
    return Tally(len(found), planned, skipped)


def answers_of(
    audience: Iterable[Candidate | Skipped], asking: Asking, policy: ChannelPolicy
) -> dict[str, Planned | Skipped]:
    """Everything that ``plan`` says of each patient, words included."""
    answers = plan(audience, policy, asking.now, asking.today, asking.frequency, guardians=tuple)
    return {
        each.cleared.patient_id if isinstance(each, Planned) else each.patient_id: each for each in answers
    }


def test_the_gate_in_sql_is_the_gate_of_the_domain(database: Database) -> None:
    """Each reason, on each channel; the numbers of the whole audience; and what each is told of it."""
    seen: set[str] = set()

    @settings(max_examples=60, deadline=None)
    @given(
        seed=st.integers(0, 2**32),
        today=st.sampled_from(TODAYS),
        purpose=st.sampled_from(
            [Purpose.PROMOTIONS, Purpose.PROMOTIONS, Purpose.NEWSLETTERS, Purpose.IMPORTANT]
        ),
        policy=st.sampled_from(ChannelPolicy),
    )
    def agree(seed: int, today: date, purpose: Purpose, policy: ChannelPolicy) -> None:
        random = Random(seed)
        now = datetime.combine(today, time(10, 30), LONDON).astimezone(UTC)
        asking = asking_of(random, today, now, purpose, policy)
        with database.write() as uow:
            fill(uow, random, today, now, asking.rules.reset_months or 1)
        with database.read() as connection:
            rows = [tuple(row) for row in connection.execute(gate_select(TABLES, true(), asking))]
        found = candidates(database, asking)
        assert {row[0] for row in rows} == found.keys()
        for row in rows:
            for place, channel in enumerate(asking.channels):
                expected, given = answer(found[str(row[0])], channel, asking), row[2 + place]
                seen.add(str(given))
                assert given in (expected, ASK), (row[0], channel)
        counted = tally(rows, asking, policy, lambda ids: [found[each] for each in ids])
        assert counted == numbers(found, asking, policy)
        sooner = decided(rows, asking, policy, lambda ids: [found[each] for each in ids])
        assert answers_of(sooner, asking, policy) == answers_of(found.values(), asking, policy)

    agree()
    # Every branch was taken: no answer is left that nobody compared.
    assert seen >= {
        *(OPEN, ASK, "deceased", "archived", "inactive", "under_18", "restricted", "excluded_by_hand"),
        *("opted_out", "suppressed", "no_address", "invalid_address", "landline", "unknown"),
        *("channel_not_ready", "booked", "resting", "frequency_cap"),
    }


def test_the_domain_is_asked_only_where_the_length_of_a_month_decides(database: Database) -> None:
    """Else nothing would be gained: a contact or booking alone, or one long after the other, is answered."""
    today, now = date(2026, 3, 3), datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
    rules = StandingRules(LONDON, lambda _channel, _location: True, False)
    asking = Asking(
        *(Purpose.PROMOTIONS, (Channel.EMAIL,), now, today, FrequencyPolicy(0, 0), rules),
        {Channel.EMAIL: true()},
    )
    with database.write() as uow:
        for each in ("contacted", "booked", "both", "long_ago", "ask"):
            add_patient(uow, each, last_booked_on=None if each == "contacted" else date(2026, 2, 20))
            add_permission(uow, each)
        add_contact(uow, "contacted", datetime(2026, 2, 20, tzinfo=UTC))
        add_contact(uow, "both", datetime(2026, 2, 10, tzinfo=UTC))
        add_contact(uow, "long_ago", datetime(2026, 1, 1, tzinfo=UTC))
        add_contact(uow, "ask", datetime(2026, 1, 25, tzinfo=UTC))
    with database.read() as connection:
        rows = {str(row[0]): row[2] for row in connection.execute(gate_select(TABLES, true(), asking))}
    assert rows.pop("ask") == ASK
    assert set(rows.values()) == {"resting"}


def test_the_desktop_gets_the_same_reasons(database: Database) -> None:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("the desktop's cache is SQLite")
    today = TODAYS[0]
    now = datetime.combine(today, time(10, 30), LONDON).astimezone(UTC)
    random = Random(5)
    with database.write() as uow:
        fill(uow, random, today, now, 1)
    asking = asking_of(random, today, now, Purpose.PROMOTIONS, ChannelPolicy.PREFERRED)
    statement = gate_select(TABLES, true(), asking)
    text, values = render_sqlite(statement)
    with database.read() as connection, closing(sqlite3.connect(str(database.engine.url.database))) as raw:
        assert {tuple(row) for row in raw.execute(text, values)} == {
            tuple(row) for row in connection.execute(statement)
        }
