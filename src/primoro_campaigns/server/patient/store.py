"""The SQL of patients and their Contact entries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.patient.tables import contact, patient

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


def places_of(connection: Connection, patient_ids: Sequence[str]) -> dict[str, Place]:
    """The place of each patient there is. A location that is not on file counts as UTC."""
    found: dict[str, Place] = {}
    for some in parts(list(dict.fromkeys(patient_ids))):
        query = (
            select(patient.c.id, patient.c.location_id, location.c.time_zone)
            .join(location, location.c.id == patient.c.location_id, isouter=True)
            .where(patient.c.id.in_(some))
        )
        for patient_id, location_id, time_zone in connection.execute(query):
            found[patient_id] = Place(location_id, time_zone or "UTC")
    return found


def insert_contacts(connection: Connection, rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Insert Contact entries; none twice for one ``delivery_id``. Returns the ids inserted."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    added: list[str] = []
    for some in parts(rows):
        statement = insert(contact).values([dict(row) for row in some])
        # No target: on SQLite and PostgreSQL alike whichever unique column clashes.
        statement = statement.on_conflict_do_nothing()
        added.extend(connection.execute(statement.returning(contact.c.id)).scalars())
    return added


def contact_ids_of(connection: Connection, patient_id: str) -> list[str]:
    """The ids of one patient's Contact entries."""
    return list(connection.execute(select(contact.c.id).where(contact.c.patient_id == patient_id)).scalars())


def raise_last_contacted(connection: Connection, patient_id: str, day: date) -> bool:
    """Set ``last_contacted_on`` unless it is as late already. Returns whether it changed."""
    earlier = or_(patient.c.last_contacted_on.is_(None), patient.c.last_contacted_on < day)
    result = connection.execute(
        update(patient).where(patient.c.id == patient_id, earlier).values(last_contacted_on=day)
    )
    return result.rowcount > 0
