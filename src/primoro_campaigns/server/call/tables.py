"""Phone calls as the telephone provider reported them."""

from sqlalchemy import Column, String, Table, Text

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import SYNCED, Room, type_id
from primoro_campaigns.storage.types import UtcDateTime

call = Table(
    "call",
    metadata,
    *SYNCED[Room.CALL](),
    Column("provider_call_id", Text, nullable=False, unique=True),
    # As the network wrote it; empty as long as no event told it.
    Column("to_raw", Text, nullable=False, default=""),
    Column("ended_at", UtcDateTime),
    Column("direction", String(4), nullable=False, default="in"),
    Column("matched_by", type_id),
    # The call's line in the Contacts tab of the patient it was matched to; later events complete its words.
    Column("contact_id", type_id),
)
