"""The SQL of texts from patients."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from primoro_campaigns.server.delivery.texts.tables import inbound_text
from primoro_campaigns.server.patient.tables import contact


def claim(connection: Connection, message_sid: str, at: datetime) -> bool:
    """False when this text was taken in before."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(inbound_text).values(message_sid=message_sid[:64], at=at).on_conflict_do_nothing()
    return connection.execute(statement.returning(inbound_text.c.at)).one_or_none() is not None


def forget(connection: Connection, before: datetime) -> None:
    connection.execute(delete(inbound_text).where(inbound_text.c.at < before))


class LastText(NamedTuple):
    category: str
    campaign_id: str | None


def last_text_to(connection: Connection, patient_ids: Collection[str], since: datetime) -> LastText | None:
    """The last text that any of these patients was sent after ``since``; None for none."""
    query = (
        select(contact.c.category, contact.c.campaign_id)
        .where(
            contact.c.patient_id.in_(list(patient_ids)),
            contact.c.kind == "sms",
            contact.c.direction == "out",
            contact.c.status.in_(("sent", "unknown")),
            contact.c.at > since,
        )
        .order_by(contact.c.at.desc(), contact.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else LastText(row.category, row.campaign_id)
