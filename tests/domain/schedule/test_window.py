"""Send hours: never outside them, at the next opening otherwise, also on the days when the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.schedule.window import SendWindow, is_late

LONDON = ZoneInfo("Europe/London")
USUAL = SendWindow(LONDON)
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # Hypothesis wants naive bounds
windows = st.builds(
    SendWindow,
    zone=st.sampled_from(
        [LONDON, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia"), ZoneInfo("Australia/Lord_Howe"), UTC]
    ),
    opens=st.times(time(0), time(11, 59)).map(lambda each: each.replace(second=0, microsecond=0)),
    closes=st.times(time(12), time(23, 59)).map(lambda each: each.replace(second=0, microsecond=0)),
    closed_weekdays=st.frozensets(st.integers(0, 6), max_size=6),
    holidays=st.frozensets(st.dates(date(2020, 1, 1), date(2030, 1, 1)), max_size=5),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "opening"),
    [
        ("2026-03-03 09:59:59", "2026-03-03 10:00"),
        ("2026-03-03 10:00", "2026-03-03 10:00"),
        ("2026-03-03 17:59:59", "2026-03-03 17:59:59"),
        ("2026-03-03 18:00", "2026-03-04 10:00"),
        ("2026-03-03 18:01", "2026-03-04 10:00"),
        # The night of 29 March 2026 the clocks go forward, that of 25 October they go back.
        ("2026-03-28 18:01", "2026-03-29 09:00"),
        ("2026-03-29 08:59:59", "2026-03-29 09:00"),
        ("2026-03-29 17:00", "2026-03-30 09:00"),
        ("2026-10-24 17:00", "2026-10-25 10:00"),
        ("2026-10-25 09:59:59", "2026-10-25 10:00"),
        ("2026-10-25 18:00", "2026-10-26 10:00"),
    ],
)
def test_q1_send_hours_are_those_of_the_practice(instant: str, opening: str) -> None:
    assert USUAL.next_opening(utc(instant)) == utc(opening)
    assert USUAL.is_open(utc(instant)) == (instant == opening or utc(instant) == utc(opening))


def test_q3_closed_days_wait_for_the_next_open_day() -> None:
    easter = frozenset({date(2026, 4, 3), date(2026, 4, 6)})
    window = SendWindow(LONDON, closed_weekdays=frozenset({5, 6}), holidays=easter)
    assert window.next_opening(utc("2026-04-02 17:30")) == utc("2026-04-07 09:00")
    assert not window.is_open(utc("2026-04-03 12:00"))


def test_the_day_is_that_of_the_practice() -> None:
    assert USUAL.today(utc("2026-06-30 23:30")) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("opens", "first"),
    [(time(1, 30), "2026-03-29 01:00"), (time(0, 59), "2026-03-29 00:59"), (time(2), "2026-03-29 01:00")],
)
def test_an_hour_that_the_clock_skips_is_missing(opens: time, first: str) -> None:
    """At 01:00 the clock shows 02:00, which is within the hours at once."""
    window = SendWindow(LONDON, opens=opens)
    assert window.next_opening(utc("2026-03-29 00:00")) == utc(first)


def test_a_window_that_lies_in_the_skipped_hour_stays_closed_that_day() -> None:
    window = SendWindow(LONDON, opens=time(1, 10), closes=time(1, 50))
    assert window.next_opening(utc("2026-03-29 00:00")) == utc("2026-03-30 00:10")


def test_an_hour_that_the_clock_shows_twice_is_in_or_out_both_times() -> None:
    """At 01:00 UTC the clock goes back from 02:00 to 01:00."""
    window = SendWindow(LONDON, opens=time(1, 30), closes=time(4))
    assert window.next_opening(utc("2026-10-25 00:00")) == utc("2026-10-25 00:30")
    assert window.closing(utc("2026-10-25 00:30")) == utc("2026-10-25 01:00")
    assert not window.is_open(utc("2026-10-25 01:15"))
    assert window.next_opening(utc("2026-10-25 01:15")) == utc("2026-10-25 01:30")
    assert window.closing(utc("2026-10-25 01:30")) == utc("2026-10-25 04:00")


@given(windows, instants)
def test_q1_the_next_opening_is_open_and_nothing_before_it_is(window: SendWindow, instant: datetime) -> None:
    opening = window.next_opening(instant)
    assert opening >= instant
    assert window.is_open(opening)
    assert window.next_opening(opening) == opening
    assert window.is_open(instant) == (opening == instant)
    between = instant + (opening - instant) / 2
    assert window.is_open(between) == (between == opening)


changes = st.sampled_from(
    [
        utc("2026-03-29 01:00"),  # London, forward
        utc("2026-10-25 01:00"),  # London, back
        utc("2026-03-08 07:00"),  # New York, forward
        utc("2026-11-01 06:00"),  # New York, back
        utc("2026-04-04 15:00"),  # Lord Howe, half an hour back
        utc("2026-10-03 15:30"),  # Lord Howe, half an hour forward
        utc("2026-09-06 04:00"),  # Santiago, forward at midnight
        utc("2026-04-05 03:00"),  # Santiago, back at midnight
        utc("2021-04-03 14:00"),  # Apia, back
    ]
)
near_a_change = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds), changes, st.integers(-93600, 93600)
)
early = st.builds(
    SendWindow,
    zone=st.sampled_from(
        [LONDON, *map(ZoneInfo, ("America/New_York", "Australia/Lord_Howe", "America/Santiago"))]
    ),
    opens=st.times(time(0), time(2, 30)).map(lambda each: each.replace(microsecond=0)),
    closes=st.times(time(2, 31), time(4)).map(lambda each: each.replace(microsecond=0)),
)


@given(windows | early, instants | near_a_change)
def test_q1_it_is_open_exactly_while_the_practice_s_clock_shows_its_hours(
    window: SendWindow, instant: datetime
) -> None:
    """Against the tz database itself, on the days on which a clock is changed as on any other."""
    local = instant.astimezone(window.zone)
    shows = (
        window.opens <= local.time() < window.closes
        and local.weekday() not in window.closed_weekdays
        and local.date() not in window.holidays
    )
    assert window.is_open(instant) == shows


@given(windows | early, instants | near_a_change)
def test_q1_from_an_opening_to_its_closing_it_is_open_and_then_it_is_not(
    window: SendWindow, instant: datetime
) -> None:
    opening = window.next_opening(instant)
    closing = window.closing(opening)
    assert closing is not None
    assert opening < closing
    assert window.is_open(closing - timedelta(seconds=1))
    assert not window.is_open(closing) or window.today(closing) != window.today(opening)
    tomorrow = window.next_day(instant)
    assert window.is_open(tomorrow)
    assert window.today(tomorrow) > window.today(instant)


@pytest.mark.parametrize(("hours", "late"), [(-1, False), (0, False), (24, False), (24.001, True)])
def test_q5_later_than_the_grace_asks(hours: float, late: bool) -> None:
    due_at = utc("2026-03-03 10:00")
    assert is_late(due_at, due_at + timedelta(hours=hours)) is late


def test_windows_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="before it closes"):
        SendWindow(LONDON, opens=time(18), closes=time(10))
    with pytest.raises(ValueError, match="one day"):
        SendWindow(LONDON, closed_weekdays=frozenset(range(7)))
    with pytest.raises(ValueError, match="aware"):
        USUAL.is_open(datetime(2026, 3, 3, 12))  # noqa: DTZ001  # the mistake under test
