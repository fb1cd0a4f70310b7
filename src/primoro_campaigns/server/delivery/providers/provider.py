"""What the worker knows of a provider: it takes cleared messages and says what became of each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

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
class Letter:
    """One e-mail. ``content`` is the whole message with CRLF line ends; ``message_id`` its Message-ID."""

    cleared: Cleared
    sender: str
    message_id: str
    content: bytes


@dataclass(frozen=True)
class Text:
    """One text message. The provider reports what became of it to ``status_address``, if there is one."""

    cleared: Cleared
    sender: str
    body: str
    status_address: str


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


class TextProvider(Protocol):
    """Sends texts. Never raises for what may happen to a message or a connection."""

    def send(self, texts: Sequence[Text], brake: Brake = released) -> Sequence[Result]:
        """One result for each text, in order. Those that ``brake`` held back are ``Away``."""
        ...

    def close(self) -> None: ...
