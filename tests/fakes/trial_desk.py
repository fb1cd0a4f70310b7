"""The server's side of test messages, as the test sets it."""

from dataclasses import dataclass, field

from primoro_campaigns.desktop.trial import OwnAddresses, TrialTold
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.errors import PrimoroError


@dataclass
class TrialDesk:
    """The server's side of test messages: ``told`` is its answer, ``error`` its refusal."""

    own: OwnAddresses = field(default_factory=lambda: OwnAddresses("", ""))
    told: TrialTold = field(default_factory=lambda: TrialTold(True, "It is on its way."))
    error: PrimoroError | None = None
    asked: list[tuple[str, str]] = field(default_factory=list)
    contents: list[Content | None] = field(default_factory=list)

    def own_addresses(self) -> OwnAddresses:
        if self.error is not None:
            raise self.error
        return self.own

    def send(self, provider_id: str, address: str, content: Content | None = None) -> TrialTold:
        self.asked.append((provider_id, address))
        self.contents.append(content)
        if self.error is not None:
            raise self.error
        return self.told
