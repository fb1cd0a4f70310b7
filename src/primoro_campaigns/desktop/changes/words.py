"""What a person did, in words."""

from collections.abc import Callable, Mapping

from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.domain.consent.model import (
    CHANNEL_WORDS,
    PERMISSION_WORDS,
    PURPOSE_WORDS,
    Channel,
    PermissionState,
    Purpose,
)
from primoro_campaigns.domain.delivery.doubt import Choice


def what(event: PendingEvent) -> str:
    """ "Restriction set: Newsletters"."""
    return _WHAT[event.kind](event.payload)


def state(event: PendingEvent) -> str:
    """How far it is, for a badge."""
    match event.state:
        case PendingState.WAITING:
            return "Waiting to be sent"
        case PendingState.SENT:
            return "Sent, not answered yet"
        case PendingState.CONFLICT:
            return "Changed elsewhere too"
        case PendingState.REFUSED:
            return "Refused"
        case PendingState.APPLIED:
            return "Done"


def _restrict(payload: Mapping[str, object]) -> str:
    done = "set" if payload["on"] is True else "lifted"
    return f"Restriction {done}: {PURPOSE_WORDS[Purpose(str(payload['purpose']))]}"


def _permit(payload: Mapping[str, object]) -> str:
    permission = PERMISSION_WORDS[PermissionState(str(payload["state"]))]
    if payload.get("soft_opt_in") is not None:
        permission = "Soft opt-in"
    channel = CHANNEL_WORDS[Channel(str(payload["channel"]))]
    return f"{permission}: {channel}, {PURPOSE_WORDS[Purpose(str(payload['purpose']))]}"


def _match(payload: Mapping[str, object]) -> str:
    added = payload.get("add_number") is True
    return (
        "Call matched, and its number added to the patient's file" if added else "Call matched to a patient"
    )


def _doubt(payload: Mapping[str, object]) -> str:
    lines = payload["line_ids"]
    amount = len(lines) if isinstance(lines, list) else 0
    messages = f"{amount:,} {'message' if amount == 1 else 'messages'}"
    match Choice(str(payload["choice"])):
        case Choice.ASK:
            return f"Provider asked about {messages} not certain"
        case Choice.SENT:
            return f"Counted as sent: {messages} not certain"
        case Choice.AGAIN:
            return f"To be sent again: {messages} not certain"


_WHAT: Mapping[EventKind, Callable[[Mapping[str, object]], str]] = {
    EventKind.RESTRICT: _restrict,
    EventKind.PERMIT: _permit,
    EventKind.MATCH_CALL: _match,
    EventKind.IGNORE_CALL: lambda _: "Call marked as not from a patient",
    EventKind.HANDLE_REPLY: lambda payload: (
        "Reply put back to unread" if payload.get("handled") is False else "Reply marked as handled"
    ),
    EventKind.DRAFT_SAVE: lambda _: "Draft saved",
    EventKind.DRAFT_DELETE: lambda _: "Draft deleted",
    EventKind.DRAFT_TAKE_OVER: lambda _: "Draft taken over",
    EventKind.SUBMIT: lambda _: "Submitted for approval",
    EventKind.APPROVE: lambda _: "Approved for sending",
    EventKind.PAUSE: lambda _: "Paused",
    EventKind.RESUME: lambda _: "Resumed",
    EventKind.CANCEL: lambda _: "Cancelled",
    EventKind.DECIDE_DOUBT: _doubt,
    EventKind.RESEND: lambda _: "Sent again to those it did not reach",
}
