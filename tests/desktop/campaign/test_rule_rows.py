"""Rules as rows of a form: what one reads there is what is asked."""

from datetime import date

import pytest
from hypothesis import given

from primoro_campaigns.desktop.campaign.rule_rows import (
    audience_of,
    groups_of,
    places_of,
    read_row,
    row_of,
    row_problems,
)
from primoro_campaigns.desktop.campaign.rule_subjects import NEW_ROW, SUBJECTS, RuleRow, operator_of
from primoro_campaigns.domain.audience.check import problems
from primoro_campaigns.domain.audience.rule import (
    BirthdayRule,
    BirthdayWindow,
    DateFact,
    DaysOperator,
    DaysRule,
    Group,
    KnownRule,
    Match,
    NameOperator,
    PractitionerNameRule,
    Rule,
    rules_of,
)
from tests.strategies import audience


@given(audience.rules())
def test_every_well_formed_rule_has_a_row_that_reads_as_the_same_rule(rule: Rule) -> None:
    if problems(Group(members=(rule,)), date(2026, 3, 3)):
        return
    match rule:
        # A value that the operator does not read is not asked for, and the form has no place for it.
        case BirthdayRule(BirthdayWindow.TODAY | BirthdayWindow.THIS_MONTH, days) if days:
            return
        case PractitionerNameRule(NameOperator.UNKNOWN | NameOperator.HAS_VALUE, text) if text:
            return
    row = row_of(rule)
    assert operator_of(row).key == row.operator, "the form must offer the operator the rule has"
    assert read_row(row) == rule


@given(audience.groups())
def test_an_audience_comes_back_from_the_form_or_is_not_shown_in_it(group: Group) -> None:
    groups = groups_of(group)
    if groups is None:
        return
    again = audience_of(groups)
    assert [rule for _, rule in rules_of(again)] == [rule for _, rule in rules_of(group)]
    assert set(places_of(groups)) == {path for path, _ in rules_of(again)}


def test_seed_003_retention_recipe_can_be_said() -> None:
    """Domain.md C34: no future appointment and last visit exactly so many days ago."""
    groups = ((RuleRow("next_visit", "unknown"), RuleRow("last_visit", "exactly_ago", ("180",))),)
    assert audience_of(groups) == Group(
        Match.ALL,
        (KnownRule(DateFact.NEXT_VISIT, False), DaysRule(DateFact.LAST_VISIT, DaysOperator.EXACTLY_AGO, 180)),
    )


def test_no_rules_is_everybody_and_two_groups_are_either() -> None:
    assert audience_of(((),)) == Group()
    either = audience_of(((NEW_ROW,), (RuleRow("lead", "lead"),)))
    assert either.match is Match.ANY
    assert len(either.members) == 2


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (RuleRow("last_visit", "more_than_ago", ("soon",)), "Type a number of days."),
        (RuleRow("last_visit", "on", ()), "Choose a day."),
        (RuleRow("age", "between", ("", "")), "Type at least one age."),
        (RuleRow("age", "between", ("young", "")), "Type an age in years, or leave it empty."),
        (RuleRow("tag", "any", ()), "Type at least one tag."),
        (RuleRow("status", "is", ()), "Choose at least one status."),
    ],
)
def test_a_row_that_cannot_be_read_says_so_and_is_never_dropped_in_silence(row: RuleRow, words: str) -> None:
    groups = ((NEW_ROW, row),)
    assert row_problems(groups) == {(0, 1): words}
    with pytest.raises(ValueError, match=words.replace(".", r"\.")):
        read_row(row)


def test_every_operator_of_the_form_has_words_and_a_reading() -> None:
    samples = {
        "days": ("30",),
        "day": ("2026-03-01",),
        "two_days": ("2026-01-01", "2026-03-01"),
        "ages": ("18", "65"),
        "text": ("Hale",),
        "tags": ("implant",),
        "status": ("active",),
        "channel": ("sms",),
        "practitioner": ("p1",),
        "location": ("l1",),
        "none": (),
    }
    for subject in SUBJECTS:
        for operator in subject.operators:
            row = RuleRow(subject.key, operator.key, samples[operator.value.value])
            rule = read_row(row)
            assert read_row(row_of(rule)) == rule, (subject.words, operator.words)
