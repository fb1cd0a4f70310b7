"""The pages before the work: errors stand at their fields, the keyboard is enough, nothing jumps."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.account.presenter import AccountPresenter, Known, NewPractice, Page
from primoro_campaigns.desktop.account.view import AccountWindow
from primoro_campaigns.desktop.kit.form import Field
from primoro_campaigns.domain.errors import PrimoroError
from tests.desktop.accessible import spoken, tab_order, unusable
from tests.fakes.queued_runner import QueuedRunner

ADDRESS = "https://campaigns.example.org"
REFUSED = PrimoroError("User name or password is not right.", "Nothing was changed.", "account.refused")
UNREACHABLE = PrimoroError("No server answers there.", "Look at the address again.", "remote.unreachable")


@dataclass(frozen=True)
class Found:
    address: str
    needs_set_up: bool


class NameTakenError(PrimoroError):
    fields = (("username", "Somebody has this user name."), ("display_name", "Type your name."))


class Door:
    """A server that answers as the test wants."""

    def __init__(self) -> None:
        self.found = Found(ADDRESS, False)
        self.refusal: PrimoroError | None = None
        self.asked: list[str] = []

    def look(self, address: str) -> Found:
        self._answer(f"look {address}")
        return self.found

    def set_up(self, address: str, practice: NewPractice) -> None:
        self._answer(f"set up {practice.organisation_name} with {practice.code} at {address}")

    def sign_in(self, address: str, username: str, password: str) -> object:
        self._answer(f"sign in {username} with {password} at {address}")
        return f"{username} is in"

    def start_own_server(self) -> tuple[str, str]:
        self._answer("start")
        return "http://127.0.0.1:8000", "OWN-CODE"

    def _answer(self, asked: str) -> None:
        self.asked.append(asked)
        if self.refusal is not None:
            raise self.refusal


class Desk:
    def __init__(self, qtbot: QtBot, known: Known) -> None:
        self.door = Door()
        self.queue = QueuedRunner()
        self.results: list[tuple[object, bool]] = []
        self.closed = 0
        self.window = AccountWindow(self._on_closed)
        qtbot.addWidget(self.window)
        self.presenter = AccountPresenter(
            self.window,
            self.door,
            self.queue,
            known,
            lambda result, own: self.results.append((result, own)),
        )
        self.window.bind(self.presenter)
        self.presenter.start()
        with qtbot.waitActive(self.window):
            self.window.show()
            self.window.activateWindow()
        self.queue.settle()

    def _on_closed(self) -> None:
        self.closed += 1

    def child(self, name: str) -> QWidget:
        found = [each for each in self.window.findChildren(QWidget, name) if each.isVisible()]
        assert len(found) == 1, name
        return found[0]

    def line(self, name: str) -> QLineEdit:
        found = self.child(name)
        assert isinstance(found, QLineEdit)
        return found

    def says(self, name: str) -> str:
        words = [each.text() for each in self.child(name).findChildren(QLabel) if each.text()]
        return " ".join(words)

    def press(self, name: str) -> None:
        QApplication.processEvents()
        found = self.child(name)
        assert isinstance(found, QAbstractButton)
        QTest.mouseClick(found, Qt.MouseButton.LeftButton)

    def keys(self, words: str, then: Qt.Key | None = None) -> None:
        """Typed wherever the focus is."""
        QTest.keyClicks(self.focus(), words)
        if then is not None:
            QTest.keyClick(self.focus(), then)

    def focus(self) -> QWidget:
        found = QApplication.focusWidget()
        assert found is not None
        return found

    def errors(self) -> dict[str, str]:
        return {
            each.control.objectName(): each.error
            for each in self.window.findChildren(Field)
            if each.error and each.isVisible()
        }


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
def desk(qtbot: QtBot, known: Known) -> Iterator[Desk]:
    desk = Desk(qtbot, known)
    yield desk
    desk.window.close()


KNOWS_SERVER = pytest.mark.parametrize("known", [Known(ADDRESS, False, "")])
KNOWS_PERSON = pytest.mark.parametrize("known", [Known(ADDRESS, False, "jo")])


def go_to(desk: Desk, page: Page) -> None:
    if page is Page.CONNECT:
        desk.press("welcome.connect")
    elif page is not Page.WELCOME:
        desk.door.found = Found(ADDRESS, page is Page.SET_UP)
        desk.press("welcome.connect")
        desk.line("connect.address").setText(ADDRESS)
        desk.press("connect.submit")
    desk.queue.settle()


@pytest.mark.parametrize("page", list(Page))
def test_everything_on_a_page_is_named_and_reached_by_tab(desk: Desk, page: Page) -> None:
    go_to(desk, page)
    assert unusable(desk.window) == []


@pytest.mark.parametrize(
    ("page", "order"),
    [
        (Page.WELCOME, ["welcome.own_server", "welcome.connect"]),
        (Page.CONNECT, ["Back", "connect.test", "connect.submit", "connect.address"]),
        (
            Page.SET_UP,
            [
                "set_up.organisation",
                "set_up.location",
                "set_up.name",
                "set_up.username",
                "set_up.password",
                "set_up.password_again",
                "Show what I type",
                "Back",
                "set_up.submit",
                "set_up.code",
            ],
        ),
        (
            Page.SIGN_IN,
            [
                "sign_in.password",
                "Show what I type",
                "sign_in.other_server",
                "sign_in.submit",
                "sign_in.username",
            ],
        ),
    ],
)
def test_tab_goes_down_the_page_from_where_one_begins(desk: Desk, page: Page, order: list[str]) -> None:
    go_to(desk, page)
    assert [each for each in tab_order(desk.window) if each in order] == order


def test_a_practice_connects_by_keyboard_alone(desk: Desk) -> None:
    desk.keys("", Qt.Key.Key_Return)
    desk.keys(ADDRESS, Qt.Key.Key_Return)
    desk.queue.settle()
    desk.keys("jo", Qt.Key.Key_Return)
    desk.keys("three odd words", Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.door.asked == [f"look {ADDRESS}", f"sign in jo with three odd words at {ADDRESS}"]
    assert desk.results == [("jo is in", False)]


def test_a_wrong_address_is_said_and_one_goes_on_typing(desk: Desk) -> None:
    desk.press("welcome.connect")
    desk.keys("", Qt.Key.Key_Return)
    assert desk.errors() == {"connect.address": "Type the server's address."}
    desk.door.refusal = UNREACHABLE
    desk.keys("campaigns", Qt.Key.Key_Return)
    assert desk.errors() == {}
    desk.queue.settle()
    assert desk.says("connect.problem") == "No server answers there. Look at the address again."
    assert desk.focus() is desk.line("connect.address")
    assert desk.line("connect.address").text() == "campaigns"


def test_a_test_of_the_address_says_that_it_is_good_and_stays(desk: Desk) -> None:
    desk.press("welcome.connect")
    desk.keys("campaigns.example.org")
    desk.press("connect.test")
    desk.queue.settle()
    assert desk.says("connect.good") == "A Primoro server answers there."
    assert desk.line("connect.address").text() == "campaigns.example.org"


@KNOWS_PERSON
def test_who_was_here_before_types_the_password_only(desk: Desk) -> None:
    assert desk.line("sign_in.username").text() == "jo"
    assert desk.focus() is desk.line("sign_in.password")
    desk.keys("three odd words", Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.results == [("jo is in", False)]


@KNOWS_PERSON
def test_a_refused_password_is_said_and_ready_to_be_typed_over(desk: Desk) -> None:
    desk.door.refusal = REFUSED
    desk.keys("wrong", Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.says("sign_in.problem") == "User name or password is not right. Nothing was changed."
    assert desk.focus() is desk.line("sign_in.password")
    desk.door.refusal = None
    desk.keys("right", Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.door.asked[-1] == f"sign in jo with right at {ADDRESS}"
    assert desk.results == [("jo is in", False)]


@KNOWS_SERVER
def test_empty_fields_are_said_at_the_fields(desk: Desk) -> None:
    desk.press("sign_in.submit")
    assert desk.errors() == {
        "sign_in.username": "Type your user name.",
        "sign_in.password": "Type your password.",
    }
    assert desk.focus() is desk.line("sign_in.username")
    assert desk.line("sign_in.username").accessibleDescription() == "Type your user name."


@KNOWS_PERSON
def test_while_the_server_is_asked_everything_rests_and_nothing_jumps(desk: Desk) -> None:
    card = desk.line("sign_in.password").mapTo(desk.window, desk.line("sign_in.password").pos())
    desk.door.refusal = REFUSED
    desk.keys("three odd words", Qt.Key.Key_Return)
    busy = desk.child("sign_in.busy")
    assert isinstance(busy, QLabel)
    assert busy.text() == "Signing in …"
    for name in ("sign_in.username", "sign_in.password", "sign_in.submit", "sign_in.other_server"):
        assert not desk.child(name).isEnabled()
    QApplication.processEvents()
    assert card == desk.line("sign_in.password").mapTo(desk.window, desk.line("sign_in.password").pos())
    desk.queue.settle()
    assert busy.text() == ""


@KNOWS_PERSON
def test_a_look_at_the_server_in_the_background_does_not_take_the_focus(desk: Desk) -> None:
    desk.line("sign_in.username").setFocus()
    desk.door.refusal = UNREACHABLE
    desk.presenter.start()
    desk.keys("an")
    desk.queue.settle()
    assert desk.says("sign_in.problem").startswith("No server answers there.")
    assert desk.focus() is desk.line("sign_in.username")
    assert desk.line("sign_in.username").text() == "joan"


def test_a_new_server_is_set_up_with_what_was_typed(desk: Desk) -> None:
    go_to(desk, Page.SET_UP)
    for words in ("C0DE", "Hillside Dental", "Bath", "Jo Bell", "jobell", "three odd words"):
        desk.keys(words, Qt.Key.Key_Tab)
    desk.keys("three odd words", Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.door.asked[-2:] == [
        f"set up Hillside Dental with C0DE at {ADDRESS}",
        f"sign in jobell with three odd words at {ADDRESS}",
    ]
    assert desk.results == [("jobell is in", False)]


def test_what_is_wrong_with_the_set_up_stands_at_the_fields(desk: Desk) -> None:
    go_to(desk, Page.SET_UP)
    desk.press("set_up.submit")
    assert list(desk.errors()) == [
        "set_up.code",
        "set_up.organisation",
        "set_up.location",
        "set_up.name",
        "set_up.username",
        "set_up.password",
    ]
    assert desk.focus() is desk.line("set_up.code")


def test_what_the_server_refuses_by_field_stands_at_the_fields_too(desk: Desk) -> None:
    go_to(desk, Page.SET_UP)
    for words in ("C0DE", "Hillside Dental", "Bath", "Jo Bell", "jo!", "three odd words"):
        desk.keys(words, Qt.Key.Key_Tab)
    desk.door.refusal = NameTakenError(
        "Some fields need another look.", "Nothing was saved.", "account.fields"
    )
    desk.keys("three odd words", Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.errors() == {
        "set_up.name": "Type your name.",
        "set_up.username": "Somebody has this user name.",
    }
    assert desk.focus() is desk.line("set_up.name")


def test_this_computer_as_the_server_needs_no_code(desk: Desk) -> None:
    desk.door.found = Found("http://127.0.0.1:8000", True)
    desk.press("welcome.own_server")
    desk.queue.settle()
    assert [each for each in desk.window.findChildren(QLineEdit, "set_up.code") if each.isVisible()] == []
    assert desk.focus() is desk.line("set_up.organisation")


def test_a_password_can_be_shown_and_hidden(desk: Desk) -> None:
    go_to(desk, Page.SIGN_IN)
    (tick,) = [
        each
        for each in desk.window.findChildren(QAbstractButton)
        if each.isVisible() and spoken(each) == "Show what I type"
    ]
    password = desk.line("sign_in.password")
    assert password.echoMode() is QLineEdit.EchoMode.Password
    QTest.keyClick(tick, Qt.Key.Key_Space)
    assert password.echoMode() is QLineEdit.EchoMode.Normal
    QTest.keyClick(tick, Qt.Key.Key_Space)
    assert password.echoMode() is QLineEdit.EchoMode.Password


@KNOWS_PERSON
def test_another_server_can_be_chosen_and_the_way_back_forgets_nothing(desk: Desk) -> None:
    desk.press("sign_in.other_server")
    assert desk.focus() is desk.child("welcome.connect")
    desk.press("welcome.connect")
    assert desk.line("connect.address").text() == ADDRESS


def test_the_end_of_the_window_is_told(desk: Desk) -> None:
    desk.window.close()
    assert desk.closed == 1
