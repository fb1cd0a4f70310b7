"""The account of a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.consent.model import Refusal
from primoro_campaigns.domain.delivery.account import Account, account_of
from primoro_campaigns.domain.delivery.model import DeliveryState

lines = st.lists(st.tuples(st.sampled_from(DeliveryState), st.sampled_from(Refusal)), max_size=40)


def counted(ledger: list[tuple[DeliveryState, Refusal]], recipients: int) -> Account:
    states = {each: sum(state is each for state, _ in ledger) for each in DeliveryState}
    skipped = {
        each: sum(state is DeliveryState.SKIPPED and reason is each for state, reason in ledger)
        for each in Refusal
    }
    return account_of(recipients, states, skipped)


@given(lines)
def test_every_ledger_balances_with_its_own_length_and_no_other(
    ledger: list[tuple[DeliveryState, Refusal]],
) -> None:
    account = counted(ledger, len(ledger))
    assert account.balances()
    assert not counted(ledger, len(ledger) + 1).balances()
    assert not counted(ledger, len(ledger) - 1).balances()
    assert account.finished == (not any(state in ("planned", "claimed") for state, _ in ledger))


def test_recipients_are_sent_failed_skipped_and_unknown() -> None:
    account = Account(10, sent=5, failed=1, unknown=1, skipped={Refusal.OPTED_OUT: 2, Refusal.RESTRICTED: 1})
    assert account.balances()
    assert account.finished
    assert account.skipped_in_all == 3


def test_while_it_runs_it_balances_too() -> None:
    account = Account(10, planned=6, claimed=2, sent=2)
    assert account.balances()
    assert account.waiting == 8
    assert not account.finished


def test_a_skipped_line_without_a_reason_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="reasons"):
        account_of(1, {DeliveryState.SKIPPED: 1}, {})
