"""The made-up practice that measurements share: a server's data, and a desktop's cache filled from it."""

import atexit
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from primoro_campaigns.desktop.account.profile import Account, ProfileFolder, key_name, refresh_name
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.mirror import Mirror
from primoro_campaigns.desktop.local.standing import PersonStore
from primoro_campaigns.desktop.person import SignedInPerson, person_to_json
from primoro_campaigns.desktop.remote import session
from primoro_campaigns.desktop.remote.api import ServerApi
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.sync.engine import Engine
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus
from primoro_campaigns.support.clock import SystemClock
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.support.secrets import SessionSecrets
from tests.fakes.server_process import ServerProcess

SIZE_VARIABLE = "PRIMORO_BENCH_PATIENTS"
FOLDER_VARIABLE = "PRIMORO_BENCH_FOLDER"
"""Where to keep the practice between runs; without it, it is made anew for each."""

SEED = 7
USERNAME = "morgan"
PASSWORD = "four quiet bench words"  # noqa: S105 - of a made-up person, in a folder that is thrown away


def patients() -> int:
    """How many patients to measure with."""
    return int(os.environ.get(SIZE_VARIABLE, "100000"))


class FillError(RuntimeError):
    """The desktop's cache could not be filled; the text is the engine's status."""


@cache
def folder() -> Path:
    """A folder for this run, removed at its end."""
    made = Path(tempfile.mkdtemp(prefix="primoro-bench-"))
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


@cache
def server_data(count: int) -> Path:
    """The data folder of a server with ``count`` made-up patients."""
    kept = os.environ.get(FOLDER_VARIABLE)
    data = (Path(kept) if kept else folder()) / f"server-{count}"
    done = data / "bench-done"
    if not done.exists():
        shutil.rmtree(data, ignore_errors=True)
        subprocess.run(
            [
                *(sys.executable, "-m", "primoro_campaigns", "demo-data", "--data", str(data)),
                *("--patients", str(count), "--seed", str(SEED), "--password-stdin", "--distinct-mobiles"),
            ],
            input=PASSWORD + "\n",
            text=True,
            capture_output=True,
            check=True,
        )
        done.touch()
    return data


@contextlib.contextmanager
def server(count: int) -> Iterator[ServerProcess]:
    """A real server process over those patients, on loopback."""
    with ServerProcess(server_data(count)) as process:
        yield process


@dataclass
class Desk:
    """A desktop's connection to the server, signed in, without a cache."""

    http: Http
    api: ServerApi
    person: SignedInPerson


@contextlib.contextmanager
def desk(address: str) -> Iterator[Desk]:
    http = Http(address)
    try:
        device_id = new_id()
        signed_in = session.sign_in(http, USERNAME, PASSWORD, device_id, "bench")
        tokens = session.Tokens(http, SessionSecrets(), "bench", lambda _session: None, signed_in)
        yield Desk(http, ServerApi(http, tokens, device_id), session.person_of(signed_in))
    finally:
        http.close()


def fill(database: Database, at: Desk) -> SyncStatus:
    """Sync as the desktop does, until the copy is complete. Raises ``FillError``."""
    engine = Engine(
        Mirror(database, at.person.user_id),
        at.api,
        SystemClock(),
        lambda _changes: None,
        lambda _status: None,
    )
    engine.run()
    if engine.status.phase is not Phase.CURRENT:
        raise FillError(f"{engine.status.phase}: {engine.status.title} {engine.status.advice}")
    return engine.status


@dataclass(frozen=True)
class Cache:
    """A filled cache and what it took."""

    path: Path
    key: str
    seconds: float


def filled_cache(path: Path, at: Desk) -> Cache:
    """A new encrypted cache, filled by the first sync, searchable; the file is closed."""
    key = secrets.token_hex(32)
    begin = time.perf_counter()
    database = Database(path, key)
    try:
        fill(database, at)
        took = time.perf_counter() - begin
    finally:
        database.close()
    return Cache(path, key, took)


@dataclass(frozen=True)
class Profile:
    """The folder of a desktop at which somebody has signed in, with a filled cache."""

    folder: Path
    account: Account
    cache: Cache

    def point_to(self, address: str) -> None:
        """Have the desktop look for its server there."""
        kept = ProfileFolder(self.folder)
        kept.keep(replace(kept.profile, server=address))

    def secrets(self, address: str | None = None) -> Mapping[str, str]:
        """What the keyring of this desktop holds. With an ``address``, somebody signs in there first: a
        refresh token is good for one start.
        """
        kept = ProfileFolder(self.folder)
        token = "of no use, for the server is away"  # noqa: S105 - and no secret
        if address is not None:
            http = Http(address)
            try:
                signed_in = session.sign_in(http, USERNAME, PASSWORD, kept.profile.device_id, "bench")
            finally:
                http.close()
            token = signed_in.refresh_token
        return {key_name(self.account): self.cache.key, refresh_name(kept.profile, self.account): token}


@cache
def shared_profile(count: int) -> Profile:
    """One profile with a filled cache, for the measurements that only read."""
    place = folder() / f"profile-{count}"
    place.mkdir()
    with server(count) as process, desk(process.address) as at:
        account = Account(at.person.organisation_id, at.person.user_id, at.person.username)
        kept = ProfileFolder(place)
        kept.keep(replace(kept.profile, server=process.address, account=account))
        filled = filled_cache(kept.cache_path(account), at)
        database = Database(filled.path, filled.key)
        try:
            PersonStore(database).write(person_to_json(at.person))
        finally:
            database.close()
    return Profile(place, account, filled)


def shared_cache(count: int) -> Cache:
    return shared_profile(count).cache


def alternately(rounds: int, *works: Callable[[], float]) -> list[list[float]]:
    """What each of ``works`` gives in each round, taken in turns so that a slow moment hits all of them."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for place, work in enumerate(works):
            taken[place].append(work())
    return taken
