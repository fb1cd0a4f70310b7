"""Patients and what the practice-management system knows of their visits; Contact entries."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Integer, String, Table, Text, UniqueConstraint

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.patient_facts import patient_indexes
from primoro_campaigns.storage.synced import SYNCED, Room, type_id
from primoro_campaigns.storage.types import UtcDateTime

patient = Table(
    "patient",
    metadata,
    *SYNCED[Room.PATIENT](),
    Column("source", String(40), nullable=False, default=""),
    # sha256 of the last row taken in, so that an unchanged row costs nothing and changes nothing.
    Column("intake_hash", String(64), nullable=False, default=""),
    UniqueConstraint("source", "external_id"),
)
patient_indexes(patient)

practitioner = Table(
    "practitioner",
    metadata,
    *SYNCED[Room.PRACTITIONER](),
    Column("source", String(40), nullable=False, default=""),
    Column("external_id", Text),
    UniqueConstraint("source", "external_id"),
)

encounter = Table(
    "encounter",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("patient_id", type_id, nullable=False, index=True),
    Column("location_id", type_id, nullable=False),
    Column("practitioner_id", type_id),
    Column("source", String(40), nullable=False, default=""),
    Column("external_id", Text),
    Column("status", String(20), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime),
    Column("description", Text, nullable=False, default=""),
    UniqueConstraint("source", "external_id"),
)

appointment = Table(
    "appointment",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("patient_id", type_id, nullable=False, index=True),
    Column("location_id", type_id, nullable=False),
    Column("practitioner_id", type_id),
    Column("source", String(40), nullable=False, default=""),
    Column("external_id", Text),
    # booked, attended, cancelled, missed
    Column("status", String(20), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime),
    Column("booked_at", UtcDateTime),
    Column("description", Text, nullable=False, default=""),
    UniqueConstraint("source", "external_id"),
)

planned_treatment = Table(
    "planned_treatment",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("patient_id", type_id, nullable=False, index=True),
    Column("source", String(40), nullable=False, default=""),
    Column("external_id", Text),
    Column("description", Text, nullable=False),
    Column("planned_on", Date, nullable=False),
    Column("has_appointment", Boolean, nullable=False, default=False),
    UniqueConstraint("source", "external_id"),
)

invoice = Table(
    "invoice",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("patient_id", type_id, nullable=False, index=True),
    Column("location_id", type_id, nullable=False),
    Column("source", String(40), nullable=False, default=""),
    Column("external_id", Text),
    Column("issued_on", Date, nullable=False),
    Column("amount_pence", BigInteger, nullable=False),
    Column("description", Text, nullable=False, default=""),
    UniqueConstraint("source", "external_id"),
)

contact = Table(
    "contact",
    metadata,
    *SYNCED[Room.CONTACT](),
    # Contact entries written for one ledger row are unique, so that a repeated settle cannot double them.
    Column("delivery_id", type_id, unique=True),
)

intake_run = Table(
    "intake_run",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("source", String(40), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("by_name", Text, nullable=False, default=""),
    Column("taken", Integer, nullable=False, default=0),
    Column("changed", Integer, nullable=False, default=0),
    Column("unchanged", Integer, nullable=False, default=0),
    Column("refused", Integer, nullable=False, default=0),
)

intake_refusal = Table(
    "intake_refusal",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run_id", type_id, nullable=False, index=True),
    Column("file", Text, nullable=False, default=""),
    Column("line", Integer, nullable=False),
    Column("external_id", Text, nullable=False, default=""),
    Column("code", String(60), nullable=False),
    Column("words", Text, nullable=False),
)
