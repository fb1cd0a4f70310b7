"""Rules in the words a receptionist would say, and what a patient's record says about them."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from primoro_campaigns.domain.audience.days import known_range
from primoro_campaigns.domain.audience.facts import PatientFacts
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
    Group,
    KnownRule,
    LeadRule,
    LocationRule,
    Match,
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
from primoro_campaigns.domain.audience.wording import day_words, days_words, listed
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS
from primoro_campaigns.domain.patient.age import age_on
from primoro_campaigns.domain.patient.model import STATUS_WORDS, AddressState

NO_NAMES: Mapping[str, str] = MappingProxyType({})

DATE_FACT_WORDS: Mapping[DateFact, str] = {
    DateFact.LAST_VISIT: "Last visit",
    DateFact.NEXT_VISIT: "Next appointment",
    DateFact.LAST_CONTACTED: "Last contacted",
    DateFact.LAST_NO_SHOW: "Last missed appointment",
    DateFact.RECALL_DUE: "Recall due",
}

KNOWN_WORDS: Mapping[tuple[DateFact, bool], str] = {
    (DateFact.LAST_VISIT, True): "Has visited before",
    (DateFact.LAST_VISIT, False): "Has never visited",
    (DateFact.NEXT_VISIT, True): "Has a future appointment",
    (DateFact.NEXT_VISIT, False): "No future appointment",
    (DateFact.LAST_CONTACTED, True): "Has been contacted before",
    (DateFact.LAST_CONTACTED, False): "Has never been contacted",
    (DateFact.LAST_NO_SHOW, True): "Has missed an appointment",
    (DateFact.LAST_NO_SHOW, False): "Has never missed an appointment",
    (DateFact.RECALL_DUE, True): "Has a recall",
    (DateFact.RECALL_DUE, False): "Has no recall",
}

DAYS_OPERATOR_WORDS: Mapping[DaysOperator, str] = {
    DaysOperator.EXACTLY_AGO: "exactly {} ago",
    DaysOperator.MORE_THAN_AGO: "more than {} ago",
    DaysOperator.LESS_THAN_AGO: "less than {} ago",
    DaysOperator.EXACTLY_AHEAD: "in exactly {}",
    DaysOperator.MORE_THAN_AHEAD: "in more than {}",
    DaysOperator.LESS_THAN_AHEAD: "in less than {}",
}
"""The braces stand for the number of days."""

DAY_OPERATOR_WORDS: Mapping[DayOperator, str] = {
    DayOperator.ON: "on",
    DayOperator.BEFORE: "before",
    DayOperator.AFTER: "after",
}

FACT_OPERATORS: Mapping[DateFact, tuple[DaysOperator, ...]] = {
    fact: tuple(
        operator
        for operator in DaysOperator
        if fact is DateFact.RECALL_DUE or operator.endswith("_ahead") is (fact is DateFact.NEXT_VISIT)
    )
    for fact in DateFact
}
"""The operators that make sense for each fact: a last visit is never ahead, a next one never past."""

SEGMENT_WORDS: Mapping[Segment, str] = {
    Segment.THIS_MONTH: "This month",
    Segment.LAST_90_DAYS: "Last 90 days",
    Segment.YEAR_TO_DATE: "Last 12 months",
}

_SEGMENT_MEANING: Mapping[Segment, str] = {
    Segment.THIS_MONTH: "Visited or has an appointment this month",
    Segment.LAST_90_DAYS: "Visited in the last 90 days",
    Segment.YEAR_TO_DATE: "Visited in the last 12 months",
}

NAME_OPERATOR_WORDS: Mapping[NameOperator, str] = {
    NameOperator.EQUAL: "is",
    NameOperator.STARTS_WITH: "starts with",
    NameOperator.ENDS_WITH: "ends with",
    NameOperator.CONTAINS: "contains",
    NameOperator.NOT_CONTAINS: "does not contain",
    NameOperator.UNKNOWN: "is not known",
    NameOperator.HAS_VALUE: "is known",
}

TAG_OPERATOR_WORDS: Mapping[TagOperator, str] = {
    TagOperator.ANY: "any of",
    TagOperator.ALL: "all of",
    TagOperator.NONE: "none of",
}

_ADDRESS_WORDS: Mapping[Address, str] = {
    Address.EMAIL: "e-mail address",
    Address.MOBILE: "mobile number",
}


def describe(group: Group, names: Mapping[str, str] = NO_NAMES) -> str:
    """The whole audience on one line. ``names`` are those of practitioners and locations, by id."""
    if not group.members:
        return "Everybody" if group.match is Match.ALL else "Nobody"
    parts = [
        f"({_small(describe(member, names))})"
        if isinstance(member, Group) and len(member.members) > 1
        else _small(describe(member, names) if isinstance(member, Group) else describe_rule(member, names))
        for member in group.members
    ]
    line = (" and " if group.match is Match.ALL else " or ").join(parts)
    start = len(line) - len(line.lstrip("("))
    return line[:start] + line[start].upper() + line[start + 1 :]


def describe_rule(rule: Rule, names: Mapping[str, str] = NO_NAMES) -> str:
    """One rule, with a capital letter and without a full stop. An id without a name is only counted."""
    match rule:
        case DaysRule():
            return f"{DATE_FACT_WORDS[rule.fact]} {_distance(rule)}"
        case DayRule():
            return f"{DATE_FACT_WORDS[rule.fact]} {DAY_OPERATOR_WORDS[rule.operator]} {day_words(rule.day)}"
        case BetweenRule():
            return f"{DATE_FACT_WORDS[rule.fact]} from {day_words(rule.first)} to {day_words(rule.last)}"
        case KnownRule():
            return KNOWN_WORDS[rule.fact, rule.known]
        case SegmentRule():
            return _SEGMENT_MEANING[rule.segment]
        case BirthdayRule():
            return _birthday(rule)
        case AgeRule():
            return _ages(rule)
        case StatusRule():
            return f"Status is {_choices([STATUS_WORDS[status].lower() for status in rule.statuses])}"
        case LeadRule():
            return "Is a lead" if rule.is_lead else "Is a patient"
        case TagRule():
            return _tags(rule)
        case PractitionerRule():
            return f"Practitioner is {_named(rule.practitioner_ids, names, 'practitioner')}"
        case PractitionerNameRule():
            words = f"Practitioner’s name {NAME_OPERATOR_WORDS[rule.operator]}"
            bare = rule.operator in (NameOperator.UNKNOWN, NameOperator.HAS_VALUE)
            return words if bare else f"{words} “{rule.text}”"
        case LocationRule():
            return f"Location is {_named(rule.location_ids, names, 'location')}"
        case UnscheduledTreatmentRule():
            has = "Has" if rule.has else "Has no"
            return f"{has} planned treatment without an appointment"
        case PreferredChannelRule():
            return f"Prefers {_choices([CHANNEL_WORDS[channel] for channel in rule.channels])}"
        case AddressRule():
            return f"{'Has a' if rule.has else 'Has no'} usable {_ADDRESS_WORDS[rule.address]}"


def found(rule: Rule, facts: PatientFacts, today: date, names: Mapping[str, str] = NO_NAMES) -> str:
    """What the patient's record says about that which ``rule`` asks for: "Last visit: 3 March 2026"."""
    match rule:
        case DaysRule() | DayRule() | BetweenRule() | KnownRule():
            return _found_day(rule.fact, facts, today)
        case SegmentRule():
            visit = _found_day(DateFact.LAST_VISIT, facts, today)
            if rule.segment is not Segment.THIS_MONTH:
                return visit
            return f"{visit}; {_small(_found_day(DateFact.NEXT_VISIT, facts, today))}"
        case BirthdayRule():
            return "Date of birth not known" if facts.born_on is None else f"Born {day_words(facts.born_on)}"
        case AgeRule():
            return (
                "Date of birth not known" if facts.born_on is None else f"Aged {age_on(facts.born_on, today)}"
            )
        case StatusRule():
            return f"Status: {STATUS_WORDS[facts.status].lower()}"
        case LeadRule():
            return "A lead" if facts.is_lead else "A patient"
        case TagRule():
            return f"Tags: {listed(sorted(facts.tags), 'and')}" if facts.tags else "No tags"
        case PractitionerRule() | PractitionerNameRule():
            name = facts.practitioner_name or names.get(facts.practitioner_id or "")
            return f"Practitioner: {name}" if name else "Practitioner not known"
        case LocationRule():
            return f"Location: {names.get(facts.location_id, 'as on the record')}"
        case UnscheduledTreatmentRule():
            return describe_rule(UnscheduledTreatmentRule(facts.has_unscheduled_treatment))
        case PreferredChannelRule():
            if facts.preferred_channel is None:
                return "No preference recorded"
            return f"Prefers {CHANNEL_WORDS[facts.preferred_channel]}"
        case AddressRule():
            state = facts.email_state if rule.address is Address.EMAIL else facts.mobile_state
            return _found_address(_ADDRESS_WORDS[rule.address], state)


def _small(words: str) -> str:
    """The sentence as a part of another one; a first word all in capitals stays."""
    return words if words[1:2].isupper() else words[0].lower() + words[1:]


def _distance(rule: DaysRule) -> str:
    if rule.days == 0 and rule.operator in (DaysOperator.EXACTLY_AGO, DaysOperator.EXACTLY_AHEAD):
        return "today"
    return DAYS_OPERATOR_WORDS[rule.operator].format(days_words(rule.days))


def _birthday(rule: BirthdayRule) -> str:
    match rule.window:
        case BirthdayWindow.TODAY:
            return "Birthday today"
        case BirthdayWindow.THIS_MONTH:
            return "Birthday this month"
        case BirthdayWindow.NEXT_DAYS:
            return f"Birthday within the next {days_words(rule.days)}"


def _ages(rule: AgeRule) -> str:
    match (rule.at_least, rule.at_most):
        case (None, None):
            return "Date of birth is known"
        case (None, most):
            return f"Aged {most} or under"
        case (least, None):
            return f"Aged {least} or over"
        case (least, most):
            return f"Aged {least}" if least == most else f"Aged {least} to {most}"


def _tags(rule: TagRule) -> str:
    quoted = [f"“{tag}”" for tag in rule.tags]
    if len(quoted) == 1:
        return f"{'Not tagged' if rule.operator is TagOperator.NONE else 'Tagged'} {quoted[0]}"
    return f"Tagged with {TAG_OPERATOR_WORDS[rule.operator]} {listed(quoted, 'and') or 'no tags'}"


def _choices(words: list[str]) -> str:
    return listed(words, "or") or "nothing chosen"


def _named(ids: tuple[str, ...], names: Mapping[str, str], what: str) -> str:
    if all(one in names for one in ids):
        return _choices([names[one] for one in ids])
    return f"the chosen {what}" if len(ids) == 1 else f"one of {len(ids)} {what}s"


def _found_day(fact: DateFact, facts: PatientFacts, today: date) -> str:
    day = facts.day(fact)
    if day is None or day not in known_range(fact, today):
        return KNOWN_WORDS[fact, False]
    return f"{DATE_FACT_WORDS[fact]}: {day_words(day)}"


def _found_address(what: str, state: AddressState) -> str:
    match state:
        case AddressState.OK:
            return f"Has a usable {what}"
        case AddressState.NONE:
            return f"No {what}"
        case AddressState.INVALID:
            return f"The {what} cannot be right"
        case AddressState.LANDLINE:
            return "The number is a landline"
