"""``primoro-campaigns server worker``, ``stop-sending`` and ``resume-sending``."""

import argparse
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.server.delivery.claiming import LEASE
from primoro_campaigns.server.opening import add_place_options, opened, place_of
from primoro_campaigns.support.logs import start_logging

READY = "Primoro Campaigns worker ready"
"""The line that tells whoever started the worker that it looks for what is due."""


class OneSenderError(PrimoroError):
    """A worker was to be started on SQLite."""

    def __init__(self) -> None:
        super().__init__(
            "A server with its database in one file sends by itself, and nobody beside it.",
            "Nothing was changed. For more workers move the data to PostgreSQL and name it after --database.",
            "delivery.one_sender",
        )


_LOOK_AGAIN_S = 0.5


def add_sending_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands about sending to the server's."""
    working = commands.add_parser(
        "worker", help="send what is due, beside the server and other workers (PostgreSQL)"
    )
    add_place_options(working)
    working.add_argument(
        "--lease",
        type=float,
        default=LEASE.total_seconds(),
        metavar="SECONDS",
        help="after how long without a sign of life others take over (default: %(default)g)",
    )
    working.set_defaults(run=_work)
    stopping = commands.add_parser("stop-sending", help="let no message leave, from within a second on")
    add_place_options(stopping)
    stopping.set_defaults(run=_stop)
    resuming = commands.add_parser("resume-sending", help="go on after stop-sending")
    add_place_options(resuming)
    resuming.set_defaults(run=_resume)


def _work(arguments: argparse.Namespace) -> int:
    start_logging()
    with opened(place_of(arguments)) as (database, key):
        if database.engine.dialect.name == "sqlite":
            raise OneSenderError
        lease = timedelta(seconds=max(arguments.lease, 1.0))
        _, worker = assemble(database, ConsentService(key.for_hashes), Carriers(key), lease=lease)
        with _asked_to_end() as ending:
            worker.start()
            sys.stdout.write(f"{READY}\n")
            sys.stdout.flush()
            # Not one long wait: a signal that another thread happens to receive does not wake this one.
            while not ending.wait(_LOOK_AGAIN_S):
                pass
            worker.stop()
    return 0


@contextmanager
def _asked_to_end() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set."""
    ending = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ending.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield ending
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _stop(arguments: argparse.Namespace) -> int:
    return _switch(arguments, stopped=True)


def _resume(arguments: argparse.Namespace) -> int:
    return _switch(arguments, stopped=False)


def _switch(arguments: argparse.Namespace, *, stopped: bool) -> int:
    with opened(place_of(arguments)) as (database, key), database.write() as uow:
        organisation.configure(uow.connection, key, {"sending_stopped": str(stopped).lower()})
        audit.record(uow, SERVER, "sending.stopped" if stopped else "sending.resumed", "")
    words = "No message leaves any more. What waits stays." if stopped else "Messages leave again."
    sys.stdout.write(f"{words}\n")
    return 0
