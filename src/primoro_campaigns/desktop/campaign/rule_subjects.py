"""What audience rules can ask about, how it is compared, and the values typed in, as a form offers them.

Pure: text in, rules out. A row that cannot be read yet raises ``ValueError`` with words for the field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from primoro_campaigns.domain.audience.rule import (
    Address,
    AddressRule,
    AgeRule,
    BetweenRule,
    BirthdayRule,
    BirthdayWindow,
    DateFact,
    DayOperator,
    DayRule,
    DaysOperator,
    DaysRule,
    KnownRule,
    LeadRule,
    LocationRule,
    NameOperator,
    PractitionerNameRule,
    PractitionerRule,
    PreferredChannelRule,
    Rule,
    Segment,
    SegmentRule,
    StatusRule,
    TagOperator,
    TagRule,
    UnscheduledTreatmentRule,
)
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS, Channel
from primoro_campaigns.domain.patient.model import STATUS_WORDS, PatientStatus


class ValueKind(StrEnum):
    """Which editor the value of a rule needs."""

    NONE = "none"
    DAYS = "days"
    DAY = "day"
    TWO_DAYS = "two_days"
    AGES = "ages"
    TEXT = "text"
    TAGS = "tags"
    STATUS = "status"
    CHANNEL = "channel"
    PRACTITIONER = "practitioner"
    LOCATION = "location"


@dataclass(frozen=True)
class Operator:
    key: str
    words: str
    value: ValueKind
    read: Callable[[tuple[str, ...]], Rule]


@dataclass(frozen=True)
class Subject:
    """What a rule asks about, with every way of asking."""

    key: str
    words: str
    operators: tuple[Operator, ...]


@dataclass(frozen=True)
class RuleRow:
    """A row as it stands on the screen.

    ``values`` are as typed: days as ISO text, several choices as several values.
    """

    subject: str
    operator: str
    values: tuple[str, ...] = ()


def _days(values: tuple[str, ...]) -> int:
    text = values[0].strip() if values else ""
    if not text.isdecimal():
        raise ValueError("Type a number of days.")
    return int(text)


def _day(values: tuple[str, ...], place: int = 0) -> date:
    try:
        return date.fromisoformat(values[place])
    except (IndexError, ValueError):
        raise ValueError("Choose a day.") from None


def _age(values: tuple[str, ...], place: int) -> int | None:
    text = values[place].strip() if place < len(values) else ""
    if not text:
        return None
    if not text.isdecimal():
        raise ValueError("Type an age in years, or leave it empty.")
    return int(text)


def _ages(values: tuple[str, ...]) -> Rule:
    lowest, highest = _age(values, 0), _age(values, 1)
    if lowest is None and highest is None:
        raise ValueError("Type at least one age.")
    return AgeRule(lowest, highest)


def _some(values: tuple[str, ...], what: str) -> tuple[str, ...]:
    if not any(value.strip() for value in values):
        raise ValueError(what)
    return values


def _date_subject(fact: DateFact, words: str, known: str, unknown: str, ahead: bool) -> Subject:
    def days(operator: DaysOperator) -> Callable[[tuple[str, ...]], Rule]:
        return lambda values: DaysRule(fact, operator, _days(values))

    def day(operator: DayOperator) -> Callable[[tuple[str, ...]], Rule]:
        return lambda values: DayRule(fact, operator, _day(values))

    if ahead:
        relative: tuple[Operator, ...] = (
            Operator(
                "exactly_ahead", "exactly … days from now", ValueKind.DAYS, days(DaysOperator.EXACTLY_AHEAD)
            ),
            Operator(
                "more_than_ahead",
                "more than … days from now",
                ValueKind.DAYS,
                days(DaysOperator.MORE_THAN_AHEAD),
            ),
            Operator(
                "less_than_ahead",
                "less than … days from now",
                ValueKind.DAYS,
                days(DaysOperator.LESS_THAN_AHEAD),
            ),
        )
    else:
        relative = ()
    past: tuple[Operator, ...] = (
        Operator("more_than_ago", "more than … days ago", ValueKind.DAYS, days(DaysOperator.MORE_THAN_AGO)),
        Operator("less_than_ago", "less than … days ago", ValueKind.DAYS, days(DaysOperator.LESS_THAN_AGO)),
        Operator("exactly_ago", "exactly … days ago", ValueKind.DAYS, days(DaysOperator.EXACTLY_AGO)),
    )
    if fact is DateFact.NEXT_VISIT:
        past = ()
    return Subject(
        fact.value,
        words,
        (
            *past,
            *relative,
            Operator("on", "on the day", ValueKind.DAY, day(DayOperator.ON)),
            Operator("before", "before", ValueKind.DAY, day(DayOperator.BEFORE)),
            Operator("after", "after", ValueKind.DAY, day(DayOperator.AFTER)),
            Operator(
                "between",
                "between",
                ValueKind.TWO_DAYS,
                lambda values: BetweenRule(fact, _day(values, 0), _day(values, 1)),
            ),
            Operator("known", known, ValueKind.NONE, lambda _: KnownRule(fact, True)),
            Operator("unknown", unknown, ValueKind.NONE, lambda _: KnownRule(fact, False)),
        ),
    )


def _segment(segment: Segment) -> Callable[[tuple[str, ...]], Rule]:
    return lambda _: SegmentRule(segment)


def _tag(operator: TagOperator) -> Callable[[tuple[str, ...]], Rule]:
    return lambda values: TagRule(operator, _some(values, "Type at least one tag."))


def _name(operator: NameOperator) -> Callable[[tuple[str, ...]], Rule]:
    if operator in (NameOperator.UNKNOWN, NameOperator.HAS_VALUE):
        return lambda _: PractitionerNameRule(operator)
    return lambda values: PractitionerNameRule(operator, _some(values, "Type a name or a part of one.")[0])


SUBJECTS: tuple[Subject, ...] = (
    _date_subject(DateFact.LAST_VISIT, "Last visit", "has been here", "has never been here", ahead=False),
    _date_subject(DateFact.NEXT_VISIT, "Next appointment", "is booked", "no future appointment", ahead=True),
    _date_subject(
        DateFact.LAST_CONTACTED,
        "Last contacted",
        "has been contacted",
        "has never been contacted",
        ahead=False,
    ),
    _date_subject(
        DateFact.LAST_NO_SHOW, "Missed appointment", "has missed one", "has never missed one", ahead=False
    ),
    _date_subject(DateFact.RECALL_DUE, "Recall due", "has a recall", "has no recall", ahead=True),
    Subject(
        "segment",
        "Was here",
        (
            Operator("THIS_MONTH", "this month", ValueKind.NONE, _segment(Segment.THIS_MONTH)),
            Operator("LAST_90_DAYS", "in the last 90 days", ValueKind.NONE, _segment(Segment.LAST_90_DAYS)),
            Operator("YEAR_TO_DATE", "in the last 12 months", ValueKind.NONE, _segment(Segment.YEAR_TO_DATE)),
        ),
    ),
    Subject(
        "birthday",
        "Birthday",
        (
            Operator("today", "today", ValueKind.NONE, lambda _: BirthdayRule(BirthdayWindow.TODAY)),
            Operator(
                "this_month", "this month", ValueKind.NONE, lambda _: BirthdayRule(BirthdayWindow.THIS_MONTH)
            ),
            Operator(
                "next_days",
                "in the next … days",
                ValueKind.DAYS,
                lambda values: BirthdayRule(BirthdayWindow.NEXT_DAYS, _days(values)),
            ),
        ),
    ),
    Subject("age", "Age", (Operator("between", "from … to …", ValueKind.AGES, _ages),)),
    Subject(
        "status",
        "Patient status",
        (
            Operator(
                "is",
                "is one of",
                ValueKind.STATUS,
                lambda values: StatusRule(
                    tuple(PatientStatus(value) for value in _some(values, "Choose at least one status."))
                ),
            ),
        ),
    ),
    Subject(
        "lead",
        "Kind of person",
        (
            Operator("patient", "is a patient", ValueKind.NONE, lambda _: LeadRule(False)),
            Operator("lead", "is a lead, not yet a patient", ValueKind.NONE, lambda _: LeadRule(True)),
        ),
    ),
    Subject(
        "tag",
        "Tags",
        (
            Operator("any", "include any of", ValueKind.TAGS, _tag(TagOperator.ANY)),
            Operator("all", "include all of", ValueKind.TAGS, _tag(TagOperator.ALL)),
            Operator("none", "include none of", ValueKind.TAGS, _tag(TagOperator.NONE)),
        ),
    ),
    Subject(
        "practitioner",
        "Practitioner",
        (
            Operator(
                "is",
                "is one of",
                ValueKind.PRACTITIONER,
                lambda values: PractitionerRule(_some(values, "Choose at least one practitioner.")),
            ),
            Operator("equal", "has the name", ValueKind.TEXT, _name(NameOperator.EQUAL)),
            Operator(
                "starts_with", "has a name that starts with", ValueKind.TEXT, _name(NameOperator.STARTS_WITH)
            ),
            Operator("ends_with", "has a name that ends with", ValueKind.TEXT, _name(NameOperator.ENDS_WITH)),
            Operator("contains", "has a name that contains", ValueKind.TEXT, _name(NameOperator.CONTAINS)),
            Operator(
                "not_contains",
                "has a name that does not contain",
                ValueKind.TEXT,
                _name(NameOperator.NOT_CONTAINS),
            ),
            Operator("unknown", "is not known", ValueKind.NONE, _name(NameOperator.UNKNOWN)),
            Operator("has_value", "is known", ValueKind.NONE, _name(NameOperator.HAS_VALUE)),
        ),
    ),
    Subject(
        "location",
        "Location",
        (
            Operator(
                "is",
                "is one of",
                ValueKind.LOCATION,
                lambda values: LocationRule(_some(values, "Choose at least one location.")),
            ),
        ),
    ),
    Subject(
        "unscheduled_treatment",
        "Planned treatment",
        (
            Operator(
                "has", "without an appointment", ValueKind.NONE, lambda _: UnscheduledTreatmentRule(True)
            ),
            Operator(
                "has_not",
                "none without an appointment",
                ValueKind.NONE,
                lambda _: UnscheduledTreatmentRule(False),
            ),
        ),
    ),
    Subject(
        "preferred_channel",
        "Preferred channel",
        (
            Operator(
                "is",
                "is one of",
                ValueKind.CHANNEL,
                lambda values: PreferredChannelRule(
                    tuple(Channel(value) for value in _some(values, "Choose at least one channel."))
                ),
            ),
        ),
    ),
    Subject(
        "address",
        "Can be reached",
        (
            Operator(
                "email", "has an e-mail address", ValueKind.NONE, lambda _: AddressRule(Address.EMAIL, True)
            ),
            Operator(
                "no_email",
                "has no e-mail address",
                ValueKind.NONE,
                lambda _: AddressRule(Address.EMAIL, False),
            ),
            Operator(
                "mobile", "has a mobile number", ValueKind.NONE, lambda _: AddressRule(Address.MOBILE, True)
            ),
            Operator(
                "no_mobile",
                "has no mobile number",
                ValueKind.NONE,
                lambda _: AddressRule(Address.MOBILE, False),
            ),
        ),
    ),
)

SUBJECT_BY_KEY: Mapping[str, Subject] = {subject.key: subject for subject in SUBJECTS}

STATUS_CHOICES: tuple[tuple[str, str], ...] = tuple(
    (status.value, words) for status, words in STATUS_WORDS.items()
)
CHANNEL_CHOICES: tuple[tuple[str, str], ...] = tuple(
    (channel.value, CHANNEL_WORDS[channel]) for channel in (Channel.EMAIL, Channel.SMS)
)

NEW_ROW = RuleRow(DateFact.LAST_VISIT.value, "more_than_ago", ("180",))
"""What "Add a rule" begins with: the question practices ask most."""


def operator_of(row: RuleRow) -> Operator:
    """The row's operator; the subject's first where the row names none of its own."""
    operators = SUBJECT_BY_KEY[row.subject].operators
    return next((operator for operator in operators if operator.key == row.operator), operators[0])
