"""Faults planted into audiences are found where they are."""

from datetime import date

import pytest
from hypothesis import given

from primoro_campaigns.domain.audience.check import (
    AudienceProblemError,
    is_clinical,
    notices,
    problems,
    require_well_formed,
    uses_clinical_data,
)
from primoro_campaigns.domain.audience.evaluate import matches
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
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.patient.model import PatientStatus
from tests.strategies.audience import facts as any_facts
from tests.strategies.audience import groups, todays

TODAY = date(2026, 3, 3)
SOUND = (
    StatusRule((PatientStatus.ACTIVE,)),
    KnownRule(DateFact.NEXT_VISIT, known=False),
    DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 180),
)


@pytest.mark.parametrize(
    ("rule", "field", "code"),
    [
        (DaysRule(DateFact.LAST_CONTACTED, DaysOperator.MORE_THAN_AGO, -1), "days", "audience.days"),
        (DaysRule(DateFact.LAST_CONTACTED, DaysOperator.MORE_THAN_AGO, 40_000), "days", "audience.days"),
        (DaysRule(DateFact.LAST_CONTACTED, DaysOperator.LESS_THAN_AGO, 0), "days", "audience.days"),
        (DaysRule(DateFact.LAST_CONTACTED, DaysOperator.EXACTLY_AHEAD, 7), "operator", "audience.never"),
        (DayRule(DateFact.LAST_CONTACTED, DayOperator.ON, date(2026, 3, 4)), "day", "audience.never"),
        (DayRule(DateFact.LAST_CONTACTED, DayOperator.AFTER, TODAY), "day", "audience.never"),
        (
            BetweenRule(DateFact.RECALL_DUE, date(2026, 3, 2), date(2026, 3, 1)),
            "last",
            "audience.range_reversed",
        ),
        (BirthdayRule(BirthdayWindow.NEXT_DAYS, -1), "days", "audience.days"),
        (BirthdayRule(BirthdayWindow.NEXT_DAYS, 366), "days", "audience.days"),
        (AgeRule(), "at_least", "audience.age"),
        (AgeRule(at_most=-1), "at_most", "audience.age"),
        (AgeRule(at_least=200), "at_least", "audience.age"),
        (AgeRule(30, 20), "at_most", "audience.range_reversed"),
        (StatusRule(()), "statuses", "audience.nothing_chosen"),
        (TagRule(TagOperator.ANY, ()), "tags", "audience.nothing_chosen"),
        (TagRule(TagOperator.ANY, (" ",)), "tags", "audience.text_empty"),
        (TagRule(TagOperator.ANY, ("a\x00",)), "tags", "audience.text_unprintable"),
        (TagRule(TagOperator.ANY, ("\ud800",)), "tags", "audience.text_unprintable"),
        (PractitionerRule(()), "practitioner_ids", "audience.nothing_chosen"),
        (PractitionerRule(("p",) * 301), "practitioner_ids", "audience.too_many_chosen"),
        (LocationRule(()), "location_ids", "audience.nothing_chosen"),
        (PreferredChannelRule(()), "channels", "audience.nothing_chosen"),
        (PractitionerNameRule(NameOperator.CONTAINS, ""), "text", "audience.text_empty"),
        (PractitionerNameRule(NameOperator.CONTAINS, "x" * 201), "text", "audience.text_too_long"),
    ],
)
def test_a_planted_fault_is_found_at_its_place(rule: Rule, field: str, code: str) -> None:
    group = Group(Match.ALL, (*SOUND, Group(Match.ANY, (LeadRule(is_lead=True), rule))))
    assert [(one.path, one.field, one.code) for one in problems(group, TODAY)] == [((3, 1), field, code)]


def test_every_fault_is_told_at_once() -> None:
    group = Group(Match.ALL, (AgeRule(30, 20), *SOUND, Group(Match.ANY), TagRule(TagOperator.ANY, ())))
    assert [one.path for one in problems(group, TODAY)] == [(0,), (4,), (5,)]
    with pytest.raises(AudienceProblemError) as refused:
        require_well_formed(group, TODAY)
    assert refused.value.code == "audience.range_reversed"
    assert refused.value.title == "Rule 1: The oldest age is lower than the youngest."
    assert "3 things" in refused.value.advice
    assert len(refused.value.problems) == 3


def test_sound_audiences_have_no_problem() -> None:
    for group in (Group(), Group(Match.ALL, SOUND), Group(Match.ANY, SOUND)):
        assert problems(group, TODAY) == ()
        require_well_formed(group, TODAY)
    assert problems(Group(Match.ALL, (PractitionerNameRule(NameOperator.UNKNOWN),)), TODAY) == ()


def test_empty_groups_within_others_are_found() -> None:
    assert [one.code for one in problems(Group(Match.ANY), TODAY)] == ["audience.group_empty"]
    inner = Group(Match.ALL, (*SOUND, Group(Match.ALL)))
    assert [(one.path, one.code) for one in problems(inner, TODAY)] == [((3,), "audience.group_empty")]


def test_too_deep_and_too_large_are_found() -> None:
    deep = Group(Match.ALL, SOUND)
    for _ in range(6):
        deep = Group(Match.ALL, (deep,))
    assert [one.code for one in problems(deep, TODAY)] == ["audience.too_deep"]
    large = Group(Match.ANY, (LeadRule(is_lead=True),) * 101)
    assert [one.code for one in problems(large, TODAY)] == ["audience.too_many_rules"]


CLASHES: list[tuple[Rule, Rule]] = [
    (LeadRule(is_lead=True), LeadRule(is_lead=False)),
    (UnscheduledTreatmentRule(has=True), UnscheduledTreatmentRule(has=False)),
    (AddressRule(Address.EMAIL, has=True), AddressRule(Address.EMAIL, has=False)),
    (StatusRule((PatientStatus.ACTIVE,)), StatusRule((PatientStatus.INACTIVE,))),
    (LocationRule(("a",)), LocationRule(("b", "c"))),
    (PractitionerRule(("a",)), PractitionerRule(("b",))),
    (PreferredChannelRule((Channel.SMS,)), PreferredChannelRule((Channel.EMAIL,))),
    (AgeRule(at_least=30), AgeRule(at_most=29)),
    (KnownRule(DateFact.LAST_VISIT, known=True), KnownRule(DateFact.LAST_VISIT, known=False)),
    (
        KnownRule(DateFact.LAST_VISIT, known=False),
        DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 1),
    ),
    (
        DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 180),
        DaysRule(DateFact.LAST_VISIT, DaysOperator.LESS_THAN_AGO, 180),
    ),
    (SegmentRule(Segment.LAST_90_DAYS), DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 90)),
    (TagRule(TagOperator.ALL, ("a", "b")), TagRule(TagOperator.NONE, ("b",))),
    (TagRule(TagOperator.ANY, ("a", "b")), TagRule(TagOperator.NONE, ("b", "a"))),
]

FRIENDS: list[tuple[Rule, Rule]] = [
    (LeadRule(is_lead=True), LeadRule(is_lead=True)),
    (AddressRule(Address.EMAIL, has=True), AddressRule(Address.MOBILE, has=False)),
    (LocationRule(("a",)), LocationRule(("b", "a"))),
    (AgeRule(at_least=30), AgeRule(at_most=30)),
    (KnownRule(DateFact.LAST_VISIT, known=True), KnownRule(DateFact.NEXT_VISIT, known=False)),
    (
        DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 180),
        DaysRule(DateFact.LAST_VISIT, DaysOperator.LESS_THAN_AGO, 182),
    ),
    (SegmentRule(Segment.LAST_90_DAYS), DaysRule(DateFact.LAST_VISIT, DaysOperator.EXACTLY_AGO, 90)),
    (TagRule(TagOperator.ANY, ("a", "b")), TagRule(TagOperator.NONE, ("b",))),
]


@pytest.mark.parametrize(("one", "other"), CLASHES, ids=str)
def test_rules_that_nobody_can_meet_together(one: Rule, other: Rule) -> None:
    for first, second in ((one, other), (other, one)):
        (problem,) = problems(Group(Match.ALL, (first, Group(Match.ALL, (second,)))), TODAY)
        assert (problem.path, problem.code) == ((1, 0), "audience.contradiction")
        assert "Rule 1" in problem.words
        assert problems(Group(Match.ANY, (first, second)), TODAY) == ()


def test_groups_of_all_inside_each_other_are_one_and_told_once() -> None:
    yes, no = LeadRule(is_lead=True), LeadRule(is_lead=False)
    inner = Group(
        Match.ALL, (Group(Match.ANY, (Group(Match.ALL, (*SOUND, no)),)), Group(Match.ANY, (yes, no)))
    )
    found = problems(Group(Match.ALL, (yes, inner)), TODAY)
    assert [(one.path, one.code) for one in found] == [((1, 0, 0, 3), "audience.contradiction")]
    assert len(problems(Group(Match.ANY, (Group(Match.ALL, (yes, no)), *SOUND)), TODAY)) == 1
    assert len(problems(Group(Match.ANY, (Group(Match.ALL, (yes, no)),)), TODAY)) == 1


@pytest.mark.parametrize(("one", "other"), FRIENDS, ids=str)
def test_rules_that_go_together(one: Rule, other: Rule) -> None:
    assert problems(Group(Match.ALL, (one, other)), TODAY) == ()


@given(group=groups(), facts=any_facts(), today=todays)
def test_nobody_is_in_what_contradicts_itself(group: Group, facts: PatientFacts, today: date) -> None:
    """A contradiction in the outermost ALL group means nobody: the check cries no wolf."""
    contradictions = [one for one in problems(group, today) if one.code == "audience.contradiction"]
    if group.match is Match.ALL and any(len(one.path) == 1 for one in contradictions):
        assert not matches(group, facts, today)


@given(group=groups(), today=todays)
def test_problems_have_words_and_a_place_in_the_tree(group: Group, today: date) -> None:
    for problem in problems(group, today):
        assert problem.words.endswith(".")
        member: Rule | Group = group
        for index in problem.path:
            assert isinstance(member, Group)
            member = member.members[index]
        assert problem.field == "" or hasattr(member, problem.field)


def test_clinical_rules_are_flagged_wherever_they_stand() -> None:
    recall = DaysRule(DateFact.RECALL_DUE, DaysOperator.MORE_THAN_AGO, 30)
    group = Group(Match.ALL, (*SOUND, Group(Match.ANY, (UnscheduledTreatmentRule(has=False), recall))))
    assert [(one.path, one.code) for one in notices(group)] == [
        ((3, 0), "audience.clinical"),
        ((3, 1), "audience.clinical"),
        ((3, 1), "audience.recall"),
    ]
    assert uses_clinical_data(group)
    assert not uses_clinical_data(Group(Match.ALL, SOUND))
    assert not any(is_clinical(rule) for rule in SOUND)
