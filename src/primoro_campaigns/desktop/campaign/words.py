"""Words and tones that several campaign pages share."""

from collections.abc import Callable, Mapping
from datetime import datetime

from primoro_campaigns.desktop.kit.token import Tone
from primoro_campaigns.desktop.local.campaigns import CampaignRow, RecipientRow
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.domain.campaign.model import STATE_WORDS, State
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS, REFUSAL_WORDS, Channel
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.patient.phone import as_dialled

STATE_TONES: Mapping[State, Tone] = {
    State.DRAFT: Tone.NEUTRAL,
    State.PENDING_APPROVAL: Tone.WARNING,
    State.SCHEDULED: Tone.INFO,
    State.SENDING: Tone.INFO,
    State.LIVE: Tone.INFO,
    State.PAUSED: Tone.WARNING,
    State.COMPLETED: Tone.SUCCESS,
    State.CANCELLED: Tone.NEUTRAL,
    State.FAILED: Tone.ERROR,
}

_ASKED_WORDS: Mapping[EventKind, str] = {
    EventKind.SUBMIT: "Asked for approval, waiting for the server",
    EventKind.APPROVE: "Approved, waiting for the server",
    EventKind.PAUSE: "Pausing",
    EventKind.RESUME: "Resuming",
    EventKind.CANCEL: "Cancelling",
    EventKind.RESEND: "Sent again, waiting for the server",
}


DECIDED_WORDS: Mapping[Choice, str] = {
    Choice.ASK: "The text gateway is to be asked; waiting for the server.",
    Choice.SENT: "Counted as sent; waiting for the server.",
    Choice.AGAIN: "To be sent again; waiting for the server.",
}
"""What was decided here of a message that is not certain."""


def why_words(recipient: RecipientRow) -> str:
    """Why this became of a patient's message."""
    if recipient.decided is not None:
        return DECIDED_WORDS[recipient.decided]
    if recipient.detail:
        return recipient.detail
    if recipient.reason is not None:
        return REFUSAL_WORDS[recipient.reason]
    return recipient.why_channel


def state_words(row: CampaignRow) -> str:
    """The state, or what was asked of the server and is not answered yet."""
    if row.asked:
        return _ASKED_WORDS.get(row.asked[-1], STATE_WORDS[row.state])
    return STATE_WORDS[row.state]


def state_tone(row: CampaignRow) -> Tone:
    return Tone.WARNING if row.asked else STATE_TONES[row.state]


def channel_words(channel: Channel) -> str:
    """The channel within a sentence: "by e-mail", "by SMS"."""
    words = CHANNEL_WORDS[channel]
    return words if words.isupper() or channel is Channel.WHATSAPP else words[0].lower() + words[1:]


def address_words(channel: Channel | None, address: str) -> str:
    """An address as one writes it: a number as it is dialled here, not as the network has it."""
    return as_dialled(address) if channel is Channel.SMS and address else address


When = Callable[[datetime | None], str]
"""An instant as the practice's clock and calendar show it; empty when there is none."""


def number(amount: int, one: str, many: str) -> str:
    """``1 patient``, ``1,240 patients``."""
    return f"{amount:,} {one if amount == 1 else many}"
