"""The estimate: right at an even pace, and none at all where the pace is not known."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.delivery.progress import FRESH, SPAN, Sample, in_words, time_left

START = datetime(2026, 3, 3, 11, tzinfo=UTC)


def even(each_s: int, done: int, *, count: int) -> list[Sample]:
    """``done`` more every ``each_s`` seconds."""
    return [Sample(START + number * timedelta(seconds=each_s), number * done) for number in range(count)]


@given(st.integers(1, 50), st.integers(1, 20), st.integers(15, 200), st.integers(1, 10_000))
def test_at_an_even_pace_it_is_exact(each_s: int, done: int, count: int, waiting: int) -> None:
    samples = even(each_s, done, count=count)
    left = time_left(samples, waiting, samples[-1].at)
    if left is not None:
        assert left.total_seconds() == pytest.approx(waiting * each_s / done, rel=0.01)
    else:
        seen = min(SPAN, (count - 1) * timedelta(seconds=each_s))
        assert seen < timedelta(seconds=20) or seen // timedelta(seconds=each_s) * done < 10


def test_an_old_pace_counts_no_more() -> None:
    slow = even(10, 1, count=40)
    fast = [Sample(slow[-1].at + number * timedelta(seconds=1), 39 + number * 10) for number in range(1, 301)]
    left = time_left([*slow, *fast], 600, fast[-1].at)
    assert left is not None
    assert left.total_seconds() == pytest.approx(60, rel=0.01)


@pytest.mark.parametrize(
    "samples",
    [
        [],
        even(10, 20, count=1),
        even(5, 50, count=3),
        even(20, 1, count=4),
        [*even(10, 10, count=5), Sample(START + timedelta(seconds=45), 3)],
    ],
    ids=["nothing seen", "seen once", "too short", "too few", "something was sent again"],
)
def test_where_the_pace_is_not_known_nothing_is_said(samples: list[Sample]) -> None:
    now = samples[-1].at if samples else START
    assert time_left(samples, 100, now) is None


def test_when_nothing_moves_any_more_the_estimate_goes() -> None:
    samples = even(10, 10, count=10)
    stalled = [*samples, *(Sample(samples[-1].at + timedelta(seconds=n), 90) for n in range(1, 200, 7))]
    assert time_left(samples, 100, samples[-1].at + FRESH) is not None
    assert time_left(stalled, 100, stalled[-1].at) is None
    assert time_left(samples, 100, samples[-1].at + FRESH + timedelta(seconds=1)) is None


def test_when_nothing_waits_nothing_is_left() -> None:
    samples = even(10, 10, count=10)
    assert time_left(samples, 0, samples[-1].at) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (5, "less than a minute left"),
        (60, "about 1 minute left"),
        (61, "about 2 minutes left"),
        (12 * 60, "about 12 minutes left"),
        (21 * 60, "about 25 minutes left"),
        (90 * 60, "about 90 minutes left"),
        (100 * 60, "about 2 hours left"),
        (5 * 3600 + 60, "about 5 hours left"),
    ],
)
def test_in_words_it_is_no_more_exact_than_it_is_known(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words
