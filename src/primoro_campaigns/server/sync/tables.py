"""The stored answers to what desktops asked for."""

from sqlalchemy import Column, String, Table, Text

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import type_id
from primoro_campaigns.storage.types import UtcDateTime

event_answer = Table(
    "event_answer",
    metadata,
    Column("event_id", type_id, primary_key=True),
    Column("user_id", type_id, nullable=False),
    Column("device_id", type_id, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("title", Text, nullable=False, default=""),
    Column("advice", Text, nullable=False, default=""),
    Column("code", String(60), nullable=False, default=""),
)
