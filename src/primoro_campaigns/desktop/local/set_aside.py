"""A cache that cannot be read, or was made by another version: set aside, never deleted, and what had not
been sent yet carried over where it can still be read.
"""

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local import overlay, sqlcipher
from primoro_campaigns.desktop.local.database import (
    CacheUnreadableError,
    CacheVersionError,
    Database,
    connect,
    damage_mark,
)

if TYPE_CHECKING:
    import sqlite3

_log = logging.getLogger(__name__)

_PRECIOUS = {
    "pending_event": "SELECT * FROM pending_event ORDER BY 1",
    "draft_base": "SELECT * FROM draft_base",
    "meta": "SELECT * FROM meta WHERE key = 'person'",
}
"""What nothing else can bring back, by its table; and who the cache belongs to, so that they can go on."""


@dataclass(frozen=True)
class SetAside:
    """``path`` is the old file's new name. ``carried_over``: every change that waited in it is in the new
    one.
    """

    path: Path
    carried_over: bool


def open_or_set_aside(path: Path, key: str, user_id: str) -> tuple[Database, SetAside | None]:
    """The cache at ``path``. One that cannot be read is renamed, and a new one made in its place.

    The second value tells of what was set aside, None when all was well. ``user_id`` is whose cache it is.
    Raises what ``Database`` raises otherwise.
    """
    if damage_mark(path).exists():
        code = CacheUnreadableError().code
    else:
        try:
            return Database(path, key), None
        except (CacheUnreadableError, CacheVersionError) as error:
            code = error.code
    aside = _free_name(path)
    _move(path, aside)
    try:
        database, carried_over = _begin_again(path, aside, key, user_id)
    except BaseException:
        # No room for a new one, say: the next start tries again with all that there was.
        for each in _parts(path):
            each.unlink(missing_ok=True)
        _move(aside, path)
        raise
    damage_mark(path).unlink(missing_ok=True)
    _log.warning("cache set aside: %s, what waited was%s carried over", code, "" if carried_over else " not")
    return database, SetAside(aside, carried_over)


def _begin_again(path: Path, aside: Path, key: str, user_id: str) -> tuple[Database, bool]:
    database = Database(path, key)
    try:
        return database, _carry_over(aside, key, database, user_id)
    except BaseException:
        database.close()
        raise


def _free_name(path: Path) -> Path:
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    aside = path.with_name(f"{path.stem}-set-aside-{stamp}{path.suffix}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}-set-aside-{stamp}-{number}{path.suffix}")
    return aside


def _move(path: Path, to: Path) -> None:
    for part, moved in zip(_parts(path), _parts(to), strict=True):
        if part.exists():
            part.rename(moved)


def _parts(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "")]


def _carry_over(aside: Path, key: str, database: Database, user_id: str) -> bool:
    """Bring over what waited. Returns whether all of it could be read."""
    found: dict[str, list[dict[str, object]]] = {}
    complete = True
    try:
        old = connect(aside, key)
    except sqlcipher.Error:
        return False
    try:
        for table, statement in _PRECIOUS.items():
            complete = _read(old, statement, found.setdefault(table, [])) and complete
    finally:
        old.close()
    with database.write(durable=True) as connection:
        for table, rows in found.items():
            _write(connection, table, rows)
        overlay.overlay_all(connection, user_id)
    return complete


def _read(old: "sqlite3.Connection", statement: str, rows: list[dict[str, object]]) -> bool:
    """All rows in their order, up to the first that cannot be read."""
    try:
        cursor = old.execute(statement)
        names = [each[0] for each in cursor.description]
        for row in cursor:
            rows.append(dict(zip(names, row, strict=True)))
    except sqlcipher.Error:
        return False
    return True


def _write(connection: "sqlite3.Connection", table: str, rows: list[dict[str, object]]) -> None:
    """Only the columns that this version knows; those that it adds have their defaults."""
    known = [str(each[1]) for each in connection.execute(f"PRAGMA table_info({table})")]
    for row in rows:
        names = [name for name in known if name in row]
        connection.execute(
            f"INSERT INTO {table} ({', '.join(names)})"  # noqa: S608 - our own names
            f" VALUES ({', '.join('?' * len(names))})",
            [row[name] for name in names],
        )
