"""The present state of consent, put right from its entries."""

from collections.abc import Mapping
from typing import NamedTuple

from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.server.consent import store
from primoro_campaigns.server.consent.replay import present_state
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.storage.synced import Room


class PutRight(NamedTuple):
    """Rows that ``rebuild`` had to put right; all zero when the present state was what the entries say."""

    restrictions: int
    permissions: int


def rebuild(uow: UnitOfWork) -> PutRight:
    """Derive the present state from the entries and put right what differs.

    That is nothing, unless a row was damaged. Rows that no entry speaks of (an import brought them) stay.
    """
    state = present_state(store.entries(uow.connection))
    restrictions = _rebuild_restrictions(uow, state.restrictions, state.once_restricted)
    permissions = 0
    standing = {
        (each.patient_id, each.channel, each.purpose): each for each in store.permissions(uow.connection)
    }
    for key, row in state.permissions.items():
        found = standing.get(key)
        if found is None or found.state is not row.state:
            permissions += 1
            store.put_permission(uow.connection, row)
            holder = store.holder(uow.connection, row.patient_id)
            if holder is not None:
                uow.changes.touched(Room.PERMISSION, store.permission_id(*key), [holder.location_id])
    return PutRight(restrictions, permissions)


def _rebuild_restrictions(
    uow: UnitOfWork,
    wanted: Mapping[tuple[str, Purpose], store.RestrictionRow],
    spoken_of: set[tuple[str, Purpose]],
) -> int:
    put_right = 0
    standing = {(each.patient_id, each.purpose) for each in store.restrictions(uow.connection)}
    for key in (wanted.keys() - standing) | ((standing & spoken_of) - wanted.keys()):
        put_right += 1
        holder = store.holder(uow.connection, key[0])
        if holder is None:
            continue
        if key in wanted:
            store.add_restriction(uow.connection, wanted[key])
            uow.changes.touched(Room.RESTRICTION, store.restriction_id(*key), [holder.location_id])
        else:
            store.drop_restriction(uow.connection, *key)
            uow.changes.gone(Room.RESTRICTION, store.restriction_id(*key), [holder.location_id])
    return put_right
