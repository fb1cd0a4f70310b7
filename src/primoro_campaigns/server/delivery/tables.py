"""The ledger: one row a patient, frozen before anything is sent."""

from collections.abc import Iterable

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import SYNCED, Room, type_id
from primoro_campaigns.storage.types import UtcDateTime

_IS_PLANNED = text("state = 'planned'")
_IS_CLAIMED = text("state = 'claimed'")
_HAS_TOKEN = text("token_hash IS NOT NULL")


def _shared() -> Iterable[Column[object]]:
    for column in SYNCED[Room.RECIPIENT]():
        if column.name == "campaign_id":
            # Here a campaign's lines are found by their run; the desktop has no runs.
            column.index = None
        yield column


delivery = Table(
    "delivery",
    metadata,
    *_shared(),
    Column("location_id", type_id, nullable=False),
    Column("step", Integer, nullable=False, default=1),
    # Ids of those on whose behalf alone a guardian gets it, with spaces between them.
    Column("stands_for", Text, nullable=False, default=""),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", UtcDateTime, nullable=False),
    Column("claimed_by", Text),
    Column("claimed_at", UtcDateTime),
    Column("lease_until", UtcDateTime),
    Column("provider", String(20), nullable=False, default=""),
    Column("provider_message_id", Text),
    # sha256 of the opaque token in the message's unsubscribe link; the token itself is nowhere but in the
    # message.
    Column("token_hash", String(64)),
    # A person asked what became of this line, and the provider has not been asked yet.
    Column("ask_at", UtcDateTime),
    UniqueConstraint("run_id", "step", "patient_id"),
    # Every line changes its state twice, and each index that knows of it costs a good part of that: the queue
    # has indexes of what waits and of what is under way alone.
    # In this order: what is due of a run on a channel is found, and in the order it goes, without a sort.
    Index(
        "ix_delivery_due",
        "run_id",
        "channel",
        "not_before",
        "id",
        sqlite_where=_IS_PLANNED,
        postgresql_where=_IS_PLANNED,
    ),
    Index("ix_delivery_claimed", "lease_until", sqlite_where=_IS_CLAIMED, postgresql_where=_IS_CLAIMED),
    Index(
        "uq_delivery_token_hash",
        "token_hash",
        unique=True,
        sqlite_where=_HAS_TOKEN,
        postgresql_where=_HAS_TOKEN,
    ),
)

is_planned: ColumnElement[bool] = delivery.c.state == literal_column("'planned'")
"""Said with the constant in the statement: only then does a database know that ``ix_delivery_due`` fits."""
is_claimed: ColumnElement[bool] = delivery.c.state == literal_column("'claimed'")
"""The same for ``ix_delivery_claimed``."""
