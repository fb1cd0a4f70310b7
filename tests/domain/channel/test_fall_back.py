"""Where a message goes on to when its channel has failed."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.campaign.model import CHANNELS, FALLS_BACK, ChannelPolicy
from primoro_campaigns.domain.channel.fall_back import Hop, NoHop, failed_words, fall_back
from primoro_campaigns.domain.consent.model import Channel, PermissionState
from primoro_campaigns.domain.consent.rules import Cleared, Refused, Standing, clear
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from tests.domain.standings import MOMENT, POLICY, TODAY, standing, standings


def after(
    policy: ChannelPolicy, channel: Channel, on_the_other: Standing, words: str = "The number is not valid."
) -> Hop | NoHop:
    def ask(following: Channel) -> Cleared | Refused:
        return clear(replace(on_the_other, channel=following), MOMENT, TODAY, POLICY)

    return fall_back(policy, channel, failed_words(channel, words), ask)


def test_c25_the_second_channel_takes_what_the_first_could_not_deliver() -> None:
    assert after(ChannelPolicy.EMAIL_SMS, Channel.EMAIL, standing(), "Refused (550).") == Hop(
        Channel.SMS, "SMS: e-mail failed (Refused (550))"
    )
    assert after(ChannelPolicy.SMS_EMAIL, Channel.SMS, standing()) == Hop(
        Channel.EMAIL, "E-mail: SMS failed (The number is not valid)"
    )


def test_c25_the_last_channel_goes_nowhere() -> None:
    assert after(ChannelPolicy.EMAIL_SMS, Channel.SMS, standing()) == NoHop()
    assert after(ChannelPolicy.SMS_EMAIL, Channel.EMAIL, standing()) == NoHop()


def test_c25_only_a_fallback_falls_back() -> None:
    for policy in set(ChannelPolicy) - FALLS_BACK:
        for channel in CHANNELS[policy]:
            assert after(policy, channel, standing()) == NoHop()


def test_l04_consent_to_one_channel_is_none_to_the_next() -> None:
    unknown = standing(permission=PermissionState.UNKNOWN)
    assert after(ChannelPolicy.EMAIL_SMS, Channel.EMAIL, unknown) == NoHop("SMS: has not said yes to SMS")
    missing = standing(address=None, address_state=AddressState.NONE)
    assert after(ChannelPolicy.EMAIL_SMS, Channel.EMAIL, missing) == NoHop("SMS: no mobile number")


def test_what_is_about_the_person_ends_it() -> None:
    dead = standing(status=PatientStatus.DECEASED)
    assert after(ChannelPolicy.EMAIL_SMS, Channel.EMAIL, dead) == NoHop("Has died")
    booked = standing(booked=True)
    assert after(ChannelPolicy.EMAIL_SMS, Channel.EMAIL, booked) == NoHop("Has booked already")


def test_who_rests_waits_on_the_next_channel() -> None:
    rests = standing(resting_until=date(TODAY.year + 1, 1, 1))
    hop = after(ChannelPolicy.EMAIL_SMS, Channel.EMAIL, rests)
    assert isinstance(hop, Hop)


@given(standings, st.sampled_from(ChannelPolicy), st.sampled_from([Channel.EMAIL, Channel.SMS]))
def test_l04_a_hop_goes_forward_to_a_channel_that_the_gate_opened_or_holds(
    on_the_other: Standing, policy: ChannelPolicy, channel: Channel
) -> None:
    if channel not in CHANNELS[policy]:
        return
    hop = after(policy, channel, on_the_other)
    if isinstance(hop, Hop):
        order = CHANNELS[policy]
        assert order.index(hop.channel) > order.index(channel)
        answer = clear(replace(on_the_other, channel=hop.channel), MOMENT, TODAY, POLICY)
        assert isinstance(answer, Cleared) or answer.held
