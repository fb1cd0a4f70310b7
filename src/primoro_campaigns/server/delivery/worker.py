"""The one thread that sends: freezes what is due, claims, hands over, writes down; and sleeps in between."""

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
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.ledger import Claim, Ledger
from primoro_campaigns.server.delivery.planner import freeze
from primoro_campaigns.server.delivery.providers.provider import Away, MailProvider, Result, TextProvider
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

_LONGEST_SLEEP = timedelta(seconds=60)
"""Other processes change settings and campaigns too, and the heartbeat has to be heard."""

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
    """Results that the database would not take yet. Nothing else is claimed before they are written."""

    claim: Claim
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
    ) -> None:
        self.name = name or new_id()
        self._database = database
        self._campaigns = campaigns
        self._carriers = carriers
        self._ledger = Ledger(campaigns, consent, self.name)
        self._signals = _Signals()
        self._backoff = {channel: _Backoff() for channel in CHANNELS}
        self._unwritten: _Unwritten | None = None
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
        self._begin()
        if self._unwritten is not None:
            self._write(self._unwritten)
        self._freeze_due()
        for channel in CHANNELS:
            self._send_all(channel)
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
        if self._unwritten is not None:
            _log.error(
                "the outcome of messages could not be written down; they will be listed as not certain"
            )
        self._say_goodbye()

    def _sleep(self, until: datetime) -> None:
        seconds = min(until - self._database.clock.now(), _LONGEST_SLEEP).total_seconds()
        with self._signals.condition:
            self._signals.condition.wait_for(
                lambda: self._signals.poked or self._signals.stopping, max(seconds, 0.01)
            )
            self._signals.poked = False

    def _stopping(self) -> bool:
        with self._signals.condition:
            return self._signals.stopping

    def _begin(self) -> None:
        with self._database.write() as uow:
            store.beat(uow.connection, self.name, uow.now, "")
            if organisation.find(uow.connection) is None:
                return
            ready = sending(uow.connection).sms_ready
            for location_id in store.set_sms_ready(uow.connection, ready):
                uow.changes.touched(Room.LOCATION, location_id, [location_id])
            number = self._ledger.recover(uow)
        if number:
            _log.warning("messages of a worker that ended are not certain", extra={FIELDS: {"lines": number}})

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

    def _send_all(self, channel: Channel) -> None:
        backoff = self._backoff[channel]
        while not self._stopping() and self._unwritten is None:
            if backoff.until is not None and self._database.clock.now() < backoff.until:
                return
            with self._database.write() as uow:
                claim = self._ledger.claim(uow, channel)
                settings = organisation.settings(uow.connection)
            if claim is None:
                return
            if claim.claimed:
                self._unwritten = _Unwritten(claim, self._hand_over(claim, settings))
                self._write(self._unwritten)

    def _hand_over(self, claim: Claim, settings: OrganisationSettings) -> Sequence[Result]:
        try:
            if claim.channel is Channel.EMAIL:
                return self._carriers.mail(settings).send(claim.letters)
            return self._carriers.texts(settings).send(claim.texts)
        except PrimoroError as error:
            return [Result(Away(f"{error.title} {error.advice}"))] * len(claim.claimed)
        except Exception:  # noqa: BLE001  # nobody knows how far it came, so nothing of it is sent again
            _log.exception("sending broke off")
            doubt = InDoubt("The server could not tell whether this left. It may have reached the patient.")
            return [Result(doubt)] * len(claim.claimed)

    def _write(self, unwritten: _Unwritten) -> None:
        backoff = self._backoff[unwritten.claim.channel]
        with self._database.write() as uow:
            problem = self._ledger.settle(uow, unwritten.claim, unwritten.results, backoff.pause)
        self._unwritten = None
        if problem:
            backoff.away(self._database.clock.now())
        else:
            backoff.times, backoff.until = 0, None

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
            for channel in CHANNELS:
                due = store.next_due(connection, [channel])
                until = self._backoff[channel].until
                if due is not None:
                    times.append(due if until is None else max(due, until))
        return min([*times, now + _LONGEST_SLEEP])

    def _say_goodbye(self) -> None:
        try:
            with self._database.write() as uow:
                store.stop_beating(uow.connection, self.name)
        except SQLAlchemyError:
            _log.info("the database is away; the heartbeat ends by itself")
