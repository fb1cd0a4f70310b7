"""Which channel one patient gets a message on, and why, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from primoro_campaigns.domain.campaign.model import CHANNELS, FALLS_BACK, ChannelPolicy
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS, REFUSAL_WORDS, Channel, Refusal
from primoro_campaigns.domain.consent.rules import ABOUT_THE_PERSON, HELD, Cleared, Refused

CHANNEL_IN_A_SENTENCE: Mapping[Channel, str] = {
    Channel.APP: "the patient app",
    Channel.WHATSAPP: "WhatsApp",
    Channel.SMS: "SMS",
    Channel.EMAIL: "e-mail",
}
_ADDRESS: Mapping[Channel, str] = {
    Channel.APP: "account in the patient app",
    Channel.WHATSAPP: "mobile number",
    Channel.SMS: "mobile number",
    Channel.EMAIL: "e-mail address",
}


@dataclass(frozen=True)
class Chosen:
    """Leave to write, and why on this channel ("SMS: no e-mail address")."""

    cleared: Cleared
    why: str


@dataclass(frozen=True)
class NoChannel:
    """No channel is open.

    ``reason`` is the one to count by, ``why`` tells what stood in the way on each channel.
    """

    channel: Channel
    reason: Refusal
    why: str


def channels_of(policy: ChannelPolicy, preferred: Channel | None = None) -> tuple[Channel, ...]:
    """The channels that a policy may use for this patient, in the order in which they are tried.

    A preference counts under ``preferred`` alone: a fallback has an order of its own.
    """
    channels = CHANNELS[policy]
    if policy is ChannelPolicy.PREFERRED and preferred in channels:
        return (preferred, *(each for each in channels if each is not preferred))
    return channels


def refusal_in_words(channel: Channel, reason: Refusal) -> str:
    """The reason with the channel's own words, as a clause: "no e-mail address", "has opted out of SMS"."""
    name, address = CHANNEL_IN_A_SENTENCE[channel], _ADDRESS[channel]
    match reason:
        case Refusal.NO_ADDRESS:
            return f"no {address}"
        case Refusal.INVALID_ADDRESS:
            return f"the {address} is not valid"
        case Refusal.LANDLINE:
            return "the number is a landline"
        case Refusal.OPTED_OUT:
            return f"has opted out of {name}"
        case Refusal.UNKNOWN:
            return f"has not said yes to {name}"
        case Refusal.SUPPRESSED:
            return f"the {address} must not be used"
        case Refusal.CHANNEL_NOT_READY:
            return f"{name} is not set up yet"
        case _:
            words = REFUSAL_WORDS[reason]
            return words[0].lower() + words[1:]


def choose(
    policy: ChannelPolicy, preferred: Channel | None, answers: Mapping[Channel, Cleared | Refused]
) -> Chosen | NoChannel:
    """One message per patient, on the first channel that the gate cleared (domain.md 2.4, C25).

    ``answers`` holds the gate's answer for every channel of ``channels_of(policy)``: consent is asked channel
    by channel. The next channel is tried when one is missing or refused, not when the refusal is about the
    person.
    """
    refusals: list[Refused] = []
    for channel in channels_of(policy, preferred):
        answer = answers[channel]
        if isinstance(answer, Cleared):
            return Chosen(answer, f"{CHANNEL_WORDS[channel]}: {_why(policy, channel, preferred, refusals)}")
        refusals.append(answer)
        if answer.about_the_person:
            break
    counted = next((each for each in refusals if decides(each.reason)), refusals[0])
    if decides(counted.reason):
        return NoChannel(counted.channel, counted.reason, REFUSAL_WORDS[counted.reason])
    why = "; ".join(
        f"{CHANNEL_WORDS[each.channel]}: {refusal_in_words(each.channel, each.reason)}" for each in refusals
    )
    return NoChannel(counted.channel, counted.reason, why)


def decides(reason: Refusal) -> bool:
    """Whether this refusal is the one to count by, whatever stands in the way on the other channels."""
    return reason in ABOUT_THE_PERSON or reason in HELD


def pick(
    policy: ChannelPolicy, preferred: Channel | None, reasons: Mapping[Channel, Refusal | None]
) -> tuple[Channel, Refusal | None]:
    """The channel and the reason that ``choose`` would come to, where only the gate's reasons are known.

    ``reasons`` holds None for a channel that is open.
    """
    refused: list[tuple[Channel, Refusal]] = []
    for channel in channels_of(policy, preferred):
        reason = reasons[channel]
        if reason is None:
            return channel, None
        refused.append((channel, reason))
        if reason in ABOUT_THE_PERSON:
            break
    return next((each for each in refused if decides(each[1])), refused[0])


def _why(policy: ChannelPolicy, channel: Channel, preferred: Channel | None, refusals: list[Refused]) -> str:
    if refusals:
        return "; ".join(refusal_in_words(each.channel, each.reason) for each in refusals)
    if policy in FALLS_BACK:
        return "the first channel of this campaign"
    if policy is not ChannelPolicy.PREFERRED:
        return "the channel of this campaign"
    if channel is preferred:
        return "the channel this patient prefers"
    return "no preference on file"
