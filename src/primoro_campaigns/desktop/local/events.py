"""Reading pending events back."""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
import json
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local.text import instant
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState, Seen
from primoro_campaigns.domain.ids import EventId

if TYPE_CHECKING:
    import sqlite3


def read(connection: "sqlite3.Connection", where: str, *values: object) -> list[PendingEvent]:
    """Pending events in the order in which they were recorded. ``where`` is SQL of this house, never a
    person's text.

    The ids sort by this computer's clock, which may be put back: they do not tell the order.
    """
    rows = connection.execute(
        "SELECT id, kind, made_at, payload, about, by_name, state, attempts, title, advice, code, seen"
        f" FROM pending_event WHERE {where} ORDER BY place",
        values,
    ).fetchall()
    return [
        PendingEvent(
            event_id=EventId(row[0]),
            kind=EventKind(row[1]),
            made_at=instant(row[2]),
            payload=json.loads(row[3]),
            about=row[4],
            by_name=row[5],
            state=PendingState(row[6]),
            attempts=int(row[7]),
            title=row[8],
            advice=row[9],
            code=row[10],
            seen=None if row[11] is None else _seen(json.loads(row[11])),
        )
        for row in rows
    ]


def _seen(plain: dict[str, object]) -> Seen:
    own = plain["own"]
    return Seen(int(str(plain["cursor"])), tuple(map(str, own)) if isinstance(own, list) else ())
