"""Who of the audience gets the message, on which channel, and who does not and why.

``plan`` reads its candidates once. Who is refused comes out at once; those whom the gate cleared come out at
the end, when it is known who shares an address with whom. So the memory it takes grows with the patients
cleared, not with the audience.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.channel.choose import Chosen, channels_of, choose
from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Channel, Refusal
from primoro_campaigns.domain.consent.rules import WAITS, Cleared, Refused, Standing, clear
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
    """This patient does not get it, at least not now.

    ``instead`` is who does, where somebody at the same address does. ``until`` is the day a rest ends, where
    it is known.
    """

    patient_id: PatientId
    channel: Channel
    reason: Refusal
    why: str
    instead: PatientId | None = None
    until: date | None = None

    @property
    def waits(self) -> bool:
        """True when the message may still go later, if the campaign's time allows: held, not lost."""
        return self.reason in WAITS


def plan(
    candidates: Iterable[Candidate],
    channel_policy: ChannelPolicy,
    moment: datetime,
    today: date,
    frequency: FrequencyPolicy,
    may_be_shared: Callable[[Channel, str], bool] = lambda _channel, _key: True,
) -> Iterator[Planned | Skipped]:
    """One answer for each candidate: every patient is in exactly once.

    ``may_be_shared`` says of a channel and an ``address_key`` whether several of the candidates may have it;
    the others come out at once, so that the memory this takes grows with the shared addresses alone.

    ``today`` is the day it is at the practice. Of the patients who share an address on a channel, and who may
    all be written to there, one gets the message: the head of the household, else the eldest adult, else the
    lowest id (domain.md L22). The others are skipped and name that one in ``instead``.
    """
    households: dict[tuple[Channel, str], list[tuple[Member, Planned | Skipped]]] = {}
    for candidate in candidates:
        channels = channels_of(channel_policy, candidate.preferred)
        answers = {each: clear(candidate.standings[each], moment, today, frequency) for each in channels}
        choice = choose(channel_policy, candidate.preferred, answers)
        if isinstance(choice, Chosen):
            cleared = choice.cleared
            key = (cleared.channel, address_key(cleared.address))
            planned = Planned(cleared, choice.why)
            if may_be_shared(*key):
                households.setdefault(key, []).append((candidate.member, planned))
            else:
                yield planned
            continue
        answer = answers[choice.channel]
        until = answer.until if isinstance(answer, Refused) and answer.reason is choice.reason else None
        skipped = Skipped(candidate.member.patient_id, choice.channel, choice.reason, choice.why, until=until)
        address = candidate.standings[choice.channel].address
        if skipped.waits and address:
            # Who waits would get it later, at an address that somebody else was written to by then.
            key = (choice.channel, address_key(address))
            if may_be_shared(*key):
                households.setdefault(key, []).append((candidate.member, skipped))
            else:
                yield skipped
        else:
            yield skipped
    for (channel, _), household in households.items():
        yield from _of_household(household, channel, today)


def _of_household(
    household: Sequence[tuple[Member, Planned | Skipped]], channel: Channel, today: date
) -> Iterator[Planned | Skipped]:
    """One answer for each member; those who wait keep their own as long as nobody else gets it now."""
    planned = [each for each in household if isinstance(each[1], Planned)]
    if not planned:
        yield from (answer for _, answer in household)
        return
    first = min(planned, key=lambda each: precedence(each[0], today))
    yield first[1]
    for member, answer in household:
        if answer is not first[1]:
            yield Skipped(
                member.patient_id,
                channel,
                Refusal.SAME_ADDRESS,
                REFUSAL_WORDS[Refusal.SAME_ADDRESS],
                instead=first[0].patient_id,
            )
