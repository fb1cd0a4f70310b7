"""Whole years, and who is a child."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.patient.age import adult_if_born_by, age_on, is_minor


@pytest.mark.parametrize(
    ("born_on", "day", "years"),
    [
        (date(2008, 3, 3), date(2026, 3, 2), 17),
        (date(2008, 3, 3), date(2026, 3, 3), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(1926, 12, 31), date(2026, 1, 1), 99),
    ],
)
def test_age_in_whole_years(born_on: date, day: date, years: int) -> None:
    assert age_on(born_on, day) == years
    assert is_minor(born_on, day) == (years < 18)


def test_l20_no_date_of_birth_is_not_a_child() -> None:
    assert not is_minor(None, date(2026, 3, 3))


@given(st.dates(date(2020, 1, 1), date(2036, 12, 31)) | st.just(date(2028, 2, 29)), st.integers(-800, 800))
def test_l20_the_latest_day_of_birth_of_an_adult(day: date, distance: int) -> None:
    assert is_minor(adult_if_born_by(day) + timedelta(days=distance), day) == (distance > 0)
