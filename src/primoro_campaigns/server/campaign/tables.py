"""Campaigns and their runs."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Text

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.synced import SYNCED, Room, type_id
from primoro_campaigns.storage.types import UtcDateTime

campaign = Table(
    "campaign",
    metadata,
    *SYNCED[Room.CAMPAIGN](),
    # The name folded for comparison: unique in the organisation whatever the capitals (domain.md E11).
    Column("name_key", Text, nullable=False, unique=True),
    # Who approved it; the runs of an ongoing campaign are made in this person's name.
    Column("approved_by", type_id, nullable=False, default=""),
    # Of an ongoing campaign: when it is asked next who newly fits, and for which day it was asked last.
    Column("look_at", UtcDateTime),
    Column("looked_on", Date),
)

campaign_member = Table(
    "campaign_member",
    metadata,
    # Who fitted the rules of an ongoing campaign at its last look, and the run in which they came to fit.
    Column("campaign_id", type_id, primary_key=True),
    Column("patient_id", type_id, primary_key=True),
    Column("run_id", type_id, nullable=False, index=True),
)

campaign_run = Table(
    "campaign_run",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("campaign_id", type_id, nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("content", Text, nullable=False),
    # scheduled, sending, paused, completed, cancelled
    Column("state", String(12), nullable=False, index=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("approved_by", type_id, nullable=False),
    Column("approved_at", UtcDateTime, nullable=False),
    # A person was asked, and wants this send also outside the sending hours.
    Column("outside_window", Boolean, nullable=False, default=False),
    # Goes only to those whom the campaign's earlier runs did not reach.
    Column("only_not_reached", Boolean, nullable=False, default=False),
    Column("frozen_at", UtcDateTime),
    # How many were frozen: what the ledger must add up to for ever after.
    Column("recipients", Integer),
    Column("finished_at", UtcDateTime),
)
