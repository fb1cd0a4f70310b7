"""Widgets that paint themselves say in words what they paint."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QProgressBar
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.badge import Badge
from primoro_campaigns.desktop.kit.bar_chart import Bar, BarChart, StackedBar
from primoro_campaigns.desktop.kit.empty import EmptyState
from primoro_campaigns.desktop.kit.progress_line import ProgressLine
from primoro_campaigns.desktop.kit.token import Tone

BARS = (Bar("Sent", 1214, Tone.SUCCESS), Bar("Failed", 3, Tone.ERROR), Bar("Waiting", 0))


@pytest.mark.parametrize("kind", [BarChart, StackedBar])
def test_a_chart_says_its_bars(qtbot: QtBot, kind: type[BarChart] | type[StackedBar]) -> None:
    chart = kind("The account of this campaign")
    qtbot.addWidget(chart)
    chart.show_bars(BARS)
    chart.show()
    assert chart.accessibleName() == "The account of this campaign"
    assert chart.accessibleDescription() == "Sent 1,214, Failed 3, Waiting 0"
    assert not chart.grab().isNull()


@pytest.mark.parametrize("kind", [BarChart, StackedBar])
def test_a_chart_of_nothing_can_be_painted(qtbot: QtBot, kind: type[BarChart] | type[StackedBar]) -> None:
    chart = kind("Nothing")
    qtbot.addWidget(chart)
    for bars in ((), (Bar("Sent", 0),)):
        chart.show_bars(bars)
        assert not chart.grab().isNull()


def test_a_legend_that_is_too_wide_goes_on_below(qtbot: QtBot) -> None:
    chart = StackedBar("The account")
    qtbot.addWidget(chart)
    chart.show_bars(BARS)
    assert chart.heightForWidth(120) > chart.heightForWidth(1200)


def test_a_badge_says_its_state_and_takes_no_room_without_one(qtbot: QtBot) -> None:
    badge = Badge()
    qtbot.addWidget(badge)
    assert badge.sizeHint() == QSize(0, 0)
    badge.show_state("Paused", Tone.WARNING)
    assert (badge.text(), badge.accessibleName(), badge.tone) == ("Paused", "Paused", Tone.WARNING)
    assert badge.sizeHint().width() > badge.fontMetrics().horizontalAdvance("Paused")


def test_progress_is_a_share_or_only_a_movement(qtbot: QtBot) -> None:
    line = ProgressLine("First copy")
    qtbot.addWidget(line)
    bar = line.findChild(QProgressBar)
    assert bar is not None
    line.show_progress("3 of 4 parts", 0.75)
    assert (bar.value(), bar.maximum(), bar.accessibleDescription()) == (750, 1000, "3 of 4 parts")
    line.show_progress("", None)
    assert bar.minimum() == bar.maximum() == 0


def test_an_empty_page_says_what_to_do_about_it(qtbot: QtBot) -> None:
    pressed: list[str] = []
    empty = EmptyState(
        "campaigns", "No campaigns yet.", "Write one.", ("&New", lambda: pressed.append("new"))
    )
    qtbot.addWidget(empty)
    assert (empty.accessibleName(), empty.accessibleDescription()) == ("No campaigns yet.", "Write one.")
    empty.action.click()
    assert pressed == ["new"]
    empty.show_words("Nothing found.", "Try fewer letters.")
    assert (empty.accessibleName(), empty.accessibleDescription()) == (
        "Nothing found.",
        "Try fewer letters.",
    )
