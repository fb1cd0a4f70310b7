"""SQL about withdrawals that somebody who wants to take one back may not know of."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, select

from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.server.consent.tables import consent_entry
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.storage.synced import Room


def was_seen_from(connection: Connection, patient_id: str, location_ids: Iterable[str]) -> bool:
    """Whether the patient's record ever was at one of these locations."""
    statement = select(change.c.seq).where(
        change.c.room == Room.PATIENT.value,
        change.c.entity_id == patient_id,
        change.c.location_id.in_(list(location_ids)),
    )
    return connection.execute(statement.limit(1)).first() is not None


def unseen(
    connection: Connection,
    patient_id: str,
    purpose: Purpose,
    channel: Channel | None,
    cursor: int,
    own: Iterable[str],
) -> bool:
    """Whether a restriction, or an opt-out of ``channel``, was recorded after change number ``cursor``.

    ``own`` are ids of entries that count as seen. The number of an entry is that of its Contact entry, which
    has the same id: it is given out in the order of the commits, whatever any clock says.
    """
    numbered = consent_entry.join(
        change, and_(change.c.room == Room.CONTACT.value, change.c.entity_id == consent_entry.c.id)
    )
    statement = (
        select(consent_entry.c.id)
        .select_from(numbered)
        .where(
            _about(patient_id, purpose, channel),
            change.c.seq > cursor,
            consent_entry.c.id.not_in(list(own)),
        )
    )
    return connection.execute(statement.limit(1)).first() is not None


def recorded_after(
    connection: Connection,
    patient_id: str,
    purpose: Purpose,
    channel: Channel | None,
    at: datetime,
    but_by: str,
) -> bool:
    """Whether a restriction, or an opt-out of ``channel``, was recorded later by anybody but ``but_by``."""
    mine = func.coalesce(consent_entry.c.by_user_id, "") == but_by
    statement = select(consent_entry.c.id).where(
        _about(patient_id, purpose, channel), consent_entry.c.at > at, ~mine
    )
    return connection.execute(statement.limit(1)).first() is not None


def _about(patient_id: str, purpose: Purpose, channel: Channel | None) -> ColumnElement[bool]:
    if channel is None:
        what = consent_entry.c.what == "restriction_set"
    else:
        what = and_(
            consent_entry.c.what == "permission_set",
            consent_entry.c.channel == channel.value,
            consent_entry.c.state == PermissionState.OPTED_OUT.value,
        )
    return and_(consent_entry.c.patient_id == patient_id, consent_entry.c.purpose == purpose.value, what)
