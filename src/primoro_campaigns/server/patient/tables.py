"""Patients and what the practice-management system knows of their visits; Contact entries."""

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, String, Table, Text, UniqueConstraint, func

from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.storage.patient_facts import patient_indexes
from primoro_campaigns.storage.synced import SYNCED, Room, type_id
from primoro_campaigns.storage.types import UtcDateTime

patient = Table(
    "patient",
    metadata,
    *SYNCED[Room.PATIENT](),
    Column("source", String(40), nullable=False, default=""),
    # How the patient's numbers are read, where it is not the organisation's country.
    Column("country", String(2)),
    # sha256 of the last row taken in, so that an unchanged row costs nothing and changes nothing.
    Column("intake_hash", String(64), nullable=False, default=""),
    UniqueConstraint("source", "external_id"),
    Index("ix_patient_mobile_e164", "mobile_e164"),
    Index("ix_patient_landline_e164", "landline_e164"),
    Index("ix_patient_household_id", "household_id"),
    Index("ix_patient_location_id", "location_id", "family_name", "given_name"),
)
patient_indexes(patient)
# A suppressed address finds its holders by this.
Index("ix_patient_email", func.lower(patient.c.email))

# Numbers that people at the practice added while matching calls. No import takes them away again.
patient_number = Table(
    "patient_number",
    metadata,
    Column("patient_id", type_id, primary_key=True),
    Column("e164", String(20), primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
    Column("by_name", Text, nullable=False, default=""),
    Index("ix_patient_number_e164", "e164"),
)

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
    # proposed, booked, attended, cancelled, missed
    Column("status", String(20), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime),
    Column("booked_at", UtcDateTime),
    Column("description", Text, nullable=False, default=""),
    UniqueConstraint("source", "external_id"),
)

recall = Table(
    "recall",
    metadata,
    Column("id", type_id, primary_key=True),
    Column("patient_id", type_id, nullable=False, index=True),
    Column("source", String(40), nullable=False, default=""),
    Column("external_id", Text),
    Column("due_on", Date, nullable=False),
    Column("done", Boolean, nullable=False, default=False),
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
