"""Bank holidays, against the days that were proclaimed."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.delivery.policy import SendingPolicy
from primoro_campaigns.domain.schedule.holiday import (
    Nation,
    bank_holidays,
    easter,
    read_days,
    read_weekdays,
)


def days(text: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(each) for each in text.split())


# As published on GOV.UK, but for the days that were proclaimed once (the jubilee of 2022 and its moved spring
# holiday, the funeral of 2022, the coronation of 2023).
@pytest.mark.parametrize(
    ("nation", "year", "expected"),
    [
        (
            Nation.ENGLAND_AND_WALES,
            2021,
            "2021-01-01 2021-04-02 2021-04-05 2021-05-03 2021-05-31 2021-08-30 2021-12-27 2021-12-28",
        ),
        (
            Nation.ENGLAND_AND_WALES,
            2026,
            "2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28",
        ),
        (
            Nation.ENGLAND_AND_WALES,
            2027,
            "2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28",
        ),
        (
            Nation.SCOTLAND,
            2026,
            "2026-01-01 2026-01-02 2026-04-03 2026-05-04 2026-05-25 2026-08-03 2026-11-30"
            " 2026-12-25 2026-12-28",
        ),
        (
            Nation.SCOTLAND,
            2022,
            "2022-01-03 2022-01-04 2022-04-15 2022-05-02 2022-05-30 2022-08-01 2022-11-30"
            " 2022-12-26 2022-12-27",
        ),
        (
            Nation.NORTHERN_IRELAND,
            2026,
            "2026-01-01 2026-03-17 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-07-13 2026-08-31"
            " 2026-12-25 2026-12-28",
        ),
    ],
)
def test_q3_bank_holidays_as_they_were_proclaimed(nation: Nation, year: int, expected: str) -> None:
    assert bank_holidays(nation, [year]) == days(expected)


@given(st.sampled_from(Nation), st.integers(1980, 2100))
def test_q3_a_bank_holiday_is_a_weekday_and_their_number_does_not_change(nation: Nation, year: int) -> None:
    found = bank_holidays(nation, [year])
    assert all(day.weekday() < 5 for day in found)
    expected = {Nation.ENGLAND_AND_WALES: 8, Nation.SCOTLAND: 9, Nation.NORTHERN_IRELAND: 10}
    assert len(found) == expected[nation]


@pytest.mark.parametrize(
    "day", ["2000-04-23", "2008-03-23", "2011-04-24", "2024-03-31", "2026-04-05", "2038-04-25"]
)
def test_easter(day: str) -> None:
    assert easter(int(day[:4])) == date.fromisoformat(day)


def test_settings_are_read_as_people_write_them() -> None:
    assert read_weekdays("Sat, Sunday") == frozenset({5, 6})
    assert read_weekdays("") == frozenset()
    assert read_days("2026-12-24, 2027-01-04,") == days("2026-12-24 2027-01-04")


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (read_weekdays, "sat,bankday", "“ban” is no day of the week"),
        (read_weekdays, "mon,tue,wed,thu,fri,sat,sun", "open on one day"),
        (read_days, "24.12.2026", "“24.12.2026” is no day"),
    ],
)
def test_what_cannot_be_read_is_said_in_words(read: object, text: str, words: str) -> None:
    assert callable(read)
    with pytest.raises(ValueError, match=words):
        read(text)


def test_q3_every_desk_counts_with_the_closed_days_of_the_practice() -> None:
    policy = SendingPolicy(
        closed_weekdays="sat, sun", bank_holidays="scotland", holidays="2026-12-24", window_opens=time(9)
    )
    window = policy.window(ZoneInfo("Europe/London"))
    opening = window.next_opening(datetime(2026, 12, 23, 18, tzinfo=UTC))
    # Thursday is its own day, Friday Christmas, then a weekend, and Monday in place of Boxing Day.
    assert opening == datetime(2026, 12, 29, 9, tzinfo=UTC)
