"""The rows that travel: each room's shared columns, declared once.

The server's tables contain these columns (and more), the desktop's cache tables are exactly these columns and
``seq``, the server's change number of the row. On the wire they travel as ``RowBatch`` (``wire/sync.py``).
"""

from collections.abc import Callable, Mapping
from enum import StrEnum

from sqlalchemy import Boolean, Column, Date, Integer, String, Text

from primoro_campaigns.storage.patient_facts import patient_columns
from primoro_campaigns.storage.types import UtcDateTime


class Room(StrEnum):
    """What kind of row. The order is the order in which a snapshot is applied."""

    LOCATION = "location"
    PRACTITIONER = "practitioner"
    USER = "user"
    POLICY = "policy"
    PATIENT = "patient"
    RESTRICTION = "restriction"
    PERMISSION = "permission"
    CONTACT = "contact"
    CAMPAIGN = "campaign"
    RECIPIENT = "recipient"
    CALL = "call"
    REPLY = "reply"
    PROVIDER = "provider"


EVERYWHERE = "*"
"""The location of rows that belong to the whole organisation."""

type_id = String(36)


def _location() -> list[Column[object]]:
    return [
        Column("id", type_id, primary_key=True),
        Column("name", Text, nullable=False),
        Column("time_zone", Text, nullable=False),
        Column("phone", Text, nullable=False, default=""),
        Column("town", Text, nullable=False, default=""),
        Column("sms_ready", Boolean, nullable=False, default=False),
    ]


def _practitioner() -> list[Column[object]]:
    return [
        Column("id", type_id, primary_key=True),
        Column("name", Text, nullable=False),
        Column("active", Boolean, nullable=False, default=True),
    ]


def _user() -> list[Column[object]]:
    return [
        Column("id", type_id, primary_key=True),
        Column("display_name", Text, nullable=False),
        Column("role", String(32), nullable=False),
    ]


def _policy() -> list[Column[object]]:
    """One row: ``domain.delivery.policy.SendingPolicy`` by the names of its fields. ``id`` is the
    organisation's; times are local, in ISO 8601.
    """
    return [
        Column("id", type_id, primary_key=True),
        Column("practice_name", Text, nullable=False),
        Column("soft_opt_in_allowed", Boolean, nullable=False),
        Column("reset_months_promotions", Integer, nullable=False),
        Column("reset_months_newsletters", Integer, nullable=False),
        Column("most_in_7_days", Integer, nullable=False),
        Column("most_in_90_days", Integer, nullable=False),
        Column("hold_days", Integer, nullable=False),
        Column("selection_limit", Integer, nullable=False),
        Column("window_opens", String(8), nullable=False),
        Column("window_closes", String(8), nullable=False),
        Column("email_ready", Boolean, nullable=False),
        Column("sms_takes_replies", Boolean, nullable=False),
        Column("opt_out_link", Text, nullable=False),
        # Days without sending, as they are written in the settings.
        Column("closed_weekdays", Text, nullable=False, default=""),
        Column("bank_holidays", String(20), nullable=False, default=""),
        Column("holidays", Text, nullable=False, default=""),
    ]


def _restriction() -> list[Column[object]]:
    """A row is in force as long as it is there. ``id`` is ``patient_id:purpose``."""
    return [
        Column("id", String(80), primary_key=True),
        Column("patient_id", type_id, nullable=False, index=True),
        Column("purpose", String(20), nullable=False),
        Column("since_at", UtcDateTime, nullable=False),
        Column("source", String(20), nullable=False),
        Column("by_name", Text, nullable=False, default=""),
    ]


def _permission() -> list[Column[object]]:
    """No row means unknown.

    ``id`` is ``patient_id:channel:purpose``; ``wording`` is what the patient was told.
    """
    return [
        Column("id", String(80), primary_key=True),
        Column("patient_id", type_id, nullable=False, index=True),
        Column("channel", String(10), nullable=False),
        Column("purpose", String(20), nullable=False),
        Column("state", String(10), nullable=False),
        Column("soft_opt_in", Boolean, nullable=False, default=False),
        Column("changed_at", UtcDateTime, nullable=False),
        Column("source", String(20), nullable=False),
        Column("by_name", Text, nullable=False, default=""),
        Column("how", Text, nullable=False, default=""),
        Column("wording", Text, nullable=False, default=""),
    ]


def _contact() -> list[Column[object]]:
    """One line of a patient's Contacts tab (domain.md E33).

    ``kind``: email, sms, phone, consent, note. ``direction``: out, in, none. ``status``: sent, failed,
    unknown, received, recorded.
    """
    return [
        Column("id", type_id, primary_key=True),
        Column("patient_id", type_id, nullable=False, index=True),
        Column("at", UtcDateTime, nullable=False),
        Column("kind", String(10), nullable=False),
        Column("direction", String(4), nullable=False),
        Column("category", String(20), nullable=False, default=""),
        Column("title", Text, nullable=False),
        Column("detail", Text, nullable=False, default=""),
        Column("status", String(12), nullable=False),
        Column("by_name", Text, nullable=False, default=""),
        Column("campaign_id", type_id),
    ]


def _campaign() -> list[Column[object]]:
    """``content`` is JSON (``wire/campaign.py``); the counts are the account of the campaign's latest run.

    ``location_ids`` is a JSON list, empty for every location. ``problem`` says in words what keeps it from
    going on ("The mail server cannot be reached. …"), empty when all is well.
    """
    return [
        Column("id", type_id, primary_key=True),
        Column("owner_id", type_id, nullable=False),
        Column("owner_name", Text, nullable=False, default=""),
        Column("name", Text, nullable=False),
        Column("revision", Integer, nullable=False),
        Column("state", String(20), nullable=False),
        Column("purpose", String(20), nullable=False),
        Column("kind", String(12), nullable=False),
        Column("channel_policy", String(12), nullable=False),
        Column("location_ids", Text, nullable=False, default="[]"),
        Column("content", Text, nullable=False),
        Column("fingerprint", String(64), nullable=False),
        Column("scheduled_at", UtcDateTime),
        Column("approved_by_name", Text, nullable=False, default=""),
        Column("approved_at", UtcDateTime),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        Column("archived", Boolean, nullable=False, default=False),
        Column("recipients", Integer, nullable=False, default=0),
        Column("planned", Integer, nullable=False, default=0),
        Column("claimed", Integer, nullable=False, default=0),
        Column("sent", Integer, nullable=False, default=0),
        Column("failed", Integer, nullable=False, default=0),
        Column("skipped", Integer, nullable=False, default=0),
        Column("unknown", Integer, nullable=False, default=0),
        Column("problem", Text, nullable=False, default=""),
    ]


def _recipient() -> list[Column[object]]:
    """One patient's row in the ledger of a run, as the desktop shows it.

    ``reason`` is a ``Refusal`` for skipped rows, else empty; ``detail`` is a sentence; ``why_channel`` says
    why this channel. ``replaced``: a later run has another row for this patient, which counts instead.
    """
    return [
        Column("id", type_id, primary_key=True),
        Column("campaign_id", type_id, nullable=False, index=True),
        Column("run_id", type_id, nullable=False),
        Column("patient_id", type_id, nullable=False, index=True),
        Column("channel", String(10), nullable=False, default=""),
        Column("address", Text, nullable=False, default=""),
        Column("state", String(10), nullable=False),
        Column("reason", String(20), nullable=False, default=""),
        Column("detail", Text, nullable=False, default=""),
        Column("why_channel", Text, nullable=False, default=""),
        Column("provider_status", String(20), nullable=False, default=""),
        Column("at", UtcDateTime, nullable=False),
        Column("replaced", Boolean, nullable=False, default=False),
    ]


def _call() -> list[Column[object]]:
    """``candidates`` is a JSON list of ``{"patient_id", "reason"}``, best first, for calls from a shared
    number.
    """
    return [
        Column("id", type_id, primary_key=True),
        Column("location_id", type_id, nullable=False),
        Column("received_at", UtcDateTime, nullable=False, index=True),
        Column("from_raw", Text, nullable=False),
        Column("from_e164", String(20), index=True),
        Column("to_e164", String(20), nullable=False, default=""),
        Column("presentation", String(12), nullable=False),
        Column("answered", Boolean, nullable=False, default=False),
        Column("duration_s", Integer, nullable=False, default=0),
        Column("state", String(20), nullable=False, index=True),
        Column("method", String(24), nullable=False, default=""),
        Column("patient_id", type_id),
        Column("matched_by_name", Text, nullable=False, default=""),
        Column("matched_at", UtcDateTime),
        Column("candidates", Text, nullable=False, default="[]"),
        Column("campaign_id", type_id),
    ]


def _reply() -> list[Column[object]]:
    """Something that was written to us and that a person has to read (``state``: a ``ReplyState``).

    ``location_id`` is the location of all whose file holds the sender's number or address, and everywhere
    where that is nobody or people of several locations. ``patient_ids`` is a JSON list of them, the head of
    the household first. ``from_address`` is the number in E.164 or the folded e-mail address, empty where
    ``from_raw`` is neither. ``channel`` is "sms" or "email"; ``campaign_id`` the campaign it seems to answer.
    """
    return [
        Column("id", type_id, primary_key=True),
        Column("location_id", type_id, nullable=False),
        Column("received_at", UtcDateTime, nullable=False, index=True),
        Column("channel", String(10), nullable=False),
        Column("from_raw", Text, nullable=False),
        Column("from_address", Text, nullable=False, default=""),
        Column("subject", Text, nullable=False, default=""),
        Column("text", Text, nullable=False),
        Column("patient_ids", Text, nullable=False, default="[]"),
        Column("campaign_id", type_id),
        Column("state", String(12), nullable=False, index=True),
        Column("handled_by_name", Text, nullable=False, default=""),
        Column("handled_at", UtcDateTime),
    ]


def _provider() -> list[Column[object]]:
    """A service that carries messages, or a mailbox. ``channel`` is empty where it carries none out;
    ``failure`` says in words what was wrong at ``last_failure_at``.
    """
    return [
        Column("id", String(20), primary_key=True),
        Column("title", Text, nullable=False),
        Column("channel", String(10), nullable=False, default=""),
        Column("last_success_at", UtcDateTime),
        Column("last_failure_at", UtcDateTime),
        Column("failure", Text, nullable=False, default=""),
    ]


SYNCED: Mapping[Room, Callable[[], list[Column[object]]]] = {
    Room.LOCATION: _location,
    Room.PRACTITIONER: _practitioner,
    Room.USER: _user,
    Room.POLICY: _policy,
    Room.PATIENT: patient_columns,
    Room.RESTRICTION: _restriction,
    Room.PERMISSION: _permission,
    Room.CONTACT: _contact,
    Room.CAMPAIGN: _campaign,
    Room.RECIPIENT: _recipient,
    Room.CALL: _call,
    Room.REPLY: _reply,
    Room.PROVIDER: _provider,
}


def column_names(room: Room) -> tuple[str, ...]:
    """The names of the shared columns of ``room``, in the order in which row arrays carry them."""
    return tuple(column.name for column in SYNCED[room]())


def is_day(column: Column[object]) -> bool:
    """Whether the column holds a day (ISO text on the wire) rather than an instant or a plain value."""
    return isinstance(column.type, Date)
