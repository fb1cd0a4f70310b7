"""Organisation, locations, users, their sessions, and the record of sign-in attempts."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import SYNCED, Room, type_id
from primoro_campaigns.storage.types import UtcDateTime

organisation = Table(
    "organisation",
    metadata,
    Column("id", type_id, primary_key=True),
    # Always 1: one organisation per database, also when two set-ups race.
    Column("only", Integer, nullable=False, unique=True, default=1),
    Column("name", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("time_zone", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    # JSON of server/account/organisation.py's settings: public address, sender, window, policies.
    Column("settings", Text, nullable=False, default="{}"),
)

location = Table("location", metadata, *SYNCED[Room.LOCATION](), Column("external_id", Text, unique=True))

policy = Table("policy", metadata, *SYNCED[Room.POLICY]())

user = Table(
    "user_account",
    metadata,
    *SYNCED[Room.USER](),
    Column("username", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("all_locations", Boolean, nullable=False, default=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("created_at", UtcDateTime, nullable=False),
    # Where this person has test messages sent.
    Column("own_email", Text, nullable=False, default=""),
    Column("own_mobile", Text, nullable=False, default=""),
)

user_location = Table(
    "user_location",
    metadata,
    Column("user_id", type_id, primary_key=True),
    Column("location_id", type_id, primary_key=True),
)

session = Table(
    "session",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("user_id", type_id, nullable=False, index=True),
    Column("device_id", type_id, nullable=False),
    Column("device_name", Text, nullable=False),
    Column("access_hash", String(64), nullable=False, unique=True),
    Column("access_expires_at", UtcDateTime, nullable=False),
    Column("refresh_hash", String(64), nullable=False, unique=True),
    Column("refresh_expires_at", UtcDateTime, nullable=False),
    # The token rotated away last. It is honoured once more for a short while, in case the answer with its
    # successor was lost; seen again after that, it was stolen or copied, and the session ends.
    Column("previous_refresh_hash", String(64), index=True),
    Column("rotated_at", UtcDateTime),
    # The successor that the lost answer carried: never received, so whoever shows it stole it.
    Column("lost_refresh_hash", String(64), index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", Text, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
)
