"""SQL of the ledger."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from primoro_campaigns.domain.consent.model import Channel, Purpose, Refusal
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.tables import campaign, campaign_run
from primoro_campaigns.server.consent.tables import permission, restriction
from primoro_campaigns.server.delivery.queue.store import LINE, Line, line_of
from primoro_campaigns.server.delivery.tables import delivery, is_claimed, is_planned
from primoro_campaigns.server.patient.tables import appointment, contact, patient, practitioner
from primoro_campaigns.storage import not_reached_sql
from primoro_campaigns.storage.gate_sql import Asking, gate_select
from primoro_campaigns.storage.standing_sql import StandingTables, history_since, standing_select
from primoro_campaigns.storage.types import UtcDateTime

_ROWS_A_STATEMENT = 1000


def add_lines(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Fails when a patient is in the run and step already."""
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        connection.execute(insert(delivery), [dict(row) for row in rows[start : start + _ROWS_A_STATEMENT]])


def places_of_run(run_id: str) -> Select[str, str]:
    """Id and location of every line of a run."""
    return select(delivery.c.id, delivery.c.location_id).where(delivery.c.run_id == run_id)


def count_states(connection: Connection, run_id: str) -> dict[DeliveryState, int]:
    statement = select(delivery.c.state, func.count()).where(delivery.c.run_id == run_id)
    rows = connection.execute(statement.group_by(delivery.c.state))
    return {DeliveryState(state): number for state, number in rows}


def count_skipped(connection: Connection, run_id: str) -> dict[Refusal, int]:
    statement = select(delivery.c.reason, func.count()).where(
        delivery.c.run_id == run_id, delivery.c.state == DeliveryState.SKIPPED.value, delivery.c.reason != ""
    )
    rows = connection.execute(statement.group_by(delivery.c.reason))
    return {Refusal(reason): number for reason, number in rows}


@dataclass(frozen=True)
class FrozenRun:
    """A run whose recipients are frozen.

    ``shown`` is the account on the campaign's row, which is about all its runs; None but for the last one.
    """

    id: str
    campaign_id: str
    name: str
    state: str
    frozen_at: datetime
    recipients: int
    shown: Mapping[str, int] | None


_SHOWN = ("recipients", "planned", "claimed", "sent", "failed", "skipped", "unknown")


def frozen_runs(connection: Connection, name_key: str | None = None) -> list[FrozenRun]:
    """In the order in which they were made; of every campaign, or of the one with this folded name."""
    later = campaign_run.alias()
    statement = (
        select(
            campaign_run,
            campaign.c.name,
            exists()
            .where(
                later.c.campaign_id == campaign_run.c.campaign_id,
                later.c.id > campaign_run.c.id,
                later.c.frozen_at.is_not(None),
            )
            .label("overtaken"),
            *[campaign.c[name].label(f"shown_{name}") for name in _SHOWN],
        )
        .join(campaign, campaign.c.id == campaign_run.c.campaign_id)
        .where(campaign_run.c.frozen_at.is_not(None))
        .order_by(campaign_run.c.id)
    )
    if name_key is not None:
        statement = statement.where(campaign.c.name_key == name_key)
    return [
        FrozenRun(
            id=row["id"],
            campaign_id=row["campaign_id"],
            name=row["name"],
            state=row["state"],
            frozen_at=row["frozen_at"],
            recipients=row["recipients"] or 0,
            shown=None if row["overtaken"] else {name: row[f"shown_{name}"] for name in _SHOWN},
        )
        for row in connection.execute(statement).mappings()
    ]


def is_campaign(connection: Connection, name_key: str) -> bool:
    return (
        connection.execute(select(campaign.c.id).where(campaign.c.name_key == name_key)).first() is not None
    )


def not_reached(campaign_id: str) -> ColumnElement[bool]:
    """The condition over the patient table: whom the campaign's runs certainly did not reach."""
    return patient.c.id.in_(
        select(delivery.c.patient_id).where(not_reached_sql.not_reached(delivery, campaign_id))
    )


def stood_for(connection: Connection, campaign_id: str) -> dict[str, str]:
    """``stands_for`` of the guardians whom the campaign's runs certainly did not reach."""
    statement = select(delivery.c.patient_id, delivery.c.stands_for).where(
        not_reached_sql.not_reached(delivery, campaign_id), delivery.c.stands_for != ""
    )
    return {row.patient_id: row.stands_for for row in connection.execute(statement)}


def anybody_left(connection: Connection, campaign_id: str) -> bool:
    """Whether there is anybody whom the campaign's runs certainly did not reach."""
    return (
        connection.execute(
            select(delivery.c.id).where(not_reached_sql.not_reached(delivery, campaign_id)).limit(1)
        ).first()
        is not None
    )


def replace_lines(connection: Connection, run: RunRow) -> list[tuple[str, str, DeliveryState]]:
    """The lines of earlier runs whose patients are in ``run``: they do not count any more. Returns id,
    location and state of each.
    """
    now = delivery.alias()
    statement = (
        update(delivery)
        .where(
            delivery.c.campaign_id == run.campaign_id,
            delivery.c.run_id != run.id,
            delivery.c.replaced.is_(False),
            delivery.c.patient_id.in_(select(now.c.patient_id).where(now.c.run_id == run.id)),
        )
        .values(replaced=True)
        .returning(delivery.c.id, delivery.c.location_id, delivery.c.state)
    )
    return [(row.id, row.location_id, DeliveryState(row.state)) for row in connection.execute(statement)]


def count_campaign(connection: Connection, campaign_id: str) -> dict[DeliveryState, int]:
    """How many lines of all its runs count, by state."""
    statement = select(delivery.c.state, func.count()).where(
        delivery.c.campaign_id == campaign_id, delivery.c.replaced.is_(False)
    )
    rows = connection.execute(statement.group_by(delivery.c.state))
    return {DeliveryState(state): number for state, number in rows}


def written_since(connection: Connection, campaign_id: str, since: datetime) -> int:
    """How many messages of the campaign have left since then, may have left, or are leaving."""
    left = delivery.c.state.in_([DeliveryState.SENT.value, DeliveryState.UNKNOWN.value])
    statement = select(func.count()).where(
        delivery.c.campaign_id == campaign_id,
        or_(and_(left, delivery.c.at >= since), delivery.c.state == DeliveryState.CLAIMED.value),
    )
    return connection.execute(statement).scalar_one()


def is_waiting(connection: Connection, run_id: str) -> bool:
    """Whether any line of the run is planned or claimed."""
    of_run = select(delivery.c.id).where(delivery.c.run_id == run_id).limit(1)
    # One after the other, so that each has an index of its own to look at.
    return any(connection.execute(of_run.where(each)).first() for each in (is_planned, is_claimed))


def waiting_lines(connection: Connection, run_id: str) -> list[Line]:
    """Every planned line of a run, but for those that a worker is claiming at this moment."""
    statement = select(*LINE).where(delivery.c.run_id == run_id, is_planned)
    return [line_of(row._mapping) for row in connection.execute(statement.with_for_update(skip_locked=True))]


def change_lines(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Each row has ``id`` and the same further columns as the others."""
    if not rows:
        return
    names = [name for name in rows[0] if name != "id"]
    statement = (
        update(delivery)
        .where(delivery.c.id == bindparam("line_id"))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    connection.execute(
        statement, [{"line_id": row["id"], **{f"new_{name}": row[name] for name in names}} for row in rows]
    )


_BOOKED = select(appointment.c.patient_id).where(
    appointment.c.patient_id.in_(bindparam("patient_ids", expanding=True)),
    appointment.c.booked_at > bindparam("since", type_=UtcDateTime()),
    appointment.c.status == "booked",
)


def booked_since(connection: Connection, patient_ids: Sequence[str], since: datetime) -> set[str]:
    """Those of the patients who booked an appointment after ``since``."""
    asked = {"patient_ids": list(patient_ids), "since": since}
    return set(connection.execute(_BOOKED, asked).scalars())


def doubtful_lines(connection: Connection, campaign_id: str, line_ids: Sequence[str]) -> list[Line]:
    """Those of the lines that belong to the campaign and are not certain; locked."""
    statement = select(*LINE).where(
        delivery.c.campaign_id == campaign_id,
        delivery.c.id.in_(list(line_ids)),
        delivery.c.state == DeliveryState.UNKNOWN.value,
    )
    rows = connection.execute(statement.order_by(delivery.c.id).with_for_update())
    return [line_of(row._mapping) for row in rows]


@dataclass(frozen=True)
class AskedAbout:
    """A line that a person wants its provider to be asked about. ``at`` is when it became uncertain."""

    line: Line
    at: datetime
    provider: str


def asked_about(connection: Connection, most: int) -> list[AskedAbout]:
    """Those that were asked about first."""
    wanted = (*LINE, delivery.c.at, delivery.c.provider)
    statement = select(*wanted).where(delivery.c.ask_at.is_not(None)).order_by(delivery.c.ask_at)
    rows = connection.execute(statement.limit(most))
    return [AskedAbout(line_of(row._mapping), row.at, row.provider) for row in rows]


STANDING = StandingTables(patient, restriction, permission, contact)


@cache
def _standing_of(purpose: Purpose, channels: tuple[Channel, ...]) -> Select[*tuple[object, ...]]:
    """Made once: it takes longer to make than to answer."""
    ids = patient.c.id.in_(bindparam("patient_ids", expanding=True))
    return standing_select(STANDING, ids, purpose, channels, None)


def standings_among(
    connection: Connection,
    patient_ids: Collection[str],
    purpose: Purpose,
    channels: tuple[Channel, ...],
    now: datetime,
) -> Iterator[dict[str, object]]:
    """What the gate asks about each of the patients who is still there (``storage.standing_sql``)."""
    asked = {"patient_ids": list(patient_ids), **history_since(now)}
    for row in connection.execute(_standing_of(purpose, channels), asked):
        yield {str(name): value for name, value in row._mapping.items()}


def reasons(
    connection: Connection, condition: ColumnElement[bool], asking: Asking
) -> Iterator[Sequence[Any]]:
    """What the gate says of each patient for whom ``condition`` holds (``storage.gate_sql``), in no order."""
    statement = gate_select(STANDING, condition, asking)
    yield from connection.execute(statement.execution_options(yield_per=_ROWS_A_STATEMENT))


def holds(answer: bool) -> ColumnElement[bool]:
    """A condition that holds for everybody, or for nobody."""
    return true() if answer else false()


def addresses(connection: Connection, condition: ColumnElement[bool]) -> Iterator[str]:
    """Every e-mail address and mobile number of the patients for whom ``condition`` holds, in no order."""
    statement = select(patient.c.email, patient.c.mobile_e164).where(condition)
    for row in connection.execute(statement.execution_options(yield_per=_ROWS_A_STATEMENT)):
        yield from (each for each in row if each)


@dataclass(frozen=True)
class Merged:
    """What a message says of its patient and of the practice."""

    title: str
    given_name: str
    family_name: str
    last_visit_on: str
    next_visit_on: str
    practitioner_name: str
    practice_name: str
    practice_phone: str
    practice_town: str


_MERGED = (
    select(
        patient.c.id,
        patient.c.title,
        patient.c.given_name,
        patient.c.family_name,
        patient.c.last_visit_on,
        patient.c.next_visit_on,
        practitioner.c.name.label("practitioner_name"),
        location.c.name.label("practice_name"),
        location.c.phone,
        location.c.town,
    )
    .select_from(
        patient.outerjoin(practitioner, practitioner.c.id == patient.c.practitioner_id).outerjoin(
            location, location.c.id == patient.c.location_id
        )
    )
    .where(patient.c.id.in_(bindparam("patient_ids", expanding=True)))
)


def merge_values(connection: Connection, patient_ids: Sequence[str]) -> dict[str, Merged]:
    """By patient id; who is no longer there is left out."""
    return {
        row.id: Merged(
            title=row.title,
            given_name=row.given_name,
            family_name=row.family_name,
            last_visit_on=_day_in_words(row.last_visit_on),
            next_visit_on=_day_in_words(row.next_visit_on),
            practitioner_name=row.practitioner_name or "",
            practice_name=row.practice_name or "",
            practice_phone=row.phone or "",
            practice_town=row.town or "",
        )
        for row in connection.execute(_MERGED, {"patient_ids": list(patient_ids)})
    }


def _day_in_words(day: date | None) -> str:
    return "" if day is None else f"{day.day} {day:%B %Y}"


def line_by_token(connection: Connection, hashed: str) -> RowMapping | None:
    """``patient_id``, ``channel``, ``purpose`` and ``practice_name`` of the line that a link belongs to."""
    statement = (
        select(
            delivery.c.patient_id,
            delivery.c.channel,
            campaign.c.purpose,
            location.c.name.label("practice_name"),
        )
        .select_from(
            delivery.join(campaign, campaign.c.id == delivery.c.campaign_id).outerjoin(
                location, location.c.id == delivery.c.location_id
            )
        )
        .where(delivery.c.token_hash == hashed)
    )
    return connection.execute(statement).mappings().one_or_none()


def note_status(connection: Connection, line_id: str, provider_message_id: str, status: str) -> None:
    connection.execute(
        update(delivery)
        .where(delivery.c.id == line_id)
        .values(provider_status=status[:20], provider_message_id=provider_message_id)
    )


def line_for_status(
    connection: Connection, line_id: str, provider_message_id: str
) -> tuple[Line, str] | None:
    """The line that the provider speaks of and its status; None when the two ids do not belong together."""
    statement = select(*LINE, delivery.c.provider_status).where(
        delivery.c.id == line_id,
        or_(delivery.c.provider_message_id == provider_message_id, delivery.c.provider_message_id.is_(None)),
    )
    row = connection.execute(statement.with_for_update()).one_or_none()
    return None if row is None else (line_of(row._mapping), row._mapping["provider_status"])


def email_line(connection: Connection, line_id: str) -> RowMapping | None:
    """``patient_id``, ``location_id``, ``campaign_id``, ``address`` and ``provider_message_id`` of a line
    that was an e-mail.
    """
    statement = select(
        delivery.c.patient_id,
        delivery.c.location_id,
        delivery.c.campaign_id,
        delivery.c.address,
        delivery.c.provider_message_id,
    ).where(delivery.c.id == line_id, delivery.c.channel == Channel.EMAIL.value)
    return connection.execute(statement).mappings().one_or_none()


def set_sms_ready(connection: Connection, ready: bool) -> list[str]:
    """Keep what desktops are told of each location. Returns the ids that changed."""
    changed = connection.execute(
        update(location).where(location.c.sms_ready != ready).values(sms_ready=ready).returning(location.c.id)
    )
    return list(changed.scalars())
