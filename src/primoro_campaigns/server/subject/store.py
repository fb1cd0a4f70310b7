"""SQL about one person, across the rooms: what there is, and taking it away."""

import json
from collections.abc import Mapping

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select, update

from primoro_campaigns.domain.call.model import MatchState
from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.call.tables import call
from primoro_campaigns.server.campaign.tables import campaign, campaign_member
from primoro_campaigns.server.consent.tables import consent_entry, consent_why, permission, restriction
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.intake.tables import intake_refusal
from primoro_campaigns.server.patient.tables import (
    appointment,
    contact,
    encounter,
    invoice,
    patient,
    patient_number,
    planned_treatment,
    practitioner,
    recall,
)
from primoro_campaigns.server.reply.tables import reply
from primoro_campaigns.storage.synced import Room

Row = dict[str, object]

DELETED: tuple[Table, ...] = (
    restriction,
    permission,
    contact,
    patient_number,
    encounter,
    appointment,
    recall,
    planned_treatment,
    invoice,
    campaign_member,
)
"""Everything in these is about their patient and goes with them."""

EMPTIED: tuple[Table, ...] = (delivery, call)
"""The practice's own account needs these rows; what they say of the person is taken out."""

KEPT: tuple[Table, ...] = (consent_entry,)
"""Say nothing of the person but our own id; their free words, beside them, go."""

_SYNCED: Mapping[Table, Room] = {
    restriction: Room.RESTRICTION,
    permission: Room.PERMISSION,
    contact: Room.CONTACT,
}

_INTERNAL = {
    "patient": {"id", "intake_hash", "email_suppressed", "mobile_suppressed", "birth_md"},
    "delivery": {
        *("id", "run_id", "claimed_by", "claimed_at", "lease_until", "token_hash", "not_before", "ask_at"),
        *("step", "attempts", "provider_message_id"),
    },
}
_NAMED: Mapping[str, Table] = {
    "location_id": location,
    "practitioner_id": practitioner,
    "campaign_id": campaign,
}
_IDS = {
    "patient_id",
    "patient_ids",
    "location_id",
    "practitioner_id",
    "campaign_id",
    "delivery_id",
    "source",
    "by_user_id",
}


def patient_row(connection: Connection, patient_id: str) -> Row | None:
    """The whole row, locked (PostgreSQL)."""
    found = connection.execute(select(patient).where(patient.c.id == patient_id).with_for_update())
    row = found.mappings().one_or_none()
    return None if row is None else dict(row)


def others_with(connection: Connection, patient_id: str, column: str, value: str) -> bool:
    """Whether another file holds the value in this column."""
    statement = select(patient.c.id).where(patient.c[column] == value, patient.c.id != patient_id).limit(1)
    return connection.execute(statement).first() is not None


def everything(connection: Connection, patient_id: str) -> dict[str, list[Row]]:
    """All that is on record about one patient, by what it is; names instead of our own ids."""
    found = {"record": _rows(connection, patient, patient.c.id == patient_id)}
    for table in (*DELETED, call):
        found[table.name] = _rows(connection, table, table.c.patient_id == patient_id)
    found["reply"] = _rows(connection, reply, reply.c.patient_ids == json.dumps([patient_id]))
    found["message"] = _rows(connection, delivery, delivery.c.patient_id == patient_id)
    entries = (
        select(consent_entry, consent_why.c.why)
        .outerjoin(consent_why, consent_why.c.entry_id == consent_entry.c.id)
        .where(consent_entry.c.patient_id == patient_id)
        .order_by(consent_entry.c.number)
    )
    left_out = {"number", "id", "subject", "why_hash", *_IDS}
    found["consent_entry"] = [
        {name: value for name, value in row.items() if name not in left_out}
        for row in connection.execute(entries).mappings()
    ]
    return found


def _rows(connection: Connection, table: Table, condition: ColumnElement[bool]) -> list[Row]:
    """What the table says, without what is ours alone and without what is empty."""
    statement = select(*table.c)
    for name, other in _NAMED.items():
        if name in table.c:
            shown = select(other.c.name).where(other.c.id == table.c[name]).scalar_subquery()
            statement = statement.add_columns(shown.label(name.removesuffix("_id")))
    left_out = _INTERNAL.get(table.name, {"id"}) | _IDS
    return [
        {name: value for name, value in row.items() if name not in left_out and value not in (None, "")}
        for row in connection.execute(statement.where(condition)).mappings()
    ]


def erase(connection: Connection, row: Row) -> list[tuple[Room, str, str]]:
    """Take everything personal away. Returns what changed: (room, row id, location), gone or emptied."""
    patient_id, location_id = str(row["id"]), str(row["location_id"])
    gone: list[tuple[Room, str, str]] = []
    for table in DELETED:
        mine = table.c.patient_id == patient_id
        if table in _SYNCED:
            ids = connection.execute(select(table.c.id).where(mine)).scalars()
            gone += [(_SYNCED[table], str(row_id), location_id) for row_id in ids]
        connection.execute(delete(table).where(mine))
    gone += _replies_of(connection, row)
    entries = select(consent_entry.c.id).where(consent_entry.c.patient_id == patient_id)
    connection.execute(delete(consent_why).where(consent_why.c.entry_id.in_(entries)))
    if row["external_id"]:
        connection.execute(delete(intake_refusal).where(intake_refusal.c.external_id == row["external_id"]))
    connection.execute(delete(patient).where(patient.c.id == patient_id))
    return [*gone, (Room.PATIENT, patient_id, location_id)]


def empty(connection: Connection, patient_id: str) -> list[tuple[Room, str, str]]:
    """Take the person out of messages and calls. Returns the rows that changed: (room, row id, location)."""
    changed: list[tuple[Room, str, str]] = []
    told = connection.execute(
        update(delivery)
        .where(delivery.c.patient_id == patient_id)
        .values(address="", detail="", why_channel="", provider_message_id=None, token_hash=None)
        .returning(delivery.c.id, delivery.c.location_id)
    )
    changed += [(Room.RECIPIENT, line_id, location_id) for line_id, location_id in told]
    nobody = {"patient_id": None, "from_raw": "", "from_e164": None, "state": MatchState.IGNORED.value}
    told = connection.execute(
        update(call)
        .where(call.c.patient_id == patient_id)
        .values(**nobody, method="", contact_id=None, candidates="[]")
        .returning(call.c.id, call.c.location_id)
    )
    changed += [(Room.CALL, call_id, location_id) for call_id, location_id in told]
    named = connection.execute(
        select(call.c.id, call.c.location_id, call.c.candidates).where(
            call.c.candidates.contains(patient_id, autoescape=True)
        )
    ).all()
    for call_id, location_id, candidates in named:
        left = [each for each in json.loads(candidates) if each.get("patient_id") != patient_id]
        connection.execute(update(call).where(call.c.id == call_id).values(candidates=json.dumps(left)))
        changed.append((Room.CALL, call_id, location_id))
    shared = connection.execute(
        select(reply.c.id, reply.c.location_id, reply.c.patient_ids).where(
            reply.c.patient_ids.contains(patient_id, autoescape=True),
            reply.c.patient_ids != json.dumps([patient_id]),
        )
    ).all()
    for reply_id, location_id, patient_ids in shared:
        others = [each for each in json.loads(patient_ids) if each != patient_id]
        connection.execute(update(reply).where(reply.c.id == reply_id).values(patient_ids=json.dumps(others)))
        changed.append((Room.REPLY, reply_id, location_id))
    return changed


def _replies_of(connection: Connection, row: Row) -> list[tuple[Room, str, str]]:
    """Take away what the person wrote, also before the address was in the file. What came from an address
    that others hold too may be theirs, and stays with them.
    """
    addresses = [str(row[name]) for name in ("email", "mobile_e164", "landline_e164") if row[name]]
    told = connection.execute(
        delete(reply)
        .where(
            or_(
                reply.c.patient_ids == json.dumps([row["id"]]),
                and_(reply.c.patient_ids == "[]", reply.c.from_address.in_(addresses)),
            )
        )
        .returning(reply.c.id, reply.c.location_id)
    )
    return [(Room.REPLY, reply_id, location_id) for reply_id, location_id in told]
