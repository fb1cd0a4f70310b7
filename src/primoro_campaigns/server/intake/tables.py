"""Each import: when, from where, how many rows, and which were refused and why."""

from sqlalchemy import Column, Integer, String, Table, Text

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import type_id
from primoro_campaigns.storage.types import UtcDateTime

intake_run = Table(
    "intake_run",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("source", String(40), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("by_name", Text, nullable=False, default=""),
    Column("taken", Integer, nullable=False, default=0),
    Column("changed", Integer, nullable=False, default=0),
    Column("unchanged", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),
)

intake_refusal = Table(
    "intake_refusal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", type_id, nullable=False, index=True),
    Column("file", Text, nullable=False, default=""),
    Column("line", Integer, nullable=False),
    Column("external_id", Text, nullable=False, default=""),
    Column("code", String(60), nullable=False),
    Column("words", Text, nullable=False),
)
