"""The plan of a send: every candidate once, one message per address, and a reason for everybody else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose, Refusal
from primoro_campaigns.domain.consent.rules import Standing
from primoro_campaigns.domain.delivery.plan import (
    GUARDIAN_GETS_IT,
    NO_GUARDIAN,
    Candidate,
    Planned,
    Skipped,
    plan,
)
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.email_address import address_key
from primoro_campaigns.domain.patient.household import Member
from primoro_campaigns.domain.patient.model import PatientStatus
from tests.domain.standings import MOMENT, POLICY, TODAY, candidate, standing, standings

SHARED = standing(address="family@example.com")
RESTRICTED = replace(SHARED, restrictions=frozenset({Purpose.PROMOTIONS}))


def planned(
    *candidates: Candidate, policy: ChannelPolicy = ChannelPolicy.EMAIL
) -> tuple[list[Planned], list[Skipped]]:
    answers = list(plan(candidates, policy, MOMENT, TODAY, POLICY))
    return (
        [each for each in answers if isinstance(each, Planned)],
        [each for each in answers if isinstance(each, Skipped)],
    )


def test_l22_three_patients_one_address_one_message_to_the_head() -> None:
    going, skipped = planned(
        candidate(1, email=SHARED, born_on=date(1950, 1, 1)),
        candidate(2, email=SHARED, is_head=True),
        candidate(3, email=replace(SHARED, address="Family@Example.com")),
    )

    assert [each.cleared.patient_id for each in going] == ["p002"]
    assert {each.patient_id for each in skipped} == {"p001", "p003"}
    assert {(each.reason, each.instead) for each in skipped} == {(Refusal.SAME_ADDRESS, PatientId("p002"))}


def test_l22_without_a_head_the_eldest_adult() -> None:
    going, _ = planned(
        candidate(1, email=SHARED, born_on=date(1990, 1, 1)),
        candidate(2, email=SHARED, born_on=date(1950, 1, 1)),
        candidate(3, email=SHARED, born_on=None),
    )
    assert [each.cleared.patient_id for each in going] == ["p002"]


def test_l22_else_the_lowest_id() -> None:
    going, _ = planned(candidate(2, email=SHARED, born_on=None), candidate(1, email=SHARED, born_on=None))
    assert [each.cleared.patient_id for each in going] == ["p001"]


def test_l22_a_restricted_head_leaves_the_message_to_the_next() -> None:
    going, skipped = planned(candidate(1, email=RESTRICTED, is_head=True), candidate(2, email=SHARED))
    assert [each.cleared.patient_id for each in going] == ["p002"]
    assert [(each.patient_id, each.reason) for each in skipped] == [("p001", Refusal.RESTRICTED)]


def test_l22_a_shared_number_is_one_text_and_other_addresses_are_not_touched() -> None:
    mobile = standing(address="+447700900123")
    going, skipped = planned(
        candidate(1, sms=mobile, preferred=Channel.SMS),
        candidate(2, sms=mobile, preferred=Channel.SMS),
        candidate(3, sms=mobile, preferred=Channel.EMAIL),
        policy=ChannelPolicy.PREFERRED,
    )
    assert {each.cleared.patient_id: each.cleared.channel for each in going} == {
        "p001": Channel.SMS,
        "p003": Channel.EMAIL,
    }
    assert [each.patient_id for each in skipped] == ["p002"]


def test_l22_who_waits_leaves_the_message_to_who_gets_it_now() -> None:
    waiting = replace(SHARED, resting_until=TODAY + timedelta(days=3))
    going, skipped = planned(candidate(1, email=waiting, is_head=True), candidate(2, email=SHARED))
    assert [each.cleared.patient_id for each in going] == ["p002"]
    assert [(each.reason, each.instead) for each in skipped] == [(Refusal.SAME_ADDRESS, "p002")]


def test_e20_where_all_of_an_address_wait_each_waits_with_the_day_it_ends() -> None:
    until = TODAY + timedelta(days=3)
    waiting = replace(SHARED, resting_until=until)
    going, skipped = planned(candidate(1, email=waiting), candidate(2, email=waiting))
    assert going == []
    assert [(each.reason, each.until, each.waits) for each in skipped] == [(Refusal.RESTING, until, True)] * 2


def test_who_booked_does_not_wait() -> None:
    _, (skipped,) = planned(candidate(1, email=replace(SHARED, booked=True)))
    assert (skipped.reason, skipped.waits) == (Refusal.BOOKED, False)


def test_refusals_come_out_before_the_audience_has_been_read_to_its_end() -> None:
    read = []

    def audience() -> Iterator[Candidate]:
        for number in range(1, 4):
            read.append(number)
            yield candidate(number, email=RESTRICTED)

    answers = plan(audience(), ChannelPolicy.EMAIL, MOMENT, TODAY, POLICY)
    first = next(answers)

    assert isinstance(first, Skipped)
    assert read == [1]


def test_the_reason_travels_with_the_skipped() -> None:
    unknown = standing(permission=PermissionState.UNKNOWN)
    _, skipped = planned(candidate(1, email=unknown))
    assert [(each.reason, each.why) for each in skipped] == [
        (Refusal.UNKNOWN, "E-mail: has not said yes to e-mail")
    ]


CHILD = date(2015, 6, 1)
HOME = "household-1"


def with_guardians(
    audience: list[Candidate], able: list[Candidate]
) -> tuple[list[Planned], dict[PatientId, Skipped]]:
    answers = list(plan(audience, ChannelPolicy.EMAIL, MOMENT, TODAY, POLICY, guardians=lambda: iter(able)))
    skipped = [each for each in answers if isinstance(each, Skipped)]
    return [each for each in answers if isinstance(each, Planned)], {
        each.patient_id: each for each in skipped
    }


def test_l20_the_guardian_gets_it_once_for_all_the_children() -> None:
    """Selected or not; the children are left out and say who gets it."""
    children = [candidate(number, born_on=CHILD, household_id=HOME) for number in (1, 2)]
    parent = candidate(3, household_id=HOME)
    going, skipped = with_guardians(children, [parent])
    assert [(each.cleared.patient_id, each.cleared.address) for each in going] == [
        ("p003", "p003@example.com")
    ]
    assert going[0].why.endswith("; as the guardian")
    assert {(each.reason, each.why, each.instead) for each in skipped.values()} == {
        (Refusal.UNDER_18, GUARDIAN_GETS_IT, PatientId("p003"))
    }
    going, skipped = with_guardians([*children, parent], [parent])
    assert [each.cleared.patient_id for each in going] == ["p003"]
    assert skipped.keys() == {"p001", "p002"}


def test_l20_the_guardian_is_the_head_else_the_eldest_adult() -> None:
    child = candidate(1, born_on=CHILD, household_id=HOME)
    elder = candidate(2, born_on=date(1950, 1, 1), household_id=HOME)
    head = candidate(3, household_id=HOME, is_head=True)
    brother = candidate(4, born_on=None, household_id=HOME)
    assert with_guardians([child], [elder, head])[0][0].cleared.patient_id == "p003"
    assert with_guardians([child], [elder, brother])[0][0].cleared.patient_id == "p002"
    going, skipped = with_guardians([child], [brother])
    assert (going, skipped[PatientId("p001")].why) == ([], NO_GUARDIAN)


def test_l20_no_adult_no_message() -> None:
    alone, elsewhere = candidate(1, born_on=CHILD), candidate(2, born_on=CHILD, household_id=HOME)
    gone = candidate(3, email=standing(status=PatientStatus.DECEASED), household_id=HOME)
    gone = replace(gone, standings={Channel.EMAIL: gone.standings[Channel.EMAIL]})
    going, skipped = with_guardians([alone, elsewhere], [gone, candidate(4, household_id="household-2")])
    assert going == []
    assert {(each.reason, each.why) for each in skipped.values()} == {(Refusal.UNDER_18, NO_GUARDIAN)}


def test_l20_a_guardian_who_said_no_is_not_written_to_for_the_child_either() -> None:
    child = candidate(1, born_on=CHILD, household_id=HOME)
    going, skipped = with_guardians([child], [candidate(2, email=RESTRICTED, household_id=HOME)])
    assert not going
    assert list(skipped) == [PatientId("p001")]
    assert skipped[PatientId("p001")].why == (
        "Is under 18, and the guardian would not get it: asked for no messages of this kind"
    )
    assert skipped[PatientId("p001")].instead is None


@pytest.mark.parametrize(
    "no",
    [
        replace(SHARED, restrictions=frozenset({Purpose.PROMOTIONS})),
        replace(SHARED, permission=PermissionState.OPTED_OUT),
        replace(SHARED, excluded_by_hand=True),
        replace(SHARED, booked=True),
    ],
)
def test_l20_a_no_on_the_childs_own_file_reaches_the_guardian(no: Standing) -> None:
    child = candidate(1, email=no, born_on=CHILD, household_id=HOME)
    going, skipped = with_guardians([child], [candidate(2, household_id=HOME)])
    assert not going
    assert list(skipped) == [PatientId("p001")]
    assert skipped[PatientId("p001")].why.startswith("Is under 18, and ")


def test_l20_a_guardian_who_rests_gets_it_later() -> None:
    child = candidate(1, born_on=CHILD, household_id=HOME)
    until = TODAY + timedelta(days=3)
    going, skipped = with_guardians(
        [child], [candidate(2, email=replace(SHARED, resting_until=until), household_id=HOME)]
    )
    assert going == []
    assert (skipped[PatientId("p002")].reason, skipped[PatientId("p002")].waits) == (Refusal.RESTING, True)
    assert skipped[PatientId("p001")].instead == "p002"


def test_l22_a_guardian_shares_an_address_with_somebody_selected() -> None:
    child = candidate(1, born_on=CHILD, household_id=HOME)
    aunt = candidate(2, email=SHARED, born_on=date(1950, 1, 1))
    going, skipped = with_guardians([child, aunt], [candidate(3, email=SHARED, household_id=HOME)])
    assert [each.cleared.patient_id for each in going] == ["p002"]
    assert skipped[PatientId("p003")].reason is Refusal.SAME_ADDRESS


@st.composite
def audiences(draw: st.DrawFn) -> list[Candidate]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        patient_id = PatientId(f"p{number:03}")
        born_on = draw(st.none() | st.dates(date(1930, 1, 1), TODAY))

        def facts(
            channel: Channel, patient_id: PatientId = patient_id, born_on: date | None = born_on
        ) -> Standing:
            drawn = draw(standings | st.just(SHARED) | st.just(standing(address="other@example.com")))
            return replace(
                drawn, patient_id=patient_id, channel=channel, born_on=born_on, purpose=Purpose.PROMOTIONS
            )

        made.append(
            Candidate(
                Member(patient_id, born_on, draw(st.booleans())),
                draw(st.none() | st.sampled_from([Channel.EMAIL, Channel.SMS])),
                {each: facts(each) for each in (Channel.EMAIL, Channel.SMS)},
            )
        )
    return made


@given(audiences(), st.sampled_from(ChannelPolicy))
def test_everybody_is_answered_once_and_no_address_is_used_twice(
    audience: list[Candidate], policy: ChannelPolicy
) -> None:
    going, skipped = planned(*audience, policy=policy)

    answered = [each.cleared.patient_id for each in going] + [each.patient_id for each in skipped]
    assert sorted(answered) == sorted(each.member.patient_id for each in audience)
    used = [(each.cleared.channel, address_key(each.cleared.address)) for each in going]
    assert len(used) == len(set(used))
    getting = {each.cleared.patient_id for each in going}
    for each in skipped:
        assert (each.reason is Refusal.SAME_ADDRESS) == (each.instead is not None)
        assert each.instead is None or each.instead in getting


@given(audiences(), st.sampled_from(ChannelPolicy), st.data())
def test_who_gets_it_does_not_depend_on_the_order_of_the_audience(
    audience: list[Candidate], policy: ChannelPolicy, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(audience))
    first, second = planned(*audience, policy=policy)[0], planned(*shuffled, policy=policy)[0]
    assert {each.cleared for each in first} == {each.cleared for each in second}
