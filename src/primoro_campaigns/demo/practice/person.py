"""One made-up patient and what is on file beside them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta


@dataclass(slots=True)
class Visit:
    """An appointment. ``moment`` is its start in UTC, ``on`` its day at the practice."""

    moment: datetime
    on: date
    status: str
    minutes: int
    description: str
    pence: int

    def booked_at(self, now: datetime) -> datetime:
        """When it was arranged: at the visit before, or else just now."""
        return min(self.moment - timedelta(days=120), now)


@dataclass(slots=True)
class Answer:
    """What a patient said about one channel and purpose, with its evidence."""

    channel: str
    purpose: str
    state: str
    at: datetime
    source: str
    by_name: str
    how: str
    wording: str
    soft_opt_in: bool


@dataclass(slots=True)
class Stop:
    """A restriction in force."""

    purpose: str
    at: datetime
    source: str
    by_name: str


@dataclass(slots=True)
class Silenced:
    """Nobody may use the address or number any more."""

    at: datetime
    source: str


@dataclass(slots=True)
class Planned:
    """Treatment that was proposed."""

    description: str
    on: date
    has_appointment: bool


@dataclass(slots=True)
class Written:
    """A message of an earlier campaign."""

    at: datetime
    kind: str
    purpose: str
    title: str


@dataclass(slots=True)
class Person:
    """``place`` and ``dentist`` are positions in the practice's lists.

    ``household`` is a number, 0 for somebody on their own.
    """

    number: int
    title: str
    given: str
    family: str
    born_on: date | None
    status: str = "active"
    is_lead: bool = False
    email: str | None = None
    email_state: str = "none"
    mobile: str | None = None
    mobile_e164: str | None = None
    mobile_state: str = "none"
    landline: str | None = None
    landline_e164: str | None = None
    address_line: str = ""
    town: str = ""
    postcode: str = ""
    household: int = 0
    is_head: bool = False
    place: int = 0
    dentist: int | None = None
    preferred: str | None = None
    tags: tuple[str, ...] = ()
    recall_due_on: date | None = None
    visits: list[Visit] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    email_silenced: Silenced | None = None
    mobile_silenced: Silenced | None = None

    @property
    def external_id(self) -> str:
        return f"P{self.number:07d}"
