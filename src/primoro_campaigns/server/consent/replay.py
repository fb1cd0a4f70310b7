"""The present state of consent, worked out from its entries alone."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.server.consent.store import Entry, PermissionRow, RestrictionRow


@dataclass
class PresentState:
    """``once_restricted`` holds every patient and purpose that any entry speaks of, in force or not.

    ``suppressed`` are kinds and keyed hashes.
    """

    restrictions: dict[tuple[str, Purpose], RestrictionRow] = field(default_factory=dict)
    once_restricted: set[tuple[str, Purpose]] = field(default_factory=set)
    permissions: dict[tuple[str, Channel, Purpose], PermissionRow] = field(default_factory=dict)
    suppressed: set[tuple[str, str]] = field(default_factory=set)


def present_state(entries: Iterable[Entry]) -> PresentState:
    """What the entries, in the order they were written, add up to."""
    state = PresentState()
    for entry in entries:
        match entry.what:
            case "restriction_set":
                key = (entry.patient_id, Purpose(entry.purpose))
                state.once_restricted.add(key)
                state.restrictions[key] = RestrictionRow(*key, entry.at, entry.source, entry.by_name)
            case "restriction_lifted":
                key = (entry.patient_id, Purpose(entry.purpose))
                state.once_restricted.add(key)
                state.restrictions.pop(key, None)
            case "permission_set" | "soft_opt_in":
                _set_permission(state.permissions, entry)
            case "suppressed":
                state.suppressed.add((entry.state, entry.subject))
            case "suppression_lifted":
                state.suppressed.discard((entry.state, entry.subject))
            case "erased":
                _erase(state, entry.patient_id)
    return state


def _set_permission(permissions: dict[tuple[str, Channel, Purpose], PermissionRow], entry: Entry) -> None:
    key = (entry.patient_id, Channel(entry.channel), Purpose(entry.purpose))
    permission, before = PermissionState(entry.state), permissions.get(key)
    # What the soft opt-in promised to honour ends it; a yes, or not knowing any more, does not.
    soft = entry.what == "soft_opt_in" or (before is not None and before.soft_opt_in)
    permissions[key] = PermissionRow(
        *key,
        permission,
        entry.at,
        entry.source,
        entry.by_name,
        entry.why,
        entry.wording,
        soft and permission is not PermissionState.OPTED_OUT,
    )


def _erase(state: PresentState, patient_id: str) -> None:
    for purpose in Purpose:
        state.restrictions.pop((patient_id, purpose), None)
        for channel in Channel:
            state.permissions.pop((patient_id, channel, purpose), None)
