"""Dialogs by keyboard: Enter is OK or the button with the focus, Esc is Cancel, and nothing blocks."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.dialog import Dialog, confirm


class Asked:
    """A dialog with two fields, and what came of it."""

    def __init__(self, qtbot: QtBot) -> None:
        self.answers: list[str] = []
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.window.show()
        content = QWidget()
        layout = QVBoxLayout(content)
        self.line, self.area = QLineEdit(), QPlainTextEdit()
        layout.addWidget(self.line)
        layout.addWidget(self.area)
        self.dialog = Dialog("Who rang?", content, self.window, lead="The number is in two files.")
        self.dialog.rejected.connect(lambda: self.answers.append("no"))
        self.dialog.ask(lambda: self.answers.append("yes"))

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.dialog.focusWidget(), key)


@pytest.fixture
def asked(qtbot: QtBot) -> Iterator[Asked]:
    asked = Asked(qtbot)
    yield asked
    asked.window.close()


def test_enter_in_a_field_is_ok(asked: Asked) -> None:
    asked.line.setFocus()
    asked.press(Qt.Key.Key_Return)
    assert asked.answers == ["yes"]


def test_escape_is_cancel(asked: Asked) -> None:
    asked.line.setFocus()
    asked.press(Qt.Key.Key_Escape)
    assert asked.answers == ["no"]


def test_enter_on_cancel_is_cancel(asked: Asked) -> None:
    asked.dialog.cancel.setFocus()
    asked.press(Qt.Key.Key_Return)
    assert asked.answers == ["no"]


def test_enter_in_a_longer_text_is_a_new_line(asked: Asked) -> None:
    asked.area.setFocus()
    asked.press(Qt.Key.Key_Return)
    assert asked.area.toPlainText() == "\n"
    assert asked.answers == []
    asked.dialog.reject()


def test_ok_that_is_not_possible_or_says_no_keeps_the_dialog_open(asked: Asked) -> None:
    asked.line.setFocus()
    asked.dialog.ok.setEnabled(False)
    asked.press(Qt.Key.Key_Return)
    asked.dialog.ok.setEnabled(True)
    asked.dialog.set_check(lambda: False)
    asked.press(Qt.Key.Key_Return)
    assert asked.answers == []
    assert asked.dialog.isVisible()
    asked.dialog.set_check(lambda: True)
    asked.press(Qt.Key.Key_Enter)
    assert asked.answers == ["yes"]


def test_the_title_and_the_lead_are_spoken(asked: Asked) -> None:
    assert asked.dialog.accessibleName() == "Who rang?"
    assert asked.dialog.accessibleDescription() == "The number is in two files."
    asked.dialog.reject()


@pytest.mark.parametrize(("danger", "done"), [(False, ["sent"]), (True, [])])
def test_enter_without_reading_confirms_only_what_destroys_nothing(
    qtbot: QtBot, danger: bool, done: list[str]
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    said: list[str] = []
    question = confirm(
        window, "Sure?", "It cannot be taken back.", "Do it", lambda: said.append("sent"), danger=danger
    )
    with qtbot.waitActive(question):
        question.activateWindow()
    QTest.keyClick(question.focusWidget(), Qt.Key.Key_Return)
    assert said == done
    assert not question.isVisible()
