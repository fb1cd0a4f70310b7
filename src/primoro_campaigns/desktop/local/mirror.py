# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
"""The server's copies, as the sync engine fills and changes them.

The cursor and the rows it stands for are always committed together, so a cut leaves the cache as of some
moment, never between two.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local import patient_rows, rounds, schema
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.overlay import overlay_calls, overlay_refused_drafts
from primoro_campaigns.desktop.local.room import PENDING, Room
from primoro_campaigns.desktop.local.standing import outbox_counts
from primoro_campaigns.desktop.local.text import instant, instant_text
from primoro_campaigns.desktop.sync.pending import PendingEvent
from primoro_campaigns.desktop.sync.plan import Held, HeldSnapshot
from primoro_campaigns.desktop.sync.rows import Answered, Cell, Check, RowBatch, SnapshotHead
from primoro_campaigns.desktop.work.changes import Changes

if TYPE_CHECKING:
    import sqlite3

_MOST_IDS_TOLD = 500
"""A change of more rows than this is announced as a change of the room."""

_KEYED = {"restriction": ("patient_id", "purpose"), "permission": ("patient_id", "channel", "purpose")}


class ForeignColumnsError(ValueError):
    """A batch without a column that this program shows. The wire version should have told."""


class Mirror:
    """Call from one thread at a time: the sync engine's."""

    def __init__(self, database: Database, user_id: str) -> None:
        self._database = database
        self._user_id = user_id

    def held(self) -> Held:
        """What the cache holds and how far a fill has got."""
        self._database.settle()
        with self._database.read() as connection:
            meta = _meta(connection)
            done = frozenset(
                int(chunk) for (chunk,) in connection.execute("SELECT chunk FROM snapshot_chunk")
            )
        snapshot = None
        if "snapshot_id" in meta:
            rooms = json.loads(meta["snapshot_rooms"])
            snapshot = HeldSnapshot(
                head=SnapshotHead(
                    snapshot_id=meta["snapshot_id"],
                    cursor=int(meta["snapshot_cursor"]),
                    chunks=int(meta["snapshot_chunks"]),
                    rows=int(meta["snapshot_rows"]),
                    scope=meta["snapshot_scope"],
                ),
                done=done,
                rooms=None if rooms is None else frozenset(rooms),
            )
        last = meta.get("last_success_at")
        return Held(
            filled=meta.get("filled") == "yes",
            cursor=int(meta.get("cursor", "0")),
            scope=meta.get("scope", ""),
            snapshot=snapshot,
            last_success_at=None if last is None else instant(last),
        )

    def begin_snapshot(self, head: SnapshotHead, rooms: frozenset[str] | None) -> None:
        """Note which snapshot is being fetched. ``rooms`` None starts over: all server copies are dropped
        first.

        With ``rooms``, their rows stay until all parts are in; then what the snapshot does not hold is
        dropped. What the person did here stays in either case.
        """
        with self._database.write(bulk=rooms is None) as connection:
            connection.execute("DELETE FROM snapshot_chunk")
            connection.execute("DELETE FROM snapshot_seen")
            if rooms is None:
                _drop_copies(connection)
            _set_meta(
                connection,
                snapshot_id=head.snapshot_id,
                snapshot_cursor=str(head.cursor),
                snapshot_chunks=str(head.chunks),
                snapshot_rows=str(head.rows),
                snapshot_scope=head.scope,
                snapshot_rooms=json.dumps(None if rooms is None else sorted(rooms)),
            )

    def take_chunk(self, number: int, batch: RowBatch, rooms: frozenset[str] | None) -> None:
        """One part of the snapshot, with the note that it is in. A part that comes twice changes nothing.

        Of a fill, the part before may still be on its way to the disk while this one is prepared; an error
        of that one is raised here, or by whatever is called next.
        """
        if rooms is None:
            self._fill_in(number, batch)
            return
        with self._database.write() as connection:
            if batch.room in rooms and _is_new(connection, number):
                _upsert(connection, batch)
                at = list(batch.columns).index("id")
                connection.executemany(
                    "INSERT OR IGNORE INTO snapshot_seen VALUES (?, ?)",
                    [(batch.room, row[at]) for row in batch.rows],
                )
            connection.execute("INSERT OR IGNORE INTO snapshot_chunk VALUES (?)", (number,))

    def _fill_in(self, number: int, batch: RowBatch) -> None:
        patients = patient_rows.spelled(*_kept(batch)) if batch.room == Room.PATIENT else None
        self._database.settle()
        with self._database.write(bulk=True, commit_meanwhile=True) as connection:
            if _is_new(connection, number):
                if patients is not None:
                    patient_rows.append(connection, patients, number)
                else:
                    _upsert(connection, batch)
                connection.execute("INSERT INTO snapshot_chunk VALUES (?)", (number,))

    def finish_snapshot(self, head: SnapshotHead, rooms: frozenset[str] | None) -> Changes:
        """All parts are in. A fill sets the cursor. Rooms pulled again are swept; the server may have had the
        snapshot ready since before the cursor, so what changed after it comes once more.
        """
        with self._database.write(bulk=rooms is None) as connection:
            if rooms is None:
                patient_rows.finish_load(connection)
                for statement in schema.INDEXES.values():
                    connection.execute(statement)
                for statement in schema.PATIENT_INDEXES.values():
                    connection.execute(statement)
                _set_meta(connection, filled="yes", cursor=str(head.cursor), scope=head.scope)
            else:
                for room in sorted(rooms):
                    _sweep(connection, room, head.cursor)
                cursor = int(_meta(connection).get("cursor", "0"))
                _set_meta(connection, cursor=str(min(cursor, head.cursor)))
            overlay_calls(connection)
            overlay_refused_drafts(connection, self._user_id)
            _forget_snapshot(connection)
            connection.execute("PRAGMA optimize")
        return Changes(frozenset(schema.COLUMNS if rooms is None else rooms))

    def abandon_snapshot(self) -> None:
        """The server no longer has it. What was fetched stays until the next one begins."""
        with self._database.write() as connection:
            _forget_snapshot(connection)

    def take_events(self, limit: int) -> list[PendingEvent]:
        """The next events to send, now marked as sent."""
        return rounds.take(self._database, limit)

    def pending_counts(self) -> tuple[int, int]:
        """How many events wait, and how many were refused."""
        counts = outbox_counts(self._database)
        return counts.waiting, counts.refused

    def take_round(
        self, answers: Sequence[Answered], batches: Iterable[RowBatch], cursor: int, complete: bool
    ) -> Changes:
        """One answer of the server in one transaction: what became of events, changed rows, and the cursor.

        ``complete``: nothing more waits at the server, so the effects of all applied events are in.
        """
        rooms: set[str] = set()
        ids: set[str] = set()
        with self._database.write(durable=bool(answers)) as connection:
            for batch in batches:
                if not batch.rows and not batch.gone_ids:
                    continue
                _upsert(connection, batch)
                _delete(connection, batch.room, batch.gone_ids)
                rooms.add(batch.room)
                ids.update(_told(batch))
            subjects = rounds.settle(connection, answers, complete, self._user_id)
            for subject in subjects:
                room, entity_id, *_ = subject.split(":")
                rooms.update((room, PENDING))
                ids.add(entity_id)
            if Room.CALL in rooms:
                overlay_calls(connection)
            if Room.CAMPAIGN in rooms:
                overlay_refused_drafts(connection, self._user_id)
            _set_meta(connection, cursor=str(cursor))
        if len(ids) > _MOST_IDS_TOLD or "call" in rooms:
            ids = set()
        return Changes(frozenset(rooms), frozenset(ids))

    def note_success(self, at: datetime) -> None:
        """The copy was complete at this moment."""
        with self._database.write() as connection:
            _set_meta(connection, last_success_at=instant_text(at))

    def checks(self) -> list[Check]:
        """Of every room, for comparison with the server's."""
        with self._database.read() as connection:
            return [
                Check(
                    room,
                    *connection.execute(f'SELECT count(*), coalesce(sum(seq), 0) FROM "{room}"').fetchone(),
                )
                for room in schema.COLUMNS
            ]

    def patients_held(self, patient_ids: Sequence[str]) -> tuple[int, int]:
        """How many of these patients the cache holds, and how many it holds at all."""
        with self._database.read() as connection:
            (everybody,) = connection.execute("SELECT count(*) FROM patient").fetchone()
            (found,) = connection.execute(
                "SELECT count(*) FROM patient WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(patient_ids)),),
            ).fetchone()
        return int(found), int(everybody)

    def patients_swept(self, head: SnapshotHead) -> tuple[int, int]:
        """How many patients finishing the snapshot of single rooms would drop, and how many are held."""
        with self._database.read() as connection:
            (everybody,) = connection.execute("SELECT count(*) FROM patient").fetchone()
            return len(_unseen(connection, Room.PATIENT, head.cursor)), int(everybody)


def _meta(connection: "sqlite3.Connection") -> dict[str, str]:
    return dict(connection.execute("SELECT key, value FROM meta").fetchall())


def _set_meta(connection: "sqlite3.Connection", **values: str) -> None:
    connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


def _forget_snapshot(connection: "sqlite3.Connection") -> None:
    connection.execute("DELETE FROM meta WHERE key LIKE 'snapshot%'")
    connection.execute("DELETE FROM snapshot_chunk")
    connection.execute("DELETE FROM snapshot_seen")


def _drop_copies(connection: "sqlite3.Connection") -> None:
    for index in (*schema.INDEXES, *schema.PATIENT_INDEXES):
        connection.execute(f"DROP INDEX IF EXISTS {index}")
    for room in schema.COLUMNS:
        connection.execute(f'DELETE FROM "{room}"')
    patient_rows.begin_load(connection)
    _set_meta(connection, filled="no", cursor="0", scope="")


def _kept(batch: RowBatch) -> tuple[tuple[str, ...], Sequence[Sequence[Cell]]]:
    """The columns that this program keeps, ``seq`` first, and the batch's rows cut down to them."""
    names = ("seq", *schema.COLUMNS[batch.room])
    if names == tuple(batch.columns):
        return names, batch.rows
    places = {name: place for place, name in enumerate(batch.columns)}
    try:
        kept = [places[name] for name in names]
    except KeyError as missing:
        raise ForeignColumnsError(f"{batch.room} lacks {missing}") from None
    return names, [[row[place] for place in kept] for row in batch.rows]


def _is_new(connection: "sqlite3.Connection", chunk: int) -> bool:
    return connection.execute("SELECT 1 FROM snapshot_chunk WHERE chunk = ?", (chunk,)).fetchone() is None


def _upsert(connection: "sqlite3.Connection", batch: RowBatch) -> None:
    if batch.room not in schema.COLUMNS or not batch.rows:
        return
    names, rows = _kept(batch)
    if batch.room == Room.PATIENT:
        patient_rows.upsert(connection, names, rows)
        return
    columns = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    connection.executemany(f'INSERT OR REPLACE INTO "{batch.room}" ({columns}) VALUES ({marks})', rows)


def _delete(connection: "sqlite3.Connection", room: str, ids: Sequence[str]) -> None:
    if room not in schema.COLUMNS or not ids:
        return
    if room == Room.PATIENT:
        patient_rows.delete(connection, ids)
        return
    key = _KEYED.get(room, ("id",))
    where = " AND ".join(f'"{name}" = ?' for name in key)
    parts = [each.split(":") if len(key) > 1 else [each] for each in ids]
    connection.executemany(
        f'DELETE FROM "{room}" WHERE {where}', [each for each in parts if len(each) == len(key)]
    )


def _sweep(connection: "sqlite3.Connection", room: str, cursor: int) -> None:
    """Drop what the snapshot did not hold; what has changed since then is none of its business."""
    if room not in schema.COLUMNS:
        return
    _delete(connection, room, _unseen(connection, room, cursor))


def _unseen(connection: "sqlite3.Connection", room: str, cursor: int) -> list[str]:
    gone = connection.execute(
        f"""SELECT id FROM "{room}" r WHERE seq <= ?
          AND NOT EXISTS (SELECT 1 FROM snapshot_seen s WHERE s.room = ? AND s.id = r.id)""",
        (cursor, room),
    ).fetchall()
    return [str(each) for (each,) in gone]


def _told(batch: RowBatch) -> Iterable[str]:
    """The ids by which screens know the rows: the patient's for what belongs to a patient's file."""
    columns = list(batch.columns)
    by = "patient_id" if batch.room in ("restriction", "permission", "contact") else "id"
    at = columns.index("campaign_id" if batch.room == Room.RECIPIENT else by)
    for row in batch.rows:
        yield str(row[at])
    for each in batch.gone_ids:
        yield each.split(":")[0]
