"""The SQL of phone calls, and of what tells the several holders of one number apart."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from primoro_campaigns.domain.call.model import WAITING, MatchState, Presentation
from primoro_campaigns.domain.call.report import Told
from primoro_campaigns.server.call.tables import call
from primoro_campaigns.server.patient.tables import appointment, contact, patient, patient_number

_NUMBERS_A_QUERY = 50
_WAITING = call.c.state.in_(sorted(state.value for state in WAITING))


@dataclass(frozen=True)
class CallRow:
    """One call. ``candidates`` is JSON; ``contact_id`` is its line in the matched patient's Contacts tab."""

    id: str
    location_id: str
    told: Told
    from_e164: str | None
    to_e164: str
    state: MatchState
    patient_id: str | None
    candidates: str
    contact_id: str | None


def _call(row: Row[tuple[object, ...]]) -> CallRow:
    values = row._mapping
    told = Told(
        received_at=values["received_at"],
        ended_at=values["ended_at"],
        answered=bool(values["answered"]),
        duration_s=values["duration_s"],
        from_raw=values["from_raw"],
        presentation=Presentation(values["presentation"]),
        to_raw=values["to_raw"],
    )
    return CallRow(
        id=values["id"],
        location_id=values["location_id"],
        told=told,
        from_e164=values["from_e164"],
        to_e164=values["to_e164"],
        state=MatchState(values["state"]),
        patient_id=values["patient_id"],
        candidates=values["candidates"],
        contact_id=values["contact_id"],
    )


def find(connection: Connection, call_id: str) -> CallRow | None:
    row = connection.execute(select(call).where(call.c.id == call_id)).one_or_none()
    return None if row is None else _call(row)


def of_provider(connection: Connection, provider_call_id: str) -> CallRow | None:
    """The call under the provider's id, locked to the end of the unit of work."""
    query = select(call).where(call.c.provider_call_id == provider_call_id).with_for_update()
    row = connection.execute(query).one_or_none()
    return None if row is None else _call(row)


def lock(connection: Connection, call_id: str, e164: str | None) -> list[CallRow]:
    """The call, and with a number every waiting call from it, locked to the end of the unit of work.

    All are locked in one order, so that two people who decide at once wait for each other and nothing else.
    """
    wanted = call.c.id == call_id
    if e164 is not None:
        wanted = or_(wanted, and_(_WAITING, call.c.from_e164 == e164))
    rows = connection.execute(select(call).where(wanted).order_by(call.c.id).with_for_update())
    return [_call(row) for row in rows]


def waiting_from(connection: Connection, numbers: Sequence[str]) -> list[CallRow]:
    """The waiting calls from these numbers, locked to the end of the unit of work, in the order of ids."""
    if len(numbers) > _NUMBERS_A_QUERY:
        # Many numbers come in with an import, and few of them are waited for. PostgreSQL would compare each
        # waiting call with each of them, once it has a general plan for the query.
        waited_for = connection.execute(select(call.c.from_e164).where(_WAITING).distinct()).scalars()
        numbers = sorted(set(numbers).intersection(waited_for))
    found: list[CallRow] = []
    for start in range(0, len(numbers), _NUMBERS_A_QUERY):
        some = numbers[start : start + _NUMBERS_A_QUERY]
        query = select(call).where(_WAITING, call.c.from_e164.in_(some)).order_by(call.c.id)
        found += [_call(row) for row in connection.execute(query.with_for_update())]
    return found


def numbers_to_look_at(connection: Connection) -> Iterator[str]:
    """Numbers of waiting calls about which there may be news: somebody's file holds them by now, or several
    files did.
    """
    number = call.c.from_e164
    held = or_(
        exists().where(patient.c.mobile_e164 == number),
        exists().where(patient.c.landline_e164 == number),
        exists().where(patient_number.c.e164 == number),
    )
    news = or_(call.c.state == MatchState.AMBIGUOUS.value, held)
    query = select(number).where(_WAITING, number.is_not(None), news).distinct().order_by(number)
    yield from connection.execute(query).scalars()


def add(connection: Connection, values: Mapping[str, object]) -> bool:
    """False when another event of the same call was faster; its transaction has ended by then."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(call).values(**values).on_conflict_do_nothing()
    return connection.execute(statement.returning(call.c.id)).one_or_none() is not None


def change(connection: Connection, call_id: str, values: Mapping[str, object]) -> None:
    connection.execute(update(call).where(call.c.id == call_id).values(**values))


def reword_contact(connection: Connection, contact_id: str, values: Mapping[str, object]) -> str | None:
    """Change a call's line in a Contacts tab.

    Returns the location from where its patient is seen, None when patient or line are no longer there.
    """
    changed = connection.execute(
        update(contact).where(contact.c.id == contact_id).values(**values).returning(contact.c.patient_id)
    ).scalar_one_or_none()
    if changed is None:
        return None
    query = select(patient.c.location_id).where(patient.c.id == changed)
    return connection.execute(query).scalar_one_or_none()


def last_messaged(connection: Connection, patient_ids: Collection[str]) -> dict[str, datetime]:
    """When each was last written to, on any channel and for any purpose."""
    query = (
        select(contact.c.patient_id, func.max(contact.c.at))
        .where(
            contact.c.patient_id.in_(list(patient_ids)),
            contact.c.direction == "out",
            contact.c.kind.in_(("email", "sms")),
            contact.c.status.in_(("sent", "unknown")),
        )
        .group_by(contact.c.patient_id)
    )
    return {str(row[0]): row[1] for row in connection.execute(query)}


def last_booked(connection: Connection, patient_ids: Collection[str]) -> dict[str, datetime]:
    """When each last booked an appointment."""
    query = (
        select(appointment.c.patient_id, func.max(appointment.c.booked_at))
        .where(appointment.c.patient_id.in_(list(patient_ids)), appointment.c.booked_at.is_not(None))
        .group_by(appointment.c.patient_id)
    )
    return {str(row[0]): row[1] for row in connection.execute(query)}
