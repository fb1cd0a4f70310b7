"""The meaning of an audience: whether one patient is in it, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from primoro_campaigns.domain.audience.days import (
    days_to_birthday,
    known_range,
    rule_range,
    segment_ranges,
)
from primoro_campaigns.domain.audience.describe import describe_rule, found
from primoro_campaigns.domain.audience.facts import PatientFacts
from primoro_campaigns.domain.audience.rule import (
    Address,
    AddressRule,
    AgeRule,
    BetweenRule,
    BirthdayRule,
    BirthdayWindow,
    DayRule,
    DaysRule,
    Group,
    KnownRule,
    LeadRule,
    LocationRule,
    Match,
    NameOperator,
    Path,
    PractitionerNameRule,
    PractitionerRule,
    PreferredChannelRule,
    Rule,
    SegmentRule,
    StatusRule,
    TagOperator,
    TagRule,
    UnscheduledTreatmentRule,
)
from primoro_campaigns.domain.audience.wording import ascii_lower
from primoro_campaigns.domain.patient.age import age_on
from primoro_campaigns.domain.patient.model import AddressState


@dataclass(frozen=True)
class Finding:
    """What one rule says of one patient: the rule in words, whether it holds, and what the record says."""

    path: Path
    rule: Rule
    holds: bool
    words: str
    found: str


@dataclass(frozen=True)
class Explanation:
    """Why a patient is in or out: every rule's finding, and among them the ones that decided."""

    is_in: bool
    findings: tuple[Finding, ...]
    decisive: tuple[Finding, ...]


def matches(group: Group, facts: PatientFacts, today: date) -> bool:
    """Whether the patient is in the audience on the day ``today`` at the practice."""
    outcomes = (
        matches(member, facts, today) if isinstance(member, Group) else holds(member, facts, today)
        for member in group.members
    )
    return all(outcomes) if group.match is Match.ALL else any(outcomes)


def explain(
    group: Group, facts: PatientFacts, today: date, names: Mapping[str, str] = MappingProxyType({})
) -> Explanation:
    """As ``matches``, with its reasons. ``names`` are those of practitioners and locations, by id.

    ``decisive`` holds only findings that agree with the outcome: who is out sees what failed, who is in
    sees what passed. It is empty for a group without rules.
    """
    is_in, findings, decisive = _explain(group, (), facts, today, names)
    return Explanation(is_in, findings, decisive)


def _explain(
    group: Group, path: Path, facts: PatientFacts, today: date, names: Mapping[str, str]
) -> tuple[bool, tuple[Finding, ...], tuple[Finding, ...]]:
    outcomes: list[tuple[bool, tuple[Finding, ...], tuple[Finding, ...]]] = []
    for index, member in enumerate(group.members):
        if isinstance(member, Group):
            outcomes.append(_explain(member, (*path, index), facts, today, names))
        else:
            finding = Finding(
                (*path, index),
                member,
                holds(member, facts, today),
                describe_rule(member, names),
                found(member, facts, today, names),
            )
            outcomes.append((finding.holds, (finding,), (finding,)))
    passed = [outcome[0] for outcome in outcomes]
    is_in = all(passed) if group.match is Match.ALL else any(passed)
    findings = tuple(finding for outcome in outcomes for finding in outcome[1])
    decisive = tuple(finding for outcome in outcomes if outcome[0] is is_in for finding in outcome[2])
    return is_in, findings, decisive


def holds(rule: Rule, facts: PatientFacts, today: date) -> bool:
    """Whether one rule is true of the patient. The unknown never is, unless a rule asks for just that."""
    match rule:
        case DaysRule() | DayRule() | BetweenRule():
            return facts.day(rule.fact) in rule_range(rule, today)
        case KnownRule():
            return (facts.day(rule.fact) in known_range(rule.fact, today)) is rule.known
        case SegmentRule():
            last, following = segment_ranges(rule.segment, today)
            return facts.last_visit_on in last or facts.next_visit_on in following
        case BirthdayRule():
            return facts.born_on is not None and _birthday_holds(rule, facts.born_on, today)
        case AgeRule():
            return facts.born_on is not None and _age_holds(rule, age_on(facts.born_on, today))
        case StatusRule():
            return facts.status in rule.statuses
        case LeadRule():
            return facts.is_lead is rule.is_lead
        case TagRule():
            return _tags_hold(rule, facts.tags)
        case PractitionerRule():
            return facts.practitioner_id in rule.practitioner_ids
        case PractitionerNameRule():
            return _name_holds(rule, facts.practitioner_name or "")
        case LocationRule():
            return facts.location_id in rule.location_ids
        case UnscheduledTreatmentRule():
            return facts.has_unscheduled_treatment is rule.has
        case PreferredChannelRule():
            return facts.preferred_channel in rule.channels
        case AddressRule():
            state = facts.email_state if rule.address is Address.EMAIL else facts.mobile_state
            return (state is AddressState.OK) is rule.has


def _birthday_holds(rule: BirthdayRule, born_on: date, today: date) -> bool:
    match rule.window:
        case BirthdayWindow.TODAY:
            return days_to_birthday(born_on, today) == 0
        case BirthdayWindow.THIS_MONTH:
            return born_on.month == today.month
        case BirthdayWindow.NEXT_DAYS:
            return days_to_birthday(born_on, today) <= rule.days


def _age_holds(rule: AgeRule, years: int) -> bool:
    return (rule.at_least is None or years >= rule.at_least) and (
        rule.at_most is None or years <= rule.at_most
    )


def _tags_hold(rule: TagRule, tags: frozenset[str]) -> bool:
    match rule.operator:
        case TagOperator.ANY:
            return not tags.isdisjoint(rule.tags)
        case TagOperator.ALL:
            return tags.issuperset(rule.tags)
        case TagOperator.NONE:
            return tags.isdisjoint(rule.tags)


def _name_holds(rule: PractitionerNameRule, name: str) -> bool:
    name, text = ascii_lower(name), ascii_lower(rule.text)
    match rule.operator:
        case NameOperator.UNKNOWN:
            return not name
        case NameOperator.HAS_VALUE:
            return bool(name)
        case NameOperator.EQUAL:
            return bool(name) and name == text
        case NameOperator.STARTS_WITH:
            return bool(name) and name.startswith(text)
        case NameOperator.ENDS_WITH:
            return bool(name) and name.endswith(text)
        case NameOperator.CONTAINS:
            return bool(name) and text in name
        case NameOperator.NOT_CONTAINS:
            return bool(name) and text not in name
