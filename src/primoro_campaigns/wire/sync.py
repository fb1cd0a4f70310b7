"""Snapshot, rounds of events and changes, checks."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, Field, JsonValue

WIRE_VERSION = 1
"""Raised when an older desktop can no longer understand the server.

A desktop says so in words and keeps what it has.
"""

Cell = str | int | float | bool | None
"""A value of a row: days and instants travel as ISO 8601 text."""


class EventKind(StrEnum):
    """What a person did at a desk."""

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
    RESEND = "campaign.resend"
    DECIDE_DOUBT = "delivery.decide_doubt"
    MATCH_CALL = "call.match"
    IGNORE_CALL = "call.ignore"
    HANDLE_REPLY = "reply.handle"


class Seen(BaseModel):
    """What the desktop knew when somebody opted a patient in again.

    The server's changes up to ``cursor``, and ``own``: withdrawals recorded there that were still on their
    way (ids of events).
    """

    cursor: int = Field(ge=0)
    own: list[str] = Field(default=[], max_length=200)


class Event(BaseModel):
    """One act.

    ``id`` is made on the desktop, sorts by time, and is the idempotency key. ``payload`` is the model of its
    kind. ``seen`` comes with what takes a withdrawal of consent back.
    """

    id: str = Field(min_length=36, max_length=36)
    kind: str = Field(max_length=40)
    made_at: datetime
    payload: dict[str, JsonValue]
    seen: Seen | None = None


class Answer(BaseModel):
    """What became of an event. ``refused`` and ``conflict`` carry words for the person who made it."""

    event_id: str
    outcome: Literal["applied", "refused", "conflict"]
    title: str = ""
    advice: str = ""
    code: str = ""


class RowBatch(BaseModel):
    """Rows of one room:

    ``columns`` names what each array holds, ``seq`` first. ``gone_ids`` vanished from this person's view.
    """

    room: str
    columns: list[str]
    rows: list[list[Cell]]
    gone_ids: list[str] = []


class Check(BaseModel):
    """What the desktop must hold of a room after this round: how many rows, and the sum of their ``seq``."""

    room: str
    count: int
    seq_sum: int


class Round(BaseModel):
    """Up: events in order.

    Down: changes after ``cursor``. ``verify`` asks for checks when the answer is complete.
    """

    device_id: str
    cursor: int = Field(ge=0)
    events: list[Event] = Field(default=[], max_length=200)
    verify: bool = False
    limit: int = Field(default=2000, ge=1, le=10000)


class RoundAnswer(BaseModel):
    """``more`` says that further changes wait: ask again from ``cursor``.

    ``scope`` changes when the person's locations change.
    """

    answers: list[Answer]
    batches: list[RowBatch]
    cursor: int
    more: bool
    scope: str
    server_time: datetime
    checks: list[Check] | None = None


class Snapshot(BaseModel):
    """A prepared copy of everything this person may see, as of ``cursor``, in ``chunks`` parts that can be
    fetched in any order.
    """

    snapshot_id: str
    cursor: int
    chunks: int
    rows: int
    scope: str
    server_time: datetime
