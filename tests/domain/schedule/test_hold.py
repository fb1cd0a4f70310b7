"""Until when a campaign waits for who is held back."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.schedule.hold import asked_again_at
from primoro_campaigns.domain.schedule.window import SendWindow

LONDON = SendWindow(ZoneInfo("Europe/London"), time(10), time(18))
DUE = datetime(2026, 3, 3, 11, tzinfo=UTC)


def test_who_rests_is_asked_about_when_the_window_opens_on_the_day_the_rest_ends() -> None:
    assert asked_again_at(LONDON, 7, DUE, DUE, date(2026, 3, 6)) == datetime(2026, 3, 6, 10, tzinfo=UTC)


def test_without_a_known_end_the_next_day() -> None:
    assert asked_again_at(LONDON, 7, DUE, DUE, None) == datetime(2026, 3, 4, 10, tzinfo=UTC)


def test_who_rests_longer_than_the_campaign_waits_is_left_out() -> None:
    assert asked_again_at(LONDON, 7, DUE, DUE, date(2026, 3, 11)) is None
    assert asked_again_at(LONDON, 0, DUE, DUE, None) is None


@given(st.integers(0, 30), st.dates(date(2026, 3, 1), date(2026, 12, 1)))
def test_it_is_within_the_hours_not_before_the_rest_ends_and_in_the_campaigns_time(
    hold_days: int, until: date
) -> None:
    again = asked_again_at(LONDON, hold_days, DUE, DUE, until)
    if again is not None:
        assert LONDON.is_open(again)
        assert LONDON.today(again) >= until
        assert DUE < again <= DUE + timedelta(days=hold_days)
