"""What a person may decide about messages of which nobody knows whether they left."""

from collections.abc import Mapping
from enum import StrEnum

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.consent.model import Channel


class Choice(StrEnum):
    """``ask`` the provider, where it can answer; count as ``sent``; send ``again``."""

    ASK = "ask"
    SENT = "sent"
    AGAIN = "again"


CHOICE_RIGHTS: Mapping[Choice, Right] = {
    Choice.ASK: Right.MANAGE,
    Choice.SENT: Right.MANAGE,
    Choice.AGAIN: Right.APPROVE,
}
"""Whoever has one sent again knows that the patient may get it twice: that is approving a send."""

ANSWERS = frozenset({Channel.SMS})
"""Channels whose provider keeps a list of what it took. A mail server keeps none that we could read."""

MOST_LINES = 500
"""Messages that one decision is about."""
