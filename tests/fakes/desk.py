"""One workstation without its screens: cache, outbox and sync engine, against a server over HTTP."""

from collections.abc import Callable
from pathlib import Path

from requests.adapters import BaseAdapter

from primoro_campaigns.desktop.local.calls import Calls
from primoro_campaigns.desktop.local.campaigns import Campaigns
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.mirror import Mirror
from primoro_campaigns.desktop.local.outbox import Outbox
from primoro_campaigns.desktop.local.patients import Patients
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.remote import session as remote_session
from primoro_campaigns.desktop.remote.api import ServerApi, ServerStream
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens
from primoro_campaigns.desktop.sync.engine import Engine
from primoro_campaigns.desktop.sync.status import SyncStatus
from primoro_campaigns.desktop.work.changes import Changes
from primoro_campaigns.support.clock import Clock
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.support.secrets import SessionSecrets
from primoro_campaigns.wire import account as wire
from tests.fakes.loopback_server import PASSWORD

KEY = "0f" * 32


class Desk:
    """``heard`` are the changes and ``shown`` the statuses announced so far. ``close`` it.

    ``adapter`` may cut the line. ``reopen`` is what switching the computer off and on does. ``sign_in``
    stands for signing in with the password: it gets the name and the device's id.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        address: str,
        clock: Clock,
        adapter: BaseAdapter | None = None,
        sign_in: Callable[[str, str], wire.Session] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.clock = clock
        self.path = folder / "cache.db"
        self.secrets = SessionSecrets()
        self.device_id = new_id()
        self.heard: list[Changes] = []
        self.shown: list[SyncStatus] = []
        self._address = address
        self.adapter = adapter
        self._token_http = Http(address)
        if sign_in is None:
            session = remote_session.sign_in(
                self._token_http, name, PASSWORD, self.device_id, "the test's desk"
            )
        else:
            session = sign_in(name, self.device_id)
        self.person: SignedInPerson = remote_session.person_of(session)
        self._open(session)

    def _open(self, session: wire.Session | None = None) -> None:
        self.tokens = Tokens(self._token_http, self.secrets, "refresh", lambda _: None, session)
        self.database = Database(self.path, KEY)
        self.http = Http(self._address, self.adapter)
        self.stream_http = Http(self._address)
        self.mirror = Mirror(self.database, self.person.user_id)
        self.engine = Engine(
            self.mirror,
            ServerApi(self.http, self.tokens, self.device_id),
            self.clock,
            self.heard.append,
            self.shown.append,
        )
        self.stream = ServerStream(self.stream_http, self.tokens)
        self.outbox = Outbox(self.database, self.person, self.clock, new_id, self.heard.append)
        self.patients = Patients(self.database, lambda: self.person.day_of(self.clock.now()))
        self.campaigns = Campaigns(self.database)
        self.calls = Calls(self.database)

    def sync(self) -> SyncStatus:
        """One run of the engine, on this thread."""
        self.engine.run()
        return self.engine.status

    def reopen(self, session: wire.Session | None = None) -> None:
        """``session``: the person has signed in again."""
        self._close_session()
        self._open(session)

    def _close_session(self) -> None:
        self.database.close()
        self.http.close()
        self.stream_http.close()

    def close(self) -> None:
        self._close_session()
        self._token_http.close()
