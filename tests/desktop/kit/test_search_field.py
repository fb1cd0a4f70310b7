"""The search field waits for a pause in typing, and for nothing else."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.search_field import SearchField


class Searching:
    def __init__(self, qtbot: QtBot) -> None:
        self.field = SearchField("Search patients", "Name or number")
        qtbot.addWidget(self.field)
        self.searched: list[str] = []
        self.downs = 0
        self.field.searched.connect(self.searched.append)
        self.field.down.connect(self._down)

    def _down(self) -> None:
        self.downs += 1

    def type(self, words: str) -> None:
        QTest.keyClicks(self.field, words)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.field, key)


@pytest.fixture
def searching(qtbot: QtBot) -> Iterator[Searching]:
    searching = Searching(qtbot)
    yield searching
    searching.field.fire()


def test_nothing_is_searched_while_one_types(searching: Searching) -> None:
    searching.type("smith")
    assert searching.searched == []
    searching.field.fire()
    assert searching.searched == ["smith"]


def test_the_pause_itself_searches(searching: Searching, qtbot: QtBot) -> None:
    with qtbot.waitSignal(searching.field.searched) as heard:
        searching.type("smith")
    assert heard.args == ["smith"]


def test_enter_does_not_wait_and_the_same_words_are_not_searched_twice(searching: Searching) -> None:
    searching.type(" smith ")
    searching.press(Qt.Key.Key_Return)
    searching.press(Qt.Key.Key_Return)
    searching.type(" ")
    searching.field.fire()
    assert searching.searched == ["smith"]


def test_escape_clears_and_shows_all_again(searching: Searching) -> None:
    searching.type("smith")
    searching.press(Qt.Key.Key_Return)
    searching.press(Qt.Key.Key_Escape)
    assert searching.field.text() == ""
    assert searching.searched == ["smith", ""]


def test_down_asks_for_the_first_result(searching: Searching) -> None:
    searching.press(Qt.Key.Key_Down)
    assert searching.downs == 1


def test_words_that_are_searched_already_are_shown_quietly(searching: Searching) -> None:
    searching.field.set_quietly("smith")
    searching.field.fire()
    assert searching.searched == []
    assert searching.field.text() == "smith"
    assert searching.field.accessibleName() == "Search patients"
