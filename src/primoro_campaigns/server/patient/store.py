"""The SQL of patients and their Contact entries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Date,
    Row,
    Table,
    and_,
    bindparam,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.database.rows import by_column, for_each, given, taken_in_turn
from primoro_campaigns.server.patient.tables import (
    appointment,
    contact,
    encounter,
    patient,
    patient_number,
    planned_treatment,
    practitioner,
    recall,
)

ROWS_A_QUERY = 500
"""How many ids one query names."""

Item = TypeVar("Item")


def parts(items: Sequence[Item], size: int = ROWS_A_QUERY) -> Iterator[Sequence[Item]]:
    """``items`` in order, in parts of at most ``size``."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


@dataclass(frozen=True)
class Place:
    """Where a patient is seen from, and that location's time zone."""

    location_id: str
    time_zone: str


_PLACES = (
    select(patient.c.id, patient.c.location_id, location.c.time_zone)
    .join(location, location.c.id == patient.c.location_id, isouter=True)
    .where(patient.c.id.in_(bindparam("patient_ids", expanding=True)))
)


def places_of(connection: Connection, patient_ids: Sequence[str]) -> dict[str, Place]:
    """The place of each patient there is. A location that is not on file counts as UTC."""
    found: dict[str, Place] = {}
    for some in parts(list(dict.fromkeys(patient_ids))):
        for patient_id, location_id, time_zone in connection.execute(_PLACES, {"patient_ids": list(some)}):
            found[patient_id] = Place(location_id, time_zone or "UTC")
    return found


# No target: on SQLite and PostgreSQL alike whichever unique column clashes.
_CONTACT: Mapping[str, TypeEngine[Any]] = {name: each.type for name, each in contact.c.items()}
_INSERT_EACH = sqlite.insert(contact).values(**taken_in_turn(_CONTACT)).on_conflict_do_nothing()
_INSERT_ALL = (
    postgresql.insert(contact)
    .from_select(list(_CONTACT), select(*given(_CONTACT).values()), include_defaults=False)
    .on_conflict_do_nothing()
    .returning(contact.c.id)
)
_ADDED = select(contact.c.id).where(contact.c.id.in_(bindparam("contact_ids", expanding=True)))


def insert_contacts(connection: Connection, rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Insert Contact entries; none twice for one ``delivery_id``. Returns the ids inserted.

    Each row has every column, and an id that was never used before.
    """
    added: list[str] = []
    for some in parts(rows):
        ids = [str(row["id"]) for row in some]
        if connection.dialect.name == "postgresql":
            ids = list(connection.execute(_INSERT_ALL, by_column(some)).scalars())
        elif for_each(connection, _INSERT_EACH, some) < len(some):
            ids = list(connection.execute(_ADDED, {"contact_ids": ids}).scalars())
        added.extend(ids)
    return added


def amend_contact(
    connection: Connection, delivery_id: str, values: Mapping[str, object]
) -> tuple[str, str] | None:
    """Change the entry of a ledger row. Returns its id and its patient's; None when there is none."""
    statement = update(contact).where(contact.c.delivery_id == delivery_id).values(**values)
    row = connection.execute(statement.returning(contact.c.id, contact.c.patient_id)).one_or_none()
    return None if row is None else (row.id, row.patient_id)


def contact_ids_of(connection: Connection, patient_id: str) -> list[str]:
    """The ids of one patient's Contact entries."""
    return list(connection.execute(select(contact.c.id).where(contact.c.patient_id == patient_id)).scalars())


_RAISE_LAST_CONTACTED = (
    update(patient)
    .where(
        patient.c.id.in_(bindparam("patient_ids", expanding=True)),
        or_(patient.c.last_contacted_on.is_(None), patient.c.last_contacted_on < bindparam("day")),
    )
    .values(last_contacted_on=bindparam("day", type_=Date()))
    .returning(patient.c.id)
)


def raise_last_contacted(connection: Connection, patient_ids: Iterable[str], day: date) -> list[str]:
    """Set ``last_contacted_on`` of each unless it is as late already. Returns the ids that changed."""
    changed: list[str] = []
    for some in parts(sorted(set(patient_ids))):
        asked = {"patient_ids": list(some), "day": day}
        changed.extend(connection.execute(_RAISE_LAST_CONTACTED, asked).scalars())
    return changed


def known(
    connection: Connection, table: Table, source: str, external_ids: Sequence[str]
) -> dict[str, Row[tuple[object, ...]]]:
    """The rows of ``table`` that came from ``source`` under these ids, by id."""
    found: dict[str, Row[tuple[object, ...]]] = {}
    for some in parts(external_ids):
        query = select(table).where(table.c.source == source, table.c.external_id.in_(some))
        found.update({str(row.external_id): row for row in connection.execute(query)})
    return found


def ids_of(connection: Connection, table: Table, source: str, external_ids: Sequence[str]) -> dict[str, str]:
    """Our ids of what ``source`` calls ``external_ids``; who is not on file is left out."""
    found: dict[str, str] = {}
    for some in parts(external_ids):
        query = select(table.c.external_id, table.c.id).where(
            table.c.source == source, table.c.external_id.in_(some)
        )
        found.update({str(external_id): str(our_id) for external_id, our_id in connection.execute(query)})
    return found


def patient_places(
    connection: Connection, source: str, external_ids: Sequence[str]
) -> list[tuple[str, str, str]]:
    """(external id, our id, location) of patients."""
    query = select(patient.c.external_id, patient.c.id, patient.c.location_id).where(
        patient.c.source == source, patient.c.external_id.in_(external_ids)
    )
    return [(row[0], row[1], row[2]) for row in connection.execute(query)]


def insert_rows(connection: Connection, table: Table, rows: Sequence[dict[str, object]]) -> None:
    """Insert rows that all name the same columns."""
    if rows:
        connection.execute(insert(table), rows)


def update_rows(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Set the columns that each row names, by its ``id``."""
    by_columns: dict[tuple[str, ...], list[dict[str, object]]] = {}
    for row in rows:
        by_columns.setdefault(tuple(row), []).append({f"new_{name}": value for name, value in row.items()})
    for columns, values in by_columns.items():
        statement = update(table).where(table.c.id == bindparam("new_id"))
        statement = statement.values({name: bindparam(f"new_{name}") for name in columns if name != "id"})
        connection.execute(statement, values)


def patient_row(
    connection: Connection, patient_id: str, *, lock: bool = False
) -> Row[tuple[object, ...]] | None:
    """One patient, None if there is none. With ``lock`` others who change the row wait (PostgreSQL)."""
    query = select(patient).where(patient.c.id == patient_id)
    return connection.execute(query.with_for_update() if lock else query).one_or_none()


def practitioner_names(connection: Connection) -> list[tuple[str, str]]:
    """(name, id) of every practitioner, the first made last."""
    query = select(practitioner.c.name, practitioner.c.id).order_by(practitioner.c.id.desc())
    return [(row[0], row[1]) for row in connection.execute(query)]


def holders(connection: Connection, e164: str) -> list[Row[tuple[object, ...]]]:
    """Everyone with this number as mobile, landline or added by hand; each branch has its index."""
    having = union_all(
        select(patient.c.id).where(patient.c.mobile_e164 == e164),
        select(patient.c.id).where(patient.c.landline_e164 == e164),
        select(patient_number.c.patient_id).where(patient_number.c.e164 == e164),
    ).subquery()
    query = select(patient).where(patient.c.id.in_(select(having.c.id))).order_by(patient.c.id)
    return list(connection.execute(query).all())


def email_holders(connection: Connection, address: str) -> list[Row[tuple[object, ...]]]:
    """Everyone with this address, as far as the database tells capitals apart."""
    query = select(patient).where(func.lower(patient.c.email) == func.lower(address)).order_by(patient.c.id)
    return list(connection.execute(query).all())


def has_number(connection: Connection, patient_id: str, e164: str) -> bool:
    query = select(patient_number.c.patient_id).where(
        patient_number.c.patient_id == patient_id, patient_number.c.e164 == e164
    )
    return connection.execute(query).first() is not None


def export_rows(
    connection: Connection, after: tuple[str, str, str], limit: int
) -> list[Row[tuple[object, ...]]]:
    """A page of patients by location and name, after ``(location, family name, id)``.

    With the practitioner's name.
    """
    order = (patient.c.location_id, patient.c.family_name, patient.c.id)
    last_location, last_family, last_id = after
    beyond = or_(
        patient.c.location_id > last_location,
        and_(patient.c.location_id == last_location, patient.c.family_name > last_family),
        and_(
            patient.c.location_id == last_location,
            patient.c.family_name == last_family,
            patient.c.id > last_id,
        ),
    )
    query = (
        select(patient, practitioner.c.name.label("practitioner"))
        .join(practitioner, practitioner.c.id == patient.c.practitioner_id, isouter=True)
        .where(beyond)
        .order_by(*order)
        .limit(limit)
    )
    return list(connection.execute(query).all())


@dataclass(frozen=True)
class Facts:
    """What the visits say of one patient."""

    last_visit_on: date | None = None
    next_visit_on: date | None = None
    last_no_show_on: date | None = None
    recall_due_on: date | None = None
    has_unscheduled_treatment: bool = False
    last_booked_on: date | None = None


VISITED = ("arrived", "triaged", "in-progress", "onleave", "finished")
"""The states of an encounter that mean the patient was there (FHIR R4, value set EncounterStatus)."""


def visit_moments(
    connection: Connection, patient_ids: Sequence[str], now: datetime
) -> list[tuple[str, str, str, datetime]]:
    """(patient, "last" | "next" | "missed" | "booked", location, instant): at most one of each for each
    location.

    An appointment that was neither cancelled nor missed counts as a visit once its time has come
    (domain.md C08): practices do not always mark who came.
    """
    came = appointment.c.status.in_(("booked", "attended"))
    starts_at, booked_at = appointment.c.starts_at, appointment.c.booked_at
    wanted = (
        (appointment, "last", and_(came, starts_at <= now), func.max(starts_at)),
        (appointment, "next", and_(appointment.c.status == "booked", starts_at > now), func.min(starts_at)),
        (appointment, "missed", appointment.c.status == "missed", func.max(starts_at)),
        (appointment, "booked", and_(came, booked_at.is_not(None)), func.max(booked_at)),
        (
            encounter,
            "last",
            and_(encounter.c.status.in_(VISITED), encounter.c.starts_at <= now),
            func.max(encounter.c.starts_at),
        ),
    )
    moments: list[tuple[str, str, str, datetime]] = []
    for some in parts(patient_ids):
        for table, what, condition, outermost in wanted:
            query = (
                select(table.c.patient_id, literal(what), table.c.location_id, outermost)
                .where(table.c.patient_id.in_(some), condition)
                .group_by(table.c.patient_id, table.c.location_id)
            )
            moments.extend((row[0], row[1], row[2], row[3]) for row in connection.execute(query))
    return moments


def recalls_due(connection: Connection, patient_ids: Sequence[str]) -> dict[str, date]:
    """The earliest open recall of each patient who has one."""
    found: dict[str, date] = {}
    for some in parts(patient_ids):
        query = (
            select(recall.c.patient_id, func.min(recall.c.due_on))
            .where(recall.c.patient_id.in_(some), recall.c.done.is_(False))
            .group_by(recall.c.patient_id)
        )
        found.update({str(patient_id): due_on for patient_id, due_on in connection.execute(query)})
    return found


def with_unscheduled_treatment(connection: Connection, patient_ids: Sequence[str]) -> set[str]:
    """Who has planned treatment and no appointment for it."""
    found: set[str] = set()
    for some in parts(patient_ids):
        query = select(planned_treatment.c.patient_id).where(
            planned_treatment.c.patient_id.in_(some), planned_treatment.c.has_appointment.is_(False)
        )
        found.update(connection.execute(query).scalars())
    return found


def standing_facts(connection: Connection, patient_ids: Sequence[str]) -> dict[str, tuple[str, Facts]]:
    """The location and the facts each patient's row holds now."""
    found: dict[str, tuple[str, Facts]] = {}
    for some in parts(patient_ids):
        query = select(
            patient.c.id,
            patient.c.location_id,
            patient.c.last_visit_on,
            patient.c.next_visit_on,
            patient.c.last_no_show_on,
            patient.c.recall_due_on,
            patient.c.has_unscheduled_treatment,
            patient.c.last_booked_on,
        ).where(patient.c.id.in_(some))
        for row in connection.execute(query):
            found[row[0]] = (row[1], Facts(row[2], row[3], row[4], row[5], bool(row[6]), row[7]))
    return found


def zones(connection: Connection) -> dict[str, str]:
    """The time zone of each location."""
    return {row[0]: row[1] for row in connection.execute(select(location.c.id, location.c.time_zone))}


def overtaken_by_time(connection: Connection, day: date, after: str, limit: int) -> list[str]:
    """Patients whose next visit lies before ``day``: time has made it their last. By id, beyond ``after``."""
    late = and_(patient.c.next_visit_on < day, patient.c.id > after)
    return list(
        connection.execute(select(patient.c.id).where(late).order_by(patient.c.id).limit(limit)).scalars()
    )
