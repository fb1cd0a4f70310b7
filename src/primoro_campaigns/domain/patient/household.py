"""Who of several people at one address or number is written to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.age import is_minor


@dataclass(frozen=True)
class Member:
    """What decides who speaks for an address."""

    patient_id: PatientId
    born_on: date | None
    is_head: bool = False
    household_id: str | None = None


def precedence(member: Member, today: date) -> tuple[bool, date, str]:
    """Sort key: the smallest is written to (domain.md L22).

    The head of the household first, unless known to be under 18; else the eldest known adult; else the lowest
    id.
    """
    minor = is_minor(member.born_on, today)
    born_on = member.born_on if member.born_on is not None and not minor else date.max
    return (not member.is_head or minor, born_on, member.patient_id)


def guardian_of(household: Iterable[Member], today: date) -> Member | None:
    """Who is written to in place of the household's minors (domain.md L20).

    Its head, set by hand, unless known to be under 18; else the eldest of those known to be adults. Somebody
    of unknown age may be a child.
    """
    able = [
        each
        for each in household
        if not is_minor(each.born_on, today) and (each.is_head or each.born_on is not None)
    ]
    return min(able, key=lambda each: precedence(each, today), default=None)
