"""What a provider said about one message, and what that does to its line in the ledger."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from primoro_campaigns.domain.delivery.model import DeliveryState


@dataclass(frozen=True)
class Sent:
    """The provider took the message and answers for it. ``provider_id`` is its own name for it, or empty."""

    provider_id: str


@dataclass(frozen=True)
class NotSent:
    """The message certainly did not leave.

    ``retry`` when the same attempt may succeed later (SMTP 4xx, HTTP 429).
    """

    retry: bool
    words: str


@dataclass(frozen=True)
class InDoubt:
    """The line broke while the message was handed over: it may have left, and is not sent again."""

    words: str


Outcome = Sent | NotSent | InDoubt

BACKOFF: tuple[timedelta, ...] = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""How long to wait after the first, second … attempt that did not leave.

After the last the message has failed.
"""


@dataclass(frozen=True)
class Settlement:
    """The next state of a claimed line. ``not_before`` is set when it goes back to planned."""

    state: DeliveryState
    words: str = ""
    provider_id: str = ""
    not_before: datetime | None = None


def settle(outcome: Outcome, attempts: int, now: datetime) -> Settlement:
    """What becomes of a claimed line. ``attempts`` counts the one just made, so it is at least 1."""
    if attempts < 1:
        raise ValueError("an outcome needs an attempt")
    match outcome:
        case Sent(provider_id):
            return Settlement(DeliveryState.SENT, provider_id=provider_id)
        case InDoubt(words):
            return Settlement(DeliveryState.UNKNOWN, words)
        case NotSent(retry, words):
            if retry and attempts <= len(BACKOFF):
                return Settlement(DeliveryState.PLANNED, words, not_before=now + BACKOFF[attempts - 1])
            return Settlement(DeliveryState.FAILED, words)
