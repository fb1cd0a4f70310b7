"""The states of one patient's message in the ledger."""

from collections.abc import Mapping
from enum import StrEnum


class DeliveryState(StrEnum):
    """planned -> claimed -> sent | failed | skipped | unknown (architecture, "Delivery").

    ``unknown`` is what was in flight when the sender died or the line broke: it may or may not have reached
    the patient, is listed by name, and is never sent again by itself.
    """

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


DELIVERY_WORDS: Mapping[DeliveryState, str] = {
    DeliveryState.PLANNED: "Waiting to be sent",
    DeliveryState.CLAIMED: "Being sent",
    DeliveryState.SENT: "Sent",
    DeliveryState.FAILED: "Failed",
    DeliveryState.SKIPPED: "Not sent",
    DeliveryState.UNKNOWN: "Not certain",
}

UNDELIVERED: frozenset[str] = frozenset({"undelivered", "failed"})
"""What providers say later of a message that was sent and did not arrive."""
