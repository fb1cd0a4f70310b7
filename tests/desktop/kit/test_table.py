"""The one table: reads page by page what is looked at, keeps its place by key, works by keyboard."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.page_reader import HELD_PAGES, PAGE
from primoro_campaigns.desktop.kit.rows import ListSource, Order
from primoro_campaigns.desktop.kit.table import Align, Column, DataTable, TableModel
from primoro_campaigns.domain.errors import PrimoroError
from tests.fakes.queued_runner import QueuedRunner


@dataclass(frozen=True)
class Person:
    key: str
    name: str
    age: int = 40


COLUMNS: tuple[Column[Person], ...] = (
    Column("Name", lambda row: row.name, width=30, stretch=True, sort_key="name"),
    Column("Age", lambda row: str(row.age), width=6, align=Align.RIGHT, sort_key="age"),
    Column("About", lambda row: f"About {row.name}", width=40, stretch=True),
)
BROKEN = PrimoroError("The list could not be read.", "What you saved is safe.", "test.broken")


class Numbered:
    """``count`` people, made when they are asked for; notes what was."""

    def __init__(self, count: int) -> None:
        self.number = count
        self.asked: list[int] = []
        self.broken_from = count

    def count(self) -> int:
        return self.number

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[Person]:
        del order
        if offset >= self.broken_from:
            raise BROKEN
        self.asked.append(offset // PAGE)
        return [Person(f"k{n}", f"Person {n}") for n in range(offset, min(offset + limit, self.number))]


class Changing:
    """People who come and go between two readings."""

    def __init__(self, names: Sequence[str]) -> None:
        self.rows = tuple(names)

    def count(self) -> int:
        return len(self.rows)

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[Person]:
        del order
        return [Person(name, name.title()) for name in self.rows[offset : offset + limit]]


def people(*names: str) -> ListSource[Person]:
    rows = [Person(name, name.title(), age) for age, name in enumerate(names)]
    return ListSource(rows, {"name": lambda row: row.name, "age": lambda row: row.age})


class Shown:
    def __init__(self, qtbot: QtBot) -> None:
        self.runner = QueuedRunner()
        self.model: TableModel[Person] = TableModel(COLUMNS, lambda row: row.key, self.runner)
        self.table: DataTable[Person] = DataTable(self.model, "People", empty="Nobody.")
        qtbot.addWidget(self.table)
        self.chosen: list[tuple[Person, ...]] = []
        self.opened: list[Person] = []
        self.errors: list[PrimoroError] = []
        self.table.on_selected(self.chosen.append)
        self.table.on_activated(self.opened.append)
        self.model.failed.connect(self.errors.append)
        self.table.resize(900, 400)
        self.table.show()

    def names(self) -> list[str]:
        return [str(self.model.index(row, 0).data()) for row in range(self.model.count)]

    def first_visible(self) -> str | None:
        return self.model.key_at(self.table.rowAt(0))

    def held(self) -> int:
        return sum(self.model.row_at(row) is not None for row in range(self.model.count))

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.table, key)


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def test_the_model_keeps_the_rules_of_models(shown: Shown, qtmodeltester: ModelTester) -> None:
    qtmodeltester.check(shown.model)  # type: ignore[no-untyped-call]  # pytest-qt does not type it
    shown.model.show(people("ann", "ben", "carys"))
    shown.runner.settle()
    for names in (("ann", "ben", "carys", "dev"), ("dev", "carys"), (), ("x", "y"), ("y", "x")):
        shown.model.show(people(*names))
        shown.runner.settle()
        assert shown.names() == [name.title() for name in names]
    shown.model.show(Numbered(1234))
    shown.runner.settle()
    shown.table.scrollToBottom()
    shown.runner.settle()
    qtmodeltester.check(shown.model)  # type: ignore[no-untyped-call]  # pytest-qt does not type it


def test_nothing_is_read_on_the_screens_thread(shown: Shown) -> None:
    source = Numbered(10)
    shown.model.show(source)
    assert source.asked == []
    assert shown.model.loading
    shown.runner.settle()
    assert source.asked == [0]
    assert not shown.model.loading


def test_of_100000_rows_only_what_is_looked_at_is_read_and_little_is_held(shown: Shown) -> None:
    source = Numbered(100_000)
    shown.model.show(source)
    shown.runner.settle()
    assert shown.model.rowCount() == 100_000
    assert source.asked == [0]
    shown.table.scrollToBottom()
    shown.runner.settle()
    assert source.asked == [0, 999]
    assert shown.model.index(99_999, 0).data() == "Person 99999"
    bar = shown.table.verticalScrollBar()
    for place in range(0, 100_000, 2_500):
        bar.setValue(place)
        shown.runner.settle()
    assert len(source.asked) < 120, "pages that were passed over are not read"
    assert shown.held() <= HELD_PAGES * PAGE


def test_a_fast_scroll_reads_where_it_stops(shown: Shown) -> None:
    source = Numbered(100_000)
    shown.model.show(source)
    shown.runner.settle()
    for place in range(0, 90_000, 1_000):
        shown.table.verticalScrollBar().setValue(place)
        QApplication.processEvents()
    shown.runner.settle()
    assert len(source.asked) <= 6
    assert shown.first_visible() == "k89000"


def test_selection_and_scroll_stay_with_their_rows(shown: Shown) -> None:
    names = [f"p{number:03}" for number in range(300)]
    source = Changing(names)
    shown.model.show(source)
    shown.runner.settle()
    shown.table.verticalScrollBar().setValue(120)
    shown.runner.settle()
    assert shown.table.select_key("p125")
    assert shown.first_visible() == "p120"
    shown.chosen.clear()
    source.rows = ("new1", "new2", "new3", *names[:10], *names[12:])
    shown.model.refresh()
    shown.runner.settle()
    assert [row.key for row in shown.table.selected()] == ["p125"]
    assert shown.first_visible() == "p120"
    assert shown.chosen == [], "the same row is selected: nobody is told"


def test_a_selected_row_that_goes_is_told(shown: Shown) -> None:
    shown.model.show(people("ann", "ben", "carys"))
    shown.runner.settle()
    shown.table.select_key("ben")
    shown.model.show(people("ann", "carys"))
    shown.runner.settle()
    assert shown.table.selected() == ()
    assert shown.table.current() is None
    assert shown.chosen[-1] == ()


def test_another_search_begins_at_the_top_and_keeps_the_selection_if_it_can(shown: Shown) -> None:
    shown.model.show(people(*[f"p{number:03}" for number in range(90)]))
    shown.runner.settle()
    shown.table.select_key("p080")
    shown.model.show(people(*[f"p{number:03}" for number in range(0, 90, 2)]))
    shown.runner.settle()
    assert shown.table.verticalScrollBar().value() == 0
    assert [row.key for row in shown.table.selected()] == ["p080"]


def test_old_rows_stay_until_the_new_ones_are_there(shown: Shown) -> None:
    shown.model.show(people("ann"))
    shown.runner.settle()
    shown.model.show(people("ben"))
    assert shown.names() == ["Ann"]
    shown.runner.settle()
    assert shown.names() == ["Ben"]


def test_only_the_last_of_several_searches_is_read(shown: Shown) -> None:
    sources = [Numbered(10), Numbered(20), Numbered(30)]
    for source in sources:
        shown.model.show(source)
    shown.runner.settle()
    assert [source.asked for source in sources] == [[], [], [0]], "the others are given up"
    assert shown.model.count == 30


def test_a_change_while_rows_are_read_reads_once_more(shown: Shown) -> None:
    source = Numbered(10)
    shown.model.show(source)
    shown.model.refresh()
    shown.model.refresh()
    shown.runner.settle()
    assert source.asked == [0, 0]


def test_headings_sort_by_their_key_and_sort_no_more(shown: Shown) -> None:
    shown.model.show(people("carys", "ann", "ben"))
    shown.runner.settle()
    header = shown.table.horizontalHeader()
    header.setSortIndicator(0, Qt.SortOrder.AscendingOrder)
    shown.runner.settle()
    assert shown.names() == ["Ann", "Ben", "Carys"]
    header.setSortIndicator(0, Qt.SortOrder.DescendingOrder)
    shown.runner.settle()
    assert shown.names() == ["Carys", "Ben", "Ann"]
    header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
    shown.runner.settle()
    assert shown.names() == ["Carys", "Ann", "Ben"]
    header.setSortIndicator(2, Qt.SortOrder.AscendingOrder)
    shown.runner.settle()
    assert shown.model.order is None, "this column cannot be sorted"


def test_a_page_that_cannot_be_read_is_told_once_and_read_at_the_next_refresh(shown: Shown) -> None:
    source = Numbered(1_000)
    source.broken_from = 500
    shown.model.show(source)
    shown.runner.settle()
    shown.table.scrollToBottom()
    shown.runner.settle()
    for _ in range(5):
        shown.table.viewport().repaint()
        shown.runner.settle()
    assert shown.errors == [BROKEN]
    source.broken_from = 1_000
    shown.model.refresh()
    shown.runner.settle()
    assert shown.model.index(999, 0).data() == "Person 999"


def test_a_list_that_cannot_be_read_keeps_what_was_shown(shown: Shown) -> None:
    shown.model.show(people("ann"))
    shown.runner.settle()
    broken = Numbered(10)
    broken.broken_from = 0
    shown.model.show(broken)
    shown.runner.settle()
    assert shown.errors == [BROKEN]
    assert shown.names() == ["Ann"]
    assert not shown.model.loading


def test_keys_move_and_open(shown: Shown) -> None:
    shown.model.show(people("ann", "ben", "carys", "dev"))
    shown.runner.settle()
    shown.press(Qt.Key.Key_End)
    assert [row.name for row in shown.table.selected()] == ["Dev"]
    shown.press(Qt.Key.Key_Up)
    shown.press(Qt.Key.Key_Return)
    shown.press(Qt.Key.Key_Home)
    shown.press(Qt.Key.Key_Enter)
    shown.press(Qt.Key.Key_Down)
    assert [row.name for row in shown.opened] == ["Carys", "Ann"]
    assert [row.name for row in shown.table.selected()] == ["Ben"]


def test_a_double_click_opens_the_row_under_it_only(shown: Shown) -> None:
    shown.model.show(people("ann", "ben"))
    shown.runner.settle()
    inside = shown.table.visualRect(shown.model.index(1, 0)).center()
    viewport = shown.table.viewport()
    for place in (inside, QPoint(50, viewport.height() - 5)):
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
        QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
    assert [row.name for row in shown.opened] == ["Ben"]


def test_tab_leaves_the_table(shown: Shown) -> None:
    shown.model.show(people("ann", "ben"))
    shown.runner.settle()
    assert not shown.table.tabKeyNavigation()
    assert shown.table.accessibleName() == "People"


def test_words_that_do_not_fit_are_shown_whole_as_a_tooltip(shown: Shown) -> None:
    long = "a-name-that-is-far-longer-than-any-column-of-this-table-could-ever-be-" * 3
    shown.model.show(people(long, "ann"))
    shown.runner.settle()
    assert shown.table.words_cut_off(0, 0) == long.title()
    assert shown.table.words_cut_off(1, 0) == ""


@pytest.mark.parametrize("width", [560, 900, 1600])
def test_columns_that_stretch_fill_the_width_and_give_way(shown: Shown, width: int) -> None:
    shown.table.resize(width, 300)
    header = shown.table.horizontalHeader()
    assert header.length() == shown.table.viewport().width()
    age = shown.table.fontMetrics().horizontalAdvance("Age")
    assert header.sectionSize(1) > age + 24, "the others keep their width"


@pytest.mark.parametrize("act", [lambda shown: shown.model.refresh(), lambda shown: shown.model.sort(0)])
def test_nothing_happens_before_there_is_anything_to_show(shown: Shown, act: Callable[[Shown], None]) -> None:
    act(shown)
    assert shown.runner.waiting == 0


def test_the_row_under_the_mouse_is_known_and_forgotten(shown: Shown) -> None:
    shown.model.show(people("ann", "ben"))
    shown.runner.settle()
    viewport = shown.table.viewport()
    QTest.mouseMove(viewport, shown.table.visualRect(shown.model.index(1, 0)).center())
    QApplication.processEvents()
    assert shown.table.hovered == 1
    QTest.mouseMove(viewport, QPoint(20, viewport.height() - 4))
    QApplication.processEvents()
    assert shown.table.hovered == -1
