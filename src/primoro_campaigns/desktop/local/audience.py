"""Selections over the cache by the shared audience compiler, and the consent gate over them.

Loads SQLAlchemy, for its compiler only: it is imported in the second stage of the start (``late.py``).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import FromClause, and_, false, or_, select, table, true
from sqlalchemy import column as sql_column

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.practice import read_policy
from primoro_campaigns.domain.audience.rule import Group, Path
from primoro_campaigns.domain.campaign.model import CHANNELS, Content
from primoro_campaigns.domain.channel.choose import channels_of
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.delivery.explanation import Explained, explained
from primoro_campaigns.domain.delivery.plan import Candidate, Planned, Skipped, plan
from primoro_campaigns.domain.ids import CampaignId, PatientId
from primoro_campaigns.storage import gate_sql
from primoro_campaigns.storage.audience_sql import (
    Condition,
    compile_audience,
    count_rules,
    render_sqlite,
)
from primoro_campaigns.storage.not_reached_sql import not_reached
from primoro_campaigns.storage.patient_facts import facts_of
from primoro_campaigns.storage.standing_sql import (
    StandingRules,
    StandingTables,
    candidate_of,
    guardians,
    standing_select,
)
from primoro_campaigns.storage.synced import SYNCED, Room

if TYPE_CHECKING:
    import sqlite3

_A_FETCH = 500

Stop = Callable[[], bool] | None


def _table(room: Room) -> FromClause:
    return table(room.value, *(sql_column(each.name, each.type) for each in SYNCED[room]()))


_PATIENT, _PRACTITIONER = _table(Room.PATIENT), _table(Room.PRACTITIONER)
_RECIPIENT = _table(Room.RECIPIENT)
_RESTRICTION_NOW = table("restriction_now", sql_column("patient_id"), sql_column("purpose"))
_PERMISSION_NOW = table("permission_now", *map(sql_column, ("patient_id", "channel", "purpose", "state")))
_STANDING = StandingTables(_PATIENT, _table(Room.RESTRICTION), _table(Room.PERMISSION), _table(Room.CONTACT))


@dataclass(frozen=True)
class Counts:
    """``left_out`` are those of the audience who object; ``matching`` and the shares are without them."""

    everybody: int
    matching: int
    left_out: int
    shares: tuple[tuple[Path, int], ...]


def count(database: Database, content: Content, today: date, stopped: Stop) -> Counts:
    """Everybody in scope, the audience, and each rule's own share by its path."""
    within = _within(content.location_ids)
    counts = count_rules(content.audience, today, _PATIENT, _PRACTITIONER, within, _objects(content))
    statement, values = render_sqlite(counts.statement)
    with database.read(stopped) as connection:
        everybody, matching, left_out, *shares = map(int, connection.execute(statement, values).fetchone())
    return Counts(everybody, matching, left_out, tuple(zip(counts.paths, shares, strict=True)))


def _objects(content: Content) -> Condition:
    """Who said no to this purpose, or to each of the channels; what waits here counts already."""
    purpose = content.purpose
    restricted = select(_RESTRICTION_NOW.c.patient_id).where(_RESTRICTION_NOW.c.purpose == purpose.value)
    held = _PERMISSION_NOW.c
    opted_out = [
        _PATIENT.c.id.in_(
            select(held.patient_id).where(
                held.channel == channel.value,
                held.purpose == purpose.value,
                held.state == PermissionState.OPTED_OUT.value,
            )
        )
        for channel in channels_of(content.channel_policy)
    ]
    return or_(_PATIENT.c.id.in_(restricted), and_(*opted_out))


def sample(
    database: Database,
    audience: Group,
    location_ids: Sequence[str],
    today: date,
    page: tuple[int, int],
    stopped: Stop,
) -> list[PatientId]:
    """Members of the audience by family name; ``page`` is how many, from which one on."""
    limit, offset = page
    statement, values = render_sqlite(
        select(_PATIENT.c.id)
        .where(compile_audience(audience, today, _PATIENT, _PRACTITIONER), *_only(location_ids))
        .order_by(sql_column("place"))
        .limit(limit)
        .offset(offset)
    )
    with database.read(stopped) as connection:
        return [PatientId(str(patient_id)) for (patient_id,) in connection.execute(statement, values)]


def review(
    database: Database,
    content: Content,
    today: date,
    now: datetime,
    zone: ZoneInfo,
    stopped: Stop,
    again: CampaignId | None = None,
) -> Iterator[Planned | Skipped]:
    """The gate's answer for every member of the audience, restrictions and permissions that wait here
    counted in.

    By family name, those first who do not get it. Rests, caps and what else the practice decided are those
    that the server told last. ``today`` and ``zone`` are the practice's. With ``again`` it is asked about
    those whom this campaign has not reached, whatever the rules say.
    """
    if again is None:
        condition = compile_audience(content.audience, today, _PATIENT, _PRACTITIONER)
    else:
        left = select(_RECIPIENT.c.patient_id).where(not_reached(_RECIPIENT, again))
        condition = _PATIENT.c.id.in_(left)
    for only in _only(content.location_ids):
        condition &= only
    with database.read(stopped) as connection:
        gate = _Gate(connection, content, now, zone)
        yield from plan(
            gate.decided(condition, today),
            content.channel_policy,
            now,
            today,
            gate.policy.frequency,
            # Sent again, it goes to those who have a line, and a guardian who was to get it has one.
            guardians=None if again else lambda: gate.among(guardians(_PATIENT, condition, today)),
        )


def explain(
    database: Database, content: Content, patient_id: PatientId, today: date, now: datetime, zone: ZoneInfo
) -> Explained | None:
    """Why one patient is in or out, by the functions that decide about everybody; None when the record is
    gone.
    """
    asked = select(_PATIENT, _PRACTITIONER.c.name.label("practitioner_name")).join_from(
        _PATIENT, _PRACTITIONER, _PRACTITIONER.c.id == _PATIENT.c.practitioner_id, isouter=True
    )
    statement, values = render_sqlite(asked.where(_PATIENT.c.id == patient_id))
    with database.read(None) as connection:
        row = next(_rows(connection.execute(statement, values)), None)
        if row is None:
            return None
        names = dict(
            connection.execute("SELECT id, name FROM practitioner UNION ALL SELECT id, name FROM location")
        )
        gate = _Gate(connection, content, now, zone)
        (candidate,) = gate.among(_PATIENT.c.id == patient_id)
    practitioner = row["practitioner_name"]
    facts = facts_of(row, None if practitioner is None else str(practitioner))
    return explained(content, facts, candidate, names, now, today, gate.policy.frequency)


class _Gate:
    """What the gate is asked about the patients of one campaign, restrictions and permissions that wait here
    counted in.
    """

    def __init__(
        self, connection: "sqlite3.Connection", content: Content, now: datetime, zone: ZoneInfo
    ) -> None:
        sms_ready: dict[str, object] = dict(
            connection.execute("SELECT id, sms_ready FROM location").fetchall()
        )
        policy = read_policy(connection)
        self._ready = {
            Channel.EMAIL: true() if policy.email_ready else false(),
            Channel.SMS: _PATIENT.c.location_id.in_(sorted(each for each, on in sms_ready.items() if on)),
        }
        self.policy = policy
        self._connection = connection
        self._content = content
        self._now = now
        self._rules = StandingRules(
            zone=zone,
            ready=lambda channel, location_id: (
                policy.email_ready if channel is Channel.EMAIL else bool(sms_ready.get(location_id))
            ),
            soft_opt_in_allowed=policy.soft_opt_in_allowed,
            reset_months=policy.reset_months(content.purpose),
            excluded_patient_ids=frozenset(content.excluded_patient_ids),
        )
        self._waiting = _Waiting(connection, content.purpose)

    def among(self, wanted: Condition) -> Iterator[Candidate]:
        """By family name."""
        purpose, channels = self._content.purpose, channels_of(self._content.channel_policy)
        asked = standing_select(_STANDING, wanted, purpose, channels, self._now)
        statement, values = render_sqlite(asked.order_by(sql_column("place")))
        for row in _rows(self._connection.execute(statement, values)):
            yield self._waiting.over(candidate_of(row, purpose, channels, self._rules))

    def decided(self, wanted: Condition, today: date) -> Iterator[Candidate | Skipped]:
        """By family name, those first who do not get it; the gate in SQL spares them the questions."""
        content = self._content
        channels = CHANNELS[content.channel_policy]
        asking = gate_sql.Asking(
            content.purpose,
            channels,
            self._now,
            today,
            self.policy.frequency,
            self._rules,
            {each: self._ready[each] for each in channels},
        )
        asked = gate_sql.gate_select(_STANDING, wanted, asking)
        rows = self._connection.execute(*render_sqlite(asked.order_by(sql_column("place"))))
        yield from gate_sql.decided(
            rows, asking, content.channel_policy, self._candidates_of, self._waiting.patient_ids
        )

    def _candidates_of(self, patient_ids: Sequence[str]) -> Iterator[Candidate]:
        return self.among(_PATIENT.c.id.in_(patient_ids))


class _Waiting:
    """What was recorded here of consent and has not arrived: a few rows, laid over the server's."""

    def __init__(self, connection: "sqlite3.Connection", purpose: Purpose) -> None:
        self._purpose = purpose
        self._restricted: dict[str, bool] = {
            str(patient_id): bool(on)
            for patient_id, on in connection.execute(
                'SELECT patient_id, "on" FROM overlay_restriction WHERE purpose = ?', (purpose.value,)
            )
        }
        self._permitted: dict[tuple[str, str], PermissionState] = {
            (str(patient_id), str(channel)): PermissionState(state)
            for patient_id, channel, state in connection.execute(
                "SELECT patient_id, channel, state FROM overlay_permission WHERE purpose = ?",
                (purpose.value,),
            )
        }

    @property
    def patient_ids(self) -> frozenset[str]:
        return frozenset(self._restricted).union(each for each, _ in self._permitted)

    def over(self, candidate: Candidate) -> Candidate:
        patient_id = candidate.member.patient_id
        restricted = self._restricted.get(patient_id)
        standings = dict(candidate.standings)
        for channel in candidate.standings:
            permission = self._permitted.get((patient_id, channel.value))
            if restricted is not None:
                restrictions = frozenset({self._purpose}) if restricted else frozenset[Purpose]()
                standings[channel] = replace(standings[channel], restrictions=restrictions)
            if permission is not None:
                standings[channel] = replace(standings[channel], permission=permission)
        return replace(candidate, standings=standings)


def _within(location_ids: Sequence[str]) -> Condition | None:
    return _PATIENT.c.location_id.in_(list(location_ids)) if location_ids else None


def _only(location_ids: Sequence[str]) -> list[Condition]:
    within = _within(location_ids)
    return [] if within is None else [within]


def _rows(cursor: "sqlite3.Cursor") -> Iterator[dict[str, object]]:
    names = [each[0] for each in cursor.description]
    while part := cursor.fetchmany(_A_FETCH):
        for row in part:
            yield dict(zip(names, row, strict=True))
