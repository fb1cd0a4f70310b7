"""The page of a list of work: filters, the list, and a panel on the selected row."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.chip import ChipRow, Choice
from primoro_campaigns.desktop.kit.empty import EmptyState
from primoro_campaigns.desktop.kit.label import column, label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.rows import PageSource, Row
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID
from primoro_campaigns.desktop.kit.worklist import ALL, Filter
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.errors import PrimoroError

State = TypeVar("State", bound=Hashable)


@dataclass(frozen=True)
class Words:
    """``name`` is what the controls are called by ("calls.table"), and the icon. ``none`` stands where there
    is nothing at all, over ``none_advice``.
    """

    name: str
    title: str
    none: str
    none_advice: str


class WorklistPage(QWidget, Generic[Row]):
    """``notices``, ``filters``, ``table`` and the given panel, laid out, with the keyboard in the list."""

    def __init__(
        self,
        words: Words,
        filters: Sequence[Filter[State]],
        columns: Sequence[Column[Row]],
        key: Callable[[Row], str],
        panel: QWidget,
        runner: Running,
    ) -> None:
        super().__init__()
        self.notices = NoticeArea()
        self.filters = ChipRow(
            f"Which {words.title.lower()} to show",
            [Choice(each.key, each.words) for each in filters],
            filters[0].key,
        )
        self.filters.setObjectName(f"{words.name}.filters")
        for each, chip in zip(filters, self.filters.findChildren(QPushButton), strict=True):
            chip.setObjectName(f"{words.name}.filter.{each.key}")
        self._model: TableModel[Row] = TableModel(tuple(columns), key, runner, self)
        self.table: DataTable[Row] = DataTable(self._model, words.title)
        self.table.setObjectName(f"{words.name}.table")
        self._panel = panel
        self._body = QStackedWidget()
        self._lay_out(words)
        self._model.loaded.connect(lambda: self.notices.take_away("read"))
        self._model.failed.connect(lambda error: self.notices.say_error(error, key="read"))

    def on_selected(self, listener: Callable[[Row | None], None]) -> None:
        """Called with the selected row, or with None."""
        self.table.on_selected(lambda chosen: listener(chosen[0] if chosen else None))

    def show_rows(self, source: PageSource[Row], empty: str) -> None:
        """Another filter, from the top."""
        self.table.set_empty_text(empty)
        self._model.show(source)

    def refresh_rows(self) -> None:
        self._model.refresh()

    def show_numbers(self, numbers: Mapping[str, int]) -> None:
        self.filters.show_numbers(dict(numbers))
        self._body.setCurrentIndex(0 if numbers[ALL] else 1)

    def change_panel(self, change: Callable[[], None]) -> None:
        """What had the focus in the panel may be usable no more: then the keyboard goes on with the list."""
        was_inside = self._panel.isAncestorOf(self.focusWidget())
        change()
        if was_inside and not self._panel.isAncestorOf(self.focusWidget()):
            self.table.setFocus()

    def say_error(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key=error.code)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming here, the keyboard is on the list. Not by a focus proxy: Tab would pass by the filters."""
        self.table.setFocus(event.reason())

    # Inside

    def _lay_out(self, words: Words) -> None:
        both = row(self.table, self._panel, gap=4)
        both.setStretch(0, 2)
        both.setStretch(1, 1)
        filled = QWidget()
        filled.setLayout(column(self.filters, both, gap=3))
        for page in (filled, EmptyState(words.name, words.none, words.none_advice)):
            self._body.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(3 * GRID)
        layout.addWidget(label(words.title, TextRole.TITLE))
        layout.addWidget(self.notices)
        layout.addWidget(self._body, 1)
