"""Who sends, who schedules, and what has been let through lately."""

from sqlalchemy import Column, Table, Text

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.types import UtcDateTime

heartbeat = Table(
    "worker_heartbeat",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("words", Text, nullable=False, default=""),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

bucket = Table(
    "rate_bucket",
    metadata,
    # "smtp", a text gateway's name, "from:…", "domain:…".
    Column("name", Text, primary_key=True),
    # When the bucket will be full again (domain.delivery.rate).
    Column("full_at", UtcDateTime, nullable=False),
)
