"""SQL of campaigns and their runs."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from primoro_campaigns.domain.campaign.model import Kind, State
from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.campaign.run import COUNTS, LiveRow, RunRow
from primoro_campaigns.server.campaign.tables import campaign, campaign_run
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.tables import change as mark
from primoro_campaigns.storage.synced import Room


@dataclass(frozen=True)
class CampaignRow:
    """A campaign as it stands. ``content`` is JSON (``wire/campaign.py``)."""

    id: str
    owner_id: str
    owner_name: str
    name: str
    revision: int
    state: State
    kind: Kind
    location_ids: tuple[str, ...]
    content: str
    fingerprint: str
    scheduled_at: datetime | None
    problem: str


@dataclass(frozen=True)
class LocationRow:
    id: str
    name: str
    time_zone: str
    phone: str
    town: str
    sms_ready: bool


# What the worker asks for every twenty messages is made once.
_FIND = select(campaign).where(campaign.c.id == bindparam("campaign_id"))
_FIND_LOCKED = _FIND.with_for_update()


def first_revision(connection: Connection, campaign_id: str) -> int:
    """1. For a draft that was deleted and is saved again, a number that no version of it has had.

    Otherwise an edit of the deleted one would fit the new one, and overwrite what its author never saw.
    """
    known = select(mark.c.seq).where(mark.c.room == Room.CAMPAIGN.value, mark.c.entity_id == campaign_id)
    return 1 if connection.execute(known.limit(1)).first() is None else latest(connection) + 1


def find(connection: Connection, campaign_id: str, *, lock: bool = False) -> CampaignRow | None:
    """With ``lock`` nobody else acts on this campaign until the unit of work ends (PostgreSQL)."""
    statement = _FIND_LOCKED if lock else _FIND
    row = connection.execute(statement, {"campaign_id": campaign_id}).one_or_none()
    if row is None:
        return None
    return CampaignRow(
        row.id,
        row.owner_id,
        row.owner_name,
        row.name,
        row.revision,
        State(row.state),
        Kind(row.kind),
        tuple(json.loads(row.location_ids)),
        row.content,
        row.fingerprint,
        row.scheduled_at,
        row.problem,
    )


def name_taken(connection: Connection, name_key: str, but_id: str) -> bool:
    statement = select(campaign.c.id).where(campaign.c.name_key == name_key, campaign.c.id != but_id)
    return connection.execute(statement).first() is not None


def add(connection: Connection, values: Mapping[str, object]) -> None:
    connection.execute(insert(campaign).values(**values))


def change(connection: Connection, campaign_id: str, values: Mapping[str, object]) -> None:
    connection.execute(update(campaign).where(campaign.c.id == campaign_id).values(**values))


_MOVE: ReturningUpdate[Any] = (
    update(campaign)
    .where(campaign.c.id == bindparam("campaign_id"))
    .values({name: campaign.c[name] + bindparam(f"more_{name}") for name in COUNTS})
    .returning(campaign.c.location_ids, *(campaign.c[name] for name in COUNTS))
)


def move_counts(
    connection: Connection, campaign_id: str, deltas: Mapping[str, int]
) -> Row[tuple[object, ...]]:
    """Add to the counts of the account. Returns the row's locations and counts as they are now."""
    values = {f"more_{name}": deltas.get(name, 0) for name in COUNTS}
    return connection.execute(_MOVE, {"campaign_id": campaign_id, **values}).one()


def remove(connection: Connection, campaign_id: str) -> None:
    connection.execute(delete(campaign).where(campaign.c.id == campaign_id))


def _run(row: Row[tuple[object, ...]]) -> RunRow:
    values = row._mapping
    return RunRow(**{name: values[name] for name in RunRow.__dataclass_fields__})


_LATEST_RUN = (
    select(*campaign_run.c)
    .where(campaign_run.c.campaign_id == bindparam("campaign_id"))
    .order_by(campaign_run.c.id.desc())
    .limit(1)
)
_FIND_RUN = select(*campaign_run.c).where(campaign_run.c.id == bindparam("run_id"))


def latest_run(connection: Connection, campaign_id: str) -> RunRow | None:
    """The run of the last approval. Ids sort by the time they were made."""
    row = connection.execute(_LATEST_RUN, {"campaign_id": campaign_id}).one_or_none()
    return None if row is None else _run(row)


def ever_begun(connection: Connection, campaign_id: str) -> bool:
    """Whether the recipients of any of its runs were ever frozen."""
    statement = select(campaign_run.c.id).where(
        campaign_run.c.campaign_id == campaign_id, campaign_run.c.frozen_at.is_not(None)
    )
    return connection.execute(statement.limit(1)).first() is not None


def find_run(connection: Connection, run_id: str) -> RunRow | None:
    row = connection.execute(_FIND_RUN, {"run_id": run_id}).one_or_none()
    return None if row is None else _run(row)


def runs_in(connection: Connection, states: Iterable[str]) -> list[RunRow]:
    """Runs in any of ``states``, those due first before the others."""
    statement = (
        select(*campaign_run.c)
        .where(campaign_run.c.state.in_(list(states)))
        .order_by(campaign_run.c.due_at, campaign_run.c.id)
    )
    return [_run(row) for row in connection.execute(statement)]


def unfinished_runs(connection: Connection, campaign_id: str) -> list[RunRow]:
    """Runs that are scheduled, sending or paused, the oldest first."""
    statement = (
        select(*campaign_run.c)
        .where(campaign_run.c.campaign_id == campaign_id, campaign_run.c.finished_at.is_(None))
        .order_by(campaign_run.c.id)
    )
    return [_run(row) for row in connection.execute(statement)]


_LIVE = and_(campaign.c.state == State.LIVE.value, campaign.c.look_at.is_not(None))


def live(connection: Connection, due_by: datetime) -> list[LiveRow]:
    """Live campaigns whose next look is due by then, the longest overdue first."""
    statement = select(campaign).where(_LIVE, campaign.c.look_at <= due_by).order_by(campaign.c.look_at)
    names = LiveRow.__dataclass_fields__
    return [
        LiveRow(**{name: row[name] for name in names}) for row in connection.execute(statement).mappings()
    ]


def next_look(connection: Connection) -> datetime | None:
    """When the next look of any live campaign is due."""
    return connection.execute(select(func.min(campaign.c.look_at)).where(_LIVE)).scalar_one_or_none()


def add_run(connection: Connection, run: RunRow) -> None:
    connection.execute(insert(campaign_run).values(**vars(run)))


def change_run(connection: Connection, run_id: str, values: Mapping[str, object]) -> None:
    connection.execute(update(campaign_run).where(campaign_run.c.id == run_id).values(**values))


_ZONES = select(location.c.id, location.c.time_zone).where(location.c.time_zone != bindparam("usual"))


def zones(connection: Connection, usual: str) -> list[tuple[str, str]]:
    """Id and time zone of the locations whose time zone is not the ``usual`` one."""
    return [(row.id, row.time_zone) for row in connection.execute(_ZONES, {"usual": usual})]


def locations(connection: Connection) -> list[LocationRow]:
    rows = connection.execute(select(location).order_by(location.c.id))
    return [LocationRow(row.id, row.name, row.time_zone, row.phone, row.town, row.sms_ready) for row in rows]
