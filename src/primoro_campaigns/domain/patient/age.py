"""Age in whole years, and who counts as a child."""

import calendar
from datetime import date

ADULT_AT = 18
"""Below this age nobody is sent marketing (domain.md L20)."""


def age_on(born_on: date, day: date) -> int:
    """Whole years on ``day``. Who was born on 29 February has the birthday on 1 March in other years."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def is_minor(born_on: date | None, day: date) -> bool:
    """True only when the date of birth is known and makes the person younger than 18 on ``day``.

    Somebody without a date of birth is not taken for a child: leads seldom have one on file.
    """
    return born_on is not None and age_on(born_on, day) < ADULT_AT


def adult_if_born_by(day: date) -> date:
    """The latest date of birth with which one is not a minor on ``day``."""
    year = day.year - ADULT_AT
    last = calendar.monthrange(year, day.month)[1]
    return date(year, day.month, min(day.day, last))
