"""Who of the audience gets the message, on which channel, and who does not and why.

``plan`` reads its candidates once. Who is refused comes out at once; those whom the gate cleared come out at
the end, when it is known who shares an address with whom. So the memory it takes grows with the patients
cleared, not with the audience.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.channel.choose import Chosen, channels_of, choose
from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Channel, Refusal
from primoro_campaigns.domain.consent.rules import Cleared, Standing, clear
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.email_address import address_key
from primoro_campaigns.domain.patient.household import Member, precedence
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy


@dataclass(frozen=True)
class Candidate:
    """One patient that the audience's rules selected.

    ``standings`` has one entry for every channel of the campaign's policy.
    """

    member: Member
    preferred: Channel | None
    standings: Mapping[Channel, Standing]


@dataclass(frozen=True)
class Planned:
    """This patient gets the message, at ``cleared.address``."""

    cleared: Cleared
    why: str


@dataclass(frozen=True)
class Skipped:
    """This patient does not get it. ``instead`` is who does, where somebody at the same address does."""

    patient_id: PatientId
    channel: Channel
    reason: Refusal
    why: str
    instead: PatientId | None = None


def plan(
    candidates: Iterable[Candidate],
    channel_policy: ChannelPolicy,
    moment: datetime,
    today: date,
    frequency: FrequencyPolicy,
) -> Iterator[Planned | Skipped]:
    """One answer for each candidate: every patient is in exactly once.

    ``today`` is the day it is at the practice. Of the patients who share an address on a channel, and who may
    all be written to there, one gets the message: the head of the household, else the eldest adult, else the
    lowest id (domain.md L22). The others are skipped and name that one in ``instead``.
    """
    households: dict[tuple[Channel, str], list[tuple[Member, Planned]]] = {}
    for candidate in candidates:
        channels = channels_of(channel_policy, candidate.preferred)
        answers = {each: clear(candidate.standings[each], moment, today, frequency) for each in channels}
        choice = choose(channel_policy, candidate.preferred, answers)
        if isinstance(choice, Chosen):
            cleared = choice.cleared
            key = (cleared.channel, address_key(cleared.address))
            households.setdefault(key, []).append((candidate.member, Planned(cleared, choice.why)))
        else:
            yield Skipped(candidate.member.patient_id, choice.channel, choice.reason, choice.why)
    for household in households.values():
        first, *others = sorted(household, key=lambda each: precedence(each[0], today))
        yield first[1]
        for member, planned in others:
            yield Skipped(
                member.patient_id,
                planned.cleared.channel,
                Refusal.SAME_ADDRESS,
                REFUSAL_WORDS[Refusal.SAME_ADDRESS],
                instead=first[0].patient_id,
            )
