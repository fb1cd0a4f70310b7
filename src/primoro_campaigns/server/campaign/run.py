"""One send of a campaign."""

from dataclasses import dataclass
from datetime import date, datetime

COUNTS = ("recipients", "planned", "claimed", "sent", "failed", "skipped", "unknown")
"""The columns of a campaign that hold its account: all its runs together, without the rows that were
replaced.
"""


@dataclass(frozen=True)
class RunRow:
    """One send of a campaign: what was approved, when it is due, and how far it is.

    ``state``: scheduled, sending, paused, completed, cancelled. ``only_not_reached``: its recipients are
    those whom the campaign's earlier runs certainly did not reach.
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
    only_not_reached: bool
    frozen_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True)
class LiveRow:
    """A campaign that is live. ``looked_on`` is the day for which it was last asked who newly fits."""

    id: str
    revision: int
    fingerprint: str
    content: str
    approved_by: str
    look_at: datetime
    looked_on: date | None
