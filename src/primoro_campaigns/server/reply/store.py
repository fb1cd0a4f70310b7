"""The SQL of replies."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from primoro_campaigns.domain.reply.model import ReplyState
from primoro_campaigns.server.reply.tables import reply


@dataclass(frozen=True)
class ReplyRow:
    id: str
    location_id: str
    state: ReplyState


def add(connection: Connection, values: Mapping[str, object]) -> None:
    connection.execute(insert(reply).values(**values))


def find(connection: Connection, reply_id: str) -> ReplyRow | None:
    """The reply, locked to the end of the unit of work (PostgreSQL)."""
    query = select(reply.c.id, reply.c.location_id, reply.c.state).where(reply.c.id == reply_id)
    row = connection.execute(query.with_for_update()).one_or_none()
    return None if row is None else ReplyRow(row.id, row.location_id, ReplyState(row.state))


def change(connection: Connection, reply_id: str, values: Mapping[str, object]) -> None:
    connection.execute(update(reply).where(reply.c.id == reply_id).values(**values))
