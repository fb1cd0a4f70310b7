"""The reset interval and the frequency cap."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.schedule.rest import FrequencyPolicy, add_months, rested_from, resting_until

days = st.dates(date(2020, 1, 1), date(2030, 1, 1))


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 3), 24, date(2028, 3, 3)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
    ],
)
def test_months_are_calendar_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


def test_e20_the_earlier_of_contact_and_booking_starts_the_rest() -> None:
    contacted, booked = date(2026, 3, 1), date(2026, 3, 10)
    assert resting_until([booked, contacted], 1) == date(2026, 4, 1)


def test_e20_a_booking_after_the_rest_starts_a_new_one() -> None:
    assert resting_until([date(2026, 3, 1), date(2026, 4, 1)], 1) == date(2026, 5, 1)


def test_e20_zero_months_is_off_and_nothing_happened_is_no_rest() -> None:
    assert resting_until([date(2026, 3, 1)], 0) is None
    assert resting_until([], 3) is None


@given(st.lists(days, min_size=1), st.integers(1, 24))
def test_e20_no_day_within_a_rest_prolongs_it(starts: list[date], months: int) -> None:
    until = resting_until(starts, months)
    assert until is not None
    assert max(starts) < until <= add_months(max(starts), months)
    assert resting_until([*starts, until - timedelta(days=1)], months) == until


@given(st.lists(days, min_size=1), st.integers(1, 24))
def test_e20_order_of_the_days_does_not_matter(starts: list[date], months: int) -> None:
    assert resting_until(starts, months) == resting_until(reversed(starts), months)


def test_negative_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        resting_until([], -1)
    with pytest.raises(ValueError, match="negative"):
        FrequencyPolicy(-1, 4)


@given(days, st.integers(1, 15), st.integers(-40, 40))
def test_a_rest_is_over_exactly_for_what_began_by_that_day(today: date, months: int, distance: int) -> None:
    began = rested_from(today, months) + timedelta(days=distance)
    assert (add_months(began, months) <= today) == (distance <= 0)
