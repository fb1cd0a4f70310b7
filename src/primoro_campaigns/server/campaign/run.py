"""One send of a campaign."""

from dataclasses import dataclass
from datetime import datetime

COUNTS = ("recipients", "planned", "claimed", "sent", "failed", "skipped", "unknown")
"""The columns of a campaign that hold the account of its latest run."""


@dataclass(frozen=True)
class RunRow:
    """One send of a campaign: what was approved, when it is due, and how far it is.

    ``state``: scheduled, sending, paused, completed, cancelled.
    """

    id: str
    campaign_id: str
    revision: int
    fingerprint: str
    content: str
    state: str
    due_at: datetime
    approved_by: str
    approved_at: datetime
    outside_window: bool
    frozen_at: datetime | None
    finished_at: datetime | None
