"""How many of an audience would get a message, on which channel, and how many would not and why.

The same answer as ``domain.delivery.plan``, in numbers alone: it needs the gate's reasons, not its leave.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.channel.choose import channels_of, pick
from primoro_campaigns.domain.consent.model import Channel, Refusal
from primoro_campaigns.domain.consent.rules import WAITS
from primoro_campaigns.domain.patient.email_address import address_key


@dataclass(frozen=True)
class Tally:
    """``selected`` is the sum of all the others: everybody is in it once."""

    selected: int
    planned: Mapping[Channel, int]
    skipped: Mapping[Refusal, int]


@dataclass
class Outcome:
    """What one set of the gate's reasons comes to. ``number`` counts the patients who have it.

    ``place`` is the channel's among ``channels_of(policy)``; ``alone`` says that no household is asked about.
    """

    channel: Channel
    reason: Refusal | None
    place: int
    alone: bool
    number: int = 0


class Tallying:
    """Counts patient by patient: ``outcome`` for the reasons (there are a few dozen), then ``add``."""

    def __init__(self, policy: ChannelPolicy) -> None:
        self._policy = policy
        self._channels = channels_of(policy)
        self._outcomes: dict[tuple[Channel | None, tuple[Refusal | None, ...]], Outcome] = {}
        # At each address the first who could have it; a second makes it a household.
        self._first: dict[tuple[Channel, str], Outcome] = {}
        self._households: dict[tuple[Channel, str], list[Outcome]] = {}

    def outcome(self, preferred: Channel | None, reasons: tuple[Refusal | None, ...]) -> Outcome:
        """``reasons`` has the gate's answer for each of ``channels_of(policy)``, None where it is open."""
        known = self._outcomes.get((preferred, reasons))
        if known is None:
            of_channel = dict(zip(self._channels, reasons, strict=True))
            channel, reason = pick(self._policy, preferred, of_channel)
            alone = reason is not None and reason not in WAITS
            known = Outcome(channel, reason, self._channels.index(channel), alone)
            self._outcomes[preferred, reasons] = known
        return known

    def add(self, outcome: Outcome, address: str | None) -> None:
        """One patient more; ``address`` is the one on the outcome's channel."""
        outcome.number += 1
        if outcome.alone or not address:
            return
        key = outcome.channel, address_key(address)
        if key in self._first:
            self._households.setdefault(key, [self._first[key]]).append(outcome)
        else:
            self._first[key] = outcome

    def tally(self) -> Tally:
        """One message per address and channel, as ``plan`` decides it (domain.md L22)."""
        going: Counter[Channel] = Counter()
        skipped: Counter[Refusal] = Counter()
        for outcome in self._outcomes.values():
            if outcome.reason is None:
                going[outcome.channel] += outcome.number
            else:
                skipped[outcome.reason] += outcome.number
        selected = going.total() + skipped.total()
        for (channel, _), household in self._households.items():
            planned = sum(each.reason is None for each in household)
            if not planned:
                continue
            going[channel] -= planned - 1
            skipped[Refusal.SAME_ADDRESS] += len(household) - 1
            skipped.subtract(each.reason for each in household if each.reason is not None)
        return Tally(selected, +going, +skipped)
