"""Days as rules mean them, at the edges of the calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.audience.days import (
    NO_DAY,
    DayRange,
    birthday_in,
    days_to_birthday,
    known_range,
    last_of_month,
    rule_range,
    segment_ranges,
    shift,
    years_before,
)
from primoro_campaigns.domain.audience.rule import (
    DateFact,
    DayOperator,
    DayRule,
    DaysOperator,
    DaysRule,
    Segment,
)

any_day = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("operator", "days", "inside", "outside"),
    [
        (DaysOperator.EXACTLY_AGO, 0, ["2028-02-29"], ["2028-02-28", "2028-03-01"]),
        (DaysOperator.EXACTLY_AGO, 1, ["2028-02-28"], ["2028-02-29", "2028-02-27"]),
        (DaysOperator.EXACTLY_AGO, 366, ["2027-02-28"], ["2027-03-01", "2027-02-27"]),
        (DaysOperator.MORE_THAN_AGO, 60, ["2027-12-30", "1999-01-01"], ["2027-12-31", "2028-02-29"]),
        (DaysOperator.LESS_THAN_AGO, 60, ["2028-01-01", "2028-02-29"], ["2027-12-31", "2028-03-01"]),
        (DaysOperator.LESS_THAN_AGO, 1, ["2028-02-29"], ["2028-02-28", "2028-03-01"]),
        (DaysOperator.LESS_THAN_AGO, 0, [], ["2028-02-28", "2028-02-29", "2028-03-01"]),
        (DaysOperator.EXACTLY_AHEAD, 1, ["2028-03-01"], ["2028-02-29", "2028-03-02"]),
        (DaysOperator.MORE_THAN_AHEAD, 1, ["2028-03-02", "2099-01-01"], ["2028-03-01", "2028-02-01"]),
        (DaysOperator.LESS_THAN_AHEAD, 2, ["2028-02-29", "2028-03-01"], ["2028-03-02", "2028-02-28"]),
    ],
)
def test_days_are_counted_from_today(
    operator: DaysOperator, days: int, inside: list[str], outside: list[str]
) -> None:
    found = rule_range(DaysRule(DateFact.RECALL_DUE, operator, days), date(2028, 2, 29))
    assert [day for day in inside + outside if date.fromisoformat(day) in found] == inside


@pytest.mark.parametrize(
    ("operator", "inside"),
    [
        (DayOperator.ON, ["2026-03-31"]),
        (DayOperator.BEFORE, ["2026-03-30"]),
        (DayOperator.AFTER, ["2026-04-01"]),
    ],
)
def test_before_and_after_leave_the_day_itself_out(operator: DayOperator, inside: list[str]) -> None:
    found = rule_range(DayRule(DateFact.RECALL_DUE, operator, date(2026, 3, 31)), date(2026, 6, 1))
    days = ["2026-03-30", "2026-03-31", "2026-04-01"]
    assert [day for day in days if date.fromisoformat(day) in found] == inside


def test_before_the_first_and_after_the_last_day_there_is_none() -> None:
    today = date(2026, 6, 1)
    assert not rule_range(DayRule(DateFact.RECALL_DUE, DayOperator.BEFORE, date.min), today)
    assert not rule_range(DayRule(DateFact.RECALL_DUE, DayOperator.AFTER, date.max), today)


def test_a_next_visit_that_has_passed_is_none_and_a_last_visit_to_come_neither() -> None:
    today = date(2026, 6, 1)
    assert today in known_range(DateFact.NEXT_VISIT, today)
    assert date(2026, 5, 31) not in known_range(DateFact.NEXT_VISIT, today)
    for fact in (DateFact.LAST_VISIT, DateFact.LAST_CONTACTED, DateFact.LAST_NO_SHOW):
        assert today in known_range(fact, today)
        assert date(2026, 6, 2) not in known_range(fact, today)
    assert date(2020, 1, 1) in known_range(DateFact.RECALL_DUE, today)
    assert date(2030, 1, 1) in known_range(DateFact.RECALL_DUE, today)


@pytest.mark.parametrize(
    ("segment", "today", "last", "following"),
    [
        (Segment.THIS_MONTH, "2028-02-10", ("2028-02-01", "2028-02-10"), ("2028-02-10", "2028-02-29")),
        (Segment.THIS_MONTH, "2027-12-31", ("2027-12-01", "2027-12-31"), ("2027-12-31", "2027-12-31")),
        (Segment.LAST_90_DAYS, "2028-03-01", ("2027-12-02", "2028-03-01"), None),
        (Segment.YEAR_TO_DATE, "2028-02-29", ("2027-02-28", "2028-02-29"), None),
        (Segment.YEAR_TO_DATE, "2027-03-01", ("2026-03-01", "2027-03-01"), None),
    ],
)
def test_segments_at_the_edges(
    segment: Segment, today: str, last: tuple[str, str], following: tuple[str, str] | None
) -> None:
    found = segment_ranges(segment, date.fromisoformat(today))
    wanted = DayRange(*map(date.fromisoformat, following)) if following else NO_DAY
    assert found == (DayRange(*map(date.fromisoformat, last)), wanted)


@pytest.mark.parametrize(
    ("born", "today", "days"),
    [
        ("2012-02-29", "2027-02-28", 0),
        ("2012-02-29", "2027-03-01", 365),
        ("2012-02-29", "2028-02-28", 1),
        ("2012-02-29", "2028-02-29", 0),
        ("2012-02-29", "2028-03-01", 364),
        ("1990-02-28", "2028-02-29", 365),
        ("2001-01-01", "2027-12-31", 1),
        ("1975-12-31", "2028-01-01", 365),
        ("1990-05-05", "9999-12-31", 126),
        ("2000-02-29", "9999-03-01", 365),
    ],
)
def test_the_next_birthday(born: str, today: str, days: int) -> None:
    assert days_to_birthday(date.fromisoformat(born), date.fromisoformat(today)) == days


@given(born_on=any_day, today=any_day)
def test_the_next_birthday_is_the_first_day_that_is_one(born_on: date, today: date) -> None:
    ahead = (today + timedelta(days) for days in range(400))
    first = next(day for day in ahead if birthday_in(born_on, day.year) == day)
    assert (first - today).days == days_to_birthday(born_on, today)


@given(day=any_day)
def test_the_last_of_the_month_is_followed_by_a_first(day: date) -> None:
    last = last_of_month(day)
    assert (last.year, last.month) == (day.year, day.month)
    assert (last + timedelta(1)).day == 1


def test_arithmetic_stops_at_the_ends_of_the_calendar() -> None:
    assert shift(date(2026, 1, 1), -10_000_000) == date.min
    assert shift(date(2026, 1, 1), 10_000_000) == date.max
    assert shift(date.max, 0) == date.max
    assert years_before(date(2026, 1, 1), 3000) == date.min
    assert years_before(date(2026, 1, 1), -9000) == date.max
    assert last_of_month(date(9999, 12, 5)) == date.max
