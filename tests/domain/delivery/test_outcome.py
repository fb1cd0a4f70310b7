"""What a provider's answer does to the ledger."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.delivery.outcome import BACKOFF, InDoubt, NotSent, Sent, Settlement, settle
from tests.domain.standings import MOMENT


def test_sent_is_sent() -> None:
    assert settle(Sent("SM123"), 1, MOMENT) == Settlement(DeliveryState.SENT, provider_id="SM123")


@pytest.mark.parametrize("attempts", [1, 2, 99])
def test_what_is_in_doubt_is_never_sent_again(attempts: int) -> None:
    settled = settle(InDoubt("The line broke."), attempts, MOMENT)
    assert settled == Settlement(DeliveryState.UNKNOWN, "The line broke.")


def test_a_refusal_for_good_has_failed_at_once() -> None:
    settled = settle(NotSent(retry=False, words="No such mailbox."), 1, MOMENT)
    assert settled == Settlement(DeliveryState.FAILED, "No such mailbox.")


def test_what_did_not_leave_waits_longer_each_time_and_then_has_failed() -> None:
    answers = [
        settle(NotSent(retry=True, words="Busy."), each, MOMENT) for each in range(1, len(BACKOFF) + 2)
    ]
    assert [each.state for each in answers] == [DeliveryState.PLANNED] * len(BACKOFF) + [DeliveryState.FAILED]
    waits = [each.not_before - MOMENT for each in answers if each.not_before is not None]
    assert waits == sorted(waits) == list(BACKOFF)
    assert waits[0] >= timedelta(minutes=1)


outcomes = (
    st.builds(Sent, st.text()) | st.builds(InDoubt, st.text()) | st.builds(NotSent, st.booleans(), st.text())
)


@given(outcomes, st.integers(1, 20))
def test_only_what_certainly_did_not_leave_is_planned_again(
    outcome: Sent | NotSent | InDoubt, attempts: int
) -> None:
    settled = settle(outcome, attempts, MOMENT)
    again = settled.state is DeliveryState.PLANNED
    assert again == (settled.not_before is not None)
    if again:
        assert isinstance(outcome, NotSent)
        assert outcome.retry


def test_an_outcome_without_an_attempt_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="attempt"):
        settle(Sent(""), 0, MOMENT)
