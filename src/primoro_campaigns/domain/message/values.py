"""What the merge fields hold for one patient: one way to say a name and a day, for previews and for what is
sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from primoro_campaigns.domain.message.template import Field

_MONTHS = (
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
)


@dataclass(frozen=True)
class Addressee:
    """What is on file of the patient and of the practice that writes; empty or None where nothing is."""

    title: str = ""
    given_name: str = ""
    family_name: str = ""
    practice_name: str = ""
    practice_phone: str = ""
    practitioner_name: str = ""
    last_visit_on: date | None = None
    next_visit_on: date | None = None


def merge_values(addressee: Addressee) -> Mapping[Field, str]:
    """The text of every field; empty where nothing is on file, so that the template's fallback steps in."""
    full = " ".join(
        part for part in (addressee.title, addressee.given_name, addressee.family_name) if part.strip()
    )
    return {
        Field.FIRST_NAME: addressee.given_name,
        Field.FAMILY_NAME: addressee.family_name,
        Field.TITLE: addressee.title,
        Field.FULL_NAME: full,
        Field.PRACTICE_NAME: addressee.practice_name,
        Field.PRACTICE_PHONE: addressee.practice_phone,
        Field.PRACTITIONER_NAME: addressee.practitioner_name,
        Field.LAST_VISIT_ON: _day(addressee.last_visit_on),
        Field.NEXT_VISIT_ON: _day(addressee.next_visit_on),
    }


def _day(day: date | None) -> str:
    """``3 March 2026``: in words of our own, so that no machine's language setting changes a letter."""
    return "" if day is None else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
