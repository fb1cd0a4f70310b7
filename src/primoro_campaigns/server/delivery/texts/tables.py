"""Which texts from patients were taken in."""

from sqlalchemy import Column, String, Table

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.types import UtcDateTime

inbound_text = Table(
    "inbound_text",
    metadata,
    # The gateway's own id of the text. Neither number nor words are kept here.
    Column("message_sid", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)
