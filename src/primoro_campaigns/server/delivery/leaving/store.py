"""SQL about what is leaving, to whom and where to."""

from collections.abc import Collection

from sqlalchemy import BindParameter, Connection, bindparam, func, select

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.server.delivery.tables import delivery, is_claimed
from primoro_campaigns.server.patient.tables import patient

_CLAIMED = delivery.c.state == DeliveryState.CLAIMED.value
_IDS: BindParameter[str] = bindparam("ids", expanding=True)

_LEAVING = select(delivery.c.id).where(delivery.c.patient_id.in_(_IDS), _CLAIMED).limit(1)
_LEAVING_FOR = select(delivery.c.stands_for).where(is_claimed, delivery.c.stands_for != "")
_HOLD = (
    select(patient.c.id).where(patient.c.id.in_(_IDS)).order_by(patient.c.id).with_for_update(key_share=True)
)
_STILL = select(patient.c.id).where(patient.c.id.in_(_IDS)).with_for_update(read=True, skip_locked=True)
_TAKEN = (
    select(delivery.c.id)
    .where(
        delivery.c.run_id == bindparam("run_id"),
        delivery.c.id != bindparam("line_id"),
        delivery.c.state.in_(
            [
                DeliveryState.PLANNED.value,
                DeliveryState.CLAIMED.value,
                DeliveryState.SENT.value,
                DeliveryState.UNKNOWN.value,
            ]
        ),
        delivery.c.channel == bindparam("channel"),
        func.lower(delivery.c.address) == func.lower(bindparam("address")),
    )
    .limit(1)
)


def is_leaving(connection: Connection, patient_ids: Collection[str]) -> bool:
    """Whether a message to one of these patients, or to a guardian on their behalf, is claimed and has no
    outcome yet.
    """
    if connection.execute(_LEAVING, {"ids": list(patient_ids)}).first() is not None:
        return True
    return any(
        not set(patient_ids).isdisjoint(stands_for.split())
        for stands_for in connection.execute(_LEAVING_FOR).scalars()
    )


def keep_still(connection: Connection, patient_ids: Collection[str]) -> set[str]:
    """Those of the patients whom nobody else is changing; they stay as they are until the commit.

    Who records a no holds the patient's row until it is committed (PostgreSQL). Passing over such a row, a
    claim neither overlooks the no nor waits for it. On SQLite nobody else writes meanwhile.
    """
    if connection.dialect.name != "postgresql":
        return set(patient_ids)
    return set(connection.execute(_STILL, {"ids": list(patient_ids)}).scalars())


def hold(connection: Connection, patient_ids: Collection[str]) -> None:
    """Wait for these patients and keep them until the commit, before any campaign.

    In one order, so that two workers that have both just written to the same people do not wait for each
    other (PostgreSQL). On SQLite nobody else writes meanwhile.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_HOLD, {"ids": list(patient_ids)}).all()


def is_taken(connection: Connection, run_id: str, line_id: str, channel: Channel, address: str) -> bool:
    """Whether another line of this run went, is going or will go to the address. One that waits for a rest to
    end has no address yet.
    """
    asked = {"run_id": run_id, "line_id": line_id, "channel": channel.value, "address": address}
    return connection.execute(_TAKEN, asked).first() is not None
