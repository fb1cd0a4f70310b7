"""Ninety days of a practice in a minute: thirty campaigns, faults every day, and an account that adds up.

One-off and ongoing campaigns, some at a pace, some that fall back to the other channel, some sent again to
those they did not reach; closed days, bank holidays and a clock that is changed. ``PRIMORO_SOAK_PATIENTS``
says how many patients (400); with 10,000 it takes its time, which ``-o faulthandler_timeout=0`` gives it.
"""

import contextlib
import logging
import os
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, insert, select, update

from primoro_campaigns.domain.audience.rule import DateFact, DaysOperator, DaysRule, Group
from primoro_campaigns.domain.campaign.fingerprint import fingerprint
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content, Kind, Receives
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.schedule.holiday import Nation, bank_holidays
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.campaign.run import COUNTS
from primoro_campaigns.server.campaign.tables import campaign, campaign_run
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery import accounts
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.providers.provider import Away, Brake, Letter, Result, Text, released
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.campaign import Resend
from tests.server.sender import CONTENT, MANAGER, add_practice, approve, configure, consent_service, save
from tests.strict import LogWatch

PATIENTS = int(os.environ.get("PRIMORO_SOAK_PATIENTS", "400"))
DAYS = 90
CAMPAIGNS = 30
LONDON = ZoneInfo("Europe/London")
FIRST = date(2026, 3, 1)
CLOSED_WEEKDAY = 6
AFTER_A_VISIT = 20
"""Days after which the ongoing campaigns write."""
COOL_DOWN = 30
A_DAY = max(PATIENTS // 8, 1)
CAUGHT_UP = 4
"""Easter, from Good Friday to Monday, and a day of grace."""


@dataclass(frozen=True)
class Taken:
    """A message that a patient has for certain, or may have."""

    at: datetime
    patient_id: str
    purpose: Purpose
    campaign: str


class PowerCutError(BaseException):
    """The process is gone: nothing that would run after it runs."""


@dataclass
class Sky:
    """A provider with weather: it remembers what it took, and when."""

    clock: FixedClock
    chance: random.Random
    taken: list[Taken] = field(default_factory=list)
    away: bool = False
    dies: bool = False

    def send(self, messages: Sequence[Letter | Text], brake: Brake = released) -> list[Result]:
        results = []
        for message in messages:
            held_back = brake()
            results.append(Result(Away(held_back)) if held_back else self._one(message))
            self.clock.instant += timedelta(milliseconds=40)
            if self.dies and self.chance.random() < 0.05:
                self.dies = False
                raise PowerCutError
        return results

    def _one(self, message: Letter | Text) -> Result:
        luck = self.chance.random()
        if self.away:
            return Result(Away("Away for a while."))
        if luck < 0.01:
            return Result(NotSent(False, "Refused."))
        if luck < 0.03:
            return Result(NotSent(True, "Later."))
        cleared = message.cleared
        self.taken.append(
            Taken(self.clock.instant, cleared.patient_id, cleared.purpose, campaign_of(message))
        )
        if luck < 0.035:
            return Result(InDoubt("The line broke."))
        return Result(Sent(f"id-{len(self.taken)}"))

    def mail(self, _settings: OrganisationSettings) -> "Sky":
        return self

    def texts(self, _settings: OrganisationSettings) -> "Sky":
        return self

    def close(self) -> None:
        """Nothing is open."""


def campaign_of(message: Letter | Text) -> str:
    words = message.content.decode() if isinstance(message, Letter) else message.body
    found = re.search(r"number (\d+)\.", words.replace("=\r\n", ""))
    assert found is not None
    return found[1]


def content(number: int) -> Content:
    """Every sixth is ongoing, each other one of those each time; every fourth has a pace."""
    policies = tuple(ChannelPolicy)
    ongoing = number % 6 == 2
    visited = DaysRule(DateFact.LAST_VISIT, DaysOperator.EXACTLY_AGO, AFTER_A_VISIT)
    return replace(
        CONTENT,
        name=f"Campaign no. {number}",
        channel_policy=policies[number % len(policies)],
        subject="News of our practice",
        email_body=f"Dear {{first_name|patient}}, this is message number {number}. Come and see us.",
        sms_body=f"Dear {{first_name|patient}}, message number {number}. Come and see us this spring.",
        purpose=Purpose.NEWSLETTERS if number % 5 == 4 else Purpose.PROMOTIONS,
        kind=Kind.ONGOING if ongoing else Kind.ONE_OFF,
        receives=Receives.EVERY_TIME if number % 12 == 2 else Receives.ONCE,
        cool_down_days=COOL_DOWN,
        audience=Group(members=(visited,)) if ongoing else Group(),
        most_a_day=A_DAY if number % 4 == 1 else 0,
    )


class Practice:
    """What happens in it, day by day."""

    def __init__(self, database: Database, clock: FixedClock, chance: random.Random) -> None:
        self.database, self.clock, self.chance = database, clock, chance
        self.sky = Sky(clock, chance)
        self.consent = consent_service()
        self.campaigns, self.worker = assemble(database, self.consent, self.sky)
        self.noes: list[tuple[datetime, str]] = []
        self.visits: dict[str, list[date]] = defaultdict(list)
        self.approved = 0

    def restart(self) -> None:
        """The old process does not say goodbye."""
        self.campaigns, self.worker = assemble(self.database, self.consent, self.sky)

    def work(self) -> None:
        try:
            self.worker.work()
        except PowerCutError:
            self.restart()

    def approve_next(self) -> None:
        number, self.approved = self.approved, self.approved + 1
        with self.database.write() as uow:
            save(self.campaigns, uow, content(number), f"c{number}")
            at = uow.now + timedelta(minutes=self.chance.randint(1, 1400))
            approve(self.campaigns, uow, content(number), f"c{number}", at=at)

    def say_no(self) -> None:
        who = f"p{self.chance.randrange(PATIENTS)}"
        with self.database.write() as uow:
            self.consent.restrict(uow, SERVER, who, Purpose.PROMOTIONS)
        self.noes.append((self.clock.instant, who))

    def visit(self, day: date, share: int = 30) -> None:
        """Some of the patients are at the practice."""
        who = [f"p{self.chance.randrange(PATIENTS)}" for _ in range(max(PATIENTS // share, 1))]
        for each in who:
            self.visits[each].append(day)
        with self.database.write() as uow:
            for start in range(0, len(who), 500):
                some = patient.c.id.in_(who[start : start + 500])
                uow.connection.execute(update(patient).where(some).values(last_visit_on=day))

    def send_again(self) -> None:
        """Somebody has a campaign sent to those it did not reach, where it has been sent."""
        number = self.chance.randrange(max(self.approved, 1))
        asked = Resend(campaign_id=f"c{number}", fingerprint=fingerprint(content(number)))
        with self.database.write() as uow, contextlib.suppress(PrimoroError), uow.savepoint():
            self.campaigns.resend(uow, MANAGER, uow.now, asked)

    def meddle(self) -> None:
        """Somebody pauses, resumes or cancels a campaign, where that is possible just now."""
        with self.database.write() as uow:
            act = self.chance.choice([self.campaigns.pause, self.campaigns.resume, self.campaigns.resume])
            if self.chance.random() < 0.03:
                act = self.campaigns.cancel
            with contextlib.suppress(PrimoroError), uow.savepoint():
                act(uow, MANAGER, f"c{self.chance.randrange(max(self.approved, 1))}")

    def go_on(self) -> None:
        for number in range(self.approved):
            with self.database.write() as uow, contextlib.suppress(PrimoroError), uow.savepoint():
                self.campaigns.resume(uow, MANAGER, f"c{number}")

    def check(self) -> None:
        """What desktops are shown adds up, and is what the ledger says."""
        with self.database.read() as connection:
            shown = connection.execute(select(campaign)).mappings().all()
            counted = connection.execute(
                select(delivery.c.campaign_id, delivery.c.state, func.count())
                .where(delivery.c.replaced.is_(False))
                .group_by(delivery.c.campaign_id, delivery.c.state)
            ).all()
        ledger: dict[str, dict[str, int]] = defaultdict(dict)
        for campaign_id, state, number in counted:
            ledger[campaign_id][state] = number
        for row in shown:
            parts = {name: row[name] for name in COUNTS if name != "recipients" and row[name]}
            assert parts == ledger[row["id"]], row["name"]
            assert row["recipients"] == sum(parts.values()), row["name"]

    def check_every_run(self) -> None:
        with self.database.read() as connection:
            runs = accounts.every(connection)
        assert [each.faults for each in runs if each.faults] == []
        assert all(each.account.balances() for each in runs)


HOURS = (time(1, 30), time(9, 59, 59), time(10, 30), time(12, 0), time(17, 59, 58), time(18, 30))


def hurry(database: Database) -> None:
    """Nothing here has to survive a real power cut."""

    @event.listens_for(database.engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        if database.engine.dialect.name == "sqlite":
            connection.execute("PRAGMA synchronous=OFF")


def test_ninety_days(database: Database, clock: FixedClock, expect_log: LogWatch) -> None:
    if database.engine.dialect.name == "postgresql" and "PRIMORO_SOAK_PATIENTS" not in os.environ:
        pytest.skip("on PostgreSQL it takes many minutes: asked for with PRIMORO_SOAK_PATIENTS")
    expect_log.allow("primoro_campaigns.server.delivery", logging.WARNING, "not certain")
    hurry(database)
    chance = random.Random(90)
    first = FIRST
    clock.instant = datetime.combine(first, time(9), LONDON).astimezone(UTC)
    with database.write() as uow:
        add_practice(uow, sms_base_address="http://127.0.0.1:1")
        configure(
            uow,
            selection_limit="400",
            reset_months_promotions="0",
            reset_months_newsletters="0",
            most_in_7_days="2",
            most_in_90_days="100",
            hold_days="7",
            closed_weekdays="sun",
            bank_holidays="england-and-wales",
        )
        _fill(uow)
    practice = Practice(database, clock, chance)
    for ago in range(AFTER_A_VISIT, 0, -1):
        practice.visit(first - timedelta(days=ago))
    for day in range(DAYS + 14):
        for hour in HOURS:
            tick = datetime.combine(first + timedelta(days=day), hour, LONDON).astimezone(UTC)
            clock.instant = max(clock.instant, tick)
            if day < DAYS:
                practice.sky.away = chance.random() < 0.1
                practice.sky.dies = practice.sky.dies or chance.random() < 0.1
                if hour == HOURS[2] and day % 3 == 0:
                    practice.approve_next()
                if hour == HOURS[0] and day < DAYS - AFTER_A_VISIT:
                    practice.visit(first + timedelta(days=day))
                if chance.random() < 0.05:
                    practice.send_again()
                if chance.random() < 0.3:
                    practice.say_no()
                if chance.random() < 0.3:
                    practice.meddle()
            else:
                practice.sky.away = practice.sky.dies = False
                practice.go_on()
            practice.work()
            practice.check()
        if day % 10 == 0:
            practice.check_every_run()
    practice.check_every_run()
    practice.worker.stop()
    _judge(practice)


def _judge(practice: Practice) -> None:
    taken = practice.sky.taken
    assert practice.approved == CAMPAIGNS
    assert len(taken) > PATIENTS
    _nobody_twice(taken)
    _only_in_the_hours(taken)
    _no_faster_than_the_pace(taken)
    _after_a_visit(practice)
    said_no = {who: at for at, who in reversed(practice.noes)}
    late = [
        each
        for each in taken
        if each.purpose is Purpose.PROMOTIONS and each.at > said_no.get(each.patient_id, each.at)
    ]
    assert late == [], "somebody who said no was written to"
    by_patient: dict[str, list[datetime]] = defaultdict(list)
    for each in taken:
        by_patient[each.patient_id].append(each.at)
    for instants in by_patient.values():
        for at in instants:
            assert sum(at <= other < at + timedelta(days=7) for other in instants) <= 2
    _nobody_lost(practice)


def _nobody_twice(taken: Sequence[Taken]) -> None:
    """One message of a campaign for each patient, or one in each cool-down."""
    instants: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for each in taken:
        instants[each.patient_id, each.campaign].append(each.at)
    for (who, number), found in instants.items():
        if content(int(number)).receives is not Receives.EVERY_TIME:
            assert len(found) == 1, f"{who} was written to twice by {number}"
        for before, after in pairwise(found):
            assert after - before >= timedelta(days=COOL_DOWN)


def _only_in_the_hours(taken: Sequence[Taken]) -> None:
    holidays = bank_holidays(Nation.ENGLAND_AND_WALES, [FIRST.year])
    assert any(FIRST <= day < FIRST + timedelta(days=DAYS) for day in holidays)
    for each in taken:
        local = each.at.astimezone(LONDON)
        assert time(10) <= local.time() < time(18), f"sent at {local}"
        assert local.weekday() != CLOSED_WEEKDAY, f"sent on {local}"
        assert local.date() not in holidays, f"sent on {local}"


def _no_faster_than_the_pace(taken: Sequence[Taken]) -> None:
    days = Counter((each.campaign, each.at.astimezone(LONDON).date()) for each in taken)
    paced = {key: number for key, number in days.items() if content(int(key[0])).most_a_day}
    assert max(paced.values()) == A_DAY
    assert len(paced) > CAMPAIGNS // 4, "a pace takes several days"


def _after_a_visit(practice: Practice) -> None:
    """An ongoing campaign writes on entry: to nobody who did not come to fit on the day, or on days before it
    that were closed or within the grace.
    """
    with practice.database.read() as connection:
        rows = connection.execute(
            select(delivery.c.patient_id, delivery.c.state, campaign_run.c.frozen_at)
            .join(campaign_run, campaign_run.c.id == delivery.c.run_id)
            .join(campaign, campaign.c.id == delivery.c.campaign_id)
            .where(campaign.c.kind == Kind.ONGOING.value)
        ).all()
    assert sum(row.state == "sent" for row in rows) > PATIENTS // 4
    for row in rows:
        day = row.frozen_at.astimezone(LONDON).date()
        since = [(day - visit).days - AFTER_A_VISIT for visit in practice.visits[row.patient_id]]
        assert any(0 <= days <= CAUGHT_UP for days in since), f"{row.patient_id} on {day}: {since}"


def _nobody_lost(practice: Practice) -> None:
    with practice.database.read() as connection:
        rows = connection.execute(
            select(delivery, campaign.c.name).join(campaign, campaign.c.id == delivery.c.campaign_id)
        ).all()
    assert [row.id for row in rows if row.state in ("planned", "claimed")] == []
    arrived = Counter((each.patient_id, each.campaign) for each in practice.sky.taken)
    sent: Counter[tuple[str, str]] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    for row in rows:
        key = (row.patient_id, row.name.rpartition(" ")[2])
        sent[key] += row.state == "sent"
        unknown[key] += row.state == "unknown"
    for key in {*arrived, *sent, *unknown}:
        assert sent[key] <= arrived[key] <= sent[key] + unknown[key], f"{key} is lost"
    hopped = [row for row in rows if " failed (" in row.why_channel]
    assert {row.channel for row in hopped} == {"email", "sms"}
    assert any(row.replaced for row in rows), "nothing was sent again"
    assert any(row.reason == "had_it" for row in rows), "nobody came to fit again"


def _fill(uow: UnitOfWork) -> None:
    moment = uow.now
    uow.connection.execute(
        insert(patient),
        [
            {
                "id": f"p{number}",
                "location_id": "loc-1",
                "given_name": "Ann",
                "family_name": f"Person {number}",
                "status": "active",
                "email": f"p{number}@example.com",
                "email_state": "ok",
                "mobile_e164": f"+4477{number:08}",
                "mobile_state": "ok",
                "born_on": date(1980, 1, 1),
            }
            for number in range(PATIENTS)
        ],
    )
    uow.connection.execute(
        insert(permission),
        [
            {
                "id": f"p{number}:{channel}:{purpose}",
                "patient_id": f"p{number}",
                "channel": channel.value,
                "purpose": purpose.value,
                "state": "opted_in",
                "changed_at": moment,
                "source": "import",
            }
            for number in range(PATIENTS)
            for channel in (Channel.EMAIL, Channel.SMS)
            for purpose in (Purpose.PROMOTIONS, Purpose.NEWSLETTERS)
        ],
    )
