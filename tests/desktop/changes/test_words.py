"""What a person did, and how far it is, in words."""

from datetime import UTC, datetime

import pytest

from primoro_campaigns.desktop.changes import words
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.domain.ids import EventId

AT = datetime(2026, 3, 3, 10, tzinfo=UTC)


def event(kind: EventKind, /, **payload: object) -> PendingEvent:
    return PendingEvent(EventId("e"), kind, AT, payload)


def in_state(state: PendingState) -> PendingEvent:
    return PendingEvent(EventId("e"), EventKind.PAUSE, AT, {}, state=state)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (event(EventKind.RESTRICT, purpose="newsletters", on=True), "Restriction set: Newsletters"),
        (
            event(EventKind.RESTRICT, purpose="promotions", on=False),
            "Restriction lifted: Product and service information or promotions",
        ),
        (
            event(EventKind.PERMIT, channel="sms", purpose="newsletters", state="opted_out"),
            "Opted out: SMS, Newsletters",
        ),
        (event(EventKind.MATCH_CALL, add_number=False), "Call matched to a patient"),
        (
            event(EventKind.MATCH_CALL, add_number=True),
            "Call matched, and its number added to the patient's file",
        ),
        (event(EventKind.IGNORE_CALL), "Call marked as not from a patient"),
        (event(EventKind.HANDLE_REPLY, handled=True), "Reply marked as handled"),
        (event(EventKind.HANDLE_REPLY, handled=False), "Reply put back to unread"),
        (event(EventKind.DRAFT_SAVE), "Draft saved"),
        (
            event(EventKind.DECIDE_DOUBT, choice="sent", line_ids=["r1"]),
            "Counted as sent: 1 message not certain",
        ),
        (
            event(EventKind.DECIDE_DOUBT, choice="again", line_ids=["r1", "r2"]),
            "To be sent again: 2 messages not certain",
        ),
        (
            event(EventKind.DECIDE_DOUBT, choice="ask", line_ids=["r1"]),
            "Provider asked about 1 message not certain",
        ),
        (event(EventKind.APPROVE), "Approved for sending"),
    ],
)
def test_what_was_done(made: PendingEvent, told: str) -> None:
    assert words.what(made) == told


@pytest.mark.parametrize("kind", EventKind)
def test_every_kind_of_change_has_words(kind: EventKind) -> None:
    told = words.what(
        event(
            kind,
            purpose="promotions",
            on=True,
            channel="email",
            state="opted_in",
            add_number=False,
            line_ids=["r1"],
            choice="ask",
        )
    )
    assert told[0].isupper()
    assert "." not in told


def test_every_state_has_words_of_its_own() -> None:
    told = [words.state(in_state(state)) for state in PendingState]
    assert len(set(told)) == len(PendingState)
    assert words.state(in_state(PendingState.WAITING)) == "Waiting to be sent"
    assert words.state(in_state(PendingState.CONFLICT)) == "Changed elsewhere too"
