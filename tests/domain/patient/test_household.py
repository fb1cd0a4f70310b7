"""Who of several people at one address is written to."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.age import is_minor
from primoro_campaigns.domain.patient.household import Member, precedence

TODAY = date(2026, 3, 3)
members = st.builds(
    Member,
    patient_id=st.uuids().map(lambda each: PatientId(str(each))),
    born_on=st.none() | st.dates(date(1930, 1, 1), TODAY),
    is_head=st.booleans(),
)


def first(*household: Member) -> Member:
    return min(household, key=lambda each: precedence(each, TODAY))


def test_l22_a_child_marked_as_head_does_not_speak_for_the_household() -> None:
    child = Member(PatientId("a"), date(2015, 1, 1), is_head=True)
    parent = Member(PatientId("b"), date(1980, 1, 1))
    assert first(child, parent) == parent


def test_l22_children_alone_go_by_the_lowest_id() -> None:
    elder, younger = Member(PatientId("b"), date(2012, 1, 1)), Member(PatientId("a"), date(2015, 1, 1))
    assert first(elder, younger) == younger


@given(st.lists(members, min_size=1, max_size=6, unique_by=lambda each: each.patient_id))
def test_l22_head_then_eldest_adult_then_lowest_id(household: list[Member]) -> None:
    chosen = first(*household)
    heads = [each for each in household if each.is_head and not is_minor(each.born_on, TODAY)]
    dated = [
        each.born_on for each in heads or household if each.born_on and not is_minor(each.born_on, TODAY)
    ]
    if heads:
        assert chosen in heads
    if dated:
        assert chosen.born_on == min(dated)
    else:
        assert chosen.patient_id == min(each.patient_id for each in heads or household)
