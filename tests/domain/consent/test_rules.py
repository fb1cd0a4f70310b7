"""The consent gate: what it stops, what it lets through, and that nothing else makes a Cleared."""

import copy
from dataclasses import fields, replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primoro_campaigns.domain.consent.model import (
    MARKETING,
    REFUSAL_WORDS,
    Channel,
    PermissionState,
    Purpose,
    Refusal,
)
from primoro_campaigns.domain.consent.rules import ABOUT_THE_PERSON, HELD, Cleared, Refused, Standing, clear
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy
from tests.domain.standings import MOMENT, POLICY, TODAY, standing, standings


def reason(asked: Standing, policy: FrequencyPolicy = POLICY) -> Refusal | None:
    answer = clear(asked, MOMENT, TODAY, policy)
    return answer.reason if isinstance(answer, Refused) else None


def test_a_willing_adult_is_cleared_at_the_address_on_file() -> None:
    answer = clear(standing(), MOMENT, TODAY, POLICY)

    assert isinstance(answer, Cleared)
    assert answer.patient_id == "p1"
    assert answer.channel is Channel.EMAIL
    assert answer.purpose is Purpose.PROMOTIONS
    assert answer.address == "ann@example.com"
    assert answer.moment == MOMENT


# The fixed order: each row holds together with every row below it, and still is the answer.
ORDER: list[tuple[Refusal, Standing]] = [
    (Refusal.DECEASED, standing(status=PatientStatus.DECEASED)),
    (Refusal.ARCHIVED, standing(status=PatientStatus.ARCHIVED)),
    (Refusal.INACTIVE, standing(status=PatientStatus.INACTIVE)),
    (Refusal.UNDER_18, standing(born_on=date(2010, 1, 1))),
    (Refusal.RESTRICTED, standing(restrictions=frozenset({Purpose.PROMOTIONS}))),
    (Refusal.EXCLUDED_BY_HAND, standing(excluded_by_hand=True)),
    (Refusal.OPTED_OUT, standing(permission=PermissionState.OPTED_OUT)),
    (Refusal.SUPPRESSED, standing(suppressed=True)),
    (Refusal.NO_ADDRESS, standing(address=None, address_state=AddressState.NONE)),
    (Refusal.LANDLINE, standing(address_state=AddressState.LANDLINE)),
    (Refusal.INVALID_ADDRESS, standing(address_state=AddressState.INVALID)),
    (Refusal.UNKNOWN, standing(permission=PermissionState.UNKNOWN)),
    (Refusal.CHANNEL_NOT_READY, standing(channel_ready=False)),
    (Refusal.BOOKED, standing(booked=True)),
    (Refusal.RESTING, standing(resting_until=date(2026, 3, 20))),
    (Refusal.FREQUENCY_CAP, standing(sent_last_7_days=1)),
]
PLAIN = standing()


@pytest.mark.parametrize(("expected", "asked"), ORDER)
def test_each_reason_alone(expected: Refusal, asked: Standing) -> None:
    assert reason(asked) is expected
    assert REFUSAL_WORDS[expected]


@pytest.mark.parametrize("first", range(len(ORDER)))
def test_reasons_come_in_the_documented_order(first: int) -> None:
    """Every later reason that touches other facts is added too, and the earlier one is still the answer."""
    combined = ORDER[first][1]
    for _, later in ORDER[first + 1 :]:
        changed = {
            each.name: getattr(later, each.name)
            for each in fields(Standing)
            if getattr(later, each.name) != getattr(PLAIN, each.name)
            and getattr(combined, each.name) == getattr(PLAIN, each.name)
        }
        combined = replace(combined, **changed)
    assert reason(combined) is ORDER[first][0]


# Restriction, permission, suppression


@given(st.sampled_from(Purpose), st.sampled_from(Purpose))
def test_l11_restriction_is_purpose_specific(asked: Purpose, restricted: Purpose) -> None:
    found = reason(standing(purpose=asked, restrictions=frozenset({restricted})))
    assert found is (Refusal.RESTRICTED if asked is restricted else None)


def test_l11_an_important_notification_passes_what_concerns_marketing_alone() -> None:
    asked = standing(
        purpose=Purpose.IMPORTANT,
        restrictions=MARKETING,
        permission=PermissionState.UNKNOWN,
        born_on=date(2015, 1, 1),
        status=PatientStatus.INACTIVE,
        resting_until=date(2026, 12, 1),
        sent_last_7_days=9,
        sent_last_90_days=9,
        booked=True,
    )
    assert reason(asked) is None


@pytest.mark.parametrize(
    ("expected", "asked"),
    [
        (Refusal.DECEASED, standing(status=PatientStatus.DECEASED)),
        (Refusal.ARCHIVED, standing(status=PatientStatus.ARCHIVED)),
        (Refusal.SUPPRESSED, standing(suppressed=True)),
        (Refusal.NO_ADDRESS, standing(address=None, address_state=AddressState.NONE)),
        (Refusal.INVALID_ADDRESS, standing(address_state=AddressState.INVALID)),
        (Refusal.LANDLINE, standing(address_state=AddressState.LANDLINE)),
        (Refusal.OPTED_OUT, standing(permission=PermissionState.OPTED_OUT)),
        (Refusal.EXCLUDED_BY_HAND, standing(excluded_by_hand=True)),
        (Refusal.CHANNEL_NOT_READY, standing(channel_ready=False)),
    ],
)
def test_l11_an_important_notification_is_stopped_all_the_same(expected: Refusal, asked: Standing) -> None:
    assert reason(replace(asked, purpose=Purpose.IMPORTANT)) is expected


@pytest.mark.parametrize("channel", list(Channel))
def test_l01_unknown_without_soft_opt_in_is_sendable_on_no_channel(channel: Channel) -> None:
    assert reason(standing(channel=channel, permission=PermissionState.UNKNOWN)) is Refusal.UNKNOWN


@pytest.mark.parametrize("evidence", [True, False])
@pytest.mark.parametrize("allowed", [True, False])
def test_l02_soft_opt_in_needs_evidence_and_policy(evidence: bool, allowed: bool) -> None:
    asked = standing(permission=PermissionState.UNKNOWN, soft_opt_in=evidence, soft_opt_in_allowed=allowed)
    assert reason(asked) is (None if evidence and allowed else Refusal.UNKNOWN)


@given(standings)
def test_l06_no_marketing_passes_an_objection(asked: Standing) -> None:
    """Whatever else is true of the patient, the practice or the policy."""
    objected = (
        asked.purpose in asked.restrictions
        or asked.permission is PermissionState.OPTED_OUT
        or asked.suppressed
    )
    answer = clear(asked, MOMENT, TODAY, FrequencyPolicy(0, 0))
    if objected:
        assert isinstance(answer, Refused)


@given(standings)
@settings(max_examples=200)
def test_l04_only_a_yes_or_a_soft_opt_in_clears_marketing(asked: Standing) -> None:
    answer = clear(asked, MOMENT, TODAY, POLICY)
    if isinstance(answer, Cleared) and asked.purpose in MARKETING:
        assert asked.permission is PermissionState.OPTED_IN or (
            asked.soft_opt_in and asked.soft_opt_in_allowed
        )
    if isinstance(answer, Cleared):
        assert (answer.patient_id, answer.channel, answer.purpose, answer.address) == (
            asked.patient_id,
            asked.channel,
            asked.purpose,
            asked.address,
        )
        assert answer.address


@given(standings)
def test_refusals_carry_whom_and_where(asked: Standing) -> None:
    answer = clear(asked, MOMENT, TODAY, POLICY)
    if isinstance(answer, Refused):
        assert (answer.patient_id, answer.channel) == (asked.patient_id, asked.channel)
        assert answer.held == (answer.reason in HELD)
        assert answer.about_the_person == (answer.reason in ABOUT_THE_PERSON)


@given(standings)
def test_taking_consent_away_never_clears(asked: Standing) -> None:
    """An opt-out can only close the gate: no order of events makes withdrawing consent open it."""
    if isinstance(clear(asked, MOMENT, TODAY, POLICY), Refused):
        for stricter in (
            replace(asked, restrictions=asked.restrictions | {asked.purpose}),
            replace(asked, permission=PermissionState.OPTED_OUT),
            replace(asked, suppressed=True),
        ):
            assert isinstance(clear(stricter, MOMENT, TODAY, POLICY), Refused)


# Who is not written to at all


@pytest.mark.parametrize(
    ("born_on", "expected"),
    [
        (date(2008, 3, 4), Refusal.UNDER_18),
        (date(2008, 3, 3), None),
        (date(2008, 3, 2), None),
        (None, None),
    ],
)
def test_l20_under_18_is_not_sent_marketing(born_on: date | None, expected: Refusal | None) -> None:
    assert reason(standing(born_on=born_on)) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (PatientStatus.DECEASED, Refusal.DECEASED),
        (PatientStatus.ARCHIVED, Refusal.ARCHIVED),
        (PatientStatus.INACTIVE, Refusal.INACTIVE),
        (PatientStatus.ACTIVE, None),
    ],
)
def test_l21_each_status_is_a_named_reason(status: PatientStatus, expected: Refusal | None) -> None:
    assert reason(standing(status=status)) is expected


# Rest and frequency


def test_e20_a_resting_patient_is_held_until_the_day_the_rest_ends() -> None:
    resting = standing(resting_until=TODAY + timedelta(days=1))
    answer = clear(resting, MOMENT, TODAY, POLICY)

    assert isinstance(answer, Refused)
    assert answer.reason is Refusal.RESTING
    assert answer.held
    assert answer.until == TODAY + timedelta(days=1)
    assert reason(standing(resting_until=TODAY)) is None


@pytest.mark.parametrize(
    ("week", "quarter", "policy", "expected"),
    [
        (0, 3, FrequencyPolicy(), None),
        (1, 1, FrequencyPolicy(), Refusal.FREQUENCY_CAP),
        (0, 4, FrequencyPolicy(), Refusal.FREQUENCY_CAP),
        (1, 1, FrequencyPolicy(2, 4), None),
        (9, 9, FrequencyPolicy(0, 0), None),
    ],
)
def test_e01_frequency_cap(
    week: int, quarter: int, policy: FrequencyPolicy, expected: Refusal | None
) -> None:
    assert reason(standing(sent_last_7_days=week, sent_last_90_days=quarter), policy) is expected


# Cleared cannot be come by in any other way


def test_only_clear_makes_a_cleared() -> None:
    with pytest.raises(TypeError, match="clear makes a Cleared"):
        Cleared(PatientId("p1"), Channel.EMAIL, Purpose.PROMOTIONS, "ann@example.com", MOMENT, object())  # type: ignore[arg-type]  # the forgery under test


def test_a_cleared_cannot_be_turned_to_another_address() -> None:
    cleared = clear(standing(), MOMENT, TODAY, POLICY)
    assert isinstance(cleared, Cleared)

    with pytest.raises((TypeError, ValueError), match="seal"):
        replace(cleared, address="bob@example.com")  # type: ignore[call-arg]  # the forgery under test
    with pytest.raises(AttributeError):
        cleared.address = "bob@example.com"  # type: ignore[misc]  # frozen: the write under test
    assert copy.deepcopy(cleared) == cleared


def test_a_cleared_cannot_be_derived_from() -> None:
    with pytest.raises(TypeError, match="derived"):
        type("Forged", (Cleared,), {})


def test_the_gate_wants_an_aware_instant() -> None:
    with pytest.raises(ValueError, match="aware"):
        clear(standing(), datetime(2026, 3, 3, 10, 30), TODAY, POLICY)  # noqa: DTZ001  # the mistake under test
