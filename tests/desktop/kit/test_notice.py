"""Notices: in place, by key, spoken, and gone when they are closed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.notice import Notice, NoticeArea
from primoro_campaigns.desktop.kit.token import Tone
from primoro_campaigns.domain.errors import PrimoroError


@pytest.fixture
def area(qtbot: QtBot) -> NoticeArea:
    area = NoticeArea()
    qtbot.addWidget(area)
    return area


def titles(area: NoticeArea) -> list[str]:
    return [notice.title for notice in area.notices()]


def test_the_newest_stands_first_and_the_area_takes_no_room_without_any(area: NoticeArea) -> None:
    assert area.isHidden()
    area.say(Tone.INFO, "One", key="1")
    area.say(Tone.INFO, "Two", key="2")
    assert titles(area) == ["Two", "One"]
    assert not area.isHidden()
    area.take_away("1")
    area.take_away("2")
    area.take_away("there is none")
    assert area.isHidden()


def test_another_under_the_same_key_takes_its_place(area: NoticeArea) -> None:
    area.say(Tone.ERROR, "The line is cut.", key="line")
    area.say(Tone.ERROR, "The line is cut again.", key="line")
    assert titles(area) == ["The line is cut again."]
    assert [each.title for each in area.findChildren(Notice) if not each.isHidden()] == titles(area)


def test_the_cross_closes_by_keyboard(area: NoticeArea) -> None:
    notice = area.say_error(PrimoroError("The disk is full.", "Make room.", "cache.disk_full"))
    cross = notice.findChild(QToolButton)
    assert cross is not None
    QTest.keyClick(cross, Qt.Key.Key_Return)
    assert titles(area) == []


def test_the_action_is_done_and_the_notice_stays_until_it_is_taken_away(area: NoticeArea) -> None:
    done: list[str] = []
    notice = area.say(Tone.WARNING, "Old", action=("&Again", lambda: done.append("again")), closable=False)
    QTest.mouseClick(notice.action, Qt.MouseButton.LeftButton)
    assert done == ["again"]
    assert titles(area) == ["Old"]
    assert notice.findChild(QToolButton) is None


@pytest.mark.parametrize(
    ("tone", "spoken"),
    [
        (Tone.ERROR, "Problem: The disk is full."),
        (Tone.WARNING, "Warning: The disk is full."),
        (Tone.SUCCESS, "Done: The disk is full."),
        (Tone.INFO, "Notice: The disk is full."),
        (Tone.NEUTRAL, "Notice: The disk is full."),
    ],
)
def test_what_kind_it_is_is_said_and_not_only_coloured(qtbot: QtBot, tone: Tone, spoken: str) -> None:
    notice = Notice(tone, "The disk is full.", "Make room.")
    qtbot.addWidget(notice)
    interface = QAccessible.queryAccessibleInterface(notice)
    assert interface.text(QAccessible.Text.Name) == spoken
    assert interface.text(QAccessible.Text.Description) == "Make room."
