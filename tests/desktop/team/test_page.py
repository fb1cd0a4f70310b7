"""The team as an administrator uses it: by mouse and by keyboard, against a server that answers at once."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from primoro_campaigns.desktop.kit.form import Field
from primoro_campaigns.desktop.kit.table import DataTable
from primoro_campaigns.desktop.routes import TeamRoute
from primoro_campaigns.desktop.sync.failure import UnreachableError
from primoro_campaigns.desktop.team import room as team_room
from primoro_campaigns.desktop.team.presenter import Line, role_words
from primoro_campaigns.desktop.team.view import TeamPage
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.errors import ConflictError
from primoro_campaigns.domain.ids import UserId
from tests.desktop.accessible import unusable
from tests.desktop.conftest import Show
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import HILLSIDE, Reception
from tests.fakes.team_desk import TeamDesk

PASSWORD = "three quiet otters"


class Hands:
    def __init__(self, page: QWidget, team: TeamDesk, settle: Callable[[], None]) -> None:
        assert isinstance(page, TeamPage)
        self.page = page
        self.team = team
        self.settle = settle

    def child(self, name: str) -> QWidget:
        for found in self.page.findChildren(QWidget, name):
            if found.isVisible():
                return found
        raise AssertionError(name)

    @property
    def table(self) -> DataTable[Line]:
        found = self.child("team.table")
        assert isinstance(found, DataTable)
        return found

    def rows(self) -> list[tuple[str, str, str, str]]:
        rows = [self.table.rows().row_at(row) for row in range(self.table.rows().count)]
        return [(row.name, row.role, row.where, row.state) for row in rows if row is not None]

    def choose(self, name: str) -> None:
        self.table.selectRow([row[0] for row in self.rows()].index(name))
        self.settle()

    def press(self, name: str) -> None:
        button = self.child(name)
        assert isinstance(button, QAbstractButton)
        assert button.isEnabled(), name
        if isinstance(button, QPushButton):
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        else:
            QTest.keyClick(button, Qt.Key.Key_Space)
        self.settle()

    def type(self, name: str, words: str) -> None:
        field = self.child(name)
        assert isinstance(field, QLineEdit)
        field.clear()
        QTest.keyClicks(field, words)

    def role(self, role: Role) -> None:
        box = self.child("team.role")
        assert isinstance(box, QComboBox)
        box.setCurrentIndex(list(Role).index(role))

    def errors(self) -> list[str]:
        return [each.error for each in self.page.findChildren(Field) if each.isVisible() and each.error]

    def notices(self) -> list[str]:
        return [each.title for each in self.page.notices.notices()]

    def dialogs(self) -> list[QDialog]:
        return [each for each in self.page.findChildren(QDialog) if each.isVisible()]

    def why_not(self, name: str) -> str:
        button = self.child(name)
        return "" if button.isEnabled() else button.toolTip()


@pytest.fixture
def hands(front: Reception, queue: QueuedRunner, show: Show) -> Iterator[Hands]:
    front.team.join(front.person.user_id, "Jo Bell", Role.ADMINISTRATOR)
    front.team.join("user-bea", "Bea Hart", Role.RECEPTION, HILLSIDE)
    front.team.join("user-old", "Olga Old", Role.OWNER, active=False)
    page = team_room.create(front.context).page_for(TeamRoute())
    show(page)
    assert page is not None
    yield Hands(page, front.team, queue.settle)
    for dialog in page.findChildren(QDialog):
        dialog.reject()


def test_everybody_is_there_with_role_place_and_state(hands: Hands) -> None:
    assert hands.rows() == [
        ("Bea Hart", "Reception", "Hillside", "Works here"),
        ("Jo Bell", "Administrator", "Everywhere", "You"),
        ("Olga Old", "Owner", "Everywhere", "Cannot sign in"),
    ]
    assert unusable(hands.page) == []


def test_a_colleague_is_added_and_can_sign_in(hands: Hands) -> None:
    hands.press("team.add")
    focus = QApplication.focusWidget()
    assert focus is not None
    assert focus.objectName() == "team.name"
    hands.type("team.name", "Cara Lund")
    hands.type("team.username", "cara")
    hands.type("team.password", PASSWORD)
    hands.role(Role.MANAGER)
    everywhere = hands.child("team.everywhere")
    assert isinstance(everywhere, QCheckBox)
    hands.press("team.everywhere")
    hands.press(f"team.place.{HILLSIDE}")
    assert unusable(hands.dialogs()[0]) == []
    hands.press("dialog.ok")
    assert ("Cara Lund", "Manager", "Hillside", "Works here") in hands.rows()
    assert hands.notices() == ["Cara Lund can sign in now."]
    assert hands.team.passwords == {UserId("user-cara"): PASSWORD}


def test_what_is_missing_is_said_at_its_field_and_nothing_is_asked_of_the_server(hands: Hands) -> None:
    hands.press("team.add")
    hands.type("team.username", "a b")
    hands.type("team.password", "short")
    hands.press("team.everywhere")
    hands.press("dialog.ok")
    assert len(hands.errors()) == 4
    assert len(hands.dialogs()) == 1
    assert len(hands.team.people) == 3


def test_a_role_is_changed_and_says_what_it_may_do(hands: Hands) -> None:
    assert hands.why_not("team.change") == "Select a colleague."
    hands.choose("Bea Hart")
    hands.press("team.change")
    hands.role(Role.TREATMENT_COORDINATOR)
    said = [each.text() for each in hands.dialogs()[0].findChildren(QLabel) if each.isVisible()]
    assert role_words(Role.TREATMENT_COORDINATOR) in said
    hands.press("dialog.ok")
    assert hands.rows()[0] == ("Bea Hart", "Treatment co-ordinator", "Hillside", "Works here")
    assert hands.notices() == ["Bea Hart is Treatment co-ordinator from now on."]


def test_deactivating_is_asked_about_and_can_be_taken_back(hands: Hands) -> None:
    hands.choose("Bea Hart")
    hands.press("team.active")
    QTest.keyClick(hands.child("dialog.cancel"), Qt.Key.Key_Return)
    hands.settle()
    assert hands.rows()[0][3] == "Works here", "Enter pressed without reading is a no"
    hands.press("team.active")
    hands.press("dialog.ok")
    assert hands.rows()[0][3] == "Cannot sign in"
    hands.choose("Bea Hart")
    hands.press("team.active")
    assert hands.rows()[0][3] == "Works here"


def test_nobody_deactivates_oneself(hands: Hands) -> None:
    hands.choose("Jo Bell")
    assert hands.why_not("team.active") == "Ask another administrator to do this to you."
    assert hands.why_not("team.change") == ""


def test_a_forgotten_password_is_replaced(hands: Hands) -> None:
    hands.choose("Bea Hart")
    hands.press("team.set_password")
    hands.type("team.new_password", "short")
    hands.press("dialog.ok")
    assert hands.errors() != []
    hands.type("team.new_password", PASSWORD)
    hands.press("dialog.ok")
    assert hands.team.passwords == {UserId("user-bea"): PASSWORD}


def test_what_the_server_refuses_is_said_and_the_list_stays(hands: Hands) -> None:
    hands.team.problem = ConflictError("This is the last person.", "Nothing was changed.", "test.last")
    hands.choose("Bea Hart")
    hands.press("team.change")
    hands.press("dialog.ok")
    assert hands.notices() == ["This is the last person."]
    assert len(hands.rows()) == 3
    assert hands.why_not("team.change") == ""


def test_without_the_server_it_says_so_and_asks_again(
    front: Reception, queue: QueuedRunner, show: Show
) -> None:
    front.team.problem = UnreachableError()
    page = team_room.create(front.context).page_for(TeamRoute())
    show(page)
    assert page is not None
    hands = Hands(page, front.team, queue.settle)
    assert hands.notices() == [UnreachableError().title]
    assert hands.why_not("team.add") == "The server has not said yet who works here."
    front.team.problem = None
    front.team.join("user-bea", "Bea Hart", Role.RECEPTION)
    assert isinstance(page, TeamPage)
    (notice,) = page.notices.notices()
    QTest.mouseClick(notice.action, Qt.MouseButton.LeftButton)
    queue.settle()
    assert hands.rows() == [("Bea Hart", "Reception", "Everywhere", "Works here")]


@pytest.mark.parametrize("role", Role)
def test_every_role_says_what_it_may_do(role: Role) -> None:
    assert role_words(role).startswith("May ")
    assert role_words(role).endswith(".")
