"""Forms: what is wrong stands at its field, is spoken, and has the focus."""

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.button import button
from primoro_campaigns.desktop.kit.form import Field, Form
from tests.desktop.accessible import spoken, tab_order


class Filled:
    def __init__(self, qtbot: QtBot) -> None:
        self.name, self.town = QLineEdit(), QLineEdit()
        self.form = Form()
        qtbot.addWidget(self.form)
        self.form.add("name", Field("Your &name", self.name, "Colleagues see it."))
        self.form.add("town", Field("&Town", self.town, optional=True))
        self.form.show()

    def said(self) -> list[str]:
        return [each.text() for each in self.form.findChildren(QLabel) if each.isVisible() and each.text()]


@pytest.fixture
def filled(qtbot: QtBot) -> Filled:
    return Filled(qtbot)


def test_fields_are_called_by_their_captions_and_described_by_their_hints(filled: Filled) -> None:
    assert (spoken(filled.name), filled.name.accessibleDescription()) == ("Your name", "Colleagues see it.")
    assert spoken(filled.town) == "Town"
    assert filled.said() == ["Your &name", "Colleagues see it.", "&Town (optional)"]


def test_an_error_takes_the_place_of_the_hint_and_gives_it_back(filled: Filled) -> None:
    filled.form.show_errors({"name": "Type your name."})
    assert filled.said() == ["Your &name", "Type your name.", "&Town (optional)"]
    assert filled.name.accessibleDescription() == "Type your name."
    assert filled.name.property("invalid") is True
    filled.form.show_errors({})
    assert filled.said() == ["Your &name", "Colleagues see it.", "&Town (optional)"]
    assert filled.name.accessibleDescription() == "Colleagues see it."
    assert filled.name.property("invalid") is False


def test_the_first_field_with_an_error_has_the_focus(filled: Filled) -> None:
    filled.name.setFocus()
    filled.form.show_errors({"town": "Type the town."})
    assert filled.form.focusWidget() is filled.town
    filled.form.show_errors({"town": "Type the town.", "name": "Type your name."})
    assert filled.form.focusWidget() is filled.name


def test_a_new_hint_waits_until_the_error_is_gone(filled: Filled) -> None:
    field = filled.form.field("name")
    field.set_error("Type your name.")
    field.set_hint("As colleagues call you.")
    assert "As colleagues call you." not in filled.said()
    field.set_error("")
    assert "As colleagues call you." in filled.said()
    field.set_hint("")
    assert "As colleagues call you." not in filled.said()


def test_a_tick_box_carries_its_own_words(qtbot: QtBot) -> None:
    tick = QCheckBox("&Remember me")
    field = Field("", tick)
    qtbot.addWidget(field)
    assert spoken(tick) == "Remember me"


def test_fields_beside_each_other_are_fields_of_the_form(qtbot: QtBot) -> None:
    form = Form()
    qtbot.addWidget(form)
    first, last = QLineEdit(), QLineEdit()
    form.add_beside(first=Field("&From", first), last=Field("&To", last))
    form.show()
    form.show_errors({"last": "Choose a day."})
    assert form.field("last").error == "Choose a day."
    assert form.focusWidget() is last


def test_what_stands_beside_the_caption_is_reached_before_the_field(qtbot: QtBot) -> None:
    form = Form()
    qtbot.addWidget(form)
    first, second = QLineEdit(), QLineEdit()
    form.add("first", Field("&First", first))
    form.add("second", Field("&Second", second, beside=button("Insert a field", lambda: None)))
    for name, line in (("first", first), ("second", second)):
        line.setObjectName(name)
    with qtbot.waitActive(form):
        form.show()
        form.activateWindow()
    first.setFocus()
    assert tab_order(form) == ["Insert a field", "second", "first"]
