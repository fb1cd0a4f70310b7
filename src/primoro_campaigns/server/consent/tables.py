"""The present state of consent, and the append-only entries it is derived from."""

from sqlalchemy import Column, Integer, String, Table, Text, UniqueConstraint

from primoro_campaigns.server.database.append_only import append_only
from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import SYNCED, Room, type_id
from primoro_campaigns.storage.types import UtcDateTime

restriction = Table("restriction", metadata, *SYNCED[Room.RESTRICTION]())
permission = Table("permission", metadata, *SYNCED[Room.PERMISSION]())

suppression = Table(
    "suppression",
    metadata,
    Column("id", type_id, primary_key=True),
    # "email" or "mobile"; key_hash is a keyed hash of the normalised address or number (domain.md L07).
    Column("kind", String(10), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("since_at", UtcDateTime, nullable=False),
    Column("source", String(20), nullable=False),
    UniqueConstraint("kind", "key_hash"),
)

# The ledger. ``what``: restriction_set, restriction_lifted, permission_set, soft_opt_in, suppressed,
# suppression_lifted, erased. ``patient_id`` is empty where nobody's file held the address. ``subject`` is the
# keyed hash of the suppressed address. What a person said in free words may have to be erased one day: it
# stands in ``consent_why``, and here only its hash.
consent_entry = append_only(
    Table(
        "consent_entry",
        metadata,
        Column("number", Integer, primary_key=True, autoincrement=True),
        Column("id", type_id, nullable=False, unique=True),
        Column("at", UtcDateTime, nullable=False),
        Column("patient_id", type_id, nullable=False, index=True),
        Column("what", String(24), nullable=False),
        Column("purpose", String(20), nullable=False, default=""),
        Column("channel", String(10), nullable=False, default=""),
        Column("state", String(10), nullable=False, default=""),
        Column("source", String(20), nullable=False),
        Column("by_user_id", type_id),
        Column("by_name", Text, nullable=False, default=""),
        Column("subject", String(64), nullable=False, default=""),
        Column("wording", Text, nullable=False, default=""),
        Column("why_hash", String(64), nullable=False, default=""),
    )
)

consent_why = Table(
    "consent_why",
    metadata,
    Column("entry_id", type_id, primary_key=True),
    Column("salt", String(32), nullable=False),
    Column("why", Text, nullable=False),
)

# The chain over the ledger, in the order of the commits (``chain.py``).
consent_link = append_only(
    Table(
        "consent_link",
        metadata,
        Column("number", Integer, primary_key=True, autoincrement=False),
        Column("entry_id", type_id, nullable=False, unique=True),
        Column("hash", String(64), nullable=False),
    )
)

consent_head = Table(
    "consent_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)
