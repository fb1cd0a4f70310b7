"""Days of the calendar as rules mean them: ranges of days, birthdays, ages."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta

from primoro_campaigns.domain.audience.rule import (
    BetweenRule,
    DateFact,
    DayOperator,
    DayRule,
    DaysOperator,
    DaysRule,
    Segment,
)

YEAR_DAYS = 365
"""No birthday is further away than this, counted from any day."""


@dataclass(frozen=True)
class DayRange:
    """The days from ``first`` to ``last``, both counted in; none if ``last`` comes before ``first``."""

    first: date = date.min
    last: date = date.max

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def __bool__(self) -> bool:
        return self.first <= self.last

    def __and__(self, other: "DayRange") -> "DayRange":
        return DayRange(max(self.first, other.first), min(self.last, other.last))


NO_DAY = DayRange(date.max, date.min)


def shift(day: date, days: int) -> date:
    """``day`` moved by ``days``, stopping at the first and the last day that ``date`` knows."""
    if days < (date.min - day).days:
        return date.min
    if days > (date.max - day).days:
        return date.max
    return day + timedelta(days)


def years_before(day: date, years: int) -> date:
    """The same day ``years`` earlier, 28 February where that year has no 29; it stops at the first year."""
    year = day.year - years
    if year < date.min.year:
        return date.min
    if year > date.max.year:
        return date.max
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def known_range(fact: DateFact, today: date) -> DayRange:
    """The days on which ``fact`` can lie.

    A copy may be some days old and a file may be wrong: a next visit before today is no future appointment,
    and a last visit after today has not taken place.
    """
    match fact:
        case DateFact.NEXT_VISIT:
            return DayRange(first=today)
        case DateFact.RECALL_DUE:
            return DayRange()
        case DateFact.LAST_VISIT | DateFact.LAST_CONTACTED | DateFact.LAST_NO_SHOW:
            return DayRange(last=today)


def rule_range(rule: DaysRule | DayRule | BetweenRule, today: date) -> DayRange:
    """The days that satisfy ``rule``, within those on which its fact can lie."""
    return _asked(rule, today) & known_range(rule.fact, today)


def _asked(rule: DaysRule | DayRule | BetweenRule, today: date) -> DayRange:
    match rule:
        case BetweenRule():
            return DayRange(rule.first, rule.last)
        case DayRule():
            return _beside(rule.operator, rule.day)
        case DaysRule():
            return _distance(rule.operator, rule.days, today)


def _beside(operator: DayOperator, day: date) -> DayRange:
    match operator:
        case DayOperator.ON:
            return DayRange(day, day)
        case DayOperator.BEFORE:
            return DayRange(last=shift(day, -1)) if day > date.min else NO_DAY
        case DayOperator.AFTER:
            return DayRange(first=shift(day, 1)) if day < date.max else NO_DAY


def _distance(operator: DaysOperator, days: int, today: date) -> DayRange:
    match operator:
        case DaysOperator.EXACTLY_AGO:
            return DayRange(shift(today, -days), shift(today, -days))
        case DaysOperator.MORE_THAN_AGO:
            return DayRange(last=shift(today, -days - 1))
        case DaysOperator.LESS_THAN_AGO:
            return DayRange(shift(today, 1 - days), today)
        case DaysOperator.EXACTLY_AHEAD:
            return DayRange(shift(today, days), shift(today, days))
        case DaysOperator.MORE_THAN_AHEAD:
            return DayRange(first=shift(today, days + 1))
        case DaysOperator.LESS_THAN_AHEAD:
            return DayRange(today, shift(today, days - 1))


def segment_ranges(segment: Segment, today: date) -> tuple[DayRange, DayRange]:
    """The days of the last and of the next visit, either of which makes a patient a member of ``segment``.

    "Activity" is a visit (domain.md M03 to M05). This month also counts an appointment still to come. Ninety
    days ago and the same day last year are counted in.
    """
    match segment:
        case Segment.THIS_MONTH:
            return DayRange(today.replace(day=1), today), DayRange(today, last_of_month(today))
        case Segment.LAST_90_DAYS:
            return DayRange(shift(today, -90), today), NO_DAY
        case Segment.YEAR_TO_DATE:
            return DayRange(years_before(today, 1), today), NO_DAY


def last_of_month(day: date) -> date:
    """The last day of the month of ``day``."""
    if (day.year, day.month) == (date.max.year, 12):
        return date.max
    return (day.replace(day=28) + timedelta(4)).replace(day=1) - timedelta(1)


def birthday_in(born_on: date, year: int) -> date:
    """The day in ``year`` on which who was born on ``born_on`` has a birthday (domain.md C13)."""
    if (born_on.month, born_on.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return born_on.replace(year=year)


def days_to_birthday(born_on: date, today: date) -> int:
    """Whole days until the next birthday, 0 on the day itself."""
    this_year = birthday_in(born_on, today.year)
    if this_year >= today:
        return (this_year - today).days
    # Counted without the date itself: the year after 9999 has none.
    to_year_end = (date(today.year, 12, 31) - today).days
    following = birthday_in(born_on, 2001 if not isleap(today.year + 1) else 2000)
    return to_year_end + following.timetuple().tm_yday
