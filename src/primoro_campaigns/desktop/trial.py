"""Test messages, as screens ask for them: asked of the server at once, and never kept."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from primoro_campaigns.domain.campaign.model import Content


@dataclass(frozen=True)
class OwnAddresses:
    """Where this person has test messages sent, or empty."""

    email: str
    mobile: str


@dataclass(frozen=True)
class TrialTold:
    """``sent`` when the provider took it; ``words`` are the server's."""

    sent: bool
    words: str


class Trials(Protocol):
    """Call on the network lane. Raises ``UnreachableError``, ``RefusedError``, ``SignedOutError``."""

    def own_addresses(self) -> OwnAddresses: ...

    def send(self, provider_id: str, address: str, content: "Content | None" = None) -> TrialTold:
        """Waits until the provider has answered. ``content`` is what a campaign says, None for a message that
        only says that it is a test.
        """
        ...
