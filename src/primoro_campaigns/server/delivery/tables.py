"""The ledger: one row a patient, frozen before anything is sent."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, UniqueConstraint

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import SYNCED, Room, type_id
from primoro_campaigns.storage.types import UtcDateTime

delivery = Table(
    "delivery",
    metadata,
    *SYNCED[Room.RECIPIENT](),
    Column("location_id", type_id, nullable=False),
    Column("step", Integer, nullable=False, default=1),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", UtcDateTime, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("provider", String(20), nullable=False, default=""),
    Column("provider_message_id", Text, index=True),
    # sha256 of the opaque token in the message's unsubscribe link; the token itself is nowhere but in the
    # message.
    Column("token_hash", String(64), unique=True),
    # A person asked what became of this line, and the provider has not been asked yet.
    Column("ask_at", UtcDateTime),
    UniqueConstraint("run_id", "step", "patient_id"),
    Index("ix_delivery_queue", "state", "lease_until"),
    # In this order: what is due of a run on a channel is found, and in the order it goes, without a sort.
    Index("ix_delivery_due", "run_id", "state", "channel", "not_before", "id"),
)
