"""The numbered log of changes (docs/decisions: "Change numbers that are safe out of order")."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table

from primoro_campaigns.server.database.base import metadata

change = Table(
    "change",
    metadata,
    Column("room", String(20), primary_key=True),
    Column("entity_id", String(80), primary_key=True),
    Column("location_id", String(36), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("gone", Boolean, nullable=False, default=False),
    Index("ix_change_seq", "seq"),
)

change_counter = Table(
    "change_counter",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
)
