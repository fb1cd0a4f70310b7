"""The check of pages itself finds what it is there to find; and it finds nothing in the rooms."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.call import room as call_room
from primoro_campaigns.desktop.changes import room as changes_room
from primoro_campaigns.desktop.consent import room as consent_room
from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.patient import room as patient_room
from primoro_campaigns.desktop.routes import (
    CallsRoute,
    ChangesRoute,
    PatientRoute,
    PatientsRoute,
    PatientTab,
    Route,
)
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.domain.ids import PatientId
from tests.desktop.accessible import unusable
from tests.desktop.conftest import Show
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception


def rooms(context: Context) -> list[Room]:
    return [
        patient_room.create(context, consent_room.create(context)),
        call_room.create(context),
        changes_room.create(context),
    ]


@pytest.mark.parametrize(
    "route",
    [
        PatientsRoute(),
        PatientsRoute("zzz"),
        *(PatientRoute(PatientId("priya"), tab) for tab in PatientTab),
        *(PatientRoute(PatientId("mei"), tab) for tab in PatientTab),
        PatientRoute(PatientId("nobody")),
        CallsRoute(),
        ChangesRoute(),
    ],
    ids=str,
)
def test_every_page_can_be_used_without_a_mouse(
    front: Reception, queue: QueuedRunner, show: Show, route: Route
) -> None:
    """The pages of campaigns and of signing in have this in their own tests, in each of their states."""
    (page,) = [made for room in rooms(front.context) if (made := room.page_for(route)) is not None]
    show(page)
    queue.settle()
    assert unusable(page) == []


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    page = QWidget()
    qtbot.addWidget(page)
    QVBoxLayout(page)
    return page


def put(page: QWidget, *controls: QWidget) -> None:
    layout = page.layout()
    assert layout is not None
    for control in controls:
        layout.addWidget(control)
    page.show()


def test_a_control_without_a_name_is_found(page: QWidget) -> None:
    named, box = QPushButton("Save"), QComboBox()
    box.addItem("Something is chosen")
    put(page, named, QLineEdit(), box, QSpinBox(), QScrollArea())
    assert unusable(page) == [
        "QLineEdit '' has no accessible name",
        "QComboBox '' has no accessible name",
        "QSpinBox '' has no accessible name",
        "QScrollArea '' has no accessible name",
    ]


def test_a_caption_that_belongs_to_a_field_is_its_name(page: QWidget) -> None:
    caption, field = QLabel("&Town"), QLineEdit()
    caption.setBuddy(field)
    put(page, caption, field)
    assert unusable(page) == []


def test_a_control_that_tab_passes_by_is_found(page: QWidget) -> None:
    button = QPushButton("Save")
    button.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    put(page, button)
    assert unusable(page) == ["QPushButton '' (Save) cannot be reached by Tab"]


def test_of_several_that_exclude_each_other_tab_has_to_reach_one(page: QWidget) -> None:
    group = QButtonGroup(page)
    choices = [QPushButton(words) for words in ("One", "Two")]
    for choice in choices:
        choice.setCheckable(True)
        group.addButton(choice)
    put(page, *choices)
    for choice in choices:
        choice.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
    assert len(unusable(page)) == 2
    choices[1].setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    assert unusable(page) == []


def test_what_is_hidden_is_not_asked_about(page: QWidget) -> None:
    hidden = QLineEdit()
    put(page, hidden)
    hidden.hide()
    assert unusable(page) == []
