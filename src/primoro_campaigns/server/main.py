"""The composition root: puts the server together and runs it."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]  # it has no types
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account import organisation, session, set_up
from primoro_campaigns.server.account.api import account_router
from primoro_campaigns.server.account.tables import location, policy, user
from primoro_campaigns.server.call import matching
from primoro_campaigns.server.call.api import call_hooks
from primoro_campaigns.server.call.service import CallService
from primoro_campaigns.server.call.tables import call
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.campaign.tables import campaign
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.tables import permission, restriction
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.sole_server import sole_server
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.server.delivery.doubts import Doubts
from primoro_campaigns.server.delivery.health.service import Watch
from primoro_campaigns.server.delivery.health.tables import provider
from primoro_campaigns.server.delivery.leaving.wait import Leaving
from primoro_campaigns.server.delivery.providers.gateway import Hooks
from primoro_campaigns.server.delivery.providers.registry import GATEWAYS, MAILBOX
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.delivery.texts import inbound
from primoro_campaigns.server.delivery.trial.api import sending_router
from primoro_campaigns.server.delivery.trial.service import Trials
from primoro_campaigns.server.http.app import create_app
from primoro_campaigns.server.intake.api import intake_router
from primoro_campaigns.server.intake.service import IntakeService
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.mailbox.api import mail_hooks
from primoro_campaigns.server.mailbox.watch import MailboxWatch
from primoro_campaigns.server.opening import Place, opened
from primoro_campaigns.server.patient import facts
from primoro_campaigns.server.patient.api import patient_router
from primoro_campaigns.server.patient.tables import contact, patient, practitioner
from primoro_campaigns.server.public.api import public_router
from primoro_campaigns.server.reply.service import handle_reply
from primoro_campaigns.server.reply.tables import reply
from primoro_campaigns.server.settings import ServerSettings
from primoro_campaigns.server.sync.api import sync_router
from primoro_campaigns.server.sync.notifier import Notifier
from primoro_campaigns.server.sync.rooms import Rooms, Scope
from primoro_campaigns.server.sync.round import Handler, Handlers, Rounds
from primoro_campaigns.server.sync.snapshot import ServerStoppingError, Snapshots
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.logs import start_logging
from primoro_campaigns.wire.call import IgnoreCall, MatchCall
from primoro_campaigns.wire.campaign import Act, Approve, DraftDelete, DraftSave, Resend, Submit
from primoro_campaigns.wire.consent import Permit, Restrict
from primoro_campaigns.wire.delivery import DecideDoubt
from primoro_campaigns.wire.reply import HandleReply
from primoro_campaigns.wire.sync import EventKind

_log = logging.getLogger("primoro_campaigns.server")

READY = "Primoro Campaigns server ready at "
"""The line that tells whoever started the server where it listens begins with this."""

ROOMS: Rooms = {
    Room.LOCATION: location,
    Room.PRACTITIONER: practitioner,
    Room.USER: user,
    Room.POLICY: policy,
    Room.PATIENT: patient,
    Room.RESTRICTION: restriction,
    Room.PERMISSION: permission,
    Room.CONTACT: contact,
    Room.CAMPAIGN: campaign,
    Room.RECIPIENT: delivery,
    Room.CALL: call,
    Room.REPLY: reply,
    Room.PROVIDER: provider,
}


@dataclass
class Services:
    """What the running server is made of."""

    settings: ServerSettings
    database: Database
    key: ServerKey
    set_up_code: str
    notifier: Notifier
    snapshots: Snapshots
    rounds: Rounds
    scheduler: BackgroundScheduler
    app: FastAPI


def handlers(
    consent: ConsentService, campaigns: CampaignService, doubts: Doubts, calls: CallService
) -> Handlers:
    """What each kind of event from a desktop does."""
    return {
        EventKind.RESTRICT: Handler(Restrict, consent.handle_restrict),
        EventKind.PERMIT: Handler(Permit, consent.handle_permit),
        EventKind.DRAFT_SAVE: Handler(DraftSave, campaigns.handle_save),
        EventKind.DRAFT_DELETE: Handler(DraftDelete, campaigns.handle_delete),
        EventKind.DRAFT_TAKE_OVER: Handler(Act, campaigns.handle_take_over),
        EventKind.SUBMIT: Handler(Submit, campaigns.handle_submit),
        EventKind.APPROVE: Handler(Approve, campaigns.handle_approve),
        EventKind.PAUSE: Handler(Act, campaigns.handle_pause),
        EventKind.RESUME: Handler(Act, campaigns.handle_resume),
        EventKind.CANCEL: Handler(Act, campaigns.handle_cancel),
        EventKind.RESEND: Handler(Resend, campaigns.handle_resend),
        EventKind.DECIDE_DOUBT: Handler(DecideDoubt, doubts.handle_decide),
        EventKind.MATCH_CALL: Handler(MatchCall, calls.handle_match),
        EventKind.IGNORE_CALL: Handler(IgnoreCall, calls.handle_ignore),
        EventKind.HANDLE_REPLY: Handler(HandleReply, handle_reply),
    }


def compose(settings: ServerSettings, database: Database, key: ServerKey, set_up_code: str) -> Services:
    """Put the server together; nothing runs yet."""

    def seq() -> int:
        try:
            with database.read() as connection:
                return latest(connection)
        except OperationalError:
            # The database is away for a moment; whoever waits for changes goes on waiting.
            return 0

    notifier = Notifier(seq)
    database.on_change(notifier.moved)
    snapshots = Snapshots(database, ROOMS, settings.snapshot_dir)
    consent = ConsentService(key.for_hashes, Leaving(database).wait)
    campaigns, worker = assemble(database, consent, Carriers(key))
    calls = CallService(consent)
    rounds = Rounds(database, ROOMS, handlers(consent, campaigns, worker.doubts, calls))
    watch = Watch(database)
    mailbox = MailboxWatch(database, key, consent, lambda words: watch.tell(MAILBOX, words))
    scheduler = BackgroundScheduler(
        timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None}
    )
    scheduler.add_job(lambda: _prepare(database, snapshots), "interval", hours=1, id="snapshots")
    scheduler.add_job(lambda: facts.catch_up(database), "interval", hours=1, id="visits")
    scheduler.add_job(lambda: matching.catch_up(database), "interval", hours=1, id="calls")
    scheduler.add_job(lambda: _clean(database), "interval", hours=12, id="cleaning")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await notifier.start()
        scheduler.start()
        worker.start()
        mailbox.start()
        try:
            yield
        finally:
            snapshots.stop()
            await notifier.stop()
            await asyncio.to_thread(mailbox.stop)
            await asyncio.to_thread(worker.stop)
            await asyncio.to_thread(scheduler.shutdown)

    routers = [
        account_router(key, set_up_code, settings.public_address),
        sync_router(rounds, snapshots, notifier),
        patient_router(),
        sending_router(Trials(database, consent, watch, lambda: Carriers(key))),
        intake_router(IntakeService(consent)),
        call_hooks(key, calls),
        mail_hooks(key, consent),
        *(gateway.hooks(Hooks(key, consent)) for gateway in GATEWAYS.values()),
        public_router(consent),
    ]
    app = create_app(database, routers, lifespan)
    return Services(settings, database, key, set_up_code, notifier, snapshots, rounds, scheduler, app)


def run(settings: ServerSettings, set_up_code: str | None = None) -> int:
    """Run the server until SIGTERM or Ctrl-C, and return the exit status.

    On standard output: the set-up code while nobody can sign in, then one line with the address.
    """
    start_logging()
    place = Place(settings.data_dir, settings.database_url)
    with sole_server(place.database_url), opened(place) as (database, key):
        if settings.public_address:
            _keep_public_address(database, key, settings.public_address)
        code = set_up_code or set_up.new_code()
        services = compose(settings, database, key, code)
        if set_up.needed(database) and set_up_code is None:
            sys.stdout.write(f"Set-up code: {code}\n")
            sys.stdout.flush()
        return _serve(services)


class AddressTakenError(PrimoroError):
    status = 500

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"The server cannot listen on {host}, port {port}: {why}.",
            "Nothing was changed. Another program may use the port: choose another one with --port.",
            "server.address_taken",
        )


class _Server(uvicorn.Server):
    """Says when it is ready, and ends the event streams before it waits for its connections to end."""

    def __init__(self, config: uvicorn.Config, services: Services) -> None:
        super().__init__(config)
        self._services = services

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            sys.stdout.write(f"{READY}http://{shown}:{port}\n")
            sys.stdout.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._services.snapshots.stop()
        self._services.notifier.close()
        super().handle_exit(sig, frame)


def _serve(services: Services) -> int:
    settings = services.settings
    config = uvicorn.Config(
        services.app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.public_address),
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
    )
    server = _Server(config, services)
    # uvicorn raises the signal again once it has stopped; a server that was asked to stop has not failed.
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with _listening(settings) as listener:
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            _log.info("stopped from the keyboard")
        finally:
            signal.signal(signal.SIGTERM, before)
    return 0 if server.started else 1


def _listening(settings: ServerSettings) -> socket.socket:
    try:
        return socket.create_server(
            (settings.host, settings.port),
            family=socket.AF_INET6 if ":" in settings.host else socket.AF_INET,
            backlog=256,
        )
    except OSError as error:
        raise AddressTakenError(settings.host, settings.port, error.strerror or "it is taken") from error


def _keep_public_address(database: Database, key: ServerKey, address: str) -> None:
    with database.write() as uow:
        if organisation.find(uow.connection) is not None:
            organisation.configure(uow.connection, key, {"public_address": address})


def _prepare(database: Database, snapshots: Snapshots) -> None:
    """Have a fresh snapshot ready for everyone who was here in the last days, before they ask, and none that
    may not be used any more.
    """
    snapshots.sweep()
    with database.read() as connection:
        scopes = session.scopes_in_use(connection, database.clock.now() - timedelta(days=3))
    for location_ids in scopes:
        try:
            snapshots.prepared(Scope(location_ids))
        except ServerStoppingError:
            return


def _clean(database: Database) -> None:
    with database.write() as uow:
        session.clean(uow)
        inbound.forget(uow)
