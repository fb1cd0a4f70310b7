"""What a person did here and the server has not taken yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from primoro_campaigns.domain.ids import EventId


class EventKind(StrEnum):
    """What a person did at a desk: ``wire.sync.EventKind`` without loading pydantic; a test holds them
    equal.
    """

    RESTRICT = "consent.restrict"
    PERMIT = "consent.permit"
    DRAFT_SAVE = "campaign.draft_save"
    DRAFT_DELETE = "campaign.draft_delete"
    DRAFT_TAKE_OVER = "campaign.draft_take_over"
    SUBMIT = "campaign.submit"
    APPROVE = "campaign.approve"
    PAUSE = "campaign.pause"
    RESUME = "campaign.resume"
    CANCEL = "campaign.cancel"
    DECIDE_DOUBT = "delivery.decide_doubt"
    RESEND = "campaign.resend"
    MATCH_CALL = "call.match"
    IGNORE_CALL = "call.ignore"
    HANDLE_REPLY = "reply.handle"


class PendingState(StrEnum):
    """``WAITING``: never sent. ``SENT``: sent, no answer yet. ``APPLIED``: its effect is still to be
    pulled.

    ``REFUSED`` and ``CONFLICT``: the server said no; kept until the person has seen it.
    """

    WAITING = "waiting"
    SENT = "sent"
    APPLIED = "applied"
    REFUSED = "refused"
    CONFLICT = "conflict"


IN_FORCE = frozenset({PendingState.WAITING, PendingState.SENT, PendingState.APPLIED})
"""Events whose effect the screens show, though the server's copy does not have it."""


@dataclass(frozen=True)
class Seen:
    """What was known here when a withdrawal was taken back, as ``wire.sync.Seen``."""

    cursor: int
    own: tuple[str, ...] = ()


@dataclass(frozen=True)
class PendingEvent:
    """``payload`` is the JSON object of the kind's wire model. ``about`` names the patient or campaign, in
    lists. ``seen`` is None but for what takes a withdrawal of consent back.

    ``title``, ``advice`` and ``code`` are the server's, once it said no.
    """

    event_id: EventId
    kind: EventKind
    made_at: datetime
    payload: Mapping[str, object]
    about: str = ""
    by_name: str = ""
    state: PendingState = PendingState.WAITING
    attempts: int = 0
    title: str = ""
    advice: str = ""
    code: str = ""
    seen: Seen | None = None
