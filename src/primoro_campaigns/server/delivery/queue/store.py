"""SQL of the queue.

Every statement here is made once: making one anew costs several times what the database needs to answer it,
and these are asked for every twenty messages.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Integer,
    RowMapping,
    Text,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.server.campaign.tables import campaign, campaign_run
from primoro_campaigns.server.database.rows import by_column, for_each, given, taken_in_turn
from primoro_campaigns.server.delivery.queue.tables import bucket, heartbeat, lease
from primoro_campaigns.server.delivery.tables import delivery, is_claimed, is_planned
from primoro_campaigns.storage.types import UtcDateTime


@dataclass(frozen=True)
class Line:
    """One patient's line of a run, as the worker needs it."""

    id: str
    campaign_id: str
    run_id: str
    patient_id: str
    location_id: str
    channel: Channel
    address: str
    state: DeliveryState
    attempts: int
    stands_for: tuple[str, ...]


LINE = (
    delivery.c.id,
    delivery.c.campaign_id,
    delivery.c.run_id,
    delivery.c.patient_id,
    delivery.c.location_id,
    delivery.c.channel,
    delivery.c.address,
    delivery.c.state,
    delivery.c.attempts,
    delivery.c.stands_for,
)


def line_of(values: RowMapping) -> Line:
    return Line(
        id=values["id"],
        campaign_id=values["campaign_id"],
        run_id=values["run_id"],
        patient_id=values["patient_id"],
        location_id=values["location_id"],
        channel=Channel(values["channel"]),
        address=values["address"],
        state=DeliveryState(values["state"]),
        attempts=values["attempts"],
        stands_for=tuple(values["stands_for"].split()),
    )


_CLAIMED = DeliveryState.CLAIMED.value
_NOW = bindparam("now", type_=UtcDateTime())

_marketing = case((campaign.c.purpose == Purpose.IMPORTANT.value, 0), else_=1)
_NEXT_RUN = (
    select(campaign_run.c.id, campaign.c.purpose)
    .join(campaign, campaign.c.id == campaign_run.c.campaign_id)
    .where(
        campaign_run.c.state == "sending",
        exists().where(
            delivery.c.run_id == campaign_run.c.id,
            is_planned,
            delivery.c.channel == bindparam("channel"),
            delivery.c.not_before <= _NOW,
        ),
    )
    .order_by(_marketing, campaign_run.c.due_at, campaign_run.c.id)
    .limit(1)
)


def next_run(connection: Connection, channel: Channel, now: datetime) -> tuple[str, Purpose] | None:
    """The run that has a line due on ``channel``: important notices before marketing, then the older one."""
    row = connection.execute(_NEXT_RUN, {"channel": channel.value, "now": now}).first()
    return None if row is None else (row.id, Purpose(row.purpose))


_DUE = (
    select(*LINE)
    .where(
        delivery.c.run_id == bindparam("run_id"),
        delivery.c.channel == bindparam("channel"),
        is_planned,
        delivery.c.not_before <= _NOW,
    )
    .order_by(delivery.c.not_before, delivery.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)


def due_lines(connection: Connection, run_id: str, channel: Channel, now: datetime, most: int) -> list[Line]:
    """Locked for this unit of work; lines that another worker is claiming are passed over (PostgreSQL)."""
    asked = {"run_id": run_id, "channel": channel.value, "now": now, "most": most}
    return [line_of(row._mapping) for row in connection.execute(_DUE, asked)]


@dataclass(frozen=True)
class ToClaim:
    """A line that leaves now. ``token_hash`` is None where the message has no way out."""

    line_id: str
    address: str
    token_hash: str | None
    provider: str


def _claiming(values: Mapping[str, ColumnElement[Any]]) -> Update:
    return (
        update(delivery)
        .where(delivery.c.id == values["line_id"])
        .values(
            state=_CLAIMED,
            detail="",
            address=values["new_address"],
            claimed_by=bindparam("worker"),
            claimed_at=_NOW,
            lease_until=bindparam("until", type_=UtcDateTime()),
            token_hash=values["new_token_hash"],
            provider=values["new_provider"],
        )
    )


_TO_CLAIM: Mapping[str, TypeEngine[Any]] = {
    "line_id": Text(),
    "new_address": Text(),
    "new_token_hash": Text(),
    "new_provider": Text(),
}
_CLAIM_EACH = _claiming(taken_in_turn(_TO_CLAIM))
_CLAIM_ALL = _claiming(given(_TO_CLAIM))


def claim_lines(
    connection: Connection, lines: Sequence[ToClaim], worker: str, now: datetime, until: datetime
) -> None:
    """Only for lines that ``due_lines`` locked."""
    if not lines:
        return
    common = {"worker": worker, "now": now, "until": until}
    rows = [
        {
            "line_id": line.line_id,
            "new_address": line.address,
            "new_token_hash": line.token_hash,
            "new_provider": line.provider,
        }
        for line in lines
    ]
    if connection.dialect.name == "postgresql":
        connection.execute(_CLAIM_ALL, {**by_column(rows), **common})
    else:
        for_each(connection, _CLAIM_EACH, rows, common)


@dataclass(frozen=True)
class Settled:
    """What became of a line. ``message_id`` is the provider's name for it, None to leave it as it is."""

    line_id: str
    state: DeliveryState
    reason: str
    detail: str
    attempts: int
    not_before: datetime
    message_id: str | None
    status: str


def _settling(values: Mapping[str, ColumnElement[Any]]) -> Update:
    status = values["new_status"]
    return (
        update(delivery)
        .where(delivery.c.id == values["line_id"], is_claimed, delivery.c.claimed_by == bindparam("worker"))
        .values(
            state=values["new_state"],
            reason=values["new_reason"],
            detail=values["new_detail"],
            at=_NOW,
            attempts=values["new_attempts"],
            not_before=values["new_not_before"],
            claimed_by=None,
            claimed_at=None,
            lease_until=None,
            provider_message_id=func.coalesce(values["new_message_id"], delivery.c.provider_message_id),
            # What a web hook said meanwhile stays.
            provider_status=case(
                (delivery.c.provider_status == "", status), else_=delivery.c.provider_status
            ),
        )
    )


_TO_SETTLE: Mapping[str, TypeEngine[Any]] = {
    "line_id": Text(),
    "new_state": Text(),
    "new_reason": Text(),
    "new_detail": Text(),
    "new_attempts": Integer(),
    "new_not_before": UtcDateTime(),
    "new_message_id": Text(),
    "new_status": Text(),
}
_SETTLE_EACH = _settling(taken_in_turn(_TO_SETTLE))
_SETTLE_ALL = _settling(given(_TO_SETTLE)).returning(delivery.c.id)
_HELD = select(delivery.c.id).where(
    delivery.c.id.in_(bindparam("line_ids", expanding=True)),
    is_claimed,
    delivery.c.claimed_by == bindparam("worker"),
)


def settle_lines(connection: Connection, lines: Sequence[Settled], worker: str, now: datetime) -> set[str]:
    """Write down what became of those of the lines that ``worker`` still holds. Returns their ids."""
    if not lines:
        return set()
    rows = [
        {
            "line_id": line.line_id,
            "new_state": line.state.value,
            "new_reason": line.reason,
            "new_detail": line.detail,
            "new_attempts": line.attempts,
            "new_not_before": line.not_before,
            "new_message_id": line.message_id,
            "new_status": line.status[:20],
        }
        for line in lines
    ]
    common = {"worker": worker, "now": now}
    if connection.dialect.name == "postgresql":
        return set(connection.execute(_SETTLE_ALL, {**by_column(rows), **common}).scalars())
    asked = {"line_ids": [line.line_id for line in lines], "worker": worker}
    held = set(connection.execute(_HELD, asked).scalars())
    for_each(connection, _SETTLE_EACH, rows, common)
    return held


def postpone(connection: Connection, run_id: str, now: datetime, until: datetime) -> None:
    """Lines of the run that are due wait until the sending hours begin."""
    connection.execute(
        update(delivery)
        .where(
            delivery.c.run_id == run_id,
            is_planned,
            delivery.c.not_before < until,
            delivery.c.not_before <= now,
        )
        .values(not_before=until)
    )


def _waiting(values: Mapping[str, ColumnElement[Any]]) -> Update:
    return (
        update(delivery)
        .where(delivery.c.id == values["line_id"])
        .values(
            not_before=values["new_not_before"],
            detail=func.coalesce(values["new_detail"], delivery.c.detail),
        )
    )


_TO_WAIT: Mapping[str, TypeEngine[Any]] = {
    "line_id": Text(),
    "new_not_before": UtcDateTime(),
    "new_detail": Text(),
}
_WAIT_EACH = _waiting(taken_in_turn(_TO_WAIT))
_WAIT_ALL = _waiting(given(_TO_WAIT))


def let_wait(connection: Connection, lines: Mapping[str, tuple[datetime, str | None]]) -> None:
    """Lines, by id, that are not due before the given time, and what stands beside them (None: as it was)."""
    rows = [
        {"line_id": line_id, "new_not_before": until, "new_detail": detail}
        for line_id, (until, detail) in lines.items()
    ]
    if rows and connection.dialect.name == "postgresql":
        connection.execute(_WAIT_ALL, by_column(rows))
    else:
        for_each(connection, _WAIT_EACH, rows)


_NEXT_DUE = select(func.min(delivery.c.not_before)).where(
    campaign_run.c.id == delivery.c.run_id,
    campaign_run.c.state == "sending",
    is_planned,
    delivery.c.channel == bindparam("channel"),
)


def next_due(connection: Connection, channel: Channel) -> datetime | None:
    """When the next line of a sending run may be claimed."""
    return connection.execute(_NEXT_DUE, {"channel": channel.value}).scalar_one_or_none()


def abandoned_lines(connection: Connection, worker: str, now: datetime) -> list[Line]:
    """Claimed lines of workers other than ``worker`` whose lease has ended.

    On SQLite there is one worker, so any other's are abandoned.
    """
    claimed = and_(is_claimed, delivery.c.claimed_by != worker)
    if connection.dialect.name == "postgresql":
        claimed = and_(claimed, delivery.c.lease_until < now)
    statement = select(*LINE).where(claimed).order_by(delivery.c.id)
    return [line_of(row._mapping) for row in connection.execute(statement.with_for_update(skip_locked=True))]


@cache
def _beat(dialect: str) -> postgresql.Insert | sqlite.Insert:
    build = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = build(heartbeat).values(worker=bindparam("name"), seen_at=_NOW, words="")
    return statement.on_conflict_do_update(index_elements=[heartbeat.c.worker], set_={"seen_at": _NOW})


def beat(connection: Connection, worker: str, now: datetime) -> None:
    """Say that ``worker`` is alive."""
    connection.execute(_beat(connection.dialect.name), {"name": worker, "now": now})


def stop_beating(connection: Connection, worker: str) -> None:
    connection.execute(heartbeat.delete().where(heartbeat.c.worker == worker))
    connection.execute(lease.delete().where(lease.c.holder == worker))


_RENEW: Update = (
    update(lease)
    .where(
        lease.c.name == bindparam("wanted"),
        or_(lease.c.holder == bindparam("worker"), lease.c.until < _NOW),
    )
    .values(holder=bindparam("worker"), until=bindparam("new_until", type_=UtcDateTime()))
)


def hold(connection: Connection, name: str, worker: str, now: datetime, until: datetime) -> bool:
    """Take or renew the lease ``name``. False while another worker has it."""
    values = {"wanted": name, "worker": worker, "now": now, "new_until": until}
    if connection.execute(_RENEW, values).rowcount:
        return True
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = build(lease).values(name=name, holder=worker, until=until).on_conflict_do_nothing()
    return bool(connection.execute(statement).rowcount)


_BUCKETS = (
    select(bucket.c.name, bucket.c.full_at)
    .where(bucket.c.name.in_(bindparam("names", expanding=True)))
    .order_by(bucket.c.name)
    .with_for_update()
)


def buckets(connection: Connection, names: Sequence[str]) -> dict[str, datetime]:
    """When each bucket is full again; one that was never used is left out. Locked."""
    return {row.name: row.full_at for row in connection.execute(_BUCKETS, {"names": sorted(names)})}


@cache
def _fill(dialect: str) -> postgresql.Insert | sqlite.Insert:
    build = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = build(bucket)
    return statement.on_conflict_do_update(
        index_elements=[bucket.c.name], set_={"full_at": statement.excluded.full_at}
    )


def keep_buckets(connection: Connection, full_at: Mapping[str, datetime]) -> None:
    if full_at:
        values = [{"name": name, "full_at": full_at[name]} for name in sorted(full_at)]
        connection.execute(_fill(connection.dialect.name), values)


def forget_full_buckets(connection: Connection, now: datetime) -> None:
    """A full bucket says nothing that a missing one does not."""
    statement: Delete = delete(bucket).where(bucket.c.full_at < now)
    connection.execute(statement)
