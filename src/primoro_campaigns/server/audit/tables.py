"""Who did what: append-only."""

from sqlalchemy import Column, Integer, String, Table, Text

from primoro_campaigns.server.database.append_only import append_only
from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import type_id
from primoro_campaigns.storage.types import UtcDateTime

audit_entry = append_only(
    Table(
        "audit_entry",
        metadata,
        Column("number", Integer, primary_key=True, autoincrement=True),
        Column("at", UtcDateTime, nullable=False),
        Column("user_id", type_id),
        Column("by_name", Text, nullable=False, default=""),
        Column("what", String(40), nullable=False),
        Column("entity_id", Text, nullable=False, default=""),
        Column("words", Text, nullable=False, default=""),
    )
)
