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
    UniqueConstraint("run_id", "step", "patient_id"),
    Index("ix_delivery_queue", "state", "not_before"),
    Index("ix_delivery_run_state", "run_id", "state"),
)

heartbeat = Table(
    "worker_heartbeat",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("words", Text, nullable=False, default=""),
)
