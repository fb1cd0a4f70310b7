"""The hours in which a practice writes to its patients."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

GRACE = timedelta(hours=24)
"""A send later than this after its time is not made without asking (domain.md Q5)."""

_SEARCH_DAYS = 400


@dataclass(frozen=True)
class SendWindow:
    """From ``opens`` (inclusive) to ``closes`` (exclusive) on the practice's own clock (domain.md Q1, Q3).

    ``closed_weekdays`` count Monday as 0; ``holidays`` are days at the practice. A window over midnight is
    refused. It is open whenever the practice's clock shows a time within it, and never else: an hour that the
    clock skips in spring is simply missing, one that it shows twice in autumn is in or out both times.
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
            for opens, closes in self._spells(day + timedelta(days=ahead)):
                if instant < closes:
                    return max(opens, instant.astimezone(UTC))
        raise ValueError("the send window does not open again")

    def opens_for(self, day: date) -> datetime:
        """When the window opens on ``day``, in UTC; after a closed day, when it opens next."""
        return self.next_opening(datetime.combine(day, time.min, self.zone))

    def next_day(self, instant: datetime) -> datetime:
        """When the window opens next on a later day at the practice than that of the instant, in UTC."""
        return self.opens_for(self.today(instant) + timedelta(days=1))

    def closing(self, instant: datetime) -> datetime | None:
        """When the window that is open at the instant closes, in UTC; None while it is closed."""
        spells = self._spells(self.today(instant))
        return next((closes for opens, closes in spells if opens <= instant < closes), None)

    def _spells(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """From when to when it is open on a day, in UTC; none on a closed day, more than one only where the
        clock goes back over its beginning or its end.
        """
        if day.weekday() in self.closed_weekdays or day in self.holidays:
            return ()
        begins, ends = self._instant(day, time.min), self._instant(day + timedelta(days=1), time.min)
        if self._offset(begins) == self._offset(ends):
            return ((self._instant(day, self.opens), self._instant(day, self.closes)),)
        edges = {begins, ends, self._change(begins, ends)}
        edges |= {self._instant(day, each, fold) for each in (self.opens, self.closes) for fold in (0, 1)}
        found: list[tuple[datetime, datetime]] = []
        for start, end in pairwise(sorted(edges)):
            local = start.astimezone(self.zone)
            if local.date() != day or not self.opens <= local.time() < self.closes:
                continue
            if found and found[-1][1] == start:
                start = found.pop()[0]
            found.append((start, end))
        return tuple(found)

    def _instant(self, day: date, at: time, fold: int = 0) -> datetime:
        return datetime.combine(day, at.replace(fold=fold), self.zone).astimezone(UTC)

    def _offset(self, instant: datetime) -> timedelta | None:
        return instant.astimezone(self.zone).utcoffset()

    def _change(self, before: datetime, after: datetime) -> datetime:
        """The instant between the two at which the clock is changed, to the second."""
        offset = self._offset(before)
        while after - before > timedelta(seconds=1):
            middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
            if self._offset(middle) == offset:
                before = middle
            else:
                after = middle
        return after


def is_late(due_at: datetime, now: datetime, grace: timedelta = GRACE) -> bool:
    """True when a person has to be asked before this is still sent (domain.md Q5)."""
    return _aware(now) - _aware(due_at) > grace


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("a send window needs an aware instant")
    return instant
