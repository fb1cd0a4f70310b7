"""The second stage of the start: everything that talks to the server. Loads requests, pydantic and
APScheduler.
"""

from collections.abc import Callable
from dataclasses import dataclass

from primoro_campaigns.desktop.account import door
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.mirror import Mirror
from primoro_campaigns.desktop.local.standing import PersonStore
from primoro_campaigns.desktop.person import SignedInPerson, person_to_json
from primoro_campaigns.desktop.remote.api import ServerApi, ServerStream
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens, person_of
from primoro_campaigns.desktop.remote.team import ServerTeam
from primoro_campaigns.desktop.remote.trials import ServerTrials
from primoro_campaigns.desktop.sync.engine import Engine
from primoro_campaigns.desktop.sync.status import SyncStatus
from primoro_campaigns.desktop.sync.timetable import Timetable
from primoro_campaigns.desktop.work.changes import Changes
from primoro_campaigns.support.clock import Clock
from primoro_campaigns.support.secrets import Secrets
from primoro_campaigns.wire import account as wire


@dataclass(frozen=True)
class Parts:
    """What the connection is made of. The callables may be called from any thread."""

    address: str
    device_id: str
    refresh_name: str
    secrets: Secrets
    database: Database
    person: SignedInPerson
    clock: Clock
    announce: Callable[[Changes], None]
    status_changed: Callable[[SyncStatus], None]
    crashed: Callable[[BaseException], None]


class Online:
    """Sync with one server as one person. ``start`` and ``stop`` once each; ``stop`` waits for threads."""

    def __init__(self, parts: Parts, signed_in: object | None) -> None:
        """``signed_in`` is what ``account.door.sign_in`` answered, None to go on with the keyring's token."""
        session = signed_in.session if isinstance(signed_in, door.SignedIn) else None
        self._parts = parts
        self._persons = PersonStore(parts.database)
        self._https = [Http(parts.address) for _ in range(5)]
        for_tokens, for_engine, for_stream, for_trials, for_team = self._https
        self._tokens = Tokens(for_tokens, parts.secrets, parts.refresh_name, self._refreshed, session)
        self._engine = Engine(
            Mirror(parts.database, parts.person.user_id),
            ServerApi(for_engine, self._tokens, parts.device_id),
            parts.clock,
            parts.announce,
            parts.status_changed,
        )
        self._timetable = Timetable(self._engine, ServerStream(for_stream, self._tokens), parts.crashed)

        self.trials = ServerTrials(for_trials, self._tokens)
        """Test messages."""
        self.team = ServerTeam(for_team, self._tokens)
        """The people who work here."""

    def start(self) -> None:
        self._parts.status_changed(self._engine.status)
        self._timetable.start()

    def poke(self) -> None:
        """Sync now; returns at once."""
        self._timetable.poke()

    def note_pending(self) -> None:
        """Something was recorded or dismissed: count it and send it."""
        self._engine.note_pending()
        self._timetable.poke()

    def allow_deletion(self) -> None:
        """The person lets a large share of the patients go."""
        self._engine.allow_deletion()
        self._timetable.poke()

    def sign_out(self) -> None:
        """Stop, and end the session at the server if it can be reached. What waits stays in the cache."""
        self._timetable.stop()
        self._tokens.end()
        self._close()

    def stop(self) -> None:
        self._timetable.stop()
        self._close()

    def _close(self) -> None:
        for http in self._https:
            http.close()

    def _refreshed(self, session: wire.Session) -> None:
        """Rights and locations may have changed; the screens follow at the next start."""
        self._persons.write(person_to_json(person_of(session)))


def connect(parts: Parts, signed_in: object | None) -> Online:
    """For ``main.py``, which loads this module late."""
    return Online(parts, signed_in)
