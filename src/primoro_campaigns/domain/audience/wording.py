"""Small words that rules need in several sentences, and how texts are compared."""

from collections.abc import Sequence
from datetime import date
from string import ascii_lowercase, ascii_uppercase

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def ascii_lower(text: str) -> str:
    """A to Z made small and nothing else: the one folding that every database does alike."""
    return text.translate(_LOWER)


def day_words(day: date) -> str:
    """``3 March 2026``, whatever the locale of the computer."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def days_words(days: int) -> str:
    """``1 day``, ``180 days``."""
    return "1 day" if days == 1 else f"{days:,} days"


def listed(words: Sequence[str], joint: str) -> str:
    """``a``, ``a or b``, ``a, b or c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"
