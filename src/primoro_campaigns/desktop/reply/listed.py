"""The list of replies: its filters, and the pages of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from primoro_campaigns.desktop.kit.rows import KeptSource
from primoro_campaigns.desktop.kit.worklist import ALL, Filter
from primoro_campaigns.desktop.local.replies import ReplyRow
from primoro_campaigns.desktop.reply.words import sender_words
from primoro_campaigns.domain.ids import ReplyId
from primoro_campaigns.domain.reply.model import ReplyState

Dialled = Callable[[str], str]
"""A number in E.164 as people here dial it. Slow the first time: call on a working thread."""


FILTERS = (
    Filter(
        "unread",
        "Unread",
        frozenset({ReplyState.UNREAD}),
        "Every reply is dealt with.\nChoose “All” to see them.",
    ),
    Filter("handled", "Handled", frozenset({ReplyState.HANDLED}), "No reply is marked as handled yet."),
    Filter(ALL, "All", frozenset(ReplyState), ""),
)
BY_KEY: Mapping[str, Filter[ReplyState]] = {each.key: each for each in FILTERS}


@dataclass(frozen=True)
class ListedReply:
    """``sender`` is who wrote, in words."""

    reply: ReplyRow
    sender: str


class ReplyLists(Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def page(
        self, limit: int, offset: int, states: frozenset[ReplyState], also: frozenset[ReplyId]
    ) -> Sequence[ReplyRow]: ...

    def count(self, states: frozenset[ReplyState], also: frozenset[ReplyId]) -> int: ...


def listed(row: ReplyRow, dialled: Dialled) -> ListedReply:
    number = dialled(row.from_address) if row.channel == "sms" and row.from_address else ""
    return ListedReply(row, sender_words(row, number))


class ReplySource(KeptSource[ListedReply, ReplyId]):
    """The pages of one filter, latest reply first."""

    def __init__(self, replies: ReplyLists, states: frozenset[ReplyState], dialled: Dialled) -> None:
        super().__init__(
            lambda also: replies.count(states, also),
            lambda limit, offset, also: [
                listed(row, dialled) for row in replies.page(limit, offset, states, also)
            ],
        )
