"""Standings and candidates for tests: a patient who may be written to, and what a test changes about that."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict, Unpack

from hypothesis import strategies as st

from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.consent.rules import Standing
from primoro_campaigns.domain.delivery.plan import Candidate
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.household import Member
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy

MOMENT = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
TODAY = date(2026, 3, 3)
POLICY = FrequencyPolicy()


class Facts(TypedDict, total=False):
    patient_id: PatientId
    channel: Channel
    purpose: Purpose
    status: PatientStatus
    born_on: date | None
    address: str | None
    address_state: AddressState
    permission: PermissionState
    restrictions: frozenset[Purpose]
    suppressed: bool
    soft_opt_in: bool
    soft_opt_in_allowed: bool
    booked: bool
    resting_until: date | None
    sent_last_7_days: int
    sent_last_90_days: int
    excluded_by_hand: bool
    channel_ready: bool


def standing(**facts: Unpack[Facts]) -> Standing:
    """An adult who said yes to promotions by e-mail, with whatever facts the test changes."""
    willing = Standing(
        patient_id=PatientId("p1"),
        channel=Channel.EMAIL,
        purpose=Purpose.PROMOTIONS,
        status=PatientStatus.ACTIVE,
        born_on=date(1980, 5, 17),
        address="ann@example.com",
        address_state=AddressState.OK,
        permission=PermissionState.OPTED_IN,
    )
    return replace(willing, **facts)


standings = st.builds(
    Standing,
    patient_id=st.sampled_from([PatientId("p1"), PatientId("p2"), PatientId("p3")]),
    channel=st.sampled_from([Channel.EMAIL, Channel.SMS]),
    purpose=st.sampled_from(Purpose),
    status=st.sampled_from([*PatientStatus, PatientStatus.ACTIVE, PatientStatus.ACTIVE]),
    born_on=st.none() | st.dates(date(1930, 1, 1), TODAY),
    address=st.sampled_from([None, "", "ann@example.com", "+447700900123"]),
    address_state=st.sampled_from([*AddressState, AddressState.OK, AddressState.OK]),
    permission=st.sampled_from(PermissionState),
    restrictions=st.frozensets(st.sampled_from(Purpose)),
    suppressed=st.booleans(),
    soft_opt_in=st.booleans(),
    soft_opt_in_allowed=st.booleans(),
    booked=st.booleans(),
    resting_until=st.none() | st.dates(TODAY - timedelta(days=40), TODAY + timedelta(days=40)),
    sent_last_7_days=st.integers(0, 2),
    sent_last_90_days=st.integers(0, 5),
    excluded_by_hand=st.booleans(),
    channel_ready=st.booleans(),
)
"""Any standing at all, leaning towards those that get far in the gate."""


def candidate(
    number: int,
    *,
    email: Standing | None = None,
    sms: Standing | None = None,
    born_on: date | None = date(1980, 5, 17),
    is_head: bool = False,
    preferred: Channel | None = None,
    household_id: str | None = None,
) -> Candidate:
    """Patient ``p<number>``, by default willing on both channels at addresses of their own."""
    patient_id = PatientId(f"p{number:03}")
    email = email or standing(address=f"p{number:03}@example.com")
    sms = sms or standing(address=f"+4477009{number:05}")
    return Candidate(
        member=Member(patient_id, born_on, is_head, household_id),
        preferred=preferred,
        standings={
            Channel.EMAIL: replace(email, patient_id=patient_id, channel=Channel.EMAIL, born_on=born_on),
            Channel.SMS: replace(sms, patient_id=patient_id, channel=Channel.SMS, born_on=born_on),
        },
    )
