"""Days and instants in words, as the practice's own calendar and clock show them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from primoro_campaigns.domain.patient.age import age_on

# Not strftime: its month names follow whatever language the computer is set to.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day_words(day: date | None) -> str:
    """``3 Mar 2026``; empty when there is none."""
    return "" if day is None else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def instant_words(moment: datetime | None, time_zone: str) -> str:
    """``3 Mar 2026, 10:30`` at the practice; empty when there is none. ``time_zone`` is an IANA name."""
    if moment is None:
        return ""
    local = moment.astimezone(ZoneInfo(time_zone))
    return f"{day_words(local.date())}, {local:%H:%M}"


def born_words(born_on: date | None, today: date) -> str:
    """``14 Mar 1979 (46)``: the age is what one checks on the telephone. Empty when it is not known."""
    return "" if born_on is None else f"{day_words(born_on)} ({age_on(born_on, today)})"
