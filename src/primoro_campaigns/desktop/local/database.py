"""The encrypted file: opening it, one writer, a few readers, and what can go wrong with it in words."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local import schema, sqlcipher
from primoro_campaigns.desktop.work.ticket import Stopped
from primoro_campaigns.domain.errors import PrimoroError

if TYPE_CHECKING:
    import sqlite3

_STEPS_BETWEEN_LOOKS = 20_000
"""Virtual machine steps of SQLite between two looks at Stop: a few milliseconds."""

_CACHE_KIB = 16_000
_BULK_CACHE_KIB = 200_000
"""A first fill of 100,000 patients, whole: what does not stay in memory is decrypted again for each index."""

_LOG_PAGES = 1000
_BULK_LOG_PAGES = 16_000
"""Pages of 4 KiB in the write-ahead log before they are brought into the file itself."""

_LOG_BYTES = 8_000_000
"""A log that was longer is cut to this."""

BUSY_SECONDS = 20.0
"""How long a write waits for another program that holds the file."""


class CacheUnreadableError(PrimoroError):
    """The file is damaged, or the key does not fit it. ``set_aside.open_or_set_aside`` starts a new one."""

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


class DiskTroubleError(PrimoroError):
    """The disk did not read or write as asked: full in a way that SQLite cannot tell, taken out, broken."""

    def __init__(self) -> None:
        super().__init__(
            "The disk of this computer could not be read or written.",
            "This change was not kept; what was saved before is safe. Look whether the disk is full, then "
            "try again. If it happens again, tell whoever looks after your computers.",
            "cache.disk_trouble",
        )


class CacheDeniedError(PrimoroError):
    """The operating system does not let the program have the file."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            "This computer's copy cannot be opened.",
            "Nothing was changed. The program may not read and write "
            f"{path}: let whoever looks after your computers see to it, then try again.",
            "cache.denied",
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

    def __init__(self, path: Path, key: str, busy_seconds: float = BUSY_SECONDS) -> None:
        """``key``: 64 hexadecimal digits. Makes the file and its tables if it is not there.

        Raises ``CacheUnreadableError``, ``CacheVersionError``, ``CacheBusyError``, ``CacheDeniedError``,
        ``DiskFullError``, ``DiskTroubleError``.
        """
        if len(key) != 64 or int(key, 16) < 0:
            raise ValueError("the key is 32 bytes in hexadecimal")
        self.path = path
        self._key = key
        self._busy_seconds = busy_seconds
        self._write_lock = threading.RLock()
        self._pool_lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._bulk = False
        self._committing: threading.Thread | None = None
        self._commit_failed: Exception | None = None
        with self._in_words():
            self._writer = self._connect()
        try:
            self._prepare()
        except BaseException:
            self._writer.close()
            raise

    def _connect(self) -> "sqlite3.Connection":
        return connect(self.path, self._key, self._busy_seconds)

    def _prepare(self) -> None:
        with self._in_words():
            self._writer.execute("PRAGMA journal_mode = WAL").fetchone()
            self._writer.execute(f"PRAGMA journal_size_limit = {_LOG_BYTES}").fetchone()
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
    def write(
        self, *, durable: bool = False, bulk: bool = False, commit_meanwhile: bool = False
    ) -> Iterator["sqlite3.Connection"]:
        """A transaction: commits when the block ends, rolls back when it raises.

        ``durable`` waits until the disk holds it, for what the person did: nothing else can bring that
        back. ``bulk`` is for one of many writes that together make most of the file; ``commit_meanwhile``
        leaves its commit, which takes long, to a second thread, and ``settle`` tells whether it worked.
        """
        with self._write_lock, self._in_words():
            self._refuse_if_closed()
            self._await_commit()
            writer = self._writer
            self._set_bulk(bulk)
            writer.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            writer.execute("BEGIN IMMEDIATE")
            try:
                yield writer
                if not commit_meanwhile:
                    writer.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            if commit_meanwhile:
                self._committing = threading.Thread(target=self._commit, name="primoro-commit")
                self._committing.start()

    def settle(self) -> None:
        """Wait for a commit left to a second thread. Raises what became of it, if it failed."""
        with self._write_lock:
            self._await_commit()
            failed, self._commit_failed = self._commit_failed, None
        if failed is not None:
            raise failed

    def _await_commit(self) -> None:
        if self._committing is not None:
            self._committing.join()
            self._committing = None

    def _commit(self) -> None:
        """On a thread of its own, while the write lock may be free: every write waits for it first."""
        try:
            with self._in_words():
                try:
                    self._writer.execute("COMMIT")
                except BaseException:
                    self._roll_back()
                    raise
        except Exception as error:  # noqa: BLE001 - ``settle`` raises it where somebody waits for it
            self._commit_failed = error

    def _set_bulk(self, bulk: bool) -> None:
        """More memory and a longer log while it lasts; back to little with the next write of another kind."""
        if bulk is self._bulk:
            return
        self._bulk = bulk
        self._writer.execute(f"PRAGMA cache_size = {-(_BULK_CACHE_KIB if bulk else _CACHE_KIB)}")
        pages = _BULK_LOG_PAGES if bulk else _LOG_PAGES
        self._writer.execute(f"PRAGMA wal_autocheckpoint = {pages}").fetchone()

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
            with self._in_words():
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

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Say what a person can act on; anything else is a fault of the program and stays what it is."""
        try:
            yield
        except sqlcipher.Error as error:
            words = _words_for(error, self.path)
            if words is None:
                raise
            if isinstance(words, CacheUnreadableError):
                # The next start may not come across the damage by itself.
                with suppress(OSError):
                    damage_mark(self.path).touch()
            raise words from error

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise Stopped

    def close(self) -> None:
        """Wait for the write under way, then close. Reads under way close their connection when they end."""
        with self._write_lock:
            self._await_commit()
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


def connect(path: Path, key: str, busy_seconds: float = BUSY_SECONDS) -> "sqlite3.Connection":
    """A connection to the encrypted file, which is read once: raises ``sqlcipher.Error`` if it cannot be."""
    connection = sqlcipher.connect(
        str(path),
        isolation_level=None,
        check_same_thread=False,
        timeout=busy_seconds,
        cached_statements=256,
    )
    try:
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
        connection.execute(f"PRAGMA cache_size = {-_CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def damage_mark(path: Path) -> Path:
    """A file that is there once the cache at ``path`` was found damaged while it was in use."""
    return path.with_name(f"{path.name}-damaged")


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


def _words_for(error: "sqlite3.Error", path: Path) -> PrimoroError | None:
    # The library names the primary code only, never SQLITE_IOERR_WRITE and the like.
    match getattr(error, "sqlite_errorname", "") or "":
        case "SQLITE_FULL":
            return DiskFullError()
        case "SQLITE_IOERR":
            return DiskTroubleError()
        case "SQLITE_BUSY" | "SQLITE_LOCKED":
            return CacheBusyError()
        case "SQLITE_NOTADB" | "SQLITE_CORRUPT":
            return CacheUnreadableError()
        case "SQLITE_CANTOPEN" | "SQLITE_READONLY" | "SQLITE_PERM" | "SQLITE_AUTH":
            return CacheDeniedError(path)
        case _:
            return None
