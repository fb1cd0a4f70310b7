"""Audience rules as rows of a form, and rows as rules: each the other's reverse. Pure."""

from primoro_campaigns.desktop.campaign.rule_subjects import RuleRow, operator_of
from primoro_campaigns.domain.audience.rule import (
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
    Path,
    PractitionerNameRule,
    PractitionerRule,
    PreferredChannelRule,
    Rule,
    SegmentRule,
    StatusRule,
    TagRule,
    UnscheduledTreatmentRule,
)


def read_row(row: RuleRow) -> Rule:
    """The rule a row stands for. Raises ``ValueError`` with words for the field while it is incomplete."""
    return operator_of(row).read(row.values)


def row_of(rule: Rule) -> RuleRow:
    """The row that shows a rule; ``read_row`` of it is the rule again."""
    match rule:
        case DaysRule(fact, operator, days):
            return RuleRow(fact.value, operator.value, (str(days),))
        case DayRule(fact, day_operator, day):
            return RuleRow(fact.value, day_operator.value, (day.isoformat(),))
        case BetweenRule(fact, first, last):
            return RuleRow(fact.value, "between", (first.isoformat(), last.isoformat()))
        case KnownRule(fact, known):
            return RuleRow(fact.value, "known" if known else "unknown")
        case BirthdayRule(window, days):
            return RuleRow(
                "birthday", window.value, (str(days),) if window is BirthdayWindow.NEXT_DAYS else ()
            )
        case AgeRule(at_least, at_most):
            return RuleRow(
                "age", "between", tuple("" if age is None else str(age) for age in (at_least, at_most))
            )
        case StatusRule(statuses):
            return RuleRow("status", "is", tuple(status.value for status in statuses))
        case LeadRule(is_lead):
            return RuleRow("lead", "lead" if is_lead else "patient")
        case TagRule(tag_operator, tags):
            return RuleRow("tag", tag_operator.value, tags)
        case PractitionerRule(practitioner_ids):
            return RuleRow("practitioner", "is", practitioner_ids)
        case PractitionerNameRule(name_operator, text):
            return RuleRow("practitioner", name_operator.value, (text,) if text else ())
        case LocationRule(location_ids):
            return RuleRow("location", "is", location_ids)
        case UnscheduledTreatmentRule(has):
            return RuleRow("unscheduled_treatment", "has" if has else "has_not")
        case PreferredChannelRule(channels):
            return RuleRow("preferred_channel", "is", tuple(channel.value for channel in channels))
        case SegmentRule(segment):
            return RuleRow("segment", segment.value)
        case AddressRule(address, has):
            return RuleRow("address", address.value if has else f"no_{address.value}")


RowGroups = tuple[tuple[RuleRow, ...], ...]
"""Groups of rows: AND inside a group, OR between groups (decisions.md, "Audience")."""


def groups_of(audience: Group) -> RowGroups | None:
    """The audience as groups of rows; None for what the form cannot show: deeper nesting, odd rules."""
    if audience.match is Match.ALL:
        branches: tuple[Rule | Group, ...] = (audience,)
    else:
        branches = audience.members
    groups: list[tuple[RuleRow, ...]] = []
    for branch in branches:
        members = branch.members if isinstance(branch, Group) else (branch,)
        if isinstance(branch, Group) and branch.match is Match.ANY and len(members) > 1:
            return None
        rows: list[RuleRow] = []
        for member in members:
            if isinstance(member, Group) or not _is_shown_as_it_is(member):
                return None
            rows.append(row_of(member))
        groups.append(tuple(rows))
    return tuple(groups) or ((),)


def _is_shown_as_it_is(rule: Rule) -> bool:
    """Whether the row of a rule asks for exactly that rule, as the row's own operator says it."""
    row = row_of(rule)
    try:
        return operator_of(row).key == row.operator and read_row(row) == rule
    except ValueError:
        return False


def audience_of(groups: RowGroups) -> Group:
    """The audience that the groups stand for. Empty groups mean everybody.

    Rows that cannot be read yet are left out, which makes the audience larger: nobody may review or send
    while
    ``row_problems`` finds any.
    """
    branches = []
    for group in groups:
        rules: list[Rule | Group] = []
        for row in group:
            try:
                rules.append(read_row(row))
            except ValueError:
                continue
        branches.append(Group(Match.ALL, tuple(rules)))
    filled = [branch for branch in branches if branch.members]
    if len(filled) <= 1:
        return filled[0] if filled else Group()
    return Group(Match.ANY, tuple(filled))


def places_of(groups: RowGroups) -> dict[Path, tuple[int, int]]:
    """Where each rule of ``audience_of(groups)`` stands in the form.

    For groups whose rows can all be read.
    """
    filled = [(number, rows) for number, rows in enumerate(groups) if rows]
    return {
        ((branch, row) if len(filled) > 1 else (row,)): (number, row)
        for branch, (number, rows) in enumerate(filled)
        for row in range(len(rows))
    }


def row_problems(groups: RowGroups) -> dict[tuple[int, int], str]:
    """What is wrong with rows that cannot be read, by (group, row)."""
    problems: dict[tuple[int, int], str] = {}
    for group_number, group in enumerate(groups):
        for row_number, row in enumerate(group):
            try:
                read_row(row)
            except ValueError as wrong:
                problems[group_number, row_number] = str(wrong)
    return problems
