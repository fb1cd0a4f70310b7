"""Chips and counters: one choice out of a few, by mouse and by keyboard, with numbers that are spoken."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QPushButton
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.chip import ChipRow, Choice
from primoro_campaigns.desktop.kit.counter_strip import Counter, CounterStrip
from primoro_campaigns.desktop.kit.token import Tone
from tests.desktop.accessible import spoken, unusable

CHOICES = (Choice("all", "&All"), Choice("email", "&E-mails", 3), Choice("sms", "&Texts", 1200))
COUNTERS = (Counter("active", "Active", Tone.INFO), Counter("draft", "Draft"))


def chips(row: ChipRow) -> list[QPushButton]:
    return row.findChildren(QPushButton)


def test_left_and_right_move_between_chips_and_stop_at_the_ends(qtbot: QtBot) -> None:
    row = ChipRow("Kind", CHOICES, "email")
    qtbot.addWidget(row)
    heard: list[str] = []
    row.on_chosen(heard.append)
    with qtbot.waitActive(row):
        row.show()
        row.activateWindow()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(QApplication.focusWidget() or row, key)
    assert heard == ["all", "email", "sms"]
    assert row.chosen == "sms"


def test_tab_reaches_the_chip_that_is_on_only(qtbot: QtBot) -> None:
    row = ChipRow("Kind", CHOICES, "email")
    qtbot.addWidget(row)
    stops = [bool(chip.focusPolicy() & Qt.FocusPolicy.TabFocus) for chip in chips(row)]
    assert stops == [False, True, False]
    QTest.mouseClick(chips(row)[2], Qt.MouseButton.LeftButton)
    stops = [bool(chip.focusPolicy() & Qt.FocusPolicy.TabFocus) for chip in chips(row)]
    assert stops == [False, False, True]
    assert unusable(row) == []


def test_a_choice_made_elsewhere_is_shown_and_not_told(qtbot: QtBot) -> None:
    row = ChipRow("Kind", CHOICES, "all")
    qtbot.addWidget(row)
    heard: list[str] = []
    row.on_chosen(heard.append)
    row.choose("sms")
    assert (row.chosen, heard) == ("sms", [])


def test_chips_show_and_speak_their_numbers(qtbot: QtBot) -> None:
    row = ChipRow("Kind", CHOICES, "all")
    qtbot.addWidget(row)
    assert [spoken(chip) for chip in chips(row)] == ["All", "E-mails, 3", "Texts, 1,200"]
    row.show_numbers({"email": 4, "sms": None})
    assert [spoken(chip) for chip in chips(row)] == ["All", "E-mails, 4", "Texts"]
    assert chips(row)[1].text() == "&E-mails  4"


def test_a_counter_filters_and_pressed_again_shows_all(qtbot: QtBot) -> None:
    strip = CounterStrip("By state", COUNTERS)
    qtbot.addWidget(strip)
    heard: list[str] = []
    strip.on_chosen(heard.append)
    active, draft = strip.findChildren(QAbstractButton)
    for tile in (active, draft, draft):
        QTest.mouseClick(tile, Qt.MouseButton.LeftButton)
    assert heard == ["active", "draft", ""]
    assert strip.chosen == ""
    strip.choose("active")
    assert (strip.chosen, len(heard)) == ("active", 3)


def test_counters_speak_their_numbers_once_they_are_known(qtbot: QtBot) -> None:
    strip = CounterStrip("By state", COUNTERS)
    qtbot.addWidget(strip)
    tiles = strip.findChildren(QAbstractButton)
    assert [spoken(tile) for tile in tiles] == ["Active", "Draft"]
    strip.show_numbers({"active": 1234, "draft": 0})
    assert [spoken(tile) for tile in tiles] == ["Active, 1,234", "Draft, 0"]
    assert unusable(strip) == []
