"""A prepared copy of everything one scope may see: the first sync of a desktop.

A snapshot is a folder of gzipped JSON chunks (``RowBatch``) and a manifest, written last. It is read from one
state of the database, and is used again for a day: the changes since its cursor come with the first round.
Only when a patient has vanished meanwhile it is not: nobody is handed the data of a person who was erased
(domain.md L07), and ``sweep`` takes the copy off the disk.
"""

import gzip
import json
import logging
import re
import shutil
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from pydantic_core import to_json

from primoro_campaigns.domain.errors import NotFoundError, PrimoroError
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.sync import store
from primoro_campaigns.server.sync.rooms import Rooms, Scope
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.support.logs import FIELDS
from primoro_campaigns.support.paths import private_folder

_log = logging.getLogger("primoro_campaigns.server.sync")

ROWS_A_CHUNK = 10_000
KEPT_FOR = timedelta(hours=24)
"""How long a snapshot is handed out."""
FETCHED_FOR = timedelta(hours=48)
"""How long its chunks can still be fetched: a first sync over a slow line may take a while."""
_FEW_CHANGES = 5000
_MANIFEST = "manifest.json"
_ID = re.compile(r"[0-9a-f-]{36}")


class SnapshotGoneError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(
            "This copy is no longer kept on the server.",
            "Nothing is lost. The program asks for a new one.",
            "sync.snapshot_gone",
        )


class ServerStoppingError(PrimoroError):
    status = 503

    def __init__(self) -> None:
        super().__init__(
            "The server is stopping.",
            "Nothing is lost. The program tries again by itself.",
            "server.stopping",
        )


@dataclass(frozen=True)
class Manifest:
    """``made_at`` in ISO 8601."""

    snapshot_id: str
    cursor: int
    chunks: int
    rows: int
    made_at: str


class Snapshots:
    """The snapshots in ``folder``, one sub-folder for each scope."""

    def __init__(self, database: Database, rooms: Rooms, folder: Path) -> None:
        self._database = database
        self._rooms = rooms
        self._folder = folder
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._stopping = threading.Event()

    def prepared(self, scope: Scope) -> Manifest:
        """A snapshot that is young and not far behind: one that is there, else a new one.

        Takes as long as reading every row in scope, when it must be made; a second caller waits for the
        first.
        """
        with self._lock(scope):
            found = self._newest(scope)
            if found is not None and self._fresh(found):
                return found
            made = self._make(scope)
            self._sweep(scope)
            return made

    def chunk(self, scope: Scope, snapshot_id: str, number: int) -> bytes:
        """The gzipped JSON of one chunk, counted from 0.

        Raises ``SnapshotGoneError``, also for another scope's.
        """
        if _ID.fullmatch(snapshot_id) is None:
            raise SnapshotGoneError
        try:
            return (self._folder / scope.key / snapshot_id / _name(number)).read_bytes()
        except FileNotFoundError:
            raise SnapshotGoneError from None

    def sweep(self) -> None:
        """Delete what is too old to be fetched, what names a patient who has vanished, and what a crash left
        half-made. A desktop that is fetching it asks for a new one.
        """
        if not self._folder.exists():
            return
        for place in self._folder.iterdir():
            for folder in place.iterdir():
                manifest = _read(folder)
                if (
                    manifest is None
                    or self._age(manifest) > FETCHED_FOR
                    or self._names_the_vanished(manifest)
                ):
                    age_s = self._database.clock.now().timestamp() - folder.stat().st_mtime
                    if manifest is not None or age_s > KEPT_FOR.total_seconds():
                        shutil.rmtree(folder, ignore_errors=True)

    def stop(self) -> None:
        """Make a snapshot in the making give up at its next chunk."""
        self._stopping.set()

    def _lock(self, scope: Scope) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(scope.key, threading.Lock())

    def _age(self, manifest: Manifest) -> timedelta:
        return self._database.clock.now() - datetime.fromisoformat(manifest.made_at)

    def _fresh(self, manifest: Manifest) -> bool:
        with self._database.read() as connection:
            behind = latest(connection) - manifest.cursor
        if not 0 <= behind <= max(_FEW_CHANGES, manifest.rows // 5):
            return False
        return timedelta(0) <= self._age(manifest) < KEPT_FOR and not self._names_the_vanished(manifest)

    def _names_the_vanished(self, manifest: Manifest) -> bool:
        with self._database.read() as connection:
            return store.vanished_since(connection, Room.PATIENT, manifest.cursor)

    def _newest(self, scope: Scope) -> Manifest | None:
        place = self._folder / scope.key
        if not place.exists():
            return None
        found = [manifest for folder in place.iterdir() if (manifest := _read(folder)) is not None]
        return max(found, key=lambda manifest: manifest.snapshot_id, default=None)

    def _make(self, scope: Scope) -> Manifest:
        snapshot_id = new_id()
        place = private_folder(self._folder / scope.key)
        draft = private_folder(place / f"{snapshot_id}.making")
        chunks = total = 0
        try:
            with self._database.read() as connection:
                cursor = latest(connection)
                for room in Room:
                    source = store.rows(connection, self._rooms, room, scope)
                    columns = store.columns_of(room)
                    while part := list(islice(source, ROWS_A_CHUNK)):
                        if self._stopping.is_set():
                            raise ServerStoppingError
                        body = to_json({"room": room.value, "columns": columns, "rows": part, "gone_ids": []})
                        # Level 1: a third of the time of the usual level for a tenth more bytes.
                        (draft / _name(chunks)).write_bytes(gzip.compress(body, 1, mtime=0))
                        chunks += 1
                        total += len(part)
            made = Manifest(snapshot_id, cursor, chunks, total, self._database.clock.now().isoformat())
            (draft / _MANIFEST).write_text(json.dumps(asdict(made)), "utf-8")
            draft.rename(place / snapshot_id)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        _log.info("snapshot made", extra={FIELDS: {"rows": total, "chunks": chunks, "cursor": cursor}})
        return made

    def _sweep(self, scope: Scope) -> None:
        """Keep the newest two: a desktop may be in the middle of the one before."""
        place = self._folder / scope.key
        found = sorted(folder.name for folder in place.iterdir() if _read(folder) is not None)
        for name in found[:-2]:
            shutil.rmtree(place / name, ignore_errors=True)


def _name(number: int) -> str:
    return f"{number:05d}.json.gz"


def _read(folder: Path) -> Manifest | None:
    """None for a folder whose making has not ended."""
    if folder.suffix == ".making":
        return None
    try:
        return Manifest(**json.loads((folder / _MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
