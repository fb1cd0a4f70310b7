"""What a unit of work changed, and the numbers it gets when it commits."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, bindparam, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from primoro_campaigns.server.database.rows import by_column, for_each, given, taken_in_turn
from primoro_campaigns.server.database.tables import change, change_counter
from primoro_campaigns.storage.synced import Room

_ROWS_A_STATEMENT = 2000


class ChangeLog:
    """Collects touched and vanished entities; ``write`` numbers them as the last act before the commit.

    The counter is one row. Its lock is held from the increment to the commit, so on PostgreSQL too a
    transaction
    with a smaller number has always committed before one with a larger number can take it: a cursor that has
    seen n
    has seen everything up to n. Nothing else is locked after it, so it cannot deadlock.
    """

    def __init__(self) -> None:
        self._marks: dict[tuple[str, str, str], bool] = {}
        # What each mark replaced, None for nothing; and None for rows that are read at the end.
        self._before: list[tuple[tuple[str, str, str], bool | None] | None] = []
        self._added: list[tuple[Room, Select[str, str]]] = []

    def touched(self, room: Room, entity_id: str, location_ids: Iterable[str]) -> None:
        """The row is new or changed, and is to be seen from ``location_ids`` (``EVERYWHERE`` for all)."""
        for location_id in location_ids:
            self._mark(room, entity_id, location_id, gone=False)

    def gone(self, room: Room, entity_id: str, location_ids: Iterable[str]) -> None:
        """The row has vanished, or is no longer to be seen from ``location_ids``."""
        for location_id in location_ids:
            self._mark(room, entity_id, location_id, gone=True)

    def added(self, room: Room, rows: Select[str, str]) -> None:
        """Very many rows were made in this unit: ``rows`` gives their ids and locations, and is asked when it
        commits, so that nobody keeps them in memory. None of them is marked otherwise.
        """
        self._before.append(None)
        self._added.append((room, rows))

    def position(self) -> int:
        """Where the log stands, for ``rewind``."""
        return len(self._before)

    def rewind(self, position: int) -> None:
        """Take back what was marked since ``position``: it was undone in the database too."""
        while len(self._before) > position:
            mark = self._before.pop()
            if mark is None:
                self._added.pop()
                continue
            key, gone = mark
            if gone is None:
                del self._marks[key]
            else:
                self._marks[key] = gone

    def _mark(self, room: Room, entity_id: str, location_id: str, *, gone: bool) -> None:
        key = (room.value, entity_id, location_id)
        self._before.append((key, self._marks.get(key)))
        self._marks[key] = gone

    def write(self, connection: Connection) -> int | None:
        """Number and store the marks. Returns the highest number given, None when nothing changed."""
        added = self._write_added(connection)
        if not self._marks:
            return added
        # Vanished rows first: a row that moved between locations is then "gone" before it is "there" again,
        # so a desktop that sees both locations ends with the row.
        marks = sorted(self._marks.items(), key=lambda mark: (not mark[1], mark[0]))
        last = connection.execute(_COUNT_UP, {"more": len(marks)}).scalar_one()
        first = last - len(marks) + 1
        for start in range(0, len(marks), _ROWS_A_STATEMENT):
            rows = [
                {
                    "room": room,
                    "entity_id": entity_id,
                    "location_id": location_id,
                    "seq": first + start + offset,
                    "gone": gone,
                }
                for offset, ((room, entity_id, location_id), gone) in enumerate(
                    marks[start : start + _ROWS_A_STATEMENT]
                )
            ]
            if connection.dialect.name == "postgresql":
                connection.execute(_MARK_ALL, by_column(rows))
            else:
                for_each(connection, _MARK_EACH, rows)
        self._marks.clear()
        self._before.clear()
        return int(last)

    def _write_added(self, connection: Connection) -> int | None:
        last: int | None = None
        for room, rows in self._added:
            found = rows.subquery()
            entity_id, location_id = found.c
            number = connection.execute(select(func.count()).select_from(found)).scalar_one()
            last = int(connection.execute(_COUNT_UP, {"more": number}).scalar_one())
            place = func.row_number().over(order_by=entity_id)
            numbered = select(
                literal(room.value), entity_id, location_id, literal(last - number) + place, literal(False)
            )
            columns = ["room", "entity_id", "location_id", "seq", "gone"]
            connection.execute(insert(change).from_select(columns, numbered))
        self._added.clear()
        return last


_COUNT_UP = (
    update(change_counter)
    .where(change_counter.c.id == 1)
    .values(value=change_counter.c.value + bindparam("more"))
    .returning(change_counter.c.value)
)


_Making = TypeVar("_Making", postgresql.Insert, sqlite.Insert)

_MARK: Mapping[str, TypeEngine[Any]] = {name: each.type for name, each in change.c.items()}


def _upsert(statement: _Making) -> _Making:
    return statement.on_conflict_do_update(
        index_elements=[change.c.room, change.c.entity_id, change.c.location_id],
        set_={"seq": statement.excluded.seq, "gone": statement.excluded.gone},
    )


_MARK_EACH = _upsert(sqlite.insert(change).values(**taken_in_turn(_MARK)))
_MARK_ALL = _upsert(
    postgresql.insert(change).from_select(list(_MARK), select(*given(_MARK).values()), include_defaults=False)
)


def latest(connection: Connection) -> int:
    """The highest number given to any committed change; 0 when nothing ever changed."""
    return int(connection.execute(select(change_counter.c.value)).scalar_one())
