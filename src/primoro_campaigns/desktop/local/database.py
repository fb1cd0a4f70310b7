"""The encrypted file: opening it, one writer, a few readers, and what can go wrong with it in words."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local import schema, sqlcipher
from primoro_campaigns.desktop.work.ticket import Stopped
from primoro_campaigns.domain.errors import PrimoroError

if TYPE_CHECKING:
    import sqlite3

_log = logging.getLogger(__name__)

_STEPS_BETWEEN_LOOKS = 20_000
"""Virtual machine steps of SQLite between two looks at Stop: a few milliseconds."""

_BUSY_SECONDS = 20.0


class CacheUnreadableError(PrimoroError):
    """The file is damaged, or the key does not fit it. ``database.open_or_set_aside`` starts a new one."""

    def __init__(self) -> None:
        super().__init__(
            "This computer's copy cannot be read.",
            "Nothing is lost on the server. Start the program again: a new copy is filled from the server.",
            "cache.unreadable",
        )


class CacheVersionError(PrimoroError):
    """The file was made by another version of this program."""

    def __init__(self) -> None:
        super().__init__(
            "This computer's copy was made by another version of this program.",
            "It is set aside, and a new one is filled from the server.",
            "cache.version",
        )


class DiskFullError(PrimoroError):
    """There is no room for what was to be written. Nothing of it was."""

    def __init__(self) -> None:
        super().__init__(
            "The disk of this computer is full.",
            "This change was not kept; what was saved before is safe. Make room on the disk, then try again.",
            "cache.disk_full",
        )


class CacheBusyError(PrimoroError):
    """Another program holds the file."""

    def __init__(self) -> None:
        super().__init__(
            "This computer's copy is in use.",
            "Nothing was changed. Close other windows of this program, then try again.",
            "cache.busy",
        )


class Database:
    """One encrypted cache file. Safe to use from any thread.

    Writes go one at a time through one connection; reads take a connection from a pool and see the last
    commit.
    """

    def __init__(self, path: Path, key: str) -> None:
        """``key``: 64 hexadecimal digits. Makes the file and its tables if it is not there.

        Raises ``CacheUnreadableError``, ``CacheVersionError``, ``DiskFullError``.
        """
        if len(key) != 64 or int(key, 16) < 0:
            raise ValueError("the key is 32 bytes in hexadecimal")
        self.path = path
        self._key = key
        self._write_lock = threading.RLock()
        self._pool_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        with _in_words():
            self._writer = self._connect()
        try:
            self._prepare()
        except BaseException:
            self._writer.close()
            raise

    def _connect(self) -> "sqlite3.Connection":
        connection = sqlcipher.connect(
            str(self.path),
            isolation_level=None,
            check_same_thread=False,
            timeout=_BUSY_SECONDS,
            cached_statements=256,
        )
        try:
            connection.execute(f"PRAGMA key = \"x'{self._key}'\"")
            connection.execute("PRAGMA cache_size = -16000")
            connection.execute("PRAGMA temp_store = MEMORY")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        with _in_words():
            self._writer.execute("PRAGMA journal_mode = WAL").fetchone()
            (version,) = self._writer.execute("PRAGMA user_version").fetchone()
            (tables,) = self._writer.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables == 0:
            with self.write() as connection:
                for statement in _split(schema.statements()):
                    connection.execute(statement)
                for statement in (*schema.PATIENT_INDEXES.values(), *schema.INDEXES.values()):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {schema.VERSION}")
        elif version != schema.VERSION:
            raise CacheVersionError

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator["sqlite3.Connection"]:
        """A transaction: commits when the block ends, rolls back when it raises.

        ``durable`` waits until the disk holds it, for what the person did: nothing else can bring that
        back.
        """
        with self._write_lock, _in_words():
            self._refuse_if_closed()
            writer = self._writer
            writer.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            writer.execute("BEGIN IMMEDIATE")
            try:
                yield writer
                writer.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # A full disk has rolled back by itself already.
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    @contextmanager
    def read(self, stopped: Callable[[], bool] | None = None) -> Iterator["sqlite3.Connection"]:
        """One state of the database for the length of the block. ``stopped`` is asked every few
        milliseconds.

        Raises ``Stopped`` when it says yes.
        """
        self._refuse_if_closed()
        with self._pool_lock:
            connection = self._idle.pop() if self._idle else None
        try:
            with _in_words():
                if connection is None:
                    connection = self._connect()
                if stopped is not None:
                    connection.set_progress_handler(stopped, _STEPS_BETWEEN_LOOKS)
                connection.execute("BEGIN")
                yield connection
        except sqlcipher.OperationalError as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                raise Stopped from error
            raise
        finally:
            if connection is not None:
                self._give_back(connection)

    def _give_back(self, connection: "sqlite3.Connection") -> None:
        connection.set_progress_handler(None, 0)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        with self._pool_lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise Stopped

    def close(self) -> None:
        """Wait for the write under way, then close. Reads under way close their connection when they end."""
        with self._write_lock:
            with self._pool_lock:
                if self._closed:
                    return
                self._closed = True
                idle, self._idle = self._idle, []
            for connection in idle:
                connection.close()
            self._writer.close()

    def erase(self) -> None:
        """Close, and remove the file: for a cache that lives for one session only."""
        self.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def open_or_set_aside(path: Path, key: str) -> tuple[Database, Path | None]:
    """The cache at ``path``. One that cannot be read is renamed, never deleted, and an empty one made in
    its place.

    The second value is the new name of what was set aside, None when all was well.
    """
    try:
        return Database(path, key), None
    except (CacheUnreadableError, CacheVersionError) as error:
        aside = _set_aside(path)
        _log.warning("cache set aside: %s", error.code)
        return Database(path, key), aside


def _set_aside(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.stem}-set-aside-{stamp}{path.suffix}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}-set-aside-{stamp}-{number}{path.suffix}")
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(aside.with_name(aside.name + suffix))
    return aside


def _split(script: str) -> Iterator[str]:
    """The statements of a script one by one: ``executescript`` would commit on its own."""
    statement = ""
    for line in script.splitlines(keepends=True):
        if line.lstrip().startswith("--"):
            continue
        statement += line
        if line.rstrip().endswith(";"):
            yield statement
            statement = ""


@contextmanager
def _in_words() -> Iterator[None]:
    """Say what a person can act on; anything else is a fault of the program and stays what it is."""
    try:
        yield
    except sqlcipher.Error as error:
        words = _words_for(error)
        if words is None:
            raise
        raise words from error


def _words_for(error: "sqlite3.Error") -> PrimoroError | None:
    name = getattr(error, "sqlite_errorname", "") or ""
    if name == "SQLITE_FULL" or name.startswith("SQLITE_IOERR_WRITE"):
        return DiskFullError()
    if name in ("SQLITE_BUSY", "SQLITE_LOCKED") or name.startswith("SQLITE_BUSY_"):
        return CacheBusyError()
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        return CacheUnreadableError()
    return None
