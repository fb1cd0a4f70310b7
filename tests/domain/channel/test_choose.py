"""Which channel a patient gets the message on."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.channel.choose import (
    Chosen,
    NoChannel,
    channels_of,
    choose,
    pick,
    refusal_in_words,
)
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose, Refusal
from primoro_campaigns.domain.consent.rules import Cleared, Refused, Standing, clear
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from tests.domain.standings import MOMENT, POLICY, TODAY, standing, standings

NO_EMAIL = standing(address=None, address_state=AddressState.NONE)


def answers(email: Standing, sms: Standing) -> Mapping[Channel, Cleared | Refused]:
    asked = (replace(email, channel=Channel.EMAIL), replace(sms, channel=Channel.SMS))
    return {each.channel: clear(each, MOMENT, TODAY, POLICY) for each in asked}


def choice(
    email: Standing,
    sms: Standing,
    policy: ChannelPolicy = ChannelPolicy.PREFERRED,
    preferred: Channel | None = None,
) -> Chosen | NoChannel:
    return choose(policy, preferred, answers(email, sms))


@pytest.mark.parametrize(
    ("policy", "preferred", "channel", "why"),
    [
        (ChannelPolicy.EMAIL, Channel.SMS, Channel.EMAIL, "E-mail: the channel of this campaign"),
        (ChannelPolicy.SMS, Channel.EMAIL, Channel.SMS, "SMS: the channel of this campaign"),
        (ChannelPolicy.EMAIL_SMS, Channel.SMS, Channel.EMAIL, "E-mail: the first channel of this campaign"),
        (ChannelPolicy.SMS_EMAIL, Channel.EMAIL, Channel.SMS, "SMS: the first channel of this campaign"),
        (ChannelPolicy.PREFERRED, Channel.SMS, Channel.SMS, "SMS: the channel this patient prefers"),
        (ChannelPolicy.PREFERRED, Channel.EMAIL, Channel.EMAIL, "E-mail: the channel this patient prefers"),
        (ChannelPolicy.PREFERRED, None, Channel.EMAIL, "E-mail: no preference on file"),
        (ChannelPolicy.PREFERRED, Channel.APP, Channel.EMAIL, "E-mail: no preference on file"),
    ],
)
def test_a16_one_channel_and_why(
    policy: ChannelPolicy, preferred: Channel | None, channel: Channel, why: str
) -> None:
    chosen = choice(standing(), standing(), policy, preferred)
    assert isinstance(chosen, Chosen)
    assert (chosen.cleared.channel, chosen.why) == (channel, why)


@pytest.mark.parametrize(
    ("email", "why"),
    [
        (NO_EMAIL, "SMS: no e-mail address"),
        (standing(address_state=AddressState.INVALID), "SMS: the e-mail address is not valid"),
        (standing(permission=PermissionState.OPTED_OUT), "SMS: has opted out of e-mail"),
        (standing(permission=PermissionState.UNKNOWN), "SMS: has not said yes to e-mail"),
        (standing(suppressed=True), "SMS: the e-mail address must not be used"),
        (standing(channel_ready=False), "SMS: e-mail is not set up yet"),
    ],
)
def test_c25_the_other_channel_when_one_is_missing_or_refused(email: Standing, why: str) -> None:
    chosen = choice(email, standing())
    assert isinstance(chosen, Chosen)
    assert (chosen.cleared.channel, chosen.why) == (Channel.SMS, why)


def test_c25_falls_back_from_a_preferred_landline() -> None:
    chosen = choice(standing(), standing(address_state=AddressState.LANDLINE), preferred=Channel.SMS)
    assert isinstance(chosen, Chosen)
    assert chosen.why == "E-mail: the number is a landline"


@pytest.mark.parametrize("policy", [ChannelPolicy.EMAIL, ChannelPolicy.SMS])
def test_a_single_channel_has_no_fallback(policy: ChannelPolicy) -> None:
    refused = choice(NO_EMAIL, NO_EMAIL, policy)
    assert isinstance(refused, NoChannel)
    assert refused.reason is Refusal.NO_ADDRESS
    assert ";" not in refused.why


def test_both_refused_tells_what_stood_in_the_way_on_each() -> None:
    refused = choice(NO_EMAIL, standing(permission=PermissionState.UNKNOWN))
    assert isinstance(refused, NoChannel)
    assert refused.reason is Refusal.NO_ADDRESS
    assert refused.why == "E-mail: no e-mail address; SMS: has not said yes to SMS"


def test_a_refusal_about_the_person_tries_no_other_channel() -> None:
    refused = choice(standing(restrictions=frozenset({Purpose.PROMOTIONS})), standing())
    assert isinstance(refused, NoChannel)
    assert refused.reason is Refusal.RESTRICTED
    assert refused.why == "Asked for no messages of this kind"


def test_a_held_patient_is_counted_as_held_and_not_as_unreachable() -> None:
    refused = choice(NO_EMAIL, standing(resting_until=date(2026, 4, 1)))
    assert isinstance(refused, NoChannel)
    assert (refused.channel, refused.reason) == (Channel.SMS, Refusal.RESTING)


@given(standings, standings, st.sampled_from(ChannelPolicy), st.none() | st.sampled_from(Channel))
def test_l04_a_chosen_channel_is_always_one_the_gate_cleared(
    email: Standing, sms: Standing, policy: ChannelPolicy, preferred: Channel | None
) -> None:
    given_answers = answers(email, sms)
    chosen = choose(policy, preferred, given_answers)
    if isinstance(chosen, Chosen):
        assert chosen.cleared is given_answers[chosen.cleared.channel]
        assert chosen.cleared.channel in channels_of(policy)
    else:
        tried = [given_answers[each] for each in channels_of(policy, preferred)]
        assert any(isinstance(each, Refused) and each.reason is chosen.reason for each in tried)
        assert chosen.why


@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("reason", list(Refusal))
def test_every_reason_has_words_on_every_channel(channel: Channel, reason: Refusal) -> None:
    assert refusal_in_words(channel, reason)


def test_a_deceased_patient_is_named_so_under_every_policy() -> None:
    gone = standing(status=PatientStatus.DECEASED)
    for policy in ChannelPolicy:
        refused = choice(gone, gone, policy)
        assert isinstance(refused, NoChannel)
        assert refused.why == "Has died"


@given(standings, standings, st.sampled_from(ChannelPolicy), st.none() | st.sampled_from(Channel))
def test_the_reasons_alone_lead_to_the_same_choice(
    email: Standing, sms: Standing, policy: ChannelPolicy, preferred: Channel | None
) -> None:
    given_answers = answers(email, sms)
    reasons = {
        channel: each.reason if isinstance(each, Refused) else None for channel, each in given_answers.items()
    }
    chosen = choose(policy, preferred, given_answers)
    expected = (
        (chosen.cleared.channel, None) if isinstance(chosen, Chosen) else (chosen.channel, chosen.reason)
    )
    assert pick(policy, preferred, reasons) == expected
