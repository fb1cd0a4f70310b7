"""SQL of sync: rows in scope with their change numbers, changes after a cursor, and stored answers.

A row's number is the highest of its marks in scope, vanished ones included, so that it only ever grows; the
row is in scope while one of its marks there is not "gone".
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Date,
    String,
    Subquery,
    Table,
    case,
    exists,
    func,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.sync.rooms import Rooms, Scope
from primoro_campaigns.server.sync.tables import event_answer
from primoro_campaigns.storage.synced import Room, column_names
from primoro_campaigns.storage.types import UtcDateTime, instant_text
from primoro_campaigns.wire.sync import Answer, Cell, Check, RowBatch

_FETCH = 1000
_IDS_A_QUERY = 500


@dataclass(frozen=True)
class Page:
    """What changed after a cursor, up to and including ``cursor``; ``more`` when further changes wait."""

    batches: list[RowBatch]
    cursor: int
    more: bool


def columns_of(room: Room) -> list[str]:
    """``seq`` first, then the shared columns."""
    return ["seq", *column_names(room)]


def rows(connection: Connection, rooms: Rooms, room: Room, scope: Scope) -> Iterator[list[Cell]]:
    """Every row of the room in scope, patients by name, streamed: at most a thousand are held at once."""
    table = rooms[room]
    numbers = _numbers(room, scope)
    statement = select(numbers.c.seq, *_cells(connection, table, room)).join_from(
        numbers, table, table.c.id == numbers.c.entity_id
    )
    if room is Room.PATIENT:
        # Family names in any capitals stand together; the id makes the order the same each time.
        statement = statement.order_by(
            func.lower(table.c.family_name), func.lower(table.c.given_name), table.c.id
        )
    else:
        statement = statement.order_by(table.c.id)
    convert = _converter(connection, table, room)
    result = connection.execute(statement.execution_options(stream_results=True))
    for part in result.partitions(_FETCH):
        for row in part:
            yield convert(row)


def vanished_since(connection: Connection, room: Room, seq: int) -> bool:
    """Whether a row of the room was erased, or left a location, in a change after ``seq``."""
    gone = select(change.c.seq).where(change.c.seq > seq, change.c.room == room.value, change.c.gone)
    return bool(connection.execute(select(gone.exists())).scalar_one())


def page(connection: Connection, rooms: Rooms, scope: Scope, after: int, limit: int) -> Page:
    """The changes in scope after ``after``, at most ``limit`` marks of them, oldest first."""
    statement = select(change.c.room, change.c.entity_id, change.c.seq).where(change.c.seq > after)
    if scope.conditions is not None:
        statement = statement.where(change.c.location_id.in_(scope.conditions))
    marks = connection.execute(statement.order_by(change.c.seq).limit(limit + 1)).all()
    more = len(marks) > limit
    marks = marks[:limit]
    ids: dict[str, dict[str, None]] = {}
    for mark in marks:
        ids.setdefault(mark.room, {})[mark.entity_id] = None
    batches = [
        _batch(connection, rooms, room, scope, list(ids[room.value])) for room in Room if room.value in ids
    ]
    return Page(batches, marks[-1].seq if marks else after, more)


def checks(connection: Connection, rooms: Rooms, scope: Scope) -> list[Check]:
    """How many rows of each room are in scope, and the sum of their numbers."""
    found = []
    for room, table in rooms.items():
        numbers = _numbers(room, scope)
        # Not a join: for that SQLite would first write all numbers down.
        there = exists().where(table.c.id == numbers.c.entity_id)
        count, total = connection.execute(
            select(func.count(), func.coalesce(func.sum(numbers.c.seq), 0)).select_from(numbers).where(there)
        ).one()
        found.append(Check(room=room.value, count=count, seq_sum=int(total)))
    return found


def claim_answer(
    connection: Connection, *, event_id: str, user_id: str, device_id: str, kind: str, received_at: datetime
) -> bool:
    """Note the event as answered "applied". False when it was answered before.

    On PostgreSQL a second claim waits here until the first one's transaction ends.
    """
    dialect_insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = (
        dialect_insert(event_answer)
        .values(
            event_id=event_id,
            user_id=user_id,
            device_id=device_id,
            kind=kind,
            received_at=received_at,
            outcome="applied",
            title="",
            advice="",
            code="",
        )
        .on_conflict_do_nothing(index_elements=[event_answer.c.event_id])
        .returning(event_answer.c.event_id)
    )
    return connection.execute(statement).first() is not None


def correct_answer(connection: Connection, answer: Answer) -> None:
    """The claimed event was not applied after all: say so for good."""
    connection.execute(
        update(event_answer)
        .where(event_answer.c.event_id == answer.event_id)
        .values(outcome=answer.outcome, title=answer.title, advice=answer.advice, code=answer.code)
    )


def answers(connection: Connection, event_ids: Iterable[str]) -> dict[str, Answer]:
    """The stored answers among ``event_ids``."""
    statement = select(event_answer).where(event_answer.c.event_id.in_(list(event_ids)))
    return {
        row.event_id: Answer(
            event_id=row.event_id, outcome=row.outcome, title=row.title, advice=row.advice, code=row.code
        )
        for row in connection.execute(statement)
    }


def _numbers(room: Room, scope: Scope, entity_ids: Sequence[str] | None = None) -> Subquery:
    there: ColumnElement[int] = func.sum(case((change.c.gone, 0), else_=1))
    statement = (
        select(change.c.entity_id, func.max(change.c.seq).label("seq"))
        .where(change.c.room == room.value)
        .group_by(change.c.entity_id)
        .having(there > 0)
    )
    if scope.conditions is not None:
        statement = statement.where(change.c.location_id.in_(scope.conditions))
    if entity_ids is not None:
        statement = statement.where(change.c.entity_id.in_(entity_ids))
    return statement.subquery()


def _batch(
    connection: Connection, rooms: Rooms, room: Room, scope: Scope, entity_ids: Sequence[str]
) -> RowBatch:
    table = rooms[room]
    convert = _converter(connection, table, room)
    found: list[list[Cell]] = []
    for start in range(0, len(entity_ids), _IDS_A_QUERY):
        part = entity_ids[start : start + _IDS_A_QUERY]
        numbers = _numbers(room, scope, part)
        statement = select(numbers.c.seq, *_cells(connection, table, room)).join_from(
            numbers, table, table.c.id == numbers.c.entity_id
        )
        found.extend(convert(row) for row in connection.execute(statement))
    columns = columns_of(room)
    here = columns.index("id")
    there = {row[here] for row in found}
    return RowBatch(
        room=room.value,
        columns=columns,
        rows=found,
        gone_ids=[entity_id for entity_id in entity_ids if entity_id not in there],
    )


def _cells(connection: Connection, table: Table, room: Room) -> list[ColumnElement[object]]:
    columns: list[ColumnElement[object]] = [table.c[name] for name in column_names(room)]
    if connection.dialect.name != "sqlite":
        return columns
    # SQLite keeps days and instants as the very text that travels: turning them into objects and back would
    # take longer than everything else together.
    return [_as_text(column) if isinstance(column.type, UtcDateTime | Date) else column for column in columns]


def _as_text(column: ColumnElement[object]) -> ColumnElement[object]:
    return type_coerce(column, String)


def _converter(connection: Connection, table: Table, room: Room) -> Callable[[Sequence[object]], list[Cell]]:
    kinds = [table.c[name].type for name in column_names(room)]
    text = connection.dialect.name == "sqlite"
    instants = [] if text else [place for place, kind in enumerate(kinds, 1) if isinstance(kind, UtcDateTime)]
    days = [] if text else [place for place, kind in enumerate(kinds, 1) if isinstance(kind, Date)]

    def convert(row: Sequence[object]) -> list[Cell]:
        cells = list(row)
        for place in instants:
            value = cells[place]
            cells[place] = instant_text(value) if isinstance(value, datetime) else None
        for place in days:
            value = cells[place]
            cells[place] = value.isoformat() if isinstance(value, date) else None
        return cast("list[Cell]", cells)  # what is left are the driver's own texts, numbers and flags

    return convert
