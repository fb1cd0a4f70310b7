"""The hours in which a practice writes to its patients."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

GRACE = timedelta(hours=24)
"""A send later than this after its time is not made without asking (domain.md Q5)."""

_SEARCH_DAYS = 400


@dataclass(frozen=True)
class SendWindow:
    """From ``opens`` (inclusive) to ``closes`` (exclusive) on the practice's own clock (domain.md Q1, Q3).

    ``closed_weekdays`` count Monday as 0; ``holidays`` are days at the practice. A window over midnight is
    refused.
    """

    zone: tzinfo
    opens: time = time(10)
    closes: time = time(18)
    closed_weekdays: frozenset[int] = frozenset()
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError("a send window opens before it closes, on the same day")
        if not self.closed_weekdays < frozenset(range(7)):
            raise ValueError("a send window is open on one day of the week at least")

    def today(self, instant: datetime) -> date:
        """Which day it is at the practice."""
        return _aware(instant).astimezone(self.zone).date()

    def is_open(self, instant: datetime) -> bool:
        """True when something may be sent by itself at this instant."""
        return self.closing(instant) is not None

    def next_opening(self, instant: datetime) -> datetime:
        """The instant itself while the window is open, else the next one at which it opens, in UTC.

        Raises ValueError when every day of the coming year is a holiday.
        """
        day = self.today(instant)
        for ahead in range(_SEARCH_DAYS):
            hours = self._hours(day + timedelta(days=ahead))
            if hours is not None and instant < hours[1]:
                return max(hours[0], instant.astimezone(UTC))
        raise ValueError("the send window does not open again")

    def opens_for(self, day: date) -> datetime:
        """When the window opens on ``day``, in UTC; after a closed day, when it opens next."""
        return self.next_opening(datetime.combine(day, time.min, self.zone))

    def next_day(self, instant: datetime) -> datetime:
        """When the window opens next on a later day at the practice than that of the instant, in UTC."""
        return self.opens_for(self.today(instant) + timedelta(days=1))

    def closing(self, instant: datetime) -> datetime | None:
        """When the window that is open at the instant closes, in UTC; None while it is closed."""
        hours = self._hours(self.today(instant))
        return hours[1] if hours is not None and hours[0] <= instant < hours[1] else None

    def _hours(self, day: date) -> tuple[datetime, datetime] | None:
        """When the window opens and closes on a day, in UTC; None on a closed day.

        A time that the clock skips in spring falls as much later, one that it shows twice is the first of the
        two. Where the clock skips the whole window, or its end, nothing of it is left.
        """
        if day.weekday() in self.closed_weekdays or day in self.holidays:
            return None
        opens = datetime.combine(day, self.opens, self.zone).astimezone(UTC)
        closes = datetime.combine(day, self.closes, self.zone).astimezone(UTC)
        return (opens, closes) if opens < closes else None


def is_late(due_at: datetime, now: datetime, grace: timedelta = GRACE) -> bool:
    """True when a person has to be asked before this is still sent (domain.md Q5)."""
    return _aware(now) - _aware(due_at) > grace


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a send window needs an aware instant")
    return instant
