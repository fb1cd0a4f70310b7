"""Where a message goes when its channel has failed, or was refused, after it was chosen (domain.md C25)."""

from collections.abc import Callable
from dataclasses import dataclass

from primoro_campaigns.domain.campaign.model import CHANNELS, FALLS_BACK, ChannelPolicy
from primoro_campaigns.domain.channel.choose import CHANNEL_IN_A_SENTENCE, refusal_in_words
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS, REFUSAL_WORDS, Channel
from primoro_campaigns.domain.consent.rules import WAITS, Cleared, Refused


@dataclass(frozen=True)
class Hop:
    """The message goes on to ``channel``, and why ("SMS: e-mail failed (…)"). The gate is asked once more in
    the claim.
    """

    channel: Channel
    why: str


@dataclass(frozen=True)
class NoHop:
    """There is no channel left. ``why`` says what stood in the way on those behind; empty if none are."""

    why: str = ""


def failed_words(channel: Channel, words: str) -> str:
    """What the provider said of a failure, as a clause."""
    name = CHANNEL_IN_A_SENTENCE[channel].removeprefix("the ")
    return f"{name} failed ({words.rstrip('.')})" if words else f"{name} failed"


def fall_back(
    policy: ChannelPolicy, channel: Channel, because: str, ask: Callable[[Channel], Cleared | Refused]
) -> Hop | NoHop:
    """The first channel behind ``channel`` in the policy's order that the gate opens.

    ``because`` is a clause: what became of ``channel`` ("has opted out of e-mail"). ``ask`` asks the gate of
    one channel. Only ever forward, so that no channel is tried twice. Call it only where the message has
    certainly not left: never for one that is not certain.
    """
    if policy not in FALLS_BACK:
        return NoHop()
    channels = CHANNELS[policy]
    refusals: list[tuple[Channel, str]] = []
    for following in channels[channels.index(channel) + 1 :]:
        answer = ask(following)
        if isinstance(answer, Cleared) or answer.reason in WAITS:
            clauses = [because, *(clause for _, clause in refusals)]
            return Hop(following, f"{CHANNEL_WORDS[following]}: {'; '.join(clauses)}")
        if answer.about_the_person or answer.held:
            return NoHop(REFUSAL_WORDS[answer.reason])
        refusals.append((following, refusal_in_words(following, answer.reason)))
    return NoHop("; ".join(f"{CHANNEL_WORDS[each]}: {clause}" for each, clause in refusals))
