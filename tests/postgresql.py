"""A PostgreSQL server of the suite's own: started once, as an ordinary user, and gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import psycopg
from psycopg import sql

START_SECONDS = 60
STOP_SECONDS = 30
USER = "primoro"

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "32MB",
    # Nothing here has to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "timezone": "UTC",
}


class PostgresqlUnavailableError(Exception):
    """There is no PostgreSQL on this machine, or it does not start; the text says what to do."""


class Account(NamedTuple):
    """Whom the server runs as; None means: as ourselves."""

    user: int | None = None
    group: int | None = None
    groups: list[int] | None = None


@dataclass
class Postgresql:
    """A running server, reached through a socket in ``directory``, without a password."""

    directory: Path

    def __post_init__(self) -> None:
        self._numbers = count(1)
        self._running: subprocess.Popen[bytes] | None = None
        self._start: Callable[[], subprocess.Popen[bytes]] | None = None

    def url(self, database: str) -> str:
        """The address of a database as SQLAlchemy reads it."""
        return f"postgresql+psycopg://{USER}@/{database}?host={quote(str(self.directory), safe='')}"

    def create(self, template: str | None = None) -> str:
        """Make a database, empty or as a copy of ``template``, and return its name."""
        name = f"test_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {}", name, template or "template0")
        return name

    def drop(self, name: str) -> None:
        """Remove a database. A connection that is still open fails the test: an engine was not disposed."""
        try:
            # The server itself waits a few seconds for connections that are just closing.
            self._run("DROP DATABASE {}", name)
        except psycopg.errors.ObjectInUse as error:
            self._run("DROP DATABASE {} WITH (FORCE)", name)
            raise AssertionError(f"a connection to the database was left open: {error}") from error

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.directory), user=USER, dbname="postgres", autocommit=True)

    def begin(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        """Start it, and know how to start it again."""
        self._start = start
        self._running = start()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: disconnect everybody and stop. SIGQUIT: as a crash, so the next start recovers."""
        if self._running is None:
            return
        self._running.send_signal(how)
        try:
            self._running.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()
            raise
        self._running = None

    def start_again(self) -> None:
        """After ``stop``."""
        if self._start is None:
            raise PostgresqlUnavailableError("It was never started.")
        self._running = self._start()

    def _run(self, statement: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)))


@contextmanager
def postgresql_server() -> Iterator[Postgresql]:
    """Run a server in a directory of its own for as long as the block lasts.

    PostgreSQL refuses to run as root, so for root it runs as ``postgres`` or ``nobody``.
    """
    programs = _programs()
    account = _ordinary_account()
    directory = Path(
        tempfile.mkdtemp(prefix="primoro-pg-")
    )  # short: a socket's path has at most 107 characters
    try:
        if account.user is not None and account.group is not None:
            os.chown(directory, account.user, account.group)
        data, log = directory / "data", directory / "log"
        _initialise(programs / "initdb", data, account)
        options = [part for key, value in SETTINGS.items() for part in ("-c", f"{key}={value}")]
        command = [
            *_dies_with_us(),
            *(str(programs / "postgres"), "-D", str(data), "-k", str(directory)),
            *options,
        ]
        server = Postgresql(directory)

        def start() -> subprocess.Popen[bytes]:
            with log.open("ab") as output:
                process = subprocess.Popen(
                    command,
                    cwd=directory,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    env={**os.environ, "LC_ALL": "C"},
                    user=account.user,
                    group=account.group,
                    extra_groups=account.groups,
                )
            try:
                _await_answer(server, process, log)
            except BaseException:
                process.kill()
                process.wait()
                raise
            return process

        server.begin(start)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory)


def _programs() -> Path:
    """The directory of the newest PostgreSQL there is."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda found: float(found.parts[-3]),
        reverse=True,
    )
    on_path = shutil.which("initdb")
    found = debian or ([Path(on_path)] if on_path else [])
    if not found:
        raise PostgresqlUnavailableError(
            "PostgreSQL is not installed, and half of the tests of the server need it. "
            "Run 'python3 dev.py test', which installs it, or 'apt-get install postgresql'. "
            "To do without: pytest -k 'not postgresql'."
        )
    return found[0].parent


def _ordinary_account() -> Account:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return Account()
    accounts = {
        fields[0]: Account(int(fields[2]), int(fields[3]), [])
        for fields in (line.split(":") for line in Path("/etc/passwd").read_text().splitlines())
        if len(fields) > 3
    }
    for name in ("postgres", "nobody"):
        if name in accounts:
            return accounts[name]
    raise PostgresqlUnavailableError("There is neither a user 'postgres' nor 'nobody' to run PostgreSQL as.")


def _initialise(initdb: Path, data: Path, account: Account) -> None:
    command = [
        str(initdb),
        "-D",
        str(data),
        "-U",
        USER,
        "--auth=trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    result = subprocess.run(
        command,
        cwd=data.parent,
        capture_output=True,
        text=True,
        check=False,
        user=account.user,
        group=account.group,
        extra_groups=account.groups,
    )
    if result.returncode:
        raise PostgresqlUnavailableError(f"initdb failed: {result.stdout}{result.stderr}")


def _dies_with_us() -> list[str]:
    """On Linux, have the kernel stop the server if pytest is killed before it can."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "INT"] if setpriv else []


def _await_answer(server: Postgresql, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError as error:
            try:
                process.wait(0.05)
            except subprocess.TimeoutExpired:
                if time.monotonic() < deadline:
                    continue
            raise PostgresqlUnavailableError(f"PostgreSQL did not start:\n{log.read_text()}") from error
        else:
            return
