"""On which days an ongoing campaign asks who newly fits."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.schedule.recurrence import Look, look
from primoro_campaigns.domain.schedule.window import GRACE, SendWindow

LONDON = ZoneInfo("Europe/London")
WEEKDAYS = SendWindow(LONDON, closed_weekdays=frozenset({5, 6}))
DAILY = SendWindow(LONDON)
FRIDAY = date(2026, 3, 6)


def at(day: date, hour: int = 10) -> datetime:
    return datetime.combine(day, time(hour), LONDON).astimezone(UTC)


def test_the_first_look_is_about_today() -> None:
    assert look(DAILY, None, at(FRIDAY)) == Look((FRIDAY,))


def test_c33_it_looks_once_a_day_when_the_hours_begin() -> None:
    assert look(DAILY, FRIDAY, at(FRIDAY + timedelta(days=1))) == Look((FRIDAY + timedelta(days=1),))
    assert DAILY.next_day(at(FRIDAY, 15)) == at(FRIDAY + timedelta(days=1))
    assert DAILY.next_day(at(FRIDAY, 3)) == at(FRIDAY + timedelta(days=1))


def test_q3_closed_days_are_caught_up_on_the_next_open_day() -> None:
    monday = FRIDAY + timedelta(days=3)
    assert WEEKDAYS.next_day(at(FRIDAY)) == at(monday)
    days = tuple(FRIDAY + timedelta(days=ahead) for ahead in (1, 2, 3))
    assert look(WEEKDAYS, FRIDAY, at(monday)) == Look(days)


def test_q5_days_that_the_server_missed_are_caught_up_within_the_grace_alone() -> None:
    thursday = FRIDAY + timedelta(days=6)
    missed = tuple(FRIDAY + timedelta(days=ahead) for ahead in (1, 2, 3, 4))
    assert look(DAILY, FRIDAY, at(thursday)) == Look((thursday - timedelta(days=1), thursday), missed)
    assert look(DAILY, FRIDAY, at(thursday, 11)) == Look((thursday,), (*missed, thursday - timedelta(days=1)))


@given(
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.integers(0, 90),
    st.integers(0, 23),
    st.frozensets(st.integers(0, 6), max_size=6),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe", "America/Santiago"]),
)
def test_q4_q5_every_day_is_looked_at_or_named_as_missed_and_nothing_late_is_looked_at(
    looked_on: date, gap: int, hour: int, closed: frozenset[int], zone: str
) -> None:
    window = SendWindow(ZoneInfo(zone), closed_weekdays=closed)
    now = datetime.combine(looked_on + timedelta(days=gap), time(hour), UTC)
    today = window.today(now)
    if today <= looked_on:
        return
    found = look(window, looked_on, now)
    assert found.days[-1] == today
    in_all = sorted({*found.days, *found.missed})
    assert len(in_all) == len(found.days) + len(found.missed)
    assert in_all == [in_all[0] + timedelta(days=ahead) for ahead in range(len(in_all))]
    assert in_all[0] == max(looked_on + timedelta(days=1), today - timedelta(days=60))
    for day in found.days[:-1]:
        assert now - window.opens_for(day) <= GRACE
    for day in found.missed:
        assert now - window.opens_for(day) > GRACE
    following = window.next_day(now)
    assert window.is_open(following)
    assert window.today(following) > today
