"""What each person may see, read straight from the server's tables: neither its change log nor its sync room
is asked.
"""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, select

from primoro_campaigns.desktop.local import schema
from primoro_campaigns.desktop.local.database import Database as Cache
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.main import ROOMS
from primoro_campaigns.server.sync import store
from primoro_campaigns.server.sync.rooms import Scope
from primoro_campaigns.storage.synced import Room, column_names
from primoro_campaigns.storage.types import instant_text

Row = tuple[object, ...]
Rows = Mapping[Room, Mapping[str, Row]]
"""The shared columns of each row, by room and id."""


def visible(database: Database, location_ids: frozenset[str] | None) -> Rows:
    """Everything somebody with these locations may see; None is everywhere."""
    with database.read() as connection:
        return {room: _visible(connection, room, location_ids) for room in Room}


def held(cache: Cache) -> Rows:
    """Everything a cache holds of the server's rows."""
    found = {}
    with cache.read() as connection:
        for room in Room:
            names = ", ".join(f'"{name}"' for name in column_names(room))
            rows = connection.execute(f'SELECT {names} FROM "{room}"').fetchall()  # noqa: S608 - our own names
            found[room] = {str(row[0]): tuple(row) for row in rows}
    return found


def sums(database: Database, location_ids: frozenset[str] | None) -> dict[str, tuple[int, int]]:
    """How many rows of each room, and the sum of their change numbers, as the server counts them."""
    with database.read() as connection:
        checks = store.checks(connection, ROOMS, Scope(location_ids))
    return {check.room: (check.count, check.seq_sum) for check in checks if check.room in schema.COLUMNS}


def _visible(connection: Connection, room: Room, location_ids: frozenset[str] | None) -> Mapping[str, Row]:
    table = ROOMS[room]
    rows = [dict(row) for row in connection.execute(select(table)).mappings()]
    if location_ids is not None:
        sees = _SEES.get(room)
        if sees is not None:
            patients = ROOMS[Room.PATIENT]
            places = {
                str(row.id): str(row.location_id)
                for row in connection.execute(select(patients.c.id, patients.c.location_id))
            }
            rows = [row for row in rows if sees(row, places, location_ids)]
    names = column_names(room)
    return {str(row["id"]): tuple(_as_held(row[name]) for name in names) for row in rows}


Sees = Callable[[Mapping[str, object], Mapping[str, str], frozenset[str]], bool]


def _at_its_own(row: Mapping[str, object], _places: Mapping[str, str], mine: frozenset[str]) -> bool:
    return row["location_id"] in mine


def _with_its_patient(row: Mapping[str, object], places: Mapping[str, str], mine: frozenset[str]) -> bool:
    return places.get(str(row["patient_id"])) in mine


def _in_any(row: Mapping[str, object], _places: Mapping[str, str], mine: frozenset[str]) -> bool:
    named = json.loads(str(row["location_ids"]))
    return not named or not mine.isdisjoint(named)


_SEES: Mapping[Room, Sees] = {
    Room.PATIENT: _at_its_own,
    Room.CALL: _at_its_own,
    Room.RESTRICTION: _with_its_patient,
    Room.PERMISSION: _with_its_patient,
    Room.CONTACT: _with_its_patient,
    Room.RECIPIENT: _with_its_patient,
    Room.CAMPAIGN: _in_any,
}
"""Rooms that are not here are everybody's."""


def _as_held(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, datetime):
        return instant_text(value)
    return value.isoformat() if isinstance(value, date) else value
