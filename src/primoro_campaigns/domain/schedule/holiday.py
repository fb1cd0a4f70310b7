"""Days on which a practice in the United Kingdom is closed: bank holidays by nation, and days of its own.

The rules are those of the Banking and Financial Dealings Act 1971 as proclaimed every year: a holiday that
falls on a weekend moves to the next weekday that is none. Days that are proclaimed once (a coronation) and
days of the practice are written down by hand.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache


class Nation(StrEnum):
    """Whose bank holidays."""

    ENGLAND_AND_WALES = "england-and-wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern-ireland"


WEEKDAYS: Mapping[str, int] = {
    name: number for number, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
}
"""As they are written in a setting, Monday as 0."""

_MON = 0


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous computus)."""
    golden, century, rest = year % 19, year // 100, year % 100
    leap, skipped = century // 4, (century + 8) // 25
    epact = (19 * golden + century - leap - (century - skipped + 1) // 3 + 15) % 30
    day = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    late = (golden + 11 * epact + 22 * day) // 451
    month, before = divmod(epact + day - 7 * late + 114, 31)
    return date(year, month, before + 1)


def bank_holidays(nation: Nation, years: Iterable[int]) -> frozenset[date]:
    """Every bank holiday of the nation in ``years``."""
    return frozenset(day for year in years for day in _of_year(nation, year))


def _of_year(nation: Nation, year: int) -> set[date]:
    sunday = easter(year)
    moving = [
        date(year, 1, 1),
        *([date(year, 1, 2)] if nation is Nation.SCOTLAND else []),
        *([date(year, 3, 17), date(year, 7, 12)] if nation is Nation.NORTHERN_IRELAND else []),
        *([date(year, 11, 30)] if nation is Nation.SCOTLAND else []),
        date(year, 12, 25),
        date(year, 12, 26),
    ]
    days = {sunday - timedelta(days=2), _monday(date(year, 5, 1)), _last_monday(year, 5)}
    if nation is Nation.SCOTLAND:
        days.add(_monday(date(year, 8, 1)))
    else:
        days |= {sunday + timedelta(days=1), _last_monday(year, 8)}
    # Those that fall on a weekday keep their day; the others take the next that is free.
    days |= {day for day in moving if day.weekday() < WEEKDAYS["sat"]}
    for day in moving:
        if day.weekday() >= WEEKDAYS["sat"]:
            days.add(_next_free(day, days))
    return days


def _next_free(day: date, taken: set[date]) -> date:
    while day.weekday() >= WEEKDAYS["sat"] or day in taken:
        day += timedelta(days=1)
    return day


def _monday(first: date) -> date:
    """The first Monday of the month that begins on ``first``."""
    return first + timedelta(days=(_MON - first.weekday()) % 7)


def _last_monday(year: int, month: int) -> date:
    last = date(year, month + 1, 1) - timedelta(days=1)
    return last - timedelta(days=last.weekday())


def read_weekdays(text: str) -> frozenset[int]:
    """ "sat, sun" as numbers. Raises ValueError in words; a practice is open on one day at least."""
    names = [each.strip().casefold()[:3] for each in text.split(",") if each.strip()]
    unknown = [each for each in names if each not in WEEKDAYS]
    if unknown:
        raise ValueError(f"“{unknown[0]}” is no day of the week: write mon, tue, wed, thu, fri, sat, sun")
    found = frozenset(WEEKDAYS[each] for each in names)
    if len(found) == len(WEEKDAYS):
        raise ValueError("the practice has to be open on one day of the week at least")
    return found


def read_days(text: str) -> frozenset[date]:
    """ "2026-12-24, 2027-01-04" as days. Raises ValueError in words."""
    found = set()
    for each in (part.strip() for part in text.split(",")):
        if each:
            try:
                found.add(date.fromisoformat(each))
            except ValueError:
                raise ValueError(f"“{each}” is no day: write 2026-12-24") from None
    return frozenset(found)


_YEARS = range(2020, 2081)


@lru_cache(maxsize=8)
def closed_days(nation: str, own: str) -> frozenset[date]:
    """The bank holidays of a nation ("" for none) and the days of the practice's own, as settings have them.

    Kept, because it is asked before every few messages and seldom changes.
    """
    proclaimed = bank_holidays(Nation(nation), _YEARS) if nation else frozenset[date]()
    return proclaimed | read_days(own)
