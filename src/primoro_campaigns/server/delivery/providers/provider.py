"""What the worker knows of a provider: it takes cleared messages and says what became of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from primoro_campaigns.domain.consent.rules import Cleared
from primoro_campaigns.domain.delivery.outcome import Outcome


@dataclass(frozen=True)
class Away:
    """The message certainly did not leave, for a reason that has nothing to do with it.

    The provider cannot be reached, or does not take messages from us at all. ``words`` are for the people at
    the practice. The attempt does not count.
    """

    words: str


@dataclass(frozen=True)
class InUse:
    """A provider that the settings name. ``title`` says which, in words; ``channel`` is empty for one that
    carries nothing out.
    """

    id: str
    title: str
    channel: str = ""


@dataclass(frozen=True)
class Letter:
    """One e-mail. ``content`` is the whole message with CRLF line ends; ``message_id`` its Message-ID."""

    cleared: Cleared
    sender: str
    message_id: str
    content: bytes


@dataclass(frozen=True)
class Text:
    """One text message. ``line_id`` is our own name for it, which the provider's reports give back."""

    cleared: Cleared
    sender: str
    body: str
    line_id: str


@dataclass(frozen=True)
class Result:
    """What became of one message.

    ``provider_status`` is the provider's own word. ``opted_out`` says that the provider holds an opt-out of
    this number that we did not know of.
    """

    outcome: Outcome | Away
    provider_status: str = ""
    opted_out: bool = False


Brake = Callable[[], str]
"""Asked before each message: empty when it may leave, else why nothing may leave any more."""


def released() -> str:
    """Nothing holds the messages back."""
    return ""


class MailProvider(Protocol):
    """Sends e-mail. Never raises for what may happen to a message or a connection."""

    def send(self, letters: Sequence[Letter], brake: Brake = released) -> Sequence[Result]:
        """One result for each letter, in order. Those that ``brake`` held back are ``Away``."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Question:
    """Did you take a text from ``sender`` to ``number`` between these instants?"""

    sender: str
    number: str
    earliest: datetime
    latest: datetime


@dataclass(frozen=True)
class Found:
    """The provider has it, under this name."""

    provider_id: str
    status: str


@dataclass(frozen=True)
class Missing:
    """The provider answers for it that there is no such message."""


@dataclass(frozen=True)
class NoAnswer:
    """The provider could not be asked, or its answer leaves it open."""


LookedUp = Found | Missing | NoAnswer


class TextProvider(Protocol):
    """Sends texts. Never raises for what may happen to a message or a connection."""

    def send(self, texts: Sequence[Text], brake: Brake = released) -> Sequence[Result]:
        """One result for each text, in order. Those that ``brake`` held back are ``Away``."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class Answers(Protocol):
    """A provider that can be asked afterwards what it took."""

    def look_up(self, question: Question) -> LookedUp:
        """What became of a text of which we do not know."""
        ...
