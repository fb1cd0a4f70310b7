"""Buttons: pressed by Space and by Enter, named for screen readers, and never dead without saying why."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.button import (
    ChoiceButton,
    button,
    icon_button,
    menu_button,
    set_allowed,
)
from primoro_campaigns.desktop.kit.counter_strip import Counter, CounterStrip
from tests.desktop.accessible import controls, spoken


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_enter_and_space_press_whatever_has_the_focus(qtbot: QtBot, key: Qt.Key) -> None:
    pressed: list[str] = []
    strip = CounterStrip("By state", (Counter("draft", "Draft"),))
    strip.on_chosen(pressed.append)
    for control in (
        button("&Save", lambda: pressed.append("save")),
        icon_button("Dismiss", "close", lambda: pressed.append("dismiss")),
        strip,
    ):
        qtbot.addWidget(control)
        QTest.keyClick(next(controls(control), control), key)
    assert pressed == ["save", "dismiss", "draft"]


def test_a_button_is_called_what_it_says_without_its_mnemonic(qtbot: QtBot) -> None:
    plain = button("&New campaign", lambda: None)
    small = icon_button("Remove this rule", "close", lambda: None)
    for control in (plain, small):
        qtbot.addWidget(control)
    assert spoken(plain) == "New campaign"
    assert (spoken(small), small.toolTip()) == ("Remove this rule", "Remove this rule")


def test_a_button_that_is_not_allowed_says_why(qtbot: QtBot) -> None:
    control = button("Approve", lambda: None)
    qtbot.addWidget(control)
    set_allowed(control, False, "Your role does not include approving.")
    assert not control.isEnabled()
    assert control.toolTip() == control.accessibleDescription() == "Your role does not include approving."
    set_allowed(control, True, "Your role does not include approving.")
    assert control.isEnabled()
    assert control.toolTip() == control.accessibleDescription() == ""


def test_a_menu_button_may_be_called_more_than_it_shows(qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    control = menu_button("Insert a field", menu, name="Insert a field that differs from patient to patient")
    qtbot.addWidget(control)
    assert control.menu() is menu
    assert spoken(control) == "Insert a field that differs from patient to patient"


def test_a_choice_is_as_wide_as_its_words_and_may_become_narrower(qtbot: QtBot) -> None:
    around = QWidget()
    qtbot.addWidget(around)
    control = ChoiceButton("Locations", QMenu(around))
    control.setParent(around)
    control.setText("Hillside and 3 more")
    words = control.fontMetrics().horizontalAdvance("Hillside and 3 more")
    assert control.sizeHint().width() > words + 30, "there is room for the arrow"
    assert control.minimumSizeHint().width() < words
    assert spoken(control) == "Locations"
