"""Which act leads a campaign from which state to which (decisions.md, "Campaign")."""

from collections.abc import Mapping
from enum import StrEnum

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.campaign.model import STATE_WORDS, Kind, State
from primoro_campaigns.domain.errors import ConflictError


class Act(StrEnum):
    """What is done to a campaign. Whoever may approve approves by submitting: both acts at once, one record.

    ``start``, ``complete`` and ``fail`` are the server's own.
    """

    SUBMIT = "submit"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    EDIT = "edit"
    RESEND = "resend"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    COMPLETE = "complete"
    FAIL = "fail"


ACT_WORDS: Mapping[Act, str] = {
    Act.SUBMIT: "submitted",
    Act.SEND_BACK: "sent back",
    Act.APPROVE: "approved",
    Act.EDIT: "changed",
    Act.RESEND: "sent again",
    Act.START: "started",
    Act.PAUSE: "paused",
    Act.RESUME: "resumed",
    Act.CANCEL: "cancelled",
    Act.COMPLETE: "completed",
    Act.FAIL: "failed",
}

ACT_RIGHTS: Mapping[Act, Right] = {
    Act.SUBMIT: Right.DRAFT,
    Act.SEND_BACK: Right.APPROVE,
    Act.APPROVE: Right.APPROVE,
    Act.EDIT: Right.DRAFT,
    Act.RESEND: Right.APPROVE,
    Act.PAUSE: Right.MANAGE,
    Act.RESUME: Right.MANAGE,
    Act.CANCEL: Right.MANAGE,
}
"""The right that a person needs for an act. The server's own acts are not in it."""

GOES_LIVE = frozenset({Kind.ONGOING, Kind.JOURNEY})
"""The kinds that go live instead of being scheduled and sent once."""

# An act on a state that is not here is refused. EDIT of a completed campaign makes a new revision, and
# the old run stays as it was sent; EDIT of what waits or is scheduled takes the approval away.
_ALWAYS: Mapping[tuple[State, Act], State] = {
    (State.DRAFT, Act.SUBMIT): State.PENDING_APPROVAL,
    (State.DRAFT, Act.EDIT): State.DRAFT,
    (State.PENDING_APPROVAL, Act.EDIT): State.DRAFT,
    (State.PENDING_APPROVAL, Act.SEND_BACK): State.DRAFT,
    (State.PENDING_APPROVAL, Act.CANCEL): State.CANCELLED,
    (State.PAUSED, Act.CANCEL): State.CANCELLED,
    (State.PAUSED, Act.COMPLETE): State.COMPLETED,
    (State.COMPLETED, Act.EDIT): State.DRAFT,
}
_SENT_ONCE: Mapping[tuple[State, Act], State] = {
    (State.PENDING_APPROVAL, Act.APPROVE): State.SCHEDULED,
    (State.SCHEDULED, Act.EDIT): State.DRAFT,
    (State.SCHEDULED, Act.START): State.SENDING,
    (State.SCHEDULED, Act.PAUSE): State.PAUSED,
    (State.SCHEDULED, Act.CANCEL): State.CANCELLED,
    (State.SCHEDULED, Act.FAIL): State.FAILED,
    (State.SENDING, Act.PAUSE): State.PAUSED,
    (State.SENDING, Act.CANCEL): State.CANCELLED,
    (State.SENDING, Act.COMPLETE): State.COMPLETED,
    (State.SENDING, Act.FAIL): State.FAILED,
    (State.COMPLETED, Act.RESEND): State.SCHEDULED,
}
_GOING_ON: Mapping[tuple[State, Act], State] = {
    (State.PENDING_APPROVAL, Act.APPROVE): State.LIVE,
    (State.LIVE, Act.PAUSE): State.PAUSED,
    (State.LIVE, Act.CANCEL): State.CANCELLED,
    (State.LIVE, Act.COMPLETE): State.COMPLETED,
    (State.LIVE, Act.FAIL): State.FAILED,
    (State.PAUSED, Act.RESUME): State.LIVE,
    (State.PAUSED, Act.EDIT): State.DRAFT,
}
# A one-off that is paused: before its recipients were frozen it is scheduled again, afterwards it sends on.
# Its words cannot change any more then, because some patients have them already.
_PAUSED_UNSENT: Mapping[tuple[State, Act], State] = {
    (State.PAUSED, Act.RESUME): State.SCHEDULED,
    (State.PAUSED, Act.EDIT): State.DRAFT,
}
_PAUSED_BEGUN: Mapping[tuple[State, Act], State] = {(State.PAUSED, Act.RESUME): State.SENDING}


class NotNowError(ConflictError):
    """The act does not fit the state the campaign is in."""

    def __init__(self, state: State, act: Act) -> None:
        super().__init__(
            f"A campaign that is “{STATE_WORDS[state]}” cannot be {ACT_WORDS[act]}.",
            _ADVICE.get(
                (state, act),
                "Nothing was changed. Look at the campaign again: somebody may have been quicker.",
            ),
            "campaign.not_now",
        )


_LOOK_AGAIN = "Nothing was changed. Look at the campaign again: somebody may have been quicker."
_ADVICE: Mapping[tuple[State, Act], str] = {
    (
        State.SENDING,
        Act.EDIT,
    ): "Nothing was changed. Pause it first to stop the messages that are still waiting.",
    (State.LIVE, Act.EDIT): "Nothing was changed. Pause it first, then change it.",
    (State.PAUSED, Act.EDIT): (
        "Nothing was changed. Some patients have this message already: resume it, or cancel the rest and "
        "make a copy."
    ),
    (State.PAUSED, Act.PAUSE): "It is paused already. Nothing is being sent.",
    (State.CANCELLED, Act.EDIT): "Nothing was changed. Make a copy of it and send that.",
    (State.CANCELLED, Act.RESUME): "Nothing was changed. Make a copy of it and send that.",
    (State.FAILED, Act.EDIT): "Nothing was changed. Make a copy of it and send that.",
    (State.COMPLETED, Act.CANCEL): "Nothing was changed. Its messages have been sent.",
}


def move(state: State, act: Act, kind: Kind = Kind.ONE_OFF, *, begun: bool = False) -> State:
    """The state that an act leads to.

    Raises ``NotNowError`` (code ``campaign.not_now``) where it leads nowhere. ``begun`` tells whether
    recipients of the present revision were frozen already; it matters for a paused one-off or newsletter.
    """
    found = _table(kind, begun).get((state, act))
    if found is None:
        raise NotNowError(state, act)
    return found


def acts(state: State, kind: Kind = Kind.ONE_OFF, *, begun: bool = False) -> frozenset[Act]:
    """Every act that fits the state: what a screen offers, the person's rights aside."""
    return frozenset(act for origin, act in _table(kind, begun) if origin is state)


def _table(kind: Kind, begun: bool) -> Mapping[tuple[State, Act], State]:
    if kind in GOES_LIVE:
        return {**_ALWAYS, **_GOING_ON}
    return {**_ALWAYS, **_SENT_ONCE, **(_PAUSED_BEGUN if begun else _PAUSED_UNSENT)}
