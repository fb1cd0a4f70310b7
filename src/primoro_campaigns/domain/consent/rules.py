"""The consent gate. ``clear`` is the only maker of ``Cleared``, and nothing may be sent without one.

The gate is asked when a send is planned and again in each claim (domain.md L08). Its reasons come in three
groups, in a fixed order, and the first that holds is the answer:

1. the person, the same on every channel: deceased, archived, inactive*, under 18*, restricted, excluded by
   hand;
2. the channel: opted out, suppressed, no address, landline, invalid address, unknown*, channel not ready;
3. only for now (the patient is held, not lost): booked*, resting*, frequency cap*.

Those with a star concern marketing only. An important notification therefore passes a restriction on
promotions, an unknown permission, rest and caps, but never a suppression, a death or a missing address
(domain.md L11). What a patient objected to comes before what is merely missing, so that an objection is never
shown as something to repair.
"""

from dataclasses import InitVar, dataclass
from datetime import date, datetime
from typing import NoReturn, final

from primoro_campaigns.domain.consent.model import MARKETING, Channel, PermissionState, Purpose, Refusal
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.age import is_minor
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy

ABOUT_THE_PERSON: frozenset[Refusal] = frozenset(
    {
        Refusal.DECEASED,
        Refusal.ARCHIVED,
        Refusal.INACTIVE,
        Refusal.UNDER_18,
        Refusal.RESTRICTED,
        Refusal.EXCLUDED_BY_HAND,
    }
)
"""Reasons that hold on every channel: another channel is not tried."""

HELD: frozenset[Refusal] = frozenset({Refusal.BOOKED, Refusal.RESTING, Refusal.FREQUENCY_CAP})
"""Reasons that pass with time: the patient is held, not lost."""

WAITS: frozenset[Refusal] = frozenset({Refusal.RESTING, Refusal.FREQUENCY_CAP})
"""Of these, those after which the same message is still wanted: who has booked has done what it asks for."""


@dataclass(frozen=True)
class Standing:
    """All that the gate asks about one patient, one channel and one purpose.

    ``address`` is the e-mail address, or the mobile number in E.164. ``restrictions`` are all purposes the
    patient restricted; the gate looks at its own alone. ``permission`` and ``soft_opt_in`` (complete
    evidence, domain.md L02) are those for this channel and purpose; ``soft_opt_in_allowed`` is the practice's
    policy. ``resting_until`` is the first day on which this purpose may be sent again. The counts are
    marketing messages to this patient on any channel. ``booked`` means booked since the campaign began to
    address the patient.
    """

    patient_id: PatientId
    channel: Channel
    purpose: Purpose
    status: PatientStatus
    born_on: date | None
    address: str | None
    address_state: AddressState
    permission: PermissionState
    restrictions: frozenset[Purpose] = frozenset()
    suppressed: bool = False
    soft_opt_in: bool = False
    soft_opt_in_allowed: bool = False
    booked: bool = False
    resting_until: date | None = None
    sent_last_7_days: int = 0
    sent_last_90_days: int = 0
    excluded_by_hand: bool = False
    channel_ready: bool = True


class _Seal:
    """What ``Cleared`` asks of its maker. There is one, and it does not leave this module."""


_SEAL = _Seal()


@final
@dataclass(frozen=True)
class Cleared:
    """Leave to write to one patient, on one channel, for one purpose, at one address.

    Only ``clear`` can make one. ``dataclasses.replace`` is refused too, so an address cannot be changed
    afterwards.
    """

    patient_id: PatientId
    channel: Channel
    purpose: Purpose
    address: str
    moment: datetime
    seal: InitVar[_Seal]

    def __post_init__(self, seal: _Seal) -> None:
        if seal is not _SEAL:
            raise TypeError("only domain.consent.rules.clear makes a Cleared")

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("Cleared cannot be derived from")


@dataclass(frozen=True)
class Refused:
    """Why this patient is not written to on this channel.

    ``until`` is the day a rest ends, where it is known.
    """

    patient_id: PatientId
    channel: Channel
    reason: Refusal
    until: date | None = None

    @property
    def held(self) -> bool:
        """True when the same question may be answered differently another day."""
        return self.reason in HELD

    @property
    def about_the_person(self) -> bool:
        """True when every other channel would be refused for the same reason."""
        return self.reason in ABOUT_THE_PERSON


def objection(minor: Standing) -> Refusal | None:
    """What a minor's own file holds against writing to the guardian in the minor's place (domain.md L20)."""
    if minor.purpose in minor.restrictions:
        return Refusal.RESTRICTED
    if minor.excluded_by_hand:
        return Refusal.EXCLUDED_BY_HAND
    if minor.permission is PermissionState.OPTED_OUT:
        return Refusal.OPTED_OUT
    return Refusal.BOOKED if minor.booked else None


def clear(standing: Standing, moment: datetime, today: date, policy: FrequencyPolicy) -> Cleared | Refused:
    """May we write? ``moment`` is the aware instant of asking, ``today`` the day it is at the practice."""
    if moment.tzinfo is None:
        raise ValueError("the gate needs an aware instant")
    reason = _refusal(standing, today, policy)
    if reason is not None:
        until = standing.resting_until if reason is Refusal.RESTING else None
        return Refused(standing.patient_id, standing.channel, reason, until)
    if not standing.address:
        raise AssertionError("the gate let a missing address through")
    return Cleared(standing.patient_id, standing.channel, standing.purpose, standing.address, moment, _SEAL)


def _refusal(standing: Standing, today: date, policy: FrequencyPolicy) -> Refusal | None:
    marketing = standing.purpose in MARKETING
    reason = _about_the_person(standing, today, marketing) or _about_the_channel(standing, marketing)
    if reason is None and marketing:
        reason = _for_now(standing, today, policy)
    return reason


def _about_the_person(standing: Standing, today: date, marketing: bool) -> Refusal | None:
    if standing.status is PatientStatus.DECEASED:
        return Refusal.DECEASED
    if standing.status is PatientStatus.ARCHIVED:
        return Refusal.ARCHIVED
    if marketing and standing.status is PatientStatus.INACTIVE:
        return Refusal.INACTIVE
    if marketing and is_minor(standing.born_on, today):
        return Refusal.UNDER_18
    if standing.purpose in standing.restrictions:
        return Refusal.RESTRICTED
    if standing.excluded_by_hand:
        return Refusal.EXCLUDED_BY_HAND
    return None


_ADDRESS_REFUSALS = {
    AddressState.NONE: Refusal.NO_ADDRESS,
    AddressState.LANDLINE: Refusal.LANDLINE,
    AddressState.INVALID: Refusal.INVALID_ADDRESS,
}


def _about_the_channel(standing: Standing, marketing: bool) -> Refusal | None:
    if standing.permission is PermissionState.OPTED_OUT:
        return Refusal.OPTED_OUT
    if standing.suppressed:
        return Refusal.SUPPRESSED
    if not standing.address:
        return Refusal.NO_ADDRESS
    if standing.address_state is not AddressState.OK:
        return _ADDRESS_REFUSALS[standing.address_state]
    if marketing and standing.permission is PermissionState.UNKNOWN and not _soft_opt_in_holds(standing):
        return Refusal.UNKNOWN
    if not standing.channel_ready:
        return Refusal.CHANNEL_NOT_READY
    return None


def _soft_opt_in_holds(standing: Standing) -> bool:
    """PECR reg.

    22(3): evidence for this patient and channel, and a practice that chose to rely on it (domain.md L02).
    """
    return standing.soft_opt_in and standing.soft_opt_in_allowed


def _for_now(standing: Standing, today: date, policy: FrequencyPolicy) -> Refusal | None:
    if standing.booked:
        return Refusal.BOOKED
    if standing.resting_until is not None and today < standing.resting_until:
        return Refusal.RESTING
    if policy.reached(standing.sent_last_7_days, standing.sent_last_90_days):
        return Refusal.FREQUENCY_CAP
    return None
