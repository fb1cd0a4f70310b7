"""The calls: filters, the list, and a panel on the selected call."""

from collections.abc import Mapping, Sequence

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from primoro_campaigns.desktop.call import words
from primoro_campaigns.desktop.call.listed import FILTERS, CallSource, ListedCall
from primoro_campaigns.desktop.call.panel import STATE_TONES, CallPanel
from primoro_campaigns.desktop.call.presenter import CallsPresenter, CallState, PeopleSource
from primoro_campaigns.desktop.kit.chip import ChipRow, Choice
from primoro_campaigns.desktop.kit.empty import EmptyState
from primoro_campaigns.desktop.kit.label import column, label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.call.model import MATCH_WORDS
from primoro_campaigns.domain.errors import PrimoroError

ALL = "all"


def _columns(time_zone: str) -> Sequence[Column[ListedCall]]:
    return (
        Column(
            "When",
            lambda each: instant_words(each.call.received_at, time_zone),
            width=22,
            icon=lambda each: "phone-in" if each.call.answered else "phone-missed",
        ),
        Column("Caller", lambda each: each.caller, width=16),
        Column("Patient", lambda each: words.patient_words(each.call), width=18, stretch=True),
        Column(
            "State",
            lambda each: MATCH_WORDS[each.call.state],
            width=21,
            tone=lambda each: STATE_TONES[each.call.state],
            tooltip=lambda each: words.WAITING if each.call.pending else "",
        ),
        Column("Length", lambda each: words.length_words(each.call), width=12, muted=True),
    )


class CallsPage(QWidget):
    """``bind`` gives it its presenter; the presenter fills it."""

    def __init__(self, runner: Running, time_zone: str) -> None:
        super().__init__()
        self._presenter: CallsPresenter | None = None
        self.notices = NoticeArea()
        self.filters = ChipRow(
            "Which calls to show", [Choice(each.key, each.words) for each in FILTERS], FILTERS[0].key
        )
        self.filters.setObjectName("calls.filters")
        for each, chip in zip(FILTERS, self.filters.findChildren(QPushButton), strict=True):
            chip.setObjectName(f"calls.filter.{each.key}")
        self._model: TableModel[ListedCall] = TableModel(
            _columns(time_zone), lambda each: each.call.call_id, runner, self
        )
        self.table: DataTable[ListedCall] = DataTable(self._model, "Calls")
        self.table.setObjectName("calls.table")
        self.panel = CallPanel(runner)
        self._none = EmptyState(
            "calls",
            "No calls yet",
            "Calls are listed here by themselves, as soon as the telephone system reports them.",
        )
        self._body = QStackedWidget()
        self._lay_out()
        self.table.on_selected(self._on_selected)
        self.table.on_activated(lambda _listed: self.panel.start())
        self._model.loaded.connect(lambda: self.notices.take_away("read"))
        self._model.failed.connect(lambda error: self.notices.say_error(error, key="read"))

    def bind(self, presenter: CallsPresenter) -> None:
        self._presenter = presenter
        self.panel.bind(presenter)
        self.filters.on_chosen(presenter.choose_filter)

    # What the presenter calls

    def show_calls(self, source: CallSource, empty: str) -> None:
        self.table.set_empty_text(empty)
        self._model.show(source)

    def refresh_calls(self) -> None:
        self._model.refresh()

    def show_numbers(self, numbers: Mapping[str, int]) -> None:
        self.filters.show_numbers(dict(numbers))
        self._body.setCurrentIndex(0 if numbers[ALL] else 1)

    def show_call(self, state: CallState | None) -> None:
        was_inside = self.panel.isAncestorOf(self.focusWidget())
        self.panel.show_call(state)
        if was_inside and not self.panel.isAncestorOf(self.focusWidget()):
            # What had the focus can be used no more: the keyboard goes on with the next call.
            self.table.setFocus()

    def show_people(self, source: PeopleSource, empty: str) -> None:
        self.panel.show_people(source, empty)

    def refresh_people(self) -> None:
        self.panel.people.rows().refresh()

    def clear_search(self) -> None:
        self.panel.search.set_quietly("")

    def say_error(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key=error.code)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming here, the keyboard is on the list. Not by a focus proxy: Tab would pass by the filters."""
        self.table.setFocus(event.reason())

    # Inside

    def _lay_out(self) -> None:
        both = row(self.table, self.panel, gap=4)
        both.setStretch(0, 2)
        both.setStretch(1, 1)
        filled = QWidget()
        filled.setLayout(column(self.filters, both, gap=3))
        for page in (filled, self._none):
            self._body.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(3 * GRID)
        layout.addWidget(label("Calls", TextRole.TITLE))
        layout.addWidget(self.notices)
        layout.addWidget(self._body, 1)

    def _on_selected(self, listed: tuple[ListedCall, ...]) -> None:
        if self._presenter is not None:
            self._presenter.select(listed[0] if listed else None)
