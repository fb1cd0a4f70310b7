"""A reply: what somebody wrote to us that no program understands, until a person has dealt with it."""

from collections.abc import Mapping
from enum import StrEnum


class ReplyState(StrEnum):
    UNREAD = "unread"
    HANDLED = "handled"


REPLY_WORDS: Mapping[ReplyState, str] = {
    ReplyState.UNREAD: "Unread",
    ReplyState.HANDLED: "Handled",
}
