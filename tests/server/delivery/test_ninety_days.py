"""Ninety days of a practice in a minute: thirty campaigns, faults every day, and an account that adds up.

``PRIMORO_SOAK_PATIENTS`` says how many patients (300); with 10,000 it takes its time.
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
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event, func, insert, select

from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.campaign.tables import campaign
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery import accounts
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.providers.provider import Away, Brake, Letter, Result, Text, released
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from tests.server.sender import CONTENT, MANAGER, add_practice, approve, configure, consent_service, save
from tests.strict import LogWatch

PATIENTS = int(os.environ.get("PRIMORO_SOAK_PATIENTS", "300"))
DAYS = 90
CAMPAIGNS = 30
LONDON = ZoneInfo("Europe/London")


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
    policies = (ChannelPolicy.EMAIL, ChannelPolicy.SMS, ChannelPolicy.PREFERRED)
    return replace(
        CONTENT,
        name=f"Campaign no. {number}",
        channel_policy=policies[number % 3],
        subject="News of our practice",
        email_body=f"Dear {{first_name|patient}}, this is message number {number}. Come and see us.",
        sms_body=f"Dear {{first_name|patient}}, message number {number}. Come and see us this spring.",
        purpose=Purpose.NEWSLETTERS if number % 5 == 4 else Purpose.PROMOTIONS,
    )


class Practice:
    """What happens in it, day by day."""

    def __init__(self, database: Database, clock: FixedClock, chance: random.Random) -> None:
        self.database, self.clock, self.chance = database, clock, chance
        self.sky = Sky(clock, chance)
        self.consent = consent_service()
        self.campaigns, self.worker = assemble(database, self.consent, self.sky)
        self.noes: list[tuple[datetime, str]] = []
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
    first = date(2026, 3, 1)
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
        )
        _fill(uow)
    practice = Practice(database, clock, chance)
    for day in range(DAYS + 14):
        for hour in HOURS:
            tick = datetime.combine(first + timedelta(days=day), hour, LONDON).astimezone(UTC)
            clock.instant = max(clock.instant, tick)
            if day < DAYS:
                practice.sky.away = chance.random() < 0.1
                practice.sky.dies = practice.sky.dies or chance.random() < 0.1
                if hour == HOURS[2] and day % 3 == 0:
                    practice.approve_next()
                if chance.random() < 0.3:
                    practice.say_no()
                if chance.random() < 0.3:
                    practice.meddle()
            else:
                practice.sky.away = practice.sky.dies = False
                practice.go_on()
            practice.work()
            practice.check()
    practice.worker.stop()
    _judge(practice)


def _judge(practice: Practice) -> None:
    taken = practice.sky.taken
    assert practice.approved == CAMPAIGNS
    assert len(taken) > PATIENTS
    twice = Counter((each.patient_id, each.campaign) for each in taken)
    assert max(twice.values()) == 1, "somebody was written to twice"
    for each in taken:
        local = each.at.astimezone(LONDON)
        assert time(10) <= local.time() < time(18), f"sent at {local}"
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
    with practice.database.read() as connection:
        left = connection.execute(
            select(func.count()).where(delivery.c.state.in_(["planned", "claimed"]))
        ).scalar_one()
        rows = connection.execute(
            select(delivery.c.patient_id, delivery.c.state, campaign.c.name).join(
                campaign, campaign.c.id == delivery.c.campaign_id
            )
        ).all()
    assert left == 0
    state = {(row.patient_id, row.name.rpartition(" ")[2]): row.state for row in rows}
    assert {state[each] for each in twice} <= {"sent", "unknown"}
    assert {each for each, said in state.items() if said == "sent"} <= set(twice), "somebody is lost"


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
