"""The status bar's words: how fresh, whether offline, how much waits."""

from datetime import UTC, datetime, timedelta

import pytest

from primoro_campaigns.desktop.shell.status_words import status_line
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus

NOW = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=2), "Up to date, just now"),
        (timedelta(seconds=10), "Up to date, 10 seconds ago"),
        (timedelta(minutes=1, seconds=5), "Up to date, a minute ago"),
        (timedelta(minutes=12), "Up to date, 12 minutes ago"),
    ],
)
def test_freshness_is_said_in_words(passed: timedelta, words: str) -> None:
    assert status_line(SyncStatus(Phase.CURRENT, NOW - passed), NOW).words == words


def test_offline_says_since_when_and_that_work_goes_on() -> None:
    line = status_line(SyncStatus(Phase.OFFLINE, NOW, NOW - timedelta(minutes=25), waiting=3), NOW)
    # The suite runs in Kathmandu, 5 h 45 min ahead: the desk's own clock is what people read.
    assert line.words.startswith("Offline since 15:50. You can go on working")
    assert line.waiting == "3 changes wait"


def test_a_first_fill_says_how_far_it_is() -> None:
    line = status_line(SyncStatus(Phase.FILLING, done=2, total=20), NOW)
    assert "part 3 of 20" in line.words


def test_what_was_refused_is_counted_apart() -> None:
    assert status_line(SyncStatus(Phase.CURRENT, NOW, waiting=1, refused=2), NOW).waiting == (
        "1 change waits, 2 need you"
    )


def test_a_wrong_clock_is_told_with_what_is_safe() -> None:
    title, advice = status_line(SyncStatus(Phase.CURRENT, NOW, clock_off_s=-420), NOW).notice
    assert title == "This computer's clock is 7 minutes slow."
    assert "Nothing is lost" in advice


def test_what_stands_in_the_way_is_said_with_its_advice() -> None:
    status = SyncStatus(Phase.STUCK, title="The server is newer.", advice="Update this program.")
    assert status_line(status, NOW).notice == ("The server is newer.", "Update this program.")


def test_every_phase_has_words_and_an_icon() -> None:
    for phase in Phase:
        line = status_line(SyncStatus(phase), NOW)
        assert line.words
        assert line.icon
