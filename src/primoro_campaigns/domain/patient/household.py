"""Who of several people at one address or number is written to."""

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


def precedence(member: Member, today: date) -> tuple[bool, date, str]:
    """Sort key: the smallest is written to (domain.md L22).

    The head of the household first, unless known to be under 18; else the eldest known adult; else the lowest
    id.
    """
    minor = is_minor(member.born_on, today)
    born_on = member.born_on if member.born_on is not None and not minor else date.max
    return (not member.is_head or minor, born_on, member.patient_id)
