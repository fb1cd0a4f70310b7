"""The SQL of imports: their record, locations by external id, and what the practice's rules need to know."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.server.account.tables import location, organisation
from primoro_campaigns.server.consent.tables import permission, restriction
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.intake.tables import intake_refusal, intake_run
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.storage.synced import Room

_IDS_A_QUERY = 500


@dataclass(frozen=True)
class Habits:
    """How this organisation reads numbers and days. Before its set-up: a practice in the United Kingdom."""

    country: str = "GB"
    time_zone: str = "Europe/London"
    name: str = "Practice"


def habits(connection: Connection) -> Habits:
    row = connection.execute(select(organisation)).one_or_none()
    return Habits() if row is None else Habits(row.country, row.time_zone, row.name)


def locations_by_name(connection: Connection) -> dict[str, str]:
    """The id of each location by its folded name; of two with one name the first made."""
    rows = connection.execute(select(location.c.name, location.c.id).order_by(location.c.id.desc()))
    return {str(row.name).casefold(): str(row.id) for row in rows}


def location_labels(connection: Connection) -> dict[str, str]:
    """What an import finds each location by: its name, or its own key where two have the same name."""
    rows = connection.execute(select(location.c.id, location.c.name, location.c.external_id)).all()
    times = Counter(str(row.name).casefold() for row in rows)
    return {
        row.id: row.name
        if times[str(row.name).casefold()] == 1 or not row.external_id
        else row.external_id.partition(":")[2]
        for row in rows
    }


def locations_by_key(connection: Connection, keys: Sequence[str]) -> dict[str, Mapping[str, object]]:
    """The locations that came in under these keys."""
    query = select(location).where(location.c.external_id.in_(keys))
    return {str(row.external_id): dict(row._mapping) for row in connection.execute(query)}


def insert_location(connection: Connection, row: Mapping[str, object]) -> None:
    connection.execute(insert(location).values(row))


def update_location(connection: Connection, location_id: str, values: Mapping[str, object]) -> None:
    connection.execute(update(location).where(location.c.id == location_id).values(values))


def adopt_location(connection: Connection, location_id: str, key: str) -> Mapping[str, object] | None:
    """Let a location that a person made be known under ``key`` as well. None when it has a key already."""
    free = location.c.external_id.is_(None)
    adopting = update(location).where(location.c.id == location_id, free).values(external_id=key)
    row = connection.execute(adopting.returning(location)).one_or_none()
    return None if row is None else dict(row._mapping)


def on_record(connection: Connection, patient_id: str, channel: Channel, purpose: Purpose) -> PermissionState:
    """What the patient said before a yes of an import; a restriction counts as opted out."""
    stopped = select(restriction.c.id).where(
        restriction.c.patient_id == patient_id, restriction.c.purpose == purpose.value
    )
    if connection.execute(stopped).first() is not None:
        return PermissionState.OPTED_OUT
    said = select(permission.c.state).where(
        permission.c.patient_id == patient_id,
        permission.c.channel == channel.value,
        permission.c.purpose == purpose.value,
    )
    state = connection.execute(said).scalar_one_or_none()
    return PermissionState.UNKNOWN if state is None else PermissionState(state)


def patient_count(connection: Connection) -> int:
    return connection.execute(select(func.count()).select_from(patient)).scalar_one()


def rows_of_patient(connection: Connection, patient_id: str) -> list[tuple[Room, str]]:
    """The rows of other rooms that are seen from where the patient is."""
    kept = (
        (Room.RESTRICTION, restriction),
        (Room.PERMISSION, permission),
        (Room.RECIPIENT, delivery),
    )
    return [
        (room, str(row_id))
        for room, table in kept
        for row_id in connection.execute(select(table.c.id).where(table.c.patient_id == patient_id)).scalars()
    ]


def move_deliveries(connection: Connection, patient_id: str, location_id: str) -> None:
    connection.execute(
        update(delivery).where(delivery.c.patient_id == patient_id).values(location_id=location_id)
    )


def add_run(connection: Connection, row: Mapping[str, object]) -> None:
    connection.execute(insert(intake_run).values(row))


def count_up(connection: Connection, run_id: str, counts: Mapping[str, int]) -> None:
    """Add what one batch came to."""
    values = {name: intake_run.c[name] + count for name, count in counts.items() if count}
    if values:
        connection.execute(update(intake_run).where(intake_run.c.id == run_id).values(values))


def finish_run(connection: Connection, run_id: str, at: object) -> None:
    connection.execute(update(intake_run).where(intake_run.c.id == run_id).values(finished_at=at))


def add_refusals(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    if rows:
        connection.execute(insert(intake_refusal), [dict(row) for row in rows])


def consents_of(connection: Connection, patient_ids: Sequence[str]) -> dict[str, dict[tuple[str, str], str]]:
    """By patient: (channel, purpose) and the permission's state; a restriction has the channel ""."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for start in range(0, len(patient_ids), _IDS_A_QUERY):
        some = patient_ids[start : start + _IDS_A_QUERY]
        stopped = select(restriction.c.patient_id, restriction.c.purpose).where(
            restriction.c.patient_id.in_(some)
        )
        for patient_id, purpose in connection.execute(stopped):
            found.setdefault(patient_id, {})["", purpose] = "restricted"
        said = select(
            permission.c.patient_id, permission.c.channel, permission.c.purpose, permission.c.state
        ).where(permission.c.patient_id.in_(some))
        for patient_id, channel, purpose, state in connection.execute(said):
            found.setdefault(patient_id, {})[channel, purpose] = state
    return found
