"""The page of calls as a person uses it: by mouse and by keyboard, over a real cache."""

import json
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.call import room as call_room
from primoro_campaigns.desktop.call import words
from primoro_campaigns.desktop.call.listed import FILTERS, ListedCall
from primoro_campaigns.desktop.call.people import Person
from primoro_campaigns.desktop.call.view import CallsPage
from primoro_campaigns.desktop.kit.notice import Notice
from primoro_campaigns.desktop.kit.table import DataTable
from primoro_campaigns.desktop.routes import CallsRoute, PatientRoute, PatientsRoute, PatientTab
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.ids import PatientId
from tests.desktop.accessible import spoken, tab_order, unusable
from tests.desktop.conftest import OpenReception, Show, Threads
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception, a_call, a_practice


class Hands:
    """Uses the page by the names of its controls; ``settle`` lets everything arrive."""

    def __init__(self, page: QWidget, settle: Callable[[], None]) -> None:
        assert isinstance(page, CallsPage)
        self.page = page
        self.settle = settle

    def child(self, name: str) -> QWidget:
        found: QWidget | None = self.page.findChild(QWidget, name)
        assert found is not None, name
        return found

    @property
    def calls(self) -> DataTable[ListedCall]:
        return self.page.table

    @property
    def people(self) -> DataTable[Person]:
        return self.page.panel.people

    def look_at(self, call_id: str) -> None:
        assert self.calls.select_key(call_id), call_id
        self.settle()

    def listed(self) -> list[str]:
        rows = [self.calls.rows().row_at(row) for row in range(self.calls.rows().count)]
        return [row.call.call_id for row in rows if row is not None]

    def names(self) -> list[str]:
        rows = [self.people.rows().row_at(row) for row in range(self.people.rows().count)]
        return [row.name for row in rows if row is not None]

    def says(self, name: str) -> str:
        found = self.child(name)
        assert isinstance(found, QLabel)
        assert found.isVisible(), name
        return found.text()

    def words(self) -> list[str]:
        """All that the panel says."""
        return [each.text() for each in self.page.panel.findChildren(QLabel) if each.isVisible()]

    def click(self, name: str) -> None:
        button = self.child(name)
        assert isinstance(button, QPushButton)
        assert button.isVisible(), name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.settle()

    def type(self, text: str) -> None:
        field = self.child("calls.search_patient")
        assert isinstance(field, QLineEdit)
        QTest.keyClicks(field, text)
        self.page.panel.search.fire()
        self.settle()

    def press(self, key: Qt.Key) -> None:
        """On whatever has the focus."""
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)
        self.settle()

    def focus(self) -> str:
        focus = QApplication.focusWidget()
        assert focus is not None
        return focus.objectName()

    def allowed(self, name: str) -> bool:
        return self.child(name).isEnabled()


OpenPage = Callable[[Reception], Hands]


@pytest.fixture
def open_page(queue: QueuedRunner, show: Show) -> OpenPage:
    def open_one(reception: Reception) -> Hands:
        page = call_room.create(reception.context).page_for(CallsRoute())
        show(page)
        assert page is not None
        return Hands(page, queue.settle)

    return open_one


@pytest.fixture
def hands(front: Reception, open_page: OpenPage) -> Hands:
    return open_page(front)


def test_match_a_call_by_mouse(hands: Hands, front: Reception) -> None:
    hands.look_at("k1")
    assert hands.says("calls.state") == "Not matched"
    hands.type("anand")
    hands.people.selectRow(0)
    hands.click("calls.match_add_number")
    assert hands.says("calls.state") == "Matched by hand"
    assert [each.call.call_id for each in hands.calls.selected()] == ["k1"], "the same call stays selected"
    assert "k5" not in hands.listed(), "the other call from this number waits no more"
    assert front.notices.told == ["1 other call from this number is matched too."]
    hands.click("calls.open_patient")
    assert front.footsteps.gone == [PatientRoute(PatientId("priya"), PatientTab.CONTACTS)]


def test_match_a_call_by_keyboard_alone_and_go_on_to_the_next(hands: Hands) -> None:
    assert hands.focus() == "calls.table"
    hands.press(Qt.Key.Key_Down)
    assert hands.says("calls.state") == "Not matched"
    hands.press(Qt.Key.Key_Return)
    assert hands.focus() == "calls.search_patient"
    for key in (Qt.Key.Key_L, Qt.Key.Key_L, Qt.Key.Key_Y):
        hands.press(key)
    hands.press(Qt.Key.Key_Return)
    assert hands.names() == ["Mei Llywelyn", "Tom Llywelyn"]
    assert [each.name for each in hands.people.selected()] == ["Mei Llywelyn"]
    hands.press(Qt.Key.Key_Down)
    hands.press(Qt.Key.Key_Return)
    assert hands.says("calls.state") == "Not matched", "Enter on a name matches nothing yet"
    assert hands.focus() == "calls.match_add_number"
    hands.press(Qt.Key.Key_Space)
    assert hands.says("calls.state") == "Matched by hand"
    assert hands.focus() == "calls.table"
    hands.press(Qt.Key.Key_Down)
    assert [each.call.call_id for each in hands.calls.selected()] == ["k2"]


def test_the_likely_ones_stand_there_without_a_search(hands: Hands) -> None:
    hands.look_at("k2")
    assert hands.names() == ["Mei Llywelyn", "Tom Llywelyn"]
    assert not hands.allowed("calls.match_once"), "nobody is chosen by itself"
    model = hands.people.rows()
    assert model.data(model.index(0, 0)) == "Mei Llywelyn, born 4 May 1984 (41), Head of the household."
    hands.people.selectRow(0)
    hands.click("calls.match_once")
    assert hands.says("calls.state") == "Matched by hand"


def test_a_search_belongs_to_its_call(hands: Hands) -> None:
    hands.look_at("k1")
    hands.type("anand")
    hands.people.selectRow(0)
    hands.look_at("k2")
    assert hands.page.panel.search.text() == ""
    assert hands.names() == ["Mei Llywelyn", "Tom Llywelyn"]
    assert not hands.allowed("calls.match_once")


def test_nobody_is_taken_along_to_another_call_of_the_same_family(
    hands: Hands, front: Reception, queue: QueuedRunner
) -> None:
    (ambiguous,) = [each for each in a_practice(front.clock.now())["call"] if each["id"] == "k2"]
    front.bring("call", [{**ambiguous, "id": "again"}])
    queue.settle()
    hands.look_at("k2")
    hands.people.selectRow(0)
    hands.look_at("again")
    assert hands.names() == ["Mei Llywelyn", "Tom Llywelyn"]
    assert hands.people.selected() == ()
    assert not hands.allowed("calls.match_once")


def test_reasons_that_do_not_fit_are_told_whole(open_page: OpenPage, front: Reception) -> None:
    reasons = "The only one on the list of the campaign that uses this number. Head of the household. " * 2
    row = a_call(
        "long",
        front.clock.now(),
        "+447700900103",
        "+447700900103",
        "ambiguous",
        candidates=json.dumps(
            [{"patient_id": "zoe", "reason": reasons}, {"patient_id": "mei", "reason": "Short."}]
        ),
    )
    front.bring("call", [row])
    hands = open_page(front)
    hands.look_at("long")
    hands.people.selectRow(0)
    assert any("Marjoribanks" in text and reasons in text for text in hands.words())
    hands.people.selectRow(1)
    assert not any("Short." in text for text in hands.words()), "what fits is not told twice"


def test_a_withheld_number_says_why_it_cannot_be_added(hands: Hands) -> None:
    hands.click("calls.filter.withheld")
    hands.look_at("k4")
    hands.type("anand")
    hands.people.selectRow(0)
    assert hands.says("calls.note") == words.NO_NUMBER
    assert hands.child("calls.match_add_number").toolTip() == words.NO_NUMBER
    assert not hands.allowed("calls.match_add_number")
    hands.press(Qt.Key.Key_Tab)
    hands.people.setFocus()
    hands.press(Qt.Key.Key_Return)
    assert hands.focus() == "calls.match_once", "Enter leads to the button that can be used"
    hands.press(Qt.Key.Key_Space)
    assert hands.says("calls.state") == "Matched by hand"


def test_put_the_programs_match_right(hands: Hands) -> None:
    hands.click("calls.filter.all")
    hands.look_at("k3")
    assert hands.says("calls.state") == "Matched"
    assert not hands.child("calls.candidates").isVisible()
    hands.click("calls.put_right")
    assert hands.focus() == "calls.search_patient"
    hands.type("quill")
    hands.people.selectRow(0)
    hands.click("calls.match_once")
    assert hands.says("calls.state") == "Matched by hand"
    assert not hands.child("calls.put_right").isVisible()


def test_not_a_patient(hands: Hands) -> None:
    hands.look_at("k1")
    hands.click("calls.ignore")
    assert hands.says("calls.state") == "Not a patient"
    assert not hands.child("calls.candidates").isVisible()
    assert not hands.child("calls.open_patient").isVisible()


def test_without_the_right_the_buttons_say_why(
    open_reception: OpenReception, queue: QueuedRunner, open_page: OpenPage
) -> None:
    hands = open_page(open_reception(queue, queue.post, rights=[Right.VIEW]))
    hands.look_at("k2")
    hands.people.selectRow(0)
    for name in ("calls.match_once", "calls.match_add_number", "calls.ignore"):
        assert not hands.allowed(name)
        assert hands.child(name).accessibleDescription() == words.MAY_NOT_MATCH
    assert hands.says("calls.note") == words.MAY_NOT_MATCH


def test_what_the_server_refused_stays_at_its_call_until_dismissed(hands: Hands, front: Reception) -> None:
    hands.look_at("k1")
    hands.type("anand")
    hands.people.selectRow(0)
    hands.click("calls.match_once")
    front.refuse("The number is in another file by now.", "Nothing was changed.")
    hands.settle()
    (notice,) = hands.page.panel.notices.notices()
    assert (notice.title, notice.advice) == ("The number is in another file by now.", "Nothing was changed.")
    assert hands.says("calls.state") == "Not matched"
    hands.look_at("k2")
    assert hands.page.panel.notices.notices() == ()
    hands.look_at("k1")
    (notice,) = hands.page.panel.notices.notices()
    assert isinstance(notice, Notice)
    QTest.mouseClick(notice.action, Qt.MouseButton.LeftButton)
    hands.settle()
    assert hands.page.panel.notices.notices() == ()
    assert front.outbox.events() == []


def test_filters_show_numbers_and_say_them(hands: Hands) -> None:
    chips = {each.key: spoken(hands.child(f"calls.filter.{each.key}")) for each in FILTERS}
    assert chips == {
        "waiting": "Waiting, 3",
        "matched": "Matched, 1",
        "withheld": "Withheld, 1",
        "ignored": "Not patients, 1",
        "all": "All, 6",
    }
    hands.click("calls.filter.ignored")
    assert hands.listed() == ["k6"]
    assert not hands.child("calls.state").isVisible(), "the call that was looked at is not in this list"


def test_a_filter_without_calls_says_so(hands: Hands, front: Reception) -> None:
    front.bring("call", gone=["k6"])
    hands.click("calls.filter.ignored")
    assert hands.listed() == []
    assert hands.page.filters.isVisible()


def test_no_calls_at_all(
    open_reception: OpenReception, queue: QueuedRunner, open_page: OpenPage, front: Reception
) -> None:
    practice = {room: rows for room, rows in a_practice(front.clock.now()).items() if room != "call"}
    reception = open_reception(queue, queue.post, rows=practice)
    hands = open_page(reception)
    assert not hands.calls.isVisible()
    assert any(each.text() == "No calls yet" and each.isVisible() for each in hands.page.findChildren(QLabel))
    reception.bring(
        "call", [a_call("first", reception.clock.now(), "+447700900777", "+447700900777", "unmatched")]
    )
    hands.settle()
    assert hands.calls.isVisible()
    assert hands.listed() == ["first"]


def many(reception: Reception, count: int) -> None:
    now = reception.clock.now()
    reception.bring(
        "call",
        [
            a_call(f"n{n:04}", now.replace(year=2025), "+447700900777", "+447700900777", "unmatched")
            for n in range(count)
        ],
    )


def test_the_place_in_a_long_list_survives_a_refresh(hands: Hands, front: Reception) -> None:
    many(front, 600)
    hands.settle()
    bar = hands.calls.verticalScrollBar()
    bar.setValue(300)
    hands.settle()
    top = hands.calls.rows().key_at(hands.calls.rowAt(0))
    chosen = hands.calls.rows().key_at(hands.calls.rowAt(0) + 3)
    assert chosen is not None
    hands.look_at(chosen)
    front.bring("call", [a_call("new", front.clock.now(), "+447700900778", "+447700900778", "unmatched")])
    hands.settle()
    assert hands.calls.rows().key_at(hands.calls.rowAt(0)) == top
    assert [each.call.call_id for each in hands.calls.selected()] == [chosen]


def test_every_control_has_a_name_and_can_be_reached(hands: Hands) -> None:
    assert unusable(hands.page) == []
    hands.look_at("k2")
    hands.people.selectRow(0)
    assert unusable(hands.page) == []
    hands.calls.setFocus()
    assert tab_order(hands.page) == [
        "calls.ignore",
        "calls.search_patient",
        "calls.candidates",
        "calls.match_add_number",
        "calls.match_once",
        "calls.filter.waiting",
        "calls.table",
    ], "Not a patient stands beside the question, before the field"
    hands.click("calls.filter.all")
    hands.look_at("k3")
    assert unusable(hands.page) == []


def test_the_list_of_people_keeps_the_rules_of_item_models(hands: Hands, qtmodeltester: ModelTester) -> None:
    hands.look_at("k2")
    hands.type("ll")
    qtmodeltester.check(hands.people.rows(), force_py=True)  # type: ignore[no-untyped-call]  # pytest-qt's own


def test_the_counter_tells_how_many_wait(front: Reception, queue: QueuedRunner) -> None:
    told: list[int] = []
    room = call_room.create(front.context)
    assert room.watch_counter is not None
    watched = room.watch_counter(told.append)
    queue.settle()
    assert told == [3]
    front.bring("call", gone=["k1"])
    queue.settle()
    assert told == [3, 2]
    front.bring("call", gone=["k2"])
    watched.close()
    queue.settle()
    assert told == [3, 2], "whoever let go hears nothing more"


def test_the_room_makes_pages_of_its_own_routes_alone(front: Reception) -> None:
    room = call_room.create(front.context)
    assert (room.name, room.title, room.icon, room.home) == ("calls", "C&alls", "calls", CallsRoute())
    assert room.page_for(PatientsRoute()) is None


def test_a_page_that_goes_hears_no_more(front: Reception, queue: QueuedRunner, qtbot: QtBot) -> None:
    page = call_room.create(front.context).page_for(CallsRoute())
    assert page is not None
    gone: list[str] = []
    page.destroyed.connect(lambda: gone.append("page"))
    page.deleteLater()
    qtbot.waitUntil(lambda: gone == ["page"])
    front.bring("call", gone=["k1"])
    queue.settle()


def test_with_real_threads_a_match_shows_without_waiting_for_the_server(
    threads: Threads, open_reception: OpenReception, show: Show, qtbot: QtBot
) -> None:
    reception = open_reception(threads.runner, threads.bridge.post)
    page = call_room.create(reception.context).page_for(CallsRoute())
    assert isinstance(page, CallsPage)
    show(page)
    hands = Hands(page, lambda: None)
    qtbot.waitUntil(lambda: len(hands.listed()) == 3)
    hands.look_at("k2")
    qtbot.waitUntil(lambda: len(hands.names()) == 2)
    hands.people.selectRow(0)
    hands.click("calls.match_once")
    qtbot.waitUntil(lambda: hands.says("calls.state") == "Matched by hand")
    qtbot.waitUntil(lambda: spoken(hands.child("calls.filter.waiting")) == "Waiting, 2")
    qtbot.waitUntil(lambda: not page.table.rows().loading)


def test_words_are_not_cut_off_by_the_panel(hands: Hands) -> None:
    hands.look_at("k1")
    for name in ("calls.match_once", "calls.match_add_number", "calls.ignore", "calls.state"):
        control = hands.child(name)
        assert control.width() >= control.sizeHint().width(), name
        corner = control.mapTo(hands.page, QPoint(control.width(), control.height()))
        assert hands.page.rect().contains(corner), name
