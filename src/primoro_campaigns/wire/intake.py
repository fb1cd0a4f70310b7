"""What a practice-management system hands in: one row a record, known by the system's own id."""

import re
import unicodedata
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.patient.model import PatientStatus

ROWS_A_BATCH = 1000
"""The most rows one call of the interface takes."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_FIRST_DAY, _LAST_DAY = date(1850, 1, 1), date(2200, 1, 1)


def _cleaned(value: object) -> object:
    """Runs of blanks as one, no control characters, composed accents: what a form would have let through."""
    if not isinstance(value, str):
        return value
    if value.isascii() and value.isprintable() and "  " not in value:
        return value.strip()
    shown = "".join(each if each.isprintable() or each in "\u200c\u200d" else " " for each in value)
    return unicodedata.normalize("NFC", " ".join(shown.split()))


def _or_none(value: object) -> object:
    """An empty text is the same as none."""
    value = _cleaned(value)
    return None if value == "" else value


def _day_text(value: object) -> object:
    """Days are written out: a number is never read as seconds since 1970."""
    value = _or_none(value)
    if isinstance(value, str) and not _DAY.fullmatch(value):
        raise ValueError("must be a day such as 1980-05-17")
    if not (value is None or isinstance(value, str | date)) or isinstance(value, datetime):
        raise ValueError("must be a day such as 1980-05-17")
    return value


def _sane_day(value: date) -> date:
    if not _FIRST_DAY <= value <= _LAST_DAY:
        raise ValueError("must lie between 1850 and 2200")
    return value


def _instant_text(value: object) -> object:
    value = _or_none(value)
    if not (value is None or isinstance(value, str | datetime)):
        raise ValueError("must be an instant such as 2026-03-03T10:30:00+00:00")
    if isinstance(value, str) and not _DAY.match(value):
        raise ValueError("must be an instant such as 2026-03-03T10:30:00+00:00")
    return value


def _sane_instant(value: datetime) -> datetime:
    _sane_day(value.date())
    return value


def _code(value: object) -> object:
    value = _or_none(value)
    return value.upper() if isinstance(value, str) else value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be a time zone such as Europe/London") from None
    return value


Tag = Annotated[str, BeforeValidator(_cleaned), Field(min_length=1, max_length=100)]
Text = Annotated[str, BeforeValidator(_cleaned), Field(max_length=400)]
LongText = Annotated[str, BeforeValidator(_cleaned), Field(max_length=4000)]
Key = Annotated[str, BeforeValidator(_cleaned), Field(min_length=1, max_length=200)]
KeyOrNone = Annotated[Annotated[str, Field(min_length=1, max_length=200)] | None, BeforeValidator(_or_none)]
TextOrNone = Annotated[Annotated[str, Field(max_length=400)] | None, BeforeValidator(_or_none)]
Day = Annotated[date, AfterValidator(_sane_day), BeforeValidator(_day_text)]
DayOrNone = Annotated[Annotated[date, AfterValidator(_sane_day)] | None, BeforeValidator(_day_text)]
Instant = Annotated[AwareDatetime, AfterValidator(_sane_instant), BeforeValidator(_instant_text)]
InstantOrNone = Annotated[
    Annotated[AwareDatetime, AfterValidator(_sane_instant)] | None, BeforeValidator(_instant_text)
]
Zone = Annotated[str, AfterValidator(_zone)]
ZoneOrNone = Annotated[Annotated[str, AfterValidator(_zone)] | None, BeforeValidator(_or_none)]
Country = Annotated[Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None, BeforeValidator(_code)]


class Kind(StrEnum):
    """In the order in which the rows of one batch are taken: what is referred to comes first."""

    LOCATION = "location"
    PRACTITIONER = "practitioner"
    PATIENT = "patient"
    APPOINTMENT = "appointment"
    ENCOUNTER = "encounter"
    RECALL = "recall"
    PLANNED_TREATMENT = "planned_treatment"
    INVOICE = "invoice"


class _Row(BaseModel):
    """``external_id`` is the system's own id of the record.

    A field that is left out is not told, and stays as it is.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    external_id: Key


class LocationIn(_Row):
    """A practice. Without ``time_zone`` a new one has the organisation's."""

    kind: Literal[Kind.LOCATION] = Kind.LOCATION
    name: Annotated[str, BeforeValidator(_cleaned), Field(min_length=1, max_length=400)]
    time_zone: ZoneOrNone = None
    phone: Text = ""
    town: Text = ""


class PractitionerIn(_Row):
    kind: Literal[Kind.PRACTITIONER] = Kind.PRACTITIONER
    name: Annotated[str, BeforeValidator(_cleaned), Field(min_length=1, max_length=400)]
    active: bool = True


class OptOut(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Channel
    purpose: Purpose


class OptIn(BaseModel):
    """A yes, with its evidence: without it the answer is not known (domain.md L03, L05)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Channel
    purpose: Purpose
    how: Annotated[str, BeforeValidator(_cleaned), Field(min_length=1, max_length=400)]
    wording: Annotated[str, BeforeValidator(_cleaned), Field(min_length=1, max_length=4000)]


class PatientIn(_Row):
    """A patient or lead.

    ``location``, ``practitioner`` and ``household`` are external ids; ``country`` (ISO 3166-1) says how
    numbers are read. ``restricted`` and ``opted_out`` withdraw; ``opted_in`` never revives a no; nothing here
    can lift anything.
    """

    kind: Literal[Kind.PATIENT] = Kind.PATIENT
    number: Text = ""
    title: Text = ""
    given_name: Text = ""
    family_name: Text = ""
    born_on: DayOrNone = None
    status: PatientStatus = PatientStatus.ACTIVE
    is_lead: bool = False
    email: TextOrNone = None
    mobile: TextOrNone = None
    landline: TextOrNone = None
    address_line: Text = ""
    town: Text = ""
    postcode: Text = ""
    country: Country = None
    location: KeyOrNone = None
    practitioner: KeyOrNone = None
    household: KeyOrNone = None
    is_head_of_household: bool = False
    preferred_channel: Channel | None = None
    tags: Annotated[list[Tag], Field(max_length=100)] = []
    recall_due_on: DayOrNone = None
    restricted: Annotated[list[Purpose], Field(max_length=10)] = []
    opted_out: Annotated[list[OptOut], Field(max_length=20)] = []
    opted_in: Annotated[list[OptIn], Field(max_length=20)] = []


class _Visit(_Row):
    """``patient``, ``location`` and ``practitioner`` are external ids.

    Without ``location`` it is the patient's own.
    """

    patient: Key
    location: KeyOrNone = None
    practitioner: KeyOrNone = None
    starts_at: Instant
    ends_at: InstantOrNone = None
    description: LongText = ""


class AppointmentIn(_Visit):
    kind: Literal[Kind.APPOINTMENT] = Kind.APPOINTMENT
    status: Literal["proposed", "booked", "attended", "cancelled", "missed"]
    booked_at: InstantOrNone = None


class EncounterIn(_Visit):
    """``status`` is FHIR's: ``finished`` and what leads there count as a visit, ``cancelled`` does not."""

    kind: Literal[Kind.ENCOUNTER] = Kind.ENCOUNTER
    status: Literal[
        "planned",
        "arrived",
        "triaged",
        "in-progress",
        "onleave",
        "finished",
        "cancelled",
        "entered-in-error",
        "unknown",
    ] = "finished"


class RecallIn(_Row):
    kind: Literal[Kind.RECALL] = Kind.RECALL
    patient: Key
    due_on: Day
    done: bool = False
    description: LongText = ""


class PlannedTreatmentIn(_Row):
    kind: Literal[Kind.PLANNED_TREATMENT] = Kind.PLANNED_TREATMENT
    patient: Key
    description: LongText
    planned_on: Day
    has_appointment: bool = False


class InvoiceIn(_Row):
    kind: Literal[Kind.INVOICE] = Kind.INVOICE
    patient: Key
    location: KeyOrNone = None
    issued_on: Day
    amount_pence: Annotated[int, Field(strict=True, ge=-(10**12), le=10**12)]
    description: LongText = ""


AnyRow = Annotated[
    LocationIn
    | PractitionerIn
    | PatientIn
    | AppointmentIn
    | EncounterIn
    | RecallIn
    | PlannedTreatmentIn
    | InvoiceIn,
    Field(discriminator="kind"),
]


class Outcome(StrEnum):
    """What became of a row."""

    TAKEN = "taken"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Ingest(BaseModel):
    """A batch from one system. Sent again, nothing is doubled.

    Each of ``rows`` is one of the models above with its ``kind``; a wrong one is refused by itself and never
    stops the others.
    """

    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,40}$")] = "pms"
    rows: Annotated[list[JsonValue], Field(max_length=ROWS_A_BATCH)]


class RowReport(BaseModel):
    """``line`` counts from 1.

    ``code`` and ``words`` say why a row was refused, or what was left out of one taken.
    """

    line: int
    kind: str
    external_id: str
    outcome: Outcome
    code: str = ""
    words: str = ""


class IngestReport(BaseModel):
    """taken + changed + unchanged + refused = the number of rows handed in."""

    run_id: str
    taken: int
    changed: int
    unchanged: int
    refused: int
    rows: list[RowReport]
