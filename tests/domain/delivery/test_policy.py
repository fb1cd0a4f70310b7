"""What the practice decided, by purpose."""

from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.delivery.policy import SendingPolicy
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy


def test_e20_each_purpose_rests_as_long_as_was_decided_for_it() -> None:
    policy = SendingPolicy(reset_months_promotions=3, reset_months_newsletters=0)
    assert policy.reset_months(Purpose.PROMOTIONS) == 3
    assert policy.reset_months(Purpose.NEWSLETTERS) == 0
    assert policy.reset_months(Purpose.IMPORTANT) == 0


def test_until_the_server_has_told_the_cautious_numbers_hold() -> None:
    policy = SendingPolicy()
    assert policy.frequency == FrequencyPolicy()
    assert policy.reset_months(Purpose.PROMOTIONS) == 1
    assert not policy.soft_opt_in_allowed
