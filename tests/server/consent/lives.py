"""Random lives of a practice: forty patients who share addresses, change their minds, book, and are erased,
while campaigns are planned before and sent after. Each message is judged by the oracle as it is handed over.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import event, func, insert, select

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.delivery.outcome import NotSent, Sent
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.campaign.tables import campaign_run
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.verify import Verdict, verify
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery import accounts
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.providers.provider import Brake, Letter, Result, Text, released
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.intake.incoming import Incoming
from primoro_campaigns.server.intake.service import IntakeService
from primoro_campaigns.server.patient import facts
from primoro_campaigns.server.patient.tables import appointment, patient
from primoro_campaigns.server.subject import service as subject
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.consent import Permit, Restrict
from primoro_campaigns.wire.sync import Event
from tests.server.consent.oracle import Message, Oracle, Person
from tests.server.practice import actor
from tests.server.sender import CONTENT, KEY, add_practice, approve, configure, save

PATIENTS = 40
ADDRESSES = 28
"""Fewer than patients, so that some are shared. For one that is gone for good there comes a new one."""
BIRTHDAYS = (None, date(1950, 1, 1), date(1980, 2, 29), date(1999, 9, 9), date(2012, 5, 5), date(2008, 3, 20))
STATUSES = ("active",) * 8 + ("inactive", "archived", "deceased")
PURPOSES = (Purpose.PROMOTIONS, Purpose.NEWSLETTERS)
ASKED = (*PURPOSES, Purpose.IMPORTANT)
CHANNELS = (Channel.EMAIL, Channel.SMS)
OUTCOMES = (Sent("m"), NotSent(retry=False, words="No such place."), NotSent(retry=True, words="Later."))
FALLING_BACK = (ChannelPolicy.EMAIL_SMS, ChannelPolicy.SMS_EMAIL) * 2
OUTCOMES_IN_A_HUNDRED = (65, 30, 5)
DESKS = (actor(Role.MANAGER, name="Max Manager"), actor(Role.MANAGER, name="Olive Owner"))


@dataclass
class Judge:
    """Both providers. Takes every message, and asks the oracle whether it may be."""

    lives: "Lives"
    wrong: list[str] = field(default_factory=list)

    def mail(self, settings: OrganisationSettings) -> "Judge":
        del settings
        return self

    def texts(self, settings: OrganisationSettings) -> "Judge":
        del settings
        return self

    def close(self) -> None:
        """Nothing is open."""

    def send(self, messages: Sequence[Letter] | Sequence[Text], brake: Brake = released) -> Sequence[Result]:
        del brake
        results: list[Result] = []
        for each in messages:
            line_id = each.message_id.partition("@")[0] if isinstance(each, Letter) else each.line_id
            (outcome,) = self.lives.chance.choices(OUTCOMES, OUTCOMES_IN_A_HUNDRED)
            self.lives.handed(line_id, each, leaves=isinstance(outcome, Sent))
            results.append(Result(outcome))
        return results


class Lives:
    """``step`` does one thing that happens in a practice. The same seed gives the same lives."""

    def __init__(self, url: str, seed: int) -> None:
        self.chance = random.Random(seed)
        self.clock = FixedClock(datetime(2026, 1, 5, 11, 0, tzinfo=UTC))
        engine = open_engine(url)
        if engine.dialect.name == "sqlite":
            # Nobody pulls the plug here: what is measured is what is right, not what is safe on disk.
            event.listen(
                engine, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF").close()
            )
        self.database = Database(engine, self.clock)
        self.oracle = Oracle()
        self.judge = Judge(self)
        self.consent = ConsentService(KEY.for_hashes)
        self.intake = IntakeService(self.consent)
        self.campaigns, self.worker = assemble(self.database, self.consent, self.judge)
        self.ids: dict[str, str] = {}
        self.rows: dict[str, dict[str, object]] = {}
        self.runs: dict[str, datetime] = {}
        self.made = 0
        with self.database.write() as uow:
            add_practice(uow, sms_base_address="http://127.0.0.1:1", most_in_90_days="4")
            self.run = self.intake.begin(uow, SERVER, "pms", "test")
        self.steps: list[tuple[float, Callable[[], None]]] = [
            (20, self.imported),
            (12, self.restrict),
            (5, self.lift),
            (14, self.opt_out),
            (28, self.opt_in),
            (4, self.stop),
            (4, self.start),
            (0.5, self.bounce),
            (0.5, self.erase),
            (6, self.book),
            (8, self.plan),
            (12, self.time_passes),
            (3, self.settings),
        ]
        for _ in range(PATIENTS):
            self.imported()

    def close(self) -> None:
        self.worker.stop()
        self.database.close()

    def step(self) -> None:
        """One thing happens; after the passing of time, what is due is sent."""
        weights = [weight for weight, _ in self.steps]
        ((_, happens),) = self.chance.choices(self.steps, weights)
        happens()
        if self.judge.wrong:
            raise AssertionError("; ".join(self.judge.wrong))

    def verdict(self) -> Verdict:
        with self.database.read() as connection:
            assert all(run.faults == () for run in accounts.every(connection))
            return verify(connection, KEY.for_hashes)

    def hops(self) -> int:
        """How many messages went on to another channel and were taken there."""
        hopped = delivery.c.why_channel.contains("failed") & (delivery.c.state == DeliveryState.SENT.value)
        with self.database.read() as connection:
            return int(connection.execute(select(func.count()).where(hopped)).scalar_one())

    def handed(self, line_id: str, message: Letter | Text, *, leaves: bool) -> None:
        """``leaves``: the provider takes it, rather than certainly not."""
        with self.database.read() as connection:
            run_id = connection.execute(
                select(delivery.c.run_id).where(delivery.c.id == line_id)
            ).scalar_one()
            if run_id not in self.runs:
                self.runs[run_id] = connection.execute(
                    select(campaign_run.c.approved_at).where(campaign_run.c.id == run_id)
                ).scalar_one()
        cleared = message.cleared
        names = {ours: external for external, ours in self.ids.items()}
        told = Message(
            self.clock.now(),
            names.get(cleared.patient_id, cleared.patient_id),
            cleared.channel.value,
            cleared.purpose.value,
            cleared.address,
            run_id,
            self.runs[run_id],
        )
        self.judge.wrong += [f"{told}: {each}" for each in self.oracle.handed_over(told, leaves=leaves)]

    def somebody(self) -> str:
        return self.chance.choice(sorted(self.ids))

    def _email(self) -> str:
        gone = sum("@" in each for each in self.oracle.stopped)
        return f"e{gone + self.chance.randrange(ADDRESSES)}@example.com"

    def _number(self) -> str:
        gone = sum(source == "erasure" for source in self.oracle.stopped.values())
        return f"+447700900{(gone + self.chance.randrange(ADDRESSES)) % 1000:03}"

    def imported(self) -> None:
        """The practice-management system tells us of somebody: new, changed, or erased here before."""
        chance, external = self.chance, f"X{self.chance.randrange(PATIENTS)}"
        before = self.rows.get(external)
        row: dict[str, object] = {
            "kind": "patient",
            "external_id": external,
            "family_name": external,
            "status": chance.choice(STATUSES),
            "born_on": None,
            "email": None,
            "mobile": None,
        }
        born_on = chance.choice(BIRTHDAYS)
        row["born_on"] = None if born_on is None else born_on.isoformat()
        if chance.random() < 0.9:
            address = self._email()
            row["email"] = address.upper() if chance.random() < 0.2 else address
        if chance.random() < 0.9:
            row["mobile"] = self._number()
        if before is not None and chance.random() < 0.7:
            row |= {name: before[name] for name in ("email", "mobile", "status", "born_on")}
        said = [
            {"channel": channel.value, "purpose": purpose.value}
            for channel in CHANNELS
            for purpose in PURPOSES
        ]
        row["opted_in"] = [
            {**each, "how": "On paper", "wording": "May we?"} for each in said if chance.random() < 0.5
        ]
        row["opted_out"] = [each for each in said if chance.random() < 0.05]
        row["restricted"] = [each.value for each in PURPOSES if chance.random() < 0.04]
        with self.database.write() as uow:
            self.intake.take(uow, self.run, [Incoming("rows", 1, row)])
            if external not in self.ids:
                statement = select(patient.c.id).where(patient.c.external_id == external)
                self.ids[external] = uow.connection.execute(statement).scalar_one()
        self._told(external, row)

    def _told(self, external: str, row: dict[str, object]) -> None:
        if self.rows.get(external) == row:
            return
        self.rows[external] = row
        person = self.oracle.people.setdefault(external, Person())
        person.status = str(row["status"])
        person.born_on = None if row["born_on"] is None else date.fromisoformat(str(row["born_on"]))
        person.email = None if row["email"] is None else str(row["email"])
        person.mobile = None if row["mobile"] is None else str(row["mobile"])
        now = self.clock.now()
        for purpose in _listed(row["restricted"]):
            self.oracle.restrict(now, external, str(purpose), "")
        for each in _listed(row["opted_out"]):
            self.oracle.say_no(now, external, _key(each), "import", "")
        for each in _listed(row["opted_in"]):
            self.oracle.import_yes(external, _key(each))

    def restrict(self) -> None:
        """At the desk, perhaps offline some days ago; on the page; by one click; by a complaint."""
        who, purpose = self.somebody(), self.chance.choice(PURPOSES)
        by, now = self.chance.choice(DESKS), self.clock.now()
        with self.database.write() as uow:
            if self.chance.random() < 0.5:
                asked = Restrict(patient_id=self.ids[who], purpose=purpose, on=True)
                self.consent.handle_restrict(uow, by, _event(now), asked)
                self.oracle.restrict(now, who, purpose.value, by.user_id or "")
            else:
                source = self.chance.choice((ConsentSource.UNSUBSCRIBE_PAGE, ConsentSource.ONE_CLICK))
                self.consent.restrict(uow, SERVER, self.ids[who], purpose, source=source)
                self.oracle.restrict(now, who, purpose.value, "")

    def lift(self) -> None:
        who, purpose, by = self.somebody(), self.chance.choice(PURPOSES), self.chance.choice(DESKS)
        asked_at = self._asked_at()
        asked = Restrict(patient_id=self.ids[who], purpose=purpose, on=False, why="Asked at the desk.")
        self._try(lambda uow: self.consent.handle_restrict(uow, by, _event(asked_at), asked))
        self.oracle.lift(who, purpose.value, asked_at, by.user_id or "")

    def opt_out(self) -> None:
        who, by, now = self.somebody(), self.chance.choice(DESKS), self.clock.now()
        channel, purpose = self.chance.choice(CHANNELS), self.chance.choice(ASKED)
        asked = Permit(
            patient_id=self.ids[who], channel=channel, purpose=purpose, state=PermissionState.OPTED_OUT
        )
        with self.database.write() as uow:
            self.consent.handle_permit(uow, by, _event(now), asked)
        self.oracle.say_no(now, who, (channel.value, purpose.value), "staff", by.user_id or "")

    def opt_in(self) -> None:
        who, by = self.somebody(), self.chance.choice(DESKS)
        channel, purpose = self.chance.choice(CHANNELS), self.chance.choice(ASKED)
        asked_at = self._asked_at()
        asked = Permit(
            patient_id=self.ids[who],
            channel=channel,
            purpose=purpose,
            state=PermissionState.OPTED_IN,
            how="Asked at the desk.",
            wording="May we?",
        )
        self._try(lambda uow: self.consent.handle_permit(uow, by, _event(asked_at), asked))
        self.oracle.say_yes(who, (channel.value, purpose.value), "staff", asked_at, by.user_id or "")

    def stop(self) -> None:
        number = self.oracle.people[self.somebody()].mobile or self._number()
        with self.database.write() as uow:
            self.consent.suppress(uow, AddressKind.MOBILE, number, source=ConsentSource.STOP_TEXT)
        self.oracle.take_out(self.clock.now(), number, "stop_text")

    def start(self) -> None:
        number = self.chance.choice([*sorted(self.oracle.stopped), self._number()])
        if number.startswith("+"):
            with self.database.write() as uow:
                self.consent.release(uow, AddressKind.MOBILE, number, source=ConsentSource.START_TEXT)
            self.oracle.start(number)

    def bounce(self) -> None:
        address = self.oracle.people[self.somebody()].address("email") or self._email()
        source = self.chance.choice((ConsentSource.BOUNCE, ConsentSource.COMPLAINT))
        with self.database.write() as uow:
            self.consent.suppress(uow, AddressKind.EMAIL, address, source=source)
        self.oracle.take_out(self.clock.now(), address, source.value)

    def erase(self) -> None:
        who = self.somebody()
        with self.database.write() as uow:
            subject.erase(uow, SERVER, self.consent, self.ids[who])
        self.oracle.erase(self.clock.now(), who)
        del self.ids[who], self.rows[who]

    def book(self) -> None:
        who, now = self.somebody(), self.clock.now()
        row = {"id": new_id(), "patient_id": self.ids[who], "location_id": "loc-1", "status": "booked"}
        with self.database.write() as uow:
            uow.connection.execute(
                insert(appointment).values(**row, starts_at=now + timedelta(days=400), booked_at=now)
            )
            facts.recompute(uow, [self.ids[who]])
        self.oracle.people[who].booked_at.append(now)

    def plan(self) -> None:
        """A campaign is approved, for now or for later."""
        self.made += 1
        content = replace(
            CONTENT,
            name=f"Campaign {self.made}",
            purpose=self.chance.choice((*PURPOSES, *PURPOSES, Purpose.IMPORTANT)),
            channel_policy=self.chance.choice((*ChannelPolicy, *FALLING_BACK)),
        )
        at = None
        if self.chance.random() < 0.5:
            at = self.clock.now() + timedelta(minutes=self.chance.randrange(1, 2000))
        outside = self.chance.random() < 0.7
        with self.database.write() as uow:
            save(self.campaigns, uow, content, f"c{self.made}")
        name = f"c{self.made}"
        approved = self._try(
            lambda uow: approve(self.campaigns, uow, content, name, at=at, outside_window=outside)
        )
        if approved and at is None and self.chance.random() < 0.5:
            self.worker.work()

    def time_passes(self) -> None:
        self.clock.instant += timedelta(
            minutes=self.chance.choice((1, 10, 60, 300, 1440, 1440, 3 * 1440, 9 * 1440, 40 * 1440))
        )
        self.worker.work()

    def settings(self) -> None:
        purpose = self.chance.choice(PURPOSES)
        months = self.chance.choice((0, 0, 1, 2))
        with self.database.write() as uow:
            configure(uow, **{f"reset_months_{purpose}": str(months)})
        self.oracle.reset_months[purpose.value] = months

    def _asked_at(self) -> datetime:
        """When somebody was asked: now, or some days ago at a desk that was offline."""
        ago = self.chance.choice((0, 0, 0, 1, 5))
        return self.clock.now() - timedelta(days=ago)

    def _try(self, act: Callable[..., object]) -> bool:
        try:
            with self.database.write() as uow:
                act(uow)
        except PrimoroError:
            return False
        return True


def _event(made_at: datetime) -> Event:
    return Event(id=new_id(), kind="x", made_at=made_at, payload={})


def _listed(value: object) -> list[object]:
    assert isinstance(value, list)
    return value


def _key(value: object) -> tuple[str, str]:
    assert isinstance(value, dict)
    return str(value["channel"]), str(value["purpose"])
