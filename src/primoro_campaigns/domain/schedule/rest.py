"""Rest and frequency: a patient who was written to, or who booked, is left in peace for a while."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class FrequencyPolicy:
    """How many marketing messages one patient may get in any 7 and any 90 days. 0 switches that limit off.

    The defaults are those of decisions.md, "Rest and frequency".
    """

    most_in_7_days: int = 1
    most_in_90_days: int = 4

    def __post_init__(self) -> None:
        if self.most_in_7_days < 0 or self.most_in_90_days < 0:
            raise ValueError("a frequency limit cannot be negative")

    def reached(self, sent_last_7_days: int, sent_last_90_days: int) -> bool:
        """True when one more message would go over a limit."""
        return (0 < self.most_in_7_days <= sent_last_7_days) or (
            0 < self.most_in_90_days <= sent_last_90_days
        )


def add_months(day: date, months: int) -> date:
    """The same day of the month, ``months`` later; the last day of that month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def resting_until(starts: Iterable[date], months: int) -> date | None:
    """The first day on which the patient may be written to again, or None if nothing ever started a rest.

    ``starts`` are the days of campaign contacts and of bookings, in any order. The earlier of a contact and
    the booking that follows from it starts the rest; what happens during a rest does not prolong it
    (domain.md E20). ``months`` 0 switches the rest off. The patient rests while today is before the answer.
    """
    if months < 0:
        raise ValueError("a reset interval cannot be negative")
    if months == 0:
        return None
    until: date | None = None
    for start in sorted(starts):
        if until is None or start >= until:
            until = add_months(start, months)
    return until


def rested_from(today: date, months: int) -> date:
    """The last day from which a rest of ``months`` (at least 1) is over by ``today``.

    ``add_months`` never goes back from one day to the next, so whatever began by that day rests no longer,
    and whatever began after it still does.
    """
    day = add_months(today, -months)
    while add_months(day, months) > today:
        day -= timedelta(days=1)
    while add_months(day + timedelta(days=1), months) <= today:
        day += timedelta(days=1)
    return day
