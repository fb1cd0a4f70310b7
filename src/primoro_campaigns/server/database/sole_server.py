"""One server for an SQLite database at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from primoro_campaigns.domain.errors import PrimoroError


class ServerRunningError(PrimoroError):
    status = 500

    def __init__(self, database: Path) -> None:
        super().__init__(
            f"Another server already works with the database {database}.",
            "Nothing was changed. Use the one that runs, or end it first.",
            "server.already_runs",
        )


@contextmanager
def sole_server(url: str) -> Iterator[None]:
    """Be the only server of the SQLite database at ``url`` for as long as the block lasts, also when this
    process is killed; on PostgreSQL any number may run, and this does nothing.

    A second server would take what the first one is just sending for what a dead one has left in doubt.
    Raises ``ServerRunningError``. A file that cannot be opened is left to whoever opens the database to tell.
    """
    path = _file(url)
    if path is None:
        yield
        return
    try:
        # The lock is SQLite's own, on an empty database: the same on every system, and gone with the process.
        lock = sqlite3.connect(path.with_name(f"{path.name}-server"), timeout=0, isolation_level=None)
    except sqlite3.OperationalError:
        yield
        return
    with closing(lock):
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise ServerRunningError(path) from None
        yield


def _file(url: str) -> Path | None:
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)
