"""Audiences and patients' facts at random, drawn from few values so that rules and patients do meet."""

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import TypeVar

from hypothesis import strategies as st

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
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus

T = TypeVar("T")

TODAYS = (
    date(2027, 2, 28),
    date(2027, 3, 1),
    date(2027, 3, 28),
    date(2027, 10, 31),
    date(2027, 12, 31),
    date(2028, 1, 1),
    date(2028, 2, 28),
    date(2028, 2, 29),
    date(2028, 3, 1),
)
"""Around a leap day, New Year, month ends and the days on which British clocks change."""

DISTANCES = (0, 1, 2, 27, 28, 29, 30, 31, 59, 60, 89, 90, 91, 180, 364, 365, 366, 400)
LOCATIONS = ("location-1", "location-2", "location-3")
PRACTITIONERS = {
    "practitioner-1": "Dr Élodie O'Brien-Smith",
    "practitioner-2": "dr émile SMITH",
    "practitioner-3": "100% Smile_Ltd",
    "practitioner-4": "Dr A/B \\ C",
    "practitioner-5": "",
}
UNLISTED = "practitioner-6"
"""An id that patients carry and no practitioner has."""

NAME_PARTS = (
    "dr",
    "DR ",
    "smith",
    "élodie",
    "Élodie",
    "%",
    "_",
    "/",
    "\\",
    "O'Brien",
    "c",
    "",
    "DR ÉMILE SMITH",
)
TAGS = (
    "VIP",
    "vip",
    "a,b",
    ",",
    '"',
    'a"b',
    "\\",
    "a\\",
    "a",
    "b",
    "50%",
    "naïve",
    "\n",
    "[]",
    "",
    "\U0001f9b7",
)
BIRTHDAYS = (
    date(1968, 2, 29),
    date(2012, 2, 29),
    date(1990, 2, 28),
    date(2009, 3, 1),
    date(2010, 2, 28),
    date(1975, 12, 31),
    date(2001, 1, 1),
    date(1933, 10, 31),
)

todays = st.sampled_from(TODAYS)


def _near(today: date) -> list[date]:
    return [today + timedelta(sign * distance) for distance in DISTANCES for sign in (1, -1)]


DAYS = tuple(sorted({day for today in TODAYS for day in _near(today)}))


def _some(values: Sequence[T], most: int = 3) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(st.sampled_from(values), max_size=most).map(tuple)


def rules() -> st.SearchStrategy[Rule]:
    """Any rule, well formed or not."""
    facts, days, flags = st.sampled_from(DateFact), st.sampled_from(DAYS), st.booleans()
    distances = st.sampled_from(DISTANCES) | st.integers(-5, 500)
    ages = st.none() | st.integers(0, 100)
    return st.one_of(
        st.builds(DaysRule, facts, st.sampled_from(DaysOperator), distances),
        st.builds(DayRule, facts, st.sampled_from(DayOperator), days),
        st.builds(BetweenRule, facts, days, days),
        st.builds(KnownRule, facts, flags),
        st.builds(BirthdayRule, st.sampled_from(BirthdayWindow), distances),
        st.builds(AgeRule, ages, ages),
        st.builds(StatusRule, _some(list(PatientStatus))),
        st.builds(LeadRule, flags),
        st.builds(TagRule, st.sampled_from(TagOperator), _some(TAGS)),
        st.builds(PractitionerRule, _some([*PRACTITIONERS, UNLISTED])),
        st.builds(PractitionerNameRule, st.sampled_from(NameOperator), st.sampled_from(NAME_PARTS)),
        st.builds(LocationRule, _some(LOCATIONS)),
        st.builds(UnscheduledTreatmentRule, flags),
        st.builds(PreferredChannelRule, _some(list(Channel))),
        st.builds(SegmentRule, st.sampled_from(Segment)),
        st.builds(AddressRule, st.sampled_from(Address), flags),
    )


def groups(depth: int = 3) -> st.SearchStrategy[Group]:
    """Any tree of at most ``depth`` groups inside each other."""
    members: st.SearchStrategy[Rule | Group] = rules()
    if depth > 1:
        members = rules() | groups(depth - 1)
    return st.builds(Group, st.sampled_from(Match), st.lists(members, max_size=4).map(tuple))


def facts() -> st.SearchStrategy[PatientFacts]:
    """Any patient that ``random_facts`` makes."""
    return st.integers(0, 2**32).map(lambda seed: random_facts(random.Random(seed)))


def random_facts(draw: random.Random) -> PatientFacts:
    """One patient; half of what may be unknown is."""

    def perhaps(values: Sequence[T]) -> T | None:
        return draw.choice(values) if draw.random() < 0.6 else None

    practitioner_id = perhaps([*PRACTITIONERS, UNLISTED])
    return PatientFacts(
        location_id=draw.choice(LOCATIONS),
        status=draw.choice(list(PatientStatus)),
        is_lead=draw.random() < 0.3,
        born_on=perhaps(draw.choice((BIRTHDAYS, DAYS))),
        practitioner_id=practitioner_id,
        practitioner_name=PRACTITIONERS.get(practitioner_id or ""),
        preferred_channel=perhaps(list(Channel)),
        email_state=draw.choice(list(AddressState)),
        mobile_state=draw.choice(list(AddressState)),
        last_visit_on=perhaps(DAYS),
        next_visit_on=perhaps(DAYS),
        last_contacted_on=perhaps(DAYS),
        last_no_show_on=perhaps(DAYS),
        recall_due_on=perhaps(DAYS),
        has_unscheduled_treatment=draw.random() < 0.5,
        tags=frozenset(draw.sample(TAGS, draw.randint(0, 4))),
    )
