"""Rules in words."""

from datetime import date

import pytest
from hypothesis import given

from primoro_campaigns.domain.audience.describe import (
    DAYS_OPERATOR_WORDS,
    FACT_OPERATORS,
    describe,
    describe_rule,
    found,
)
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
    Rule,
    Segment,
    SegmentRule,
    StatusRule,
    TagOperator,
    TagRule,
)
from primoro_campaigns.domain.patient.model import PatientStatus
from tests.strategies.audience import facts as any_facts
from tests.strategies.audience import groups, rules, todays

NAMES = {"l1": "High Street", "l2": "Low Road", "p1": "Dr Patel"}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 180), "Last visit more than 180 days ago"),
        (
            DaysRule(DateFact.LAST_CONTACTED, DaysOperator.LESS_THAN_AGO, 1),
            "Last contacted less than 1 day ago",
        ),
        (DaysRule(DateFact.NEXT_VISIT, DaysOperator.EXACTLY_AHEAD, 7), "Next appointment in exactly 7 days"),
        (DaysRule(DateFact.NEXT_VISIT, DaysOperator.EXACTLY_AHEAD, 0), "Next appointment today"),
        (
            DayRule(DateFact.LAST_VISIT, DayOperator.BEFORE, date(2026, 3, 1)),
            "Last visit before 1 March 2026",
        ),
        (
            BetweenRule(DateFact.RECALL_DUE, date(2026, 3, 1), date(2026, 3, 31)),
            "Recall due from 1 March 2026 to 31 March 2026",
        ),
        (KnownRule(DateFact.NEXT_VISIT, known=False), "No future appointment"),
        (BirthdayRule(BirthdayWindow.NEXT_DAYS, 14), "Birthday within the next 14 days"),
        (AgeRule(18, 30), "Aged 18 to 30"),
        (AgeRule(18, 18), "Aged 18"),
        (AgeRule(at_most=30), "Aged 30 or under"),
        (StatusRule((PatientStatus.ACTIVE, PatientStatus.INACTIVE)), "Status is active or inactive"),
        (LeadRule(is_lead=True), "Is a lead"),
        (TagRule(TagOperator.ANY, ("VIP",)), "Tagged “VIP”"),
        (TagRule(TagOperator.NONE, ("VIP", "staff")), "Tagged with none of “VIP” and “staff”"),
        (PractitionerRule(("p1",)), "Practitioner is Dr Patel"),
        (PractitionerRule(("gone",)), "Practitioner is the chosen practitioner"),
        (PractitionerNameRule(NameOperator.CONTAINS, "pat"), "Practitioner’s name contains “pat”"),
        (PractitionerNameRule(NameOperator.UNKNOWN), "Practitioner’s name is not known"),
        (LocationRule(("l1", "l2")), "Location is High Street or Low Road"),
        (LocationRule(("l1", "gone")), "Location is one of 2 locations"),
        (SegmentRule(Segment.YEAR_TO_DATE), "Visited in the last 12 months"),
        (AddressRule(Address.EMAIL, has=True), "Has a usable e-mail address"),
        (AddressRule(Address.MOBILE, has=False), "Has no usable mobile number"),
    ],
)
def test_a_rule_in_words(rule: Rule, words: str) -> None:
    assert describe_rule(rule, NAMES) == words


def test_a_tree_in_words() -> None:
    group = Group(
        Match.ALL,
        (
            KnownRule(DateFact.NEXT_VISIT, known=False),
            Group(Match.ANY, (LocationRule(("l1",)), TagRule(TagOperator.ANY, ("VIP",)))),
            Group(Match.ANY, (LeadRule(is_lead=False),)),
        ),
    )
    assert describe(group, NAMES) == (
        "No future appointment and (location is High Street or tagged “VIP”) and is a patient"
    )
    assert describe(Group()) == "Everybody"
    assert describe(Group(Match.ANY)) == "Nobody"


@given(group=groups())
def test_no_tree_is_without_words(group: Group) -> None:
    words = describe(group, NAMES)
    assert words == words.strip()
    assert words.lstrip("(")[0].isupper()
    assert all(part not in words for part in ("None", "()", "{}", "DateFact", "  and"))


@given(rule=rules(), facts=any_facts(), today=todays)
def test_no_finding_is_without_words(rule: Rule, facts: PatientFacts, today: date) -> None:
    words = found(rule, facts, today)
    assert words[0].isupper()
    assert "None" not in words


def test_the_record_that_a_stale_copy_holds_is_not_told_as_a_fact() -> None:
    stale = PatientFacts(location_id="x", next_visit_on=date(2026, 3, 2))
    rule = KnownRule(DateFact.NEXT_VISIT, known=True)
    assert found(rule, stale, date(2026, 3, 3)) == "No future appointment"
    assert found(rule, stale, date(2026, 3, 2)) == "Next appointment: 2 March 2026"


def test_a_last_day_is_ago_a_next_day_ahead_and_a_recall_either() -> None:
    ahead = {operator for operator in DaysOperator if "in " in DAYS_OPERATOR_WORDS[operator]}
    assert set(FACT_OPERATORS[DateFact.NEXT_VISIT]) == ahead
    assert set(FACT_OPERATORS[DateFact.RECALL_DUE]) == set(DaysOperator)
    for fact in (DateFact.LAST_VISIT, DateFact.LAST_CONTACTED, DateFact.LAST_NO_SHOW):
        assert set(FACT_OPERATORS[fact]) == set(DaysOperator) - ahead
