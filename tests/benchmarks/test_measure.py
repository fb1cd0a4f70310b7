"""What a measurement says."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure import Measurement, percentile


def test_a_line_holds_what_a_program_needs_to_compare() -> None:
    taken = Measurement("sync", ours=3.0, reference=1.5, unit="s", n=100_000)
    assert json.loads(taken.as_json()) == {
        "name": "sync",
        "ours": 3.0,
        "reference": 1.5,
        "ratio": 2.0,
        "unit": "s",
        "n": 100_000,
    }


def test_a_floor_of_nothing_is_not_beaten() -> None:
    assert Measurement("x", ours=1.0, reference=0.0, unit="s", n=1).ratio == math.inf


@given(st.lists(st.floats(0, 1000), min_size=1), st.floats(0, 1))
def test_at_least_the_share_of_the_values_lies_at_or_below_the_percentile(
    values: list[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) <= share * len(values)


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.95)
