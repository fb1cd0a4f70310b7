"""Who a campaign is for: a tree of rules as frozen values, and its JSON form.

The tree says *what is asked*; ``evaluate`` says what it means for one patient, ``storage.audience_sql`` asks
it of a database, ``describe`` says it in words and ``check`` tells what is wrong with it. Every class carries
a ``kind`` of its own, so that JSON readers can tell the rules apart.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from types import UnionType
from typing import Literal, TypeAlias, get_args, get_origin, get_type_hints

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.patient.model import PatientStatus

MAX_DEPTH = 6
"""How deep groups may nest, the outermost group counting as one."""

MAX_MEMBERS = 100
"""How many rules and groups one audience may hold in all."""

MAX_CHOICES = 300
"""How many tags, practitioners or locations one rule may name."""

MAX_TEXT = 200
"""The longest text inside a rule, in characters."""

MAX_NUMBER = 1_000_000
"""The largest number inside a rule; ``check`` is narrower and says why."""


class AudienceUnreadableError(PrimoroError):
    """The JSON form of an audience is not one this version can read, or is larger than it accepts."""


class Match(StrEnum):
    """How the members of a group combine: AND or OR (decisions.md, "Audience")."""

    ALL = "all"
    ANY = "any"


class DateFact(StrEnum):
    """A day known about a patient.

    "Last seen" and "last visited" (domain.md C16, C17) are both the last visit: the day the patient was last
    attended to. Overdue for hygiene (A25) is a recall that was due some days ago.
    """

    LAST_VISIT = "last_visit"
    NEXT_VISIT = "next_visit"
    LAST_CONTACTED = "last_contacted"
    LAST_NO_SHOW = "last_no_show"
    RECALL_DUE = "recall_due"


class DaysOperator(StrEnum):
    """How a day lies to today, counted in whole days at the practice (domain.md C08)."""

    EXACTLY_AGO = "exactly_ago"
    MORE_THAN_AGO = "more_than_ago"
    LESS_THAN_AGO = "less_than_ago"
    EXACTLY_AHEAD = "exactly_ahead"
    MORE_THAN_AHEAD = "more_than_ahead"
    LESS_THAN_AHEAD = "less_than_ahead"


class DayOperator(StrEnum):
    """How a day lies to a day of the calendar (domain.md A24, A30)."""

    ON = "on"
    BEFORE = "before"
    AFTER = "after"


class BirthdayWindow(StrEnum):
    """Which birthdays are meant (domain.md C13)."""

    TODAY = "today"
    THIS_MONTH = "this_month"
    NEXT_DAYS = "next_days"


class TagOperator(StrEnum):
    """How the patient's tags are compared with those named (domain.md C15)."""

    ANY = "any"
    ALL = "all"
    NONE = "none"


class NameOperator(StrEnum):
    """How the practitioner's name is compared (domain.md A28)."""

    EQUAL = "equal"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    UNKNOWN = "unknown"
    HAS_VALUE = "has_value"


class Segment(StrEnum):
    """The ready-made segments (domain.md M03 to M05). YEAR_TO_DATE is the code of "Last 12 months"."""

    THIS_MONTH = "THIS_MONTH"
    LAST_90_DAYS = "LAST_90_DAYS"
    YEAR_TO_DATE = "YEAR_TO_DATE"


class Address(StrEnum):
    """A way to reach the patient that the record may or may not hold."""

    EMAIL = "email"
    MOBILE = "mobile"


@dataclass(frozen=True)
class DaysRule:
    """A day so many days before or after today. "Less than" counts today in; an unknown day never matches."""

    fact: DateFact
    operator: DaysOperator
    days: int
    kind: Literal["days"] = "days"


@dataclass(frozen=True)
class DayRule:
    """A day on, before or after a day of the calendar."""

    fact: DateFact
    operator: DayOperator
    day: date
    kind: Literal["day"] = "day"


@dataclass(frozen=True)
class BetweenRule:
    """A day within a range, both ends counted in."""

    fact: DateFact
    first: date
    last: date
    kind: Literal["between"] = "between"


@dataclass(frozen=True)
class KnownRule:
    """Whether there is such a day at all: "No future appointment" (C09, A29), "Has a recall" (C11)."""

    fact: DateFact
    known: bool
    kind: Literal["known"] = "known"


@dataclass(frozen=True)
class BirthdayRule:
    """A birthday; one on 29 February falls on 28 February in other years (C13). ``days`` is for NEXT_DAYS."""

    window: BirthdayWindow
    days: int = 0
    kind: Literal["birthday"] = "birthday"


@dataclass(frozen=True)
class AgeRule:
    """Age today in full years, both ends counted in; an end that is None is open."""

    at_least: int | None = None
    at_most: int | None = None
    kind: Literal["age"] = "age"


@dataclass(frozen=True)
class StatusRule:
    """The patient's status is one of these (A27)."""

    statuses: tuple[PatientStatus, ...]
    kind: Literal["status"] = "status"


@dataclass(frozen=True)
class LeadRule:
    """An enquirer who is not yet a patient, or the reverse; elsewhere called "marketing only" (C14)."""

    is_lead: bool
    kind: Literal["lead"] = "lead"


@dataclass(frozen=True)
class TagRule:
    """The patient's tags; a tag must be the same letter for letter (C15)."""

    operator: TagOperator
    tags: tuple[str, ...]
    kind: Literal["tag"] = "tag"


@dataclass(frozen=True)
class PractitionerRule:
    """The patient's own practitioner is one of these (C18)."""

    practitioner_ids: tuple[str, ...]
    kind: Literal["practitioner"] = "practitioner"


@dataclass(frozen=True)
class PractitionerNameRule:
    """The name of the patient's own practitioner (A28).

    A to Z match without regard to case. ``text`` is not read by UNKNOWN and HAS_VALUE. NOT_CONTAINS needs a
    practitioner: patients without one are found by UNKNOWN only.
    """

    operator: NameOperator
    text: str = ""
    kind: Literal["practitioner_name"] = "practitioner_name"


@dataclass(frozen=True)
class LocationRule:
    """The patient's own location is one of these (C19)."""

    location_ids: tuple[str, ...]
    kind: Literal["location"] = "location"


@dataclass(frozen=True)
class UnscheduledTreatmentRule:
    """Planned treatment without an appointment, or none (A26). Clinical data: domain.md L18."""

    has: bool
    kind: Literal["unscheduled_treatment"] = "unscheduled_treatment"


@dataclass(frozen=True)
class PreferredChannelRule:
    """The channel the patient prefers is one of these; who stated none never matches."""

    channels: tuple[Channel, ...]
    kind: Literal["preferred_channel"] = "preferred_channel"


@dataclass(frozen=True)
class SegmentRule:
    """Membership of a ready-made segment."""

    segment: Segment
    kind: Literal["segment"] = "segment"


@dataclass(frozen=True)
class AddressRule:
    """Whether the record holds an e-mail address or a mobile number that can be written to."""

    address: Address
    has: bool
    kind: Literal["address"] = "address"


Rule: TypeAlias = (
    DaysRule
    | DayRule
    | BetweenRule
    | KnownRule
    | BirthdayRule
    | AgeRule
    | StatusRule
    | LeadRule
    | TagRule
    | PractitionerRule
    | PractitionerNameRule
    | LocationRule
    | UnscheduledTreatmentRule
    | PreferredChannelRule
    | SegmentRule
    | AddressRule
)


@dataclass(frozen=True)
class Group:
    """Rules and groups under one AND or OR. An empty ALL group is everybody, an empty ANY group nobody."""

    match: Match = Match.ALL
    members: "tuple[Rule | Group, ...]" = ()
    kind: Literal["group"] = "group"


Path: TypeAlias = tuple[int, ...]
"""Where a member stands: its index in each group on the way down. The outermost group is ``()``."""


def rules_of(group: Group, path: Path = ()) -> Iterator[tuple[Path, Rule]]:
    """Every rule of the tree with its path, in reading order."""
    for index, member in enumerate(group.members):
        if isinstance(member, Group):
            yield from rules_of(member, (*path, index))
        else:
            yield (*path, index), member


def size_of(group: Group) -> int:
    """How many rules and groups the tree holds below its outermost group."""
    return sum(1 + (size_of(member) if isinstance(member, Group) else 0) for member in group.members)


RULE_KINDS: Mapping[str, Callable[..., Rule]] = {
    "days": DaysRule,
    "day": DayRule,
    "between": BetweenRule,
    "known": KnownRule,
    "birthday": BirthdayRule,
    "age": AgeRule,
    "status": StatusRule,
    "lead": LeadRule,
    "tag": TagRule,
    "practitioner": PractitionerRule,
    "practitioner_name": PractitionerNameRule,
    "location": LocationRule,
    "unscheduled_treatment": UnscheduledTreatmentRule,
    "preferred_channel": PreferredChannelRule,
    "segment": SegmentRule,
    "address": AddressRule,
}
"""Every kind of rule by the name it has in JSON."""

_NEWER = "Nothing was changed. It may come from a newer version: bring this program up to date and try again."


def to_plain(member: Rule | Group) -> dict[str, object]:
    """The JSON-able form: field names, enum values, ISO days, lists; the same that pydantic makes of it."""
    return {field.name: _plain(getattr(member, field.name)) for field in fields(member)}


def from_plain(plain: object) -> Group:
    """Read what ``to_plain`` made of a group.

    Raises ``AudienceUnreadableError``, which names the rule: ``audience.unknown_rule`` for a kind not known
    here, ``audience.unreadable`` for a field missing, superfluous or of a wrong type, ``audience.too_large``
    beyond the limits of this module. What reads well may still make no sense: that is ``check.problems``.
    """
    member = _member(plain, ())
    if not isinstance(member, Group):
        raise AudienceUnreadableError("The audience is not a group of rules.", _NEWER, "audience.unreadable")
    if size_of(member) > MAX_MEMBERS:
        raise AudienceUnreadableError(
            f"The audience has more than {MAX_MEMBERS} rules.",
            "Nothing was changed. Take rules out, or make two campaigns of it.",
            "audience.too_large",
        )
    return member


def place(path: Path) -> str:
    """A path in words, counted from one as on the screen: ``(1, 0)`` is "Rule 2.1"."""
    return "Rule " + ".".join(str(index + 1) for index in path) if path else "The outermost group"


def _plain(value: object) -> object:
    if isinstance(value, Group) or type(value) in _HINTS:
        return to_plain(value)  # type: ignore[arg-type]  # a key of _HINTS is the class of a rule
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _unreadable(path: Path, what: str) -> AudienceUnreadableError:
    return AudienceUnreadableError(f"{place(path)} cannot be read: {what}.", _NEWER, "audience.unreadable")


def _member(plain: object, path: Path) -> Rule | Group:
    if not isinstance(plain, dict):
        raise _unreadable(path, "it is not an object")
    kind = plain.get("kind")
    given = {name: value for name, value in plain.items() if name != "kind"}
    if kind == "group":
        return _group(given, path)
    make = RULE_KINDS.get(kind) if isinstance(kind, str) else None
    if make is None:
        raise AudienceUnreadableError(
            f"{place(path)} is of a kind not known here: “{str(kind)[:40]}”.",
            _NEWER,
            "audience.unknown_rule",
        )
    hints = _HINTS[make]
    superfluous = sorted(str(name) for name in given if name not in hints)
    if superfluous:
        raise _unreadable(path, f"it has a field not known here, “{superfluous[0][:40]}”")
    values: dict[str, object] = {}
    for name, value in given.items():
        try:
            values[name] = _read(hints[name], value)
        except ValueError as wrong:
            raise _unreadable(path, f"{name} is not {wrong}") from None
    try:
        return make(**values)
    except TypeError:
        raise _unreadable(path, "a field is missing") from None


def _group(given: Mapping[str, object], path: Path) -> Group:
    if len(path) >= MAX_DEPTH:
        raise AudienceUnreadableError(
            f"The groups of the audience are nested more than {MAX_DEPTH} deep.",
            "Nothing was changed. Put the inner rules into fewer groups.",
            "audience.too_large",
        )
    match, members = given.get("match"), given.get("members")
    if not isinstance(members, list) or match not in ("all", "any") or len(given) != 2:
        raise _unreadable(path, "a group has a match, “all” or “any”, and a list of members")
    return Group(
        Match(str(match)), tuple(_member(member, (*path, index)) for index, member in enumerate(members))
    )


def _read(hint: object, value: object) -> object:
    """``value`` as the type ``hint``; ValueError says what it should have been, as "a whole number"."""
    if isinstance(hint, UnionType):
        return None if value is None else _read(get_args(hint)[0], value)
    if get_origin(hint) is tuple:
        if not isinstance(value, list) or len(value) > MAX_CHOICES:
            raise ValueError(f"a list of at most {MAX_CHOICES}")
        return tuple(_read(get_args(hint)[0], item) for item in value)
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER:
        return value
    if hint is str and isinstance(value, str) and len(value) <= MAX_TEXT:
        return value
    if hint is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("a day as YYYY-MM-DD") from None
    if isinstance(hint, type) and issubclass(hint, StrEnum) and isinstance(value, str):
        for choice in hint:
            if choice.value == value:
                return choice
    raise ValueError(_EXPECTED.get(hint, "one of the known values"))


_EXPECTED: Mapping[object, str] = {
    bool: "yes or no",
    int: "a whole number",
    str: f"a text of at most {MAX_TEXT} characters",
    date: "a day as YYYY-MM-DD",
}

_HINTS: Mapping[object, Mapping[str, object]] = {
    make: {name: hint for name, hint in get_type_hints(make).items() if name != "kind"}
    for make in RULE_KINDS.values()
}
