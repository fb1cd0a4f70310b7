"""Token buckets: no minute gets more than its share, whatever is asked and when."""

from datetime import UTC, datetime, timedelta
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.delivery.rate import RateLimit

START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
PAUSES = st.lists(st.integers(0, 90_000), max_size=60)


@given(st.integers(1, 600), PAUSES, st.data())
def test_no_minute_gets_more_than_its_share(per_minute: int, pauses: list[int], data: st.DataObject) -> None:
    limit = RateLimit(per_minute)
    full_at: datetime | None = None
    went: list[datetime] = []
    for milliseconds in accumulate(pauses):
        now = START + timedelta(milliseconds=milliseconds)
        count = data.draw(st.integers(0, limit.free(full_at, now)))
        if count:
            full_at = limit.take(full_at, now, count)
            went += [now] * count
    for first in went:
        assert sum(first <= each < first + timedelta(minutes=1) for each in went) <= per_minute


@given(st.integers(1, 600), st.integers(1, 60), st.integers(0, 120_000))
def test_it_says_when_the_next_one_may_go(per_minute: int, taken: int, later: int) -> None:
    limit = RateLimit(per_minute)
    full_at = limit.take(None, START, min(taken, limit.burst))
    now = START + timedelta(milliseconds=later)
    at = limit.free_at(full_at, now, limit.reserve)
    assert limit.free(full_at, at, limit.reserve) >= 1
    if at > now:
        assert limit.free(full_at, at - timedelta(microseconds=1), limit.reserve) == 0


@given(st.integers(10, 600))
def test_what_is_let_through_comes_near_the_limit(per_minute: int) -> None:
    limit = RateLimit(per_minute)
    full_at: datetime | None = None
    now, went = START, 0
    while now < START + timedelta(minutes=10):
        now = limit.free_at(full_at, now)
        full_at = limit.take(full_at, now, 1)
        went += 1
    assert went >= per_minute * 10 * 0.85


def test_marketing_leaves_some_for_service_messages() -> None:
    limit = RateLimit(100)
    full_at = limit.take(None, START, limit.free(None, START, limit.reserve))
    assert limit.free(full_at, START, limit.reserve) == 0
    assert limit.free(full_at, START) == limit.reserve == 2


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="lets something through"):
        RateLimit(0)
