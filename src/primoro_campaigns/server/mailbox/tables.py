"""Which mails were taken in, and which of ours came back for a while."""

from sqlalchemy import Column, String, Table

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import type_id
from primoro_campaigns.storage.types import UtcDateTime

mail_taken = Table(
    "mail_taken",
    metadata,
    # sha256 of the mail as it was fetched, or of the id of a provider's event.
    # Kept for good: as long as a mail lies there it may be met again.
    Column("digest", String(64), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

mail_returned = Table(
    "mail_returned",
    metadata,
    # Each line of the ledger counts once, however often its mail is reported.
    Column("line_id", type_id, primary_key=True),
    Column("at", UtcDateTime, nullable=False, index=True),
)
