"""How fast messages may leave: a bucket of tokens that fills as time passes.

A bucket is one instant, ``full_at``: when it will be full again. That is all there is to keep, so a limit
survives a restart.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class RateLimit:
    """At most ``per_minute`` messages within any minute, spread out but for a small burst."""

    per_minute: int

    def __post_init__(self) -> None:
        if self.per_minute < 1:
            raise ValueError("a limit lets something through")

    @property
    def burst(self) -> int:
        """What may go at once after a pause: the size of the bucket."""
        return max(1, self.per_minute // 10)

    @property
    def reserve(self) -> int:
        """Tokens that marketing leaves in the bucket, so that a service message need not wait (EM9)."""
        return self.burst // 5

    @property
    def spacing(self) -> timedelta:
        """How long it takes until there is one token more."""
        return _MINUTE / max(1, self.per_minute - self.burst)

    def free(self, full_at: datetime | None, now: datetime, reserve: int = 0) -> int:
        """How many may go now."""
        if full_at is None or full_at <= now:
            return self.burst - reserve
        missing = -((now - full_at) // self.spacing)
        return max(0, self.burst - reserve - missing)

    def take(self, full_at: datetime | None, now: datetime, count: int) -> datetime:
        """The bucket after ``count`` went."""
        return max(full_at or now, now) + count * self.spacing

    def free_at(self, full_at: datetime | None, now: datetime, reserve: int = 0) -> datetime:
        """When the next one may go; ``now`` when that is at once."""
        if self.free(full_at, now, reserve):
            return now
        return (full_at or now) - (self.burst - reserve - 1) * self.spacing
