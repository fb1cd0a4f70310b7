"""The thread that sends: freezes what is due, claims, hands over, writes down; and sleeps in between.

On SQLite there is one; on PostgreSQL any number, in this process and in others (``server worker``). What one
of them does alone, one lease decides.
"""

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.outcome import InDoubt
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.schedule.window import is_late
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.sending import sending
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.claim import Claim, Held
from primoro_campaigns.server.delivery.claiming import LEASE
from primoro_campaigns.server.delivery.cycle import Ongoing
from primoro_campaigns.server.delivery.doubts import Doubts
from primoro_campaigns.server.delivery.fence import STOPPED, Fence
from primoro_campaigns.server.delivery.health.service import Watch, keep_list
from primoro_campaigns.server.delivery.ledger import Ledger, all_left
from primoro_campaigns.server.delivery.planner import freeze
from primoro_campaigns.server.delivery.providers.provider import (
    Answers,
    Away,
    LookedUp,
    MailProvider,
    NoAnswer,
    Question,
    Result,
    TextProvider,
)
from primoro_campaigns.server.delivery.providers.registry import SMTP, in_use
from primoro_campaigns.server.delivery.queue import store as queue
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.support.logs import FIELDS

_log = logging.getLogger("primoro_campaigns.server.delivery")

CHANNELS = (Channel.EMAIL, Channel.SMS)

AWAY: tuple[timedelta, ...] = (
    timedelta(seconds=15),
    timedelta(seconds=30),
    timedelta(minutes=1),
    timedelta(minutes=2),
    timedelta(minutes=5),
)
"""How long a provider that is away is left alone: the first time, the second …, and the last from then on."""

_LONGEST_SLEEP = timedelta(seconds=20)
"""Other processes change settings and campaigns too, and the leases have to be renewed."""

_HOUSEKEEPING = timedelta(seconds=5)
"""How often, in the middle of a long send, it is looked for what is newly due and for dead workers."""

_SCHEDULER = "scheduler"
"""The lease of the worker that freezes recipients, finds dead workers' lines and closes runs."""

_QUESTIONS = 20
_AROUND = timedelta(minutes=15)
"""A text that became uncertain was handed over at most so long before."""

_AFTER_A_CRASH = timedelta(seconds=5)

_TOO_LATE = (
    "The time of this send passed while the server was not running. Nothing was sent. "
    "Choose a new time and approve it again, or cancel it."
)


class Carries(Protocol):
    """Where the worker gets its providers (``carriers.Carriers``)."""

    def mail(self, settings: OrganisationSettings) -> MailProvider: ...

    def texts(self, settings: OrganisationSettings) -> TextProvider: ...

    def close(self) -> None: ...


@dataclass
class _Backoff:
    """Since when a channel's provider is away, and until when it is left alone."""

    times: int = 0
    until: datetime | None = None

    def away(self, now: datetime) -> None:
        self.until = now + self.pause
        self.times += 1

    @property
    def pause(self) -> timedelta:
        return AWAY[min(self.times, len(AWAY) - 1)]


@dataclass
class _Unwritten:
    """Results that are not written down yet. Nothing else is handed over before they are."""

    claim: Claim
    provider: str
    results: Sequence[Result]


@dataclass
class _Signals:
    condition: threading.Condition = field(default_factory=threading.Condition)
    poked: bool = False
    stopping: bool = False


class Worker:
    """``start`` once, ``poke`` at any time from any thread, ``stop`` at the end."""

    def __init__(
        self,
        database: Database,
        campaigns: CampaignService,
        consent: ConsentService,
        carriers: Carries,
        *,
        name: str = "",
        lease: timedelta = LEASE,
    ) -> None:
        self.name = name or new_id()
        self._database = database
        self._campaigns = campaigns
        self._carriers = carriers
        self._lease = lease
        self._ledger = Ledger(campaigns, consent, self.name, lease)
        self._ongoing = Ongoing(database, campaigns)
        self.doubts = Doubts(campaigns, self._ledger, self.poke)
        self._signals = _Signals()
        self._backoff = {channel: _Backoff() for channel in CHANNELS}
        self._held: dict[Channel, datetime] = {}
        self._watch = Watch(database)
        self._unwritten: _Unwritten | None = None
        self._write_alone = False
        self._schedules = False
        self._looked_at: datetime | None = None
        self._thread: threading.Thread | None = None

    @property
    def ledger(self) -> Ledger:
        return self._ledger

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="delivery worker")
        self._thread.start()

    def poke(self) -> None:
        """There may be something to do."""
        with self._signals.condition:
            self._signals.poked = True
            self._signals.condition.notify_all()

    def stop(self) -> None:
        """End after the messages that are being sent; what waits goes on when a worker starts again."""
        with self._signals.condition:
            self._signals.stopping = True
            self._signals.condition.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._carriers.close()

    def work(self) -> datetime:
        """Do all there is to do now. Returns when to look again at the latest."""
        if self._unwritten is not None and self._write_alone:
            self._write()
        self._keep_house()
        open_channels = list(CHANNELS)
        while open_channels and not self._stopping():
            # One claim of each in turn: a text need not wait for ten thousand letters.
            open_channels = [channel for channel in open_channels if self._turn(channel)]
            if self._is_time_to_look():
                self._keep_house()
                open_channels = list(CHANNELS)
        if self._unwritten is not None:
            self._write()
        self._finish()
        return self._next_time()

    def _run(self) -> None:
        while not self._stopping():
            try:
                again_at = self.work()
            except Exception:  # noqa: BLE001  # the worker loop: it must not end while there is something to send
                _log.exception("the delivery worker failed and tries again")
                again_at = self._database.clock.now() + _AFTER_A_CRASH
            self._sleep(again_at)
        try:
            if self._unwritten is not None:
                self._write()
        except SQLAlchemyError:
            _log.error(
                "the outcome of messages could not be written down; they will be listed as not certain"
            )
        self._say_goodbye()

    def _sleep(self, until: datetime) -> None:
        seconds = min(until - self._database.clock.now(), _LONGEST_SLEEP, self._lease / 3).total_seconds()
        with self._signals.condition:
            self._signals.condition.wait_for(
                lambda: self._signals.poked or self._signals.stopping, max(seconds, 0.01)
            )
            self._signals.poked = False

    def _stopping(self) -> bool:
        with self._signals.condition:
            return self._signals.stopping

    def _is_time_to_look(self) -> bool:
        """Whether somebody poked us in the middle of a send, or it has gone on for a while."""
        with self._signals.condition:
            poked, self._signals.poked = self._signals.poked, False
        return (
            poked
            or self._looked_at is None
            or (self._database.clock.now() - self._looked_at >= min(_HOUSEKEEPING, self._lease / 3))
        )

    def _keep_house(self) -> None:
        self._begin()
        if self._schedules:
            self._freeze_due()
            self._ongoing.look_at_due()
            self._ask()
            self._finish()

    def _begin(self) -> None:
        with self._database.write() as uow:
            self._looked_at = uow.now
            queue.beat(uow.connection, self.name, uow.now)
            # On SQLite nobody else is there, whatever a server that was killed has left behind.
            alone = uow.connection.dialect.name == "sqlite"
            until = uow.now + self._lease
            self._schedules = queue.hold(uow.connection, _SCHEDULER, self.name, uow.now, until) or alone
            if organisation.find(uow.connection) is None or not self._schedules:
                return
            decided = sending(uow.connection)
            for location_id in store.set_sms_ready(uow.connection, decided.sms_ready):
                uow.changes.touched(Room.LOCATION, location_id, [location_id])
            organisation.tell_desktops(uow, decided.organisation.id, decided.policy)
            keep_list(uow, in_use(decided.settings))
            self._tell_of_stop(uow, stopped=decided.settings.sending_stopped)
            queue.forget_full_buckets(uow.connection, uow.now)
            number = self._ledger.recover(uow)
        if number:
            _log.warning("messages of a worker that ended are not certain", extra={FIELDS: {"lines": number}})

    def _tell_of_stop(self, uow: UnitOfWork, *, stopped: bool) -> None:
        for run in self._campaigns.runs(uow.connection, "sending"):
            if stopped:
                self._campaigns.held_up(uow, run.campaign_id, STOPPED)
            else:
                self._campaigns.no_longer_held_up(uow, run.campaign_id, STOPPED)

    def _freeze_due(self) -> None:
        now = self._database.clock.now()
        with self._database.read() as connection:
            due = [run for run in self._campaigns.runs(connection, "scheduled") if run.due_at <= now]
        for run in due:
            if self._stopping():
                return
            try:
                self._freeze(run)
            except Exception:  # noqa: BLE001  # the other campaigns must still go out
                _log.exception("recipients could not be frozen", extra={FIELDS: {"run": run.id}})

    def _freeze(self, run: RunRow) -> None:
        with self._database.write() as uow:
            self._campaigns.lock(uow, run.campaign_id)
            fresh = self._campaigns.run(uow, run.id)
            if fresh is None or fresh.state != "scheduled":
                return
            if is_late(fresh.due_at, uow.now):
                self._campaigns.paused_by_server(uow, fresh, _TOO_LATE)
                return
            account = freeze(uow, self._campaigns, fresh)
        _log.info(
            "recipients frozen",
            extra={FIELDS: {"run": run.id, "recipients": account.recipients, "planned": account.planned}},
        )

    def _ask(self) -> None:
        """Ask the text gateway about texts of which a person wants to know."""
        with self._database.read() as connection:
            asked = store.asked_about(connection, _QUESTIONS)
            settings = organisation.settings(connection)
        for each in asked:
            question = Question(
                settings.sms_from,
                each.line.address,
                earliest=each.at - _AROUND,
                latest=each.at + timedelta(minutes=1),
            )
            try:
                answer: LookedUp = NoAnswer()
                # Another gateway would say, and be right, that it has no such message.
                if each.provider == settings.sms_gateway:
                    gateway = self._carriers.texts(settings)
                    answer = gateway.look_up(question) if isinstance(gateway, Answers) else NoAnswer()
            except PrimoroError:
                answer = NoAnswer()
            with self._database.write() as uow:
                self.doubts.looked_up(uow, each.line, answer)

    def _turn(self, channel: Channel) -> bool:
        """Write down the last claim's results, claim once more, hand over. False when nothing is to be done.

        Results and next claim share one transaction, and so one wait for the disk. On PostgreSQL that needs
        results that are easily told: two workers that each settle in one campaign and claim in the other
        would deadlock.
        """
        until = self._backoff[channel].until
        if until is not None and self._database.clock.now() < until:
            return False
        self._held.pop(channel, None)
        easy = self._unwritten is not None and all_left(self._unwritten.results)
        if not easy and self._database.engine.dialect.name == "postgresql":
            self._write()
        written = self._unwritten
        self._write_alone = True
        problem = ""
        claim: Claim | Held | None = None
        with self._database.write() as uow:
            if written is None:
                claim = self._ledger.claim(uow, channel)
            elif easy:
                claim = self._ledger.follow(uow, written.claim, written.results, channel)
            else:
                problem = self._settle(uow, written)
                if not problem or written.claim.channel is not channel:
                    claim = self._ledger.claim(uow, channel)
            settings = organisation.settings(uow.connection)
        self._write_alone = False
        self._note_written(problem)
        if isinstance(claim, Held):
            self._held[channel] = claim.until
            return False
        if claim is None:
            return False
        if claim.claimed:
            provider = SMTP if channel is Channel.EMAIL else settings.sms_gateway
            self._unwritten = _Unwritten(claim, provider, self._hand_over(claim, settings))
        return True

    def _hand_over(self, claim: Claim, settings: OrganisationSettings) -> Sequence[Result]:
        fence = Fence(self._database, claim.until, self._lease, claim.closes)
        try:
            if claim.channel is Channel.EMAIL:
                return self._carriers.mail(settings).send(claim.letters, fence)
            return self._carriers.texts(settings).send(claim.texts, fence)
        except PrimoroError as error:
            return [Result(Away(f"{error.title} {error.advice}"))] * len(claim.claimed)
        except Exception:  # noqa: BLE001  # nobody knows how far it came, so nothing of it is sent again
            _log.exception("sending broke off")
            doubt = InDoubt("The server could not tell whether this left. It may have reached the patient.")
            return [Result(doubt)] * len(claim.claimed)

    def _write(self) -> None:
        if self._unwritten is not None:
            with self._database.write() as uow:
                problem = self._settle(uow, self._unwritten)
            self._note_written(problem)
        self._write_alone = False

    def _settle(self, uow: UnitOfWork, written: _Unwritten) -> str:
        pause = self._backoff[written.claim.channel].pause
        return self._ledger.settle(uow, written.claim, written.results, pause)

    def _note_written(self, problem: str) -> None:
        """The last claim's results are safe on disk."""
        if self._unwritten is None:
            return
        written, self._unwritten = self._unwritten, None
        backoff = self._backoff[written.claim.channel]
        if problem:
            backoff.away(self._database.clock.now())
        else:
            backoff.times, backoff.until = 0, None
        self._watch.heard(written.provider, written.results)

    def _finish(self) -> None:
        with self._database.read() as connection:
            runs = [
                run
                for run in self._campaigns.runs(connection, "sending", "paused")
                if run.frozen_at is not None and not store.is_waiting(connection, run.id)
            ]
        for run in runs:
            with self._database.write() as uow:
                done = self._ledger.finish(uow, run)
            if done:
                _log.info("run completed", extra={FIELDS: {"run": run.id}})

    def _next_time(self) -> datetime:
        now = self._database.clock.now()
        with self._database.read() as connection:
            times = [run.due_at for run in self._campaigns.runs(connection, "scheduled")]
            looks_at = self._campaigns.next_look(connection)
            if looks_at is not None:
                times.append(looks_at)
            for channel in CHANNELS:
                due = queue.next_due(connection, channel)
                if due is not None:
                    waits = [self._backoff[channel].until, self._held.get(channel)]
                    times.append(max([due, *(until for until in waits if until is not None)]))
        return min([*times, now + _LONGEST_SLEEP])

    def _say_goodbye(self) -> None:
        try:
            with self._database.write() as uow:
                queue.stop_beating(uow.connection, self.name)
        except SQLAlchemyError:
            _log.info("the database is away; the leases end by themselves")
