"""The account of a run: nobody is lost and nobody is counted twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from primoro_campaigns.domain.consent.model import Refusal
from primoro_campaigns.domain.delivery.model import DeliveryState


@dataclass(frozen=True)
class Account:
    """How a run stands.

    ``recipients`` is frozen when the run is planned; the rest is counted from the ledger.
    """

    recipients: int
    planned: int = 0
    claimed: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: Mapping[Refusal, int] = field(default_factory=dict)

    @property
    def skipped_in_all(self) -> int:
        return sum(self.skipped.values())

    @property
    def waiting(self) -> int:
        """Those that are not settled yet."""
        return self.planned + self.claimed

    @property
    def finished(self) -> bool:
        """True when every recipient has one of the four final states."""
        return self.waiting == 0

    def balances(self) -> bool:
        """recipients = planned + claimed + sent + failed + skipped + unknown, at any moment."""
        settled = self.sent + self.failed + self.skipped_in_all + self.unknown
        return self.recipients == self.waiting + settled


def account_of(
    recipients: int, states: Mapping[DeliveryState, int], skipped: Mapping[Refusal, int]
) -> Account:
    """The account from the ledger's counts by state, with the skipped ones counted by reason as well.

    Raises ValueError when the reasons do not add up to the skipped lines: then a line has no reason.
    """
    if states.get(DeliveryState.SKIPPED, 0) != sum(skipped.values()):
        raise ValueError("the reasons do not add up to the skipped lines")
    return Account(
        recipients=recipients,
        planned=states.get(DeliveryState.PLANNED, 0),
        claimed=states.get(DeliveryState.CLAIMED, 0),
        sent=states.get(DeliveryState.SENT, 0),
        failed=states.get(DeliveryState.FAILED, 0),
        unknown=states.get(DeliveryState.UNKNOWN, 0),
        skipped=dict(skipped),
    )
