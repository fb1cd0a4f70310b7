"""Events of one call: whatever their order, and however often they come."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.call.model import Presentation
from primoro_campaigns.domain.call.report import Told, merged
from tests.domain.standings import MOMENT

moments = st.integers(0, 600).map(lambda seconds: MOMENT + timedelta(seconds=seconds))
# The caller and the number called do not change during a call, but not every event names them.
events = st.builds(
    Told,
    received_at=moments,
    ended_at=st.none() | moments,
    answered=st.booleans(),
    duration_s=st.integers(0, 600),
    from_raw=st.sampled_from(["", "07700 900123"]),
    to_raw=st.sampled_from(["", "020 7946 0000"]),
)


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[list[Told], list[Told]]:
    """Some events, and the same events in another order with some of them twice."""
    told = draw(st.lists(events, min_size=1, max_size=5))
    again = draw(st.permutations([*told, *draw(st.lists(st.sampled_from(told), max_size=3))]))
    return told, again


def known(told: Sequence[Told]) -> Told:
    return reduce(merged, told)


@given(two_orders())
def test_order_and_repetition_do_not_matter(orders: tuple[list[Told], list[Told]]) -> None:
    told, again = orders
    assert known(told) == known(again)


@given(st.lists(events, min_size=1, max_size=5))
def test_nothing_that_was_learned_is_forgotten(told: list[Told]) -> None:
    found = known(told)
    assert found.received_at == min(each.received_at for each in told)
    assert found.answered == any(each.answered for each in told)
    assert found.duration_s == max(each.duration_s for each in told)
    assert bool(found.from_raw) == any(each.from_raw for each in told)
    assert (found.ended_at is None) == all(each.ended_at is None for each in told)


def test_a_caller_who_withheld_the_number_stays_unknown() -> None:
    hidden = Told(MOMENT, presentation=Presentation.WITHHELD)
    shown = Told(MOMENT, from_raw="07700 900123")
    assert merged(hidden, shown) == hidden
    assert merged(shown, hidden) == shown
    assert merged(replace(hidden, presentation=Presentation.AVAILABLE), shown) == shown
