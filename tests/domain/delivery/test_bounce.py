"""What a mail that came back says about its address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.delivery.bounce import ABOUT_THE_ADDRESS, Weight, weigh


@pytest.mark.parametrize("status", sorted(ABOUT_THE_ADDRESS))
def test_em7_an_address_that_nobody_reads_is_hard(status: str) -> None:
    assert weigh("failed", status) is Weight.HARD
    assert weigh(" Failed ", f"{status} (bad mailbox)") is Weight.HARD


@pytest.mark.parametrize(
    ("status", "diagnostic"),
    [
        ("5.2.2", "smtp; 552 5.2.2 mailbox full"),
        ("5.7.1", "smtp; 550 5.7.1 blocked, see 5.1.1"),
        ("5.3.4", ""),
        ("4.4.7", "smtp; 451 4.4.7 expired"),
        ("4.1.1", ""),
        ("5.0.0", "smtp; 550 no"),
        ("5.1.8", "smtp; the sender's address"),
        ("", ""),
        ("nonsense", "the host 5.1.1.3 said no"),
    ],
)
def test_em7_what_is_about_the_message_or_may_pass_is_soft(status: str, diagnostic: str) -> None:
    assert weigh("failed", status, diagnostic) is Weight.SOFT


def test_a_status_that_says_nothing_leaves_it_to_the_other_server() -> None:
    assert weigh("failed", "5.0.0", "smtp; 550 5.1.1 <x@example.com>: unknown") is Weight.HARD
    assert weigh("failed", "", "smtp;550-5.1.10 no mail here") is Weight.HARD


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_what_arrived_or_still_may_has_no_weight(action: str) -> None:
    assert weigh(action, "5.1.1") is Weight.NONE


@given(st.text(), st.text(), st.text())
def test_anything_can_be_reported(action: str, status: str, diagnostic: str) -> None:
    assert weigh(action, status, diagnostic) in Weight
