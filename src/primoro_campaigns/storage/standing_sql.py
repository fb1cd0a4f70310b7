"""One question to the database for all that the consent gate asks about many patients.

The server asks it of its own tables when it plans and claims, the desktop of its cache (through
``storage.audience_sql.render_sqlite``) when it shows who would be written to, so both get the same answer.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, FromClause, Select, and_, bindparam, func, or_, select

from primoro_campaigns.domain.consent.model import MARKETING, Channel, PermissionState, Purpose
from primoro_campaigns.domain.consent.rules import Standing
from primoro_campaigns.domain.delivery.plan import Candidate
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.age import adult_if_born_by
from primoro_campaigns.domain.patient.household import Member
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.domain.schedule.rest import resting_until
from primoro_campaigns.storage.types import UtcDateTime


@dataclass(frozen=True)
class StandingTables:
    """The four tables with the columns of ``storage.synced``: the server's own, or the desktop's cache."""

    patient: FromClause
    restriction: FromClause
    permission: FromClause
    contact: FromClause


@dataclass(frozen=True)
class StandingRules:
    """What is decided for all patients alike.

    ``ready`` says whether a channel can be used for patients of a location id. ``zone`` is the practice's.
    ``booked_patient_ids`` booked since the campaign began to address them. ``reset_months`` are those of the
    purpose that is asked about.
    """

    zone: ZoneInfo
    ready: Callable[[Channel, str], bool]
    soft_opt_in_allowed: bool
    excluded_patient_ids: Collection[str] = frozenset()
    booked_patient_ids: Collection[str] = frozenset()
    reset_months: int = 1


ADDRESS_COLUMNS: Mapping[Channel, tuple[str, str, str]] = {
    Channel.EMAIL: ("email", "email_state", "email_suppressed"),
    Channel.SMS: ("mobile_e164", "mobile_state", "mobile_suppressed"),
}

_PATIENT = (
    "id",
    "location_id",
    "status",
    "born_on",
    "is_head_of_household",
    "household_id",
    "preferred_channel",
    "last_booked_on",
)

_WRITTEN = ("sent", "unknown")
"""What may have reached the patient counts as a message: asking once too seldom is the safe side."""


def standing_select(
    tables: StandingTables,
    condition: ColumnElement[bool],
    purpose: Purpose,
    channels: Collection[Channel],
    now: datetime | None,
) -> Select[*tuple[object, ...]]:
    """One row for each patient for whom ``condition`` (over ``tables.patient``) holds, for ``candidate_of``.

    Without an order: the caller adds one where it needs it. With ``now`` None the statement can be kept and
    asked again and again: ``history_since`` gives the instants as its parameters.
    """
    patient = tables.patient
    joined, permissions = consent_join(tables, purpose, channels)
    columns: list[ColumnElement[object]] = [patient.c[name] for name in _PATIENT]
    columns.append(tables.restriction.c.purpose.label("restricted"))
    for channel in channels:
        held = permissions[channel]
        columns.append(held.c.state.label(f"{channel}_permission"))
        columns.append(held.c.soft_opt_in.label(f"{channel}_soft_opt_in"))
        columns.extend(
            patient.c[name].label(f"{channel}_{what}")
            for name, what in zip(ADDRESS_COLUMNS[channel], ("address", "state", "suppressed"), strict=True)
        )
    columns += _history(tables, purpose, now)
    return select(*columns).select_from(joined).where(condition)


def guardians(patient: FromClause, condition: ColumnElement[bool], today: date) -> ColumnElement[bool]:
    """Over ``patient``: those who may be the guardians of the minors for whom ``condition`` holds.

    ``domain.patient.household.guardian_of`` chooses among them.
    """
    adult = adult_if_born_by(today)
    minor = and_(condition, patient.c.born_on > adult, patient.c.household_id.is_not(None))
    households = select(patient.c.household_id).where(minor).correlate(None)
    return and_(
        patient.c.household_id.in_(households),
        or_(patient.c.born_on <= adult, and_(patient.c.is_head_of_household, patient.c.born_on.is_(None))),
        patient.c.status.not_in([PatientStatus.DECEASED.value, PatientStatus.ARCHIVED.value]),
    )


def consent_join(
    tables: StandingTables, purpose: Purpose, channels: Collection[Channel]
) -> tuple[FromClause, Mapping[Channel, FromClause]]:
    """Patients with their restriction and permissions for ``purpose``; the permissions by channel."""
    patient, restriction = tables.patient, tables.restriction
    joined: FromClause = patient.outerjoin(
        restriction,
        and_(restriction.c.patient_id == patient.c.id, restriction.c.purpose == purpose.value),
    )
    permissions: dict[Channel, FromClause] = {}
    for channel in channels:
        held = permissions[channel] = tables.permission.alias(f"permission_{channel}")
        joined = joined.outerjoin(
            held,
            and_(
                held.c.patient_id == patient.c.id,
                held.c.channel == channel.value,
                held.c.purpose == purpose.value,
            ),
        )
    return joined, permissions


def candidate_of(
    row: Mapping[str, object], purpose: Purpose, channels: Collection[Channel], rules: StandingRules
) -> Candidate:
    """One row of ``standing_select`` as drivers hand it out: times may be ISO text, flags 1 and 0."""
    born_on = _day(row["born_on"])
    patient_id = PatientId(str(row["id"]))
    preferred = row["preferred_channel"]
    rests = _rest_starts(row, rules.zone)
    location_id = str(row["location_id"])
    standings = {}
    for channel in channels:
        permission, address = row[f"{channel}_permission"], row[f"{channel}_address"]
        standings[channel] = Standing(
            patient_id=patient_id,
            channel=channel,
            purpose=purpose,
            status=PatientStatus(str(row["status"])),
            born_on=born_on,
            address=None if address is None else str(address),
            address_state=AddressState(str(row[f"{channel}_state"])),
            permission=PermissionState.UNKNOWN if permission is None else PermissionState(str(permission)),
            restrictions=frozenset() if row["restricted"] is None else frozenset({purpose}),
            suppressed=bool(row[f"{channel}_suppressed"]),
            soft_opt_in=bool(row[f"{channel}_soft_opt_in"]),
            soft_opt_in_allowed=rules.soft_opt_in_allowed,
            booked=patient_id in rules.booked_patient_ids,
            resting_until=resting_until(rests, rules.reset_months),
            sent_last_7_days=int(str(row["sent_7"])),
            sent_last_90_days=int(str(row["sent_90"])),
            excluded_by_hand=patient_id in rules.excluded_patient_ids,
            channel_ready=rules.ready(channel, location_id),
        )
    household_id = row["household_id"]
    member = Member(
        patient_id,
        born_on,
        bool(row["is_head_of_household"]),
        None if household_id is None else str(household_id),
    )
    return Candidate(member, None if preferred is None else Channel(str(preferred)), standings)


def _rest_starts(row: Mapping[str, object], zone: ZoneInfo) -> list[date]:
    """The days from which a rest may count: the last campaign contact of this purpose, and the last booking.

    Of the two the earlier begins the rest while it lasts, whatever comes after (domain.md E20). Of several
    bookings without a message between them the last counts: at the most the patient is left in peace longer.
    """
    last = _instant(row["last_at"])
    starts = [] if last is None else [last.astimezone(zone).date()]
    booked_on = _day(row["last_booked_on"])
    return starts if booked_on is None else [*starts, booked_on]


_CAPS = (7, 90)
"""Days."""


def history_since(now: datetime) -> dict[str, datetime]:
    """The parameters of a ``standing_select`` that was made without an instant."""
    return {f"since_{days}": now - timedelta(days=days) for days in _CAPS}


def written_to(tables: StandingTables) -> ColumnElement[bool]:
    """The contacts of the patient that were messages from us."""
    contact = tables.contact
    return and_(
        contact.c.patient_id == tables.patient.c.id,
        contact.c.direction == "out",
        contact.c.kind.in_([Channel.EMAIL.value, Channel.SMS.value]),
        contact.c.status.in_(_WRITTEN),
    )


def _history(tables: StandingTables, purpose: Purpose, now: datetime | None) -> list[ColumnElement[object]]:
    """What was written before.

    The caps count marketing of every purpose and channel.
    """
    contact, written = tables.contact, written_to(tables)
    marketing = contact.c.category.in_(sorted(each.value for each in MARKETING))

    def since(days: int) -> ColumnElement[object]:
        name = f"since_{days}"
        # The same statement either way: the value is in it, or comes with each asking.
        start = bindparam(
            name, history_since(now)[name] if now else None, UtcDateTime(), required=now is None
        )
        counted = and_(written, marketing, contact.c.at > start)
        query = select(func.count()).select_from(contact).where(counted)
        return query.correlate(tables.patient).scalar_subquery().label(f"sent_{days}")

    last = (
        select(func.max(contact.c.at))
        .where(written, contact.c.category == purpose.value)
        .correlate(tables.patient)
        .scalar_subquery()
        .label("last_at")
    )
    return [*(since(days) for days in _CAPS), last]


def _day(value: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    return date.fromisoformat(str(value))


def _instant(value: object) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value))
