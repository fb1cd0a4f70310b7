"""Why one patient gets a campaign or does not: the rules, and the gate's answer on each channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from primoro_campaigns.domain.audience.evaluate import Explanation, explain
from primoro_campaigns.domain.audience.facts import PatientFacts
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.channel.choose import Chosen, NoChannel, channels_of, choose
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.consent.rules import Cleared, Refused, clear
from primoro_campaigns.domain.delivery.plan import Candidate
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy


@dataclass(frozen=True)
class Explained:
    """``within``: belongs to a location that the campaign is for.

    ``answers`` are the gate's by channel, in the order in which the channels are tried; ``choice`` is what
    follows from them. Who shares an address with whom is left aside: that is known of all together.
    """

    within: bool
    rules: Explanation
    answers: Mapping[Channel, Cleared | Refused]
    choice: Chosen | NoChannel

    @property
    def is_in(self) -> bool:
        """Whether the campaign selects this patient."""
        return self.within and self.rules.is_in


def explained(
    content: Content,
    facts: PatientFacts,
    candidate: Candidate,
    names: Mapping[str, str],
    now: datetime,
    today: date,
    frequency: FrequencyPolicy,
) -> Explained:
    """``names`` are those of practitioners and locations, by id. ``today`` is the practice's."""
    channels = channels_of(content.channel_policy, candidate.preferred)
    answers = {each: clear(candidate.standings[each], now, today, frequency) for each in channels}
    return Explained(
        within=not content.location_ids or facts.location_id in content.location_ids,
        rules=explain(content.audience, facts, today, names),
        answers=answers,
        choice=choose(content.channel_policy, candidate.preferred, answers),
    )
