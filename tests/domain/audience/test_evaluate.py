"""Who is in an audience, told by examples, and the reasons given for it."""

from datetime import date

import pytest
from hypothesis import given

from primoro_campaigns.domain.audience.evaluate import explain, holds, matches
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
    rules_of,
)
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from tests.strategies.audience import facts as any_facts
from tests.strategies.audience import groups, todays

TODAY = date(2026, 3, 3)
STRANGER = PatientFacts(location_id="elsewhere")
"""A patient of whom nothing is known."""

ANNA = PatientFacts(
    location_id="high-street",
    born_on=date(1984, 3, 20),
    practitioner_id="p1",
    practitioner_name="Dr Élodie O'Brien",
    preferred_channel=Channel.SMS,
    email_state=AddressState.INVALID,
    mobile_state=AddressState.OK,
    last_visit_on=date(2025, 9, 4),
    next_visit_on=date(2026, 3, 31),
    last_contacted_on=date(2026, 3, 3),
    recall_due_on=date(2026, 2, 1),
    has_unscheduled_treatment=True,
    tags=frozenset({"implants", "VIP"}),
)

TRUE_OF_ANNA: list[Rule] = [
    DaysRule(DateFact.LAST_VISIT, DaysOperator.EXACTLY_AGO, 180),
    DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 179),
    DaysRule(DateFact.LAST_VISIT, DaysOperator.LESS_THAN_AGO, 181),
    DaysRule(DateFact.LAST_CONTACTED, DaysOperator.EXACTLY_AGO, 0),
    DaysRule(DateFact.NEXT_VISIT, DaysOperator.LESS_THAN_AHEAD, 29),
    DaysRule(DateFact.RECALL_DUE, DaysOperator.MORE_THAN_AGO, 29),
    DayRule(DateFact.LAST_VISIT, DayOperator.ON, date(2025, 9, 4)),
    DayRule(DateFact.NEXT_VISIT, DayOperator.AFTER, date(2026, 3, 30)),
    BetweenRule(DateFact.LAST_VISIT, date(2025, 9, 4), date(2025, 9, 4)),
    KnownRule(DateFact.NEXT_VISIT, known=True),
    KnownRule(DateFact.LAST_NO_SHOW, known=False),
    KnownRule(DateFact.RECALL_DUE, known=True),
    SegmentRule(Segment.THIS_MONTH),
    SegmentRule(Segment.YEAR_TO_DATE),
    BirthdayRule(BirthdayWindow.THIS_MONTH),
    BirthdayRule(BirthdayWindow.NEXT_DAYS, 17),
    AgeRule(at_least=41, at_most=41),
    AgeRule(at_most=41),
    StatusRule((PatientStatus.INACTIVE, PatientStatus.ACTIVE)),
    LeadRule(is_lead=False),
    TagRule(TagOperator.ANY, ("VIP", "whitening")),
    TagRule(TagOperator.ALL, ("VIP", "implants")),
    TagRule(TagOperator.NONE, ("vip",)),
    PractitionerRule(("p2", "p1")),
    PractitionerNameRule(NameOperator.EQUAL, "dr Élodie o'brien"),
    PractitionerNameRule(NameOperator.STARTS_WITH, "DR "),
    PractitionerNameRule(NameOperator.ENDS_WITH, "O'BRIEN"),
    PractitionerNameRule(NameOperator.CONTAINS, "lodie"),
    PractitionerNameRule(NameOperator.NOT_CONTAINS, "smith"),
    PractitionerNameRule(NameOperator.HAS_VALUE),
    LocationRule(("high-street",)),
    UnscheduledTreatmentRule(has=True),
    PreferredChannelRule((Channel.SMS,)),
    AddressRule(Address.MOBILE, has=True),
    AddressRule(Address.EMAIL, has=False),
]

FALSE_OF_ANNA: list[Rule] = [
    DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 180),
    DaysRule(DateFact.LAST_VISIT, DaysOperator.LESS_THAN_AGO, 180),
    DaysRule(DateFact.NEXT_VISIT, DaysOperator.MORE_THAN_AHEAD, 28),
    DayRule(DateFact.LAST_VISIT, DayOperator.BEFORE, date(2025, 9, 4)),
    KnownRule(DateFact.NEXT_VISIT, known=False),
    SegmentRule(Segment.LAST_90_DAYS),
    BirthdayRule(BirthdayWindow.TODAY),
    BirthdayRule(BirthdayWindow.NEXT_DAYS, 16),
    AgeRule(at_least=42),
    StatusRule(()),
    LeadRule(is_lead=True),
    TagRule(TagOperator.ALL, ("VIP", "whitening")),
    TagRule(TagOperator.NONE, ("VIP", "whitening")),
    PractitionerNameRule(NameOperator.UNKNOWN),
    PractitionerNameRule(NameOperator.CONTAINS, "élodie "),
    LocationRule(("elsewhere",)),
    PreferredChannelRule((Channel.EMAIL,)),
    AddressRule(Address.EMAIL, has=True),
]

TRUE_OF_A_STRANGER: list[Rule] = [
    KnownRule(DateFact.LAST_VISIT, known=False),
    KnownRule(DateFact.NEXT_VISIT, known=False),
    PractitionerNameRule(NameOperator.UNKNOWN),
    TagRule(TagOperator.NONE, ("VIP",)),
    UnscheduledTreatmentRule(has=False),
    AddressRule(Address.MOBILE, has=False),
]


@pytest.mark.parametrize("rule", TRUE_OF_ANNA, ids=str)
def test_true_of_anna(rule: Rule) -> None:
    assert holds(rule, ANNA, TODAY)


@pytest.mark.parametrize("rule", FALSE_OF_ANNA, ids=str)
def test_false_of_anna(rule: Rule) -> None:
    assert not holds(rule, ANNA, TODAY)


@pytest.mark.parametrize("rule", TRUE_OF_A_STRANGER, ids=str)
def test_true_of_a_stranger(rule: Rule) -> None:
    assert holds(rule, STRANGER, TODAY)


@pytest.mark.parametrize(
    "rule",
    [rule for rule in TRUE_OF_ANNA if rule.kind in {"days", "day", "between", "segment", "birthday", "age"}]
    + [
        PractitionerNameRule(NameOperator.NOT_CONTAINS, "smith"),
        PractitionerNameRule(NameOperator.CONTAINS, ""),
        PreferredChannelRule(tuple(Channel)),
        PractitionerRule(("p1", "")),
    ],
    ids=str,
)
def test_what_is_not_known_is_never_true(rule: Rule) -> None:
    assert not holds(rule, STRANGER, TODAY)


def test_an_appointment_that_has_passed_is_no_future_appointment() -> None:
    """The copy on a desktop that was away may still hold it."""
    stale = PatientFacts(location_id="x", next_visit_on=date(2026, 3, 2))
    assert holds(KnownRule(DateFact.NEXT_VISIT, known=False), stale, TODAY)
    assert not holds(DayRule(DateFact.NEXT_VISIT, DayOperator.BEFORE, date(2026, 4, 1)), stale, TODAY)


def test_groups_combine_their_members() -> None:
    yes, no = LeadRule(is_lead=False), LeadRule(is_lead=True)
    assert matches(Group(), STRANGER, TODAY)
    assert not matches(Group(Match.ANY), STRANGER, TODAY)
    assert matches(Group(Match.ALL, (yes, Group(Match.ANY, (no, yes)))), ANNA, TODAY)
    assert not matches(Group(Match.ALL, (yes, Group(Match.ALL, (no, yes)))), ANNA, TODAY)
    assert not matches(Group(Match.ANY, (no, Group(Match.ALL, (no, yes)))), ANNA, TODAY)


@given(group=groups(), facts=any_facts(), today=todays)
def test_the_reasons_agree_with_the_meaning(group: Group, facts: PatientFacts, today: date) -> None:
    explained = explain(group, facts, today)
    assert explained.is_in is matches(group, facts, today)
    assert [(one.path, one.rule) for one in explained.findings] == list(rules_of(group))
    for one in explained.findings:
        assert one.holds is holds(one.rule, facts, today)
        assert one.words
        assert one.found
    assert set(explained.decisive) <= set(explained.findings)
    assert all(one.holds is explained.is_in for one in explained.decisive)


def test_why_out_names_the_rules_that_failed_and_what_the_record_says() -> None:
    group = Group(
        Match.ALL,
        (
            KnownRule(DateFact.NEXT_VISIT, known=False),
            DaysRule(DateFact.LAST_VISIT, DaysOperator.MORE_THAN_AGO, 90),
            Group(Match.ANY, (LocationRule(("low-road",)), AgeRule(at_least=60))),
        ),
    )
    explained = explain(group, ANNA, TODAY, {"low-road": "Low Road", "high-street": "High Street"})
    assert not explained.is_in
    assert [(one.path, one.words, one.found) for one in explained.decisive] == [
        ((0,), "No future appointment", "Next appointment: 31 March 2026"),
        ((2, 0), "Location is Low Road", "Location: High Street"),
        ((2, 1), "Aged 60 or over", "Aged 41"),
    ]
