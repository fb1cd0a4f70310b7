"""The list of patients as a person uses it: search as one types, and open a file by keyboard."""

from collections.abc import Callable, Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.consent import room as consent_room
from primoro_campaigns.desktop.kit.table import DataTable
from primoro_campaigns.desktop.local.listed import Count, PatientRow
from primoro_campaigns.desktop.patient import room as patient_room
from primoro_campaigns.desktop.patient.list_presenter import EXAMPLES, count_words, empty_words
from primoro_campaigns.desktop.patient.list_view import PatientListPage
from primoro_campaigns.desktop.routes import CallsRoute, PatientRoute, PatientsRoute
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import PatientId
from tests.desktop.accessible import tab_order, unusable
from tests.desktop.conftest import OpenReception, Show, Threads
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception, a_patient


class Hands:
    def __init__(self, page: QWidget, settle: Callable[[], None]) -> None:
        assert isinstance(page, PatientListPage)
        self.page = page
        self.settle = settle

    @property
    def table(self) -> DataTable[PatientRow]:
        return self.page.table

    def names(self) -> list[str]:
        model = self.table.rows()
        return [str(model.data(model.index(row, 0))) for row in range(model.count)]

    def line(self, row: int) -> list[str]:
        model = self.table.rows()
        return [str(model.data(model.index(row, column))) for column in range(len(model.columns))]

    def count(self) -> str:
        found = self.page.findChild(QLabel, "patients.count")
        assert isinstance(found, QLabel)
        return found.text()

    def type(self, text: str) -> None:
        """Typing, and the pause after it."""
        QTest.keyClicks(self.page.search, text)
        self.page.search.fire()
        self.settle()

    def press(self, key: Qt.Key) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)


OpenList = Callable[..., Hands]


@pytest.fixture
def open_list(queue: QueuedRunner, show: Show) -> OpenList:
    def open_one(reception: Reception, query: str = "") -> Hands:
        room = patient_room.create(reception.context, consent_room.create(reception.context))
        page = room.page_for(PatientsRoute(query))
        show(page)
        assert page is not None
        return Hands(page, queue.settle)

    return open_one


@pytest.fixture
def hands(front: Reception, open_list: OpenList) -> Hands:
    return open_list(front)


EVERYBODY = [
    "Anand, Priya",
    "Featherstonehaugh-Cholmondeley-Marjoribanks, Zoë Marguerite Alexandrina",
    "Llywelyn, Mei",
    "Llywelyn, Tom",
    "Ndiaye, Omar",
    "Quill, Ivy",
]


def test_everybody_is_listed_by_family_name(hands: Hands) -> None:
    assert hands.names() == EVERYBODY
    assert hands.count() == "6 patients"
    assert QApplication.focusWidget() is hands.page.search, "one can type at once"


def test_a_line_tells_what_one_asks_for_on_the_telephone(hands: Hands) -> None:
    assert hands.line(0)[:5] == [
        "Anand, Priya",
        "4 May 1984",
        "07700 900101",
        "priya.anand@example.org",
        "Bath",
    ]
    assert hands.line(2)[5:] == ["Active", "No promotions"]
    assert hands.line(4)[1:6] == ["4 May 1984", "01225 496 0999", "", "", "Deceased"]
    assert hands.line(5)[5] == "Lead"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("llyw", ["Llywelyn, Mei", "Llywelyn, Tom"]),
        ("tom ll", ["Llywelyn, Tom"]),
        ("ZOE", [EVERYBODY[1]]),
        ("900101", ["Anand, Priya"]),
        ("priya.an", ["Anand, Priya"]),
        ("4/5/1984", [name for name in EVERYBODY if "Tom" not in name and "Zoë" not in name]),
    ],
)
def test_search_as_one_types(hands: Hands, front: Reception, typed: str, found: list[str]) -> None:
    hands.type(typed)
    assert hands.names() == found
    assert front.footsteps.noted == [PatientsRoute(typed)], "the way back leads to this search"


def test_a_pause_in_typing_is_enough(hands: Hands, queue: QueuedRunner) -> None:
    QTest.keyClicks(hands.page.search, "qu")
    assert queue.waiting == 0, "not at each key"
    hands.page.search.fire()
    hands.settle()
    assert hands.names() == ["Quill, Ivy"]


def test_nobody_found_says_what_to_try(hands: Hands) -> None:
    hands.type("nobody")
    assert hands.names() == []
    assert hands.count() == "Nobody found"
    assert EXAMPLES in empty_words("nobody")


def test_enter_goes_to_the_first_found_and_enter_again_opens_it(hands: Hands, front: Reception) -> None:
    QTest.keyClicks(hands.page.search, "lly")
    hands.press(Qt.Key.Key_Return)
    hands.settle()
    assert hands.table.hasFocus()
    hands.press(Qt.Key.Key_Return)
    assert front.footsteps.gone == [PatientRoute(PatientId("mei"))]


def test_a_hurried_enter_never_opens_somebody_of_the_search_before(hands: Hands, front: Reception) -> None:
    QTest.keyClicks(hands.page.search, "lly")
    hands.press(Qt.Key.Key_Return)
    hands.press(Qt.Key.Key_Return)
    assert front.footsteps.gone == [], "nobody is found yet"
    hands.settle()
    assert [row.patient_id for row in hands.table.selected()] == ["mei"]


def test_down_goes_on_from_what_was_typed(hands: Hands, front: Reception) -> None:
    QTest.keyClicks(hands.page.search, "lly")
    hands.press(Qt.Key.Key_Down)
    hands.settle()
    hands.press(Qt.Key.Key_Down)
    hands.press(Qt.Key.Key_Return)
    assert front.footsteps.gone == [PatientRoute(PatientId("tom"))]


def test_with_real_threads_the_search_that_was_typed_last_is_shown(
    threads: Threads, open_reception: OpenReception, open_list: OpenList, qtbot: QtBot
) -> None:
    hands = open_list(open_reception(threads.runner, threads.bridge.post))
    qtbot.waitUntil(lambda: len(hands.names()) == len(EVERYBODY))
    for text in ("l", "ll", "lly", "ll", "l", "", "q", "qu"):
        hands.page.search.setText(text)
        hands.page.search.fire()
    qtbot.waitUntil(lambda: hands.names() == ["Quill, Ivy"])
    qtbot.waitUntil(lambda: not hands.table.rows().loading)
    assert hands.names() == ["Quill, Ivy"]
    assert hands.count() == "1 patient"


def test_a_double_click_opens(hands: Hands, front: Reception) -> None:
    where = hands.table.visualRect(hands.table.rows().index(5, 0)).center()
    QTest.mouseDClick(hands.table.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert front.footsteps.gone == [PatientRoute(PatientId("ivy"))]


def test_escape_lists_everybody_again(hands: Hands, front: Reception) -> None:
    hands.type("quill")
    hands.press(Qt.Key.Key_Escape)
    hands.settle()
    assert hands.names() == EVERYBODY
    assert front.footsteps.noted == [PatientsRoute("quill"), PatientsRoute("")]


def test_the_list_can_be_opened_at_a_search(front: Reception, open_list: OpenList) -> None:
    hands = open_list(front, "llyw")
    assert hands.page.search.text() == "llyw"
    assert hands.count() == "2 patients"
    hands.page.search.fire()
    hands.settle()
    assert front.footsteps.noted == [], "coming here notes nothing new"


def test_a_restriction_shows_at_once(hands: Hands, front: Reception) -> None:
    hands.table.selectRow(0)
    front.outbox.restrict(PatientId("priya"), Purpose.PROMOTIONS, on=True)
    hands.settle()
    assert hands.line(0)[6] == "No promotions"
    assert [row.patient_id for row in hands.table.selected()] == ["priya"]


def test_new_patients_come_in_while_one_looks(hands: Hands, front: Reception) -> None:
    hands.table.select_key("mei")
    front.bring("patient", [a_patient("bo", "Bo", "Abel")])
    hands.settle()
    assert hands.names()[:2] == ["Abel, Bo", "Anand, Priya"]
    assert hands.count() == "7 patients"
    assert [row.patient_id for row in hands.table.selected()] == ["mei"]


def test_nobody_on_this_computer_yet(
    open_reception: OpenReception, queue: QueuedRunner, open_list: OpenList
) -> None:
    hands = open_list(open_reception(queue, queue.post, rows={"patient": []}))
    assert hands.names() == []
    assert hands.count() == "No patients"
    assert "as soon as the first copy is here" in empty_words("")


def test_somebody_without_any_name_is_still_listed(hands: Hands, front: Reception) -> None:
    front.bring("patient", [a_patient("x", "", "", born_on=None)])
    hands.settle()
    assert "Without a name" in hands.names()


def many(count: int) -> Sequence[object]:
    return [a_patient(f"p{n:05}", f"Given{n}", "Smith") for n in range(count)]


def test_a_search_that_finds_very_many_says_where_the_list_ends(
    open_reception: OpenReception, queue: QueuedRunner, open_list: OpenList
) -> None:
    hands = open_list(open_reception(queue, queue.post, rows={"patient": many(1100)}))
    assert hands.count() == "1,100 patients"
    hands.type("smith")
    assert hands.count() == "More than 1,000 patients; the first 1,000 are listed"
    assert hands.table.rows().count == 1000


@pytest.mark.parametrize(
    ("count", "query", "told"),
    [
        (Count(1, more=False), "", "1 patient"),
        (Count(0, more=False), "", "No patients"),
        (Count(0, more=False), "x", "Nobody found"),
        (Count(12345, more=False), "", "12,345 patients"),
    ],
)
def test_count_words(count: Count, query: str, told: str) -> None:
    assert count_words(count, query) == told


def test_every_control_has_a_name_and_can_be_reached(hands: Hands) -> None:
    assert unusable(hands.page) == []
    assert tab_order(hands.page) == ["patients.table", "patients.search"]


def test_the_room_makes_pages_of_its_own_routes_alone(front: Reception) -> None:
    room = patient_room.create(front.context, consent_room.create(front.context))
    assert (room.name, room.home) == ("patients", PatientsRoute())
    assert room.page_for(CallsRoute()) is None
