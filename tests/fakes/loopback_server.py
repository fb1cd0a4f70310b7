"""The real server over real HTTP on loopback, in a thread of the test: quick to start, easy to write into."""

import functools
import shutil
import socket
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.server.account import password, session, set_up, store, user
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.key import find_or_make_key
from primoro_campaigns.server.main import compose
from primoro_campaigns.server.settings import ServerSettings, database_url
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.clock import Clock
from primoro_campaigns.wire import account as wire
from tests.server.practice import Values, add_location, add_organisation, add_patient

PASSWORD = "three quiet otters"


@functools.cache
def _password_hash() -> str:
    """Made once: it takes its time on purpose."""
    return password.hashed(PASSWORD)


class LoopbackServer:
    """``database`` is open for writing also while the server is stopped. ``close`` it.

    ``set_up_code`` is what whoever sets it up has to show.
    """

    def __init__(self, folder: Path, migrated_file: Path, clock: Clock, url: str = "") -> None:
        """``url`` is that of a migrated database; without it the server has its own copy of the file."""
        folder.mkdir(parents=True, exist_ok=True)
        if not url:
            shutil.copyfile(migrated_file, folder / "primoro.db")
        settings = ServerSettings(folder, url or database_url(folder))
        self._settings = settings
        self.key = find_or_make_key(folder)
        self.database = Database(open_engine(settings.database_url), clock)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._stop_streams: Callable[[], None] = lambda: None
        self._socket: socket.socket | None = None
        self.port = 0
        self.set_up_code = set_up.new_code()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "LoopbackServer":
        """On the same port as before, if it ran before."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        services = compose(self._settings, self.database, self.key, self.set_up_code)
        config = uvicorn.Config(
            services.app, log_config=None, access_log=False, timeout_graceful_shutdown=1, lifespan="on"
        )
        server = uvicorn.Server(config)
        self._server, self._socket = server, listener
        self._stop_streams = services.notifier.close
        self._thread = threading.Thread(target=lambda: server.run(sockets=[listener]), name="loopback server")
        self._thread.start()
        # The listener queues whoever comes before the server accepts: nobody has to wait for it.
        return self

    def stop(self) -> None:
        if self._server is None or self._thread is None or self._socket is None:
            return
        self._server.should_exit = True
        self._stop_streams()
        self._thread.join()
        self._socket.close()
        self._server = self._thread = self._socket = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        self.stop()
        self.database.close()

    def signed_in(self, name: str, device_id: str) -> wire.Session:
        """A session of that person, without the time that checking a password takes."""
        with self.database.write() as uow:
            row = store.user_by_name(uow.connection, name)
            assert row is not None
            return session.start(uow, row, device_id, "the test's desk")

    def add_practice(self) -> None:
        """An organisation with one location."""
        with self.database.write() as uow:
            add_organisation(uow)
            add_location(uow)
            uow.changes.touched(Room.LOCATION, "loc-1", [EVERYWHERE])

    def add_user(self, name: str, role: Role, locations: Sequence[str] | None = None) -> None:
        """Somebody with ``PASSWORD``; ``locations`` None is everywhere."""
        with self.database.write() as uow:
            user.add_user(
                uow,
                SERVER,
                name=name,
                display_name=name.title(),
                role=role,
                password_hash=_password_hash(),
                location_ids=None if locations is None else list(locations),
            )

    def add_patients(self, *patient_ids: str, location_id: str = "loc-1", **values: Values) -> None:
        with self.database.write() as uow:
            for patient_id in patient_ids:
                add_patient(uow, patient_id, location_id=location_id, **values)
                uow.changes.touched(Room.PATIENT, patient_id, [location_id])

    def change(self, act: Callable[[UnitOfWork], None]) -> None:
        """Anything else, in one unit of work."""
        with self.database.write() as uow:
            act(uow)
