"""What one patient wants and does not want, for whoever shows it or gives a copy of it."""

from typing import NamedTuple

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.server.consent import store

Way = tuple[Channel, Purpose]


class Standing(NamedTuple):
    """``soft_opt_in`` is the evidence; whether it counts is the practice's policy (domain.md L02)."""

    restricted: frozenset[Purpose]
    opted_out: frozenset[Way]
    opted_in: frozenset[Way]
    soft_opt_in: frozenset[Way]

    def wanted(self, way: Way, *, soft_opt_in_allowed: bool) -> bool:
        """Whether the patient's word lets us write this way; addresses, rest and age are not asked here."""
        _, purpose = way
        if purpose in self.restricted or way in self.opted_out:
            return False
        return way in self.opted_in or (soft_opt_in_allowed and way in self.soft_opt_in)


def standing(connection: Connection, patient_id: str) -> Standing:
    rows = store.permissions_of(connection, patient_id)

    def those(state: PermissionState) -> frozenset[Way]:
        return frozenset((each.channel, each.purpose) for each in rows if each.state is state)

    return Standing(
        frozenset(store.restricted_purposes(connection, patient_id)),
        those(PermissionState.OPTED_OUT),
        those(PermissionState.OPTED_IN),
        frozenset((each.channel, each.purpose) for each in rows if each.soft_opt_in),
    )
