"""The replies: filters, the list, and a panel on the selected reply."""

from collections.abc import Mapping, Sequence

from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QPushButton, QStackedWidget, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.chip import ChipRow, Choice
from primoro_campaigns.desktop.kit.empty import EmptyState
from primoro_campaigns.desktop.kit.label import column, label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.reply import words
from primoro_campaigns.desktop.reply.listed import FILTERS, ListedReply, ReplySource
from primoro_campaigns.desktop.reply.panel import STATE_TONES, AskRestrictions, ReplyPanel
from primoro_campaigns.desktop.reply.presenter import RepliesPresenter, ReplyShown
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.reply.model import REPLY_WORDS

ALL = "all"


def _columns(time_zone: str) -> Sequence[Column[ListedReply]]:
    return (
        Column(
            "When",
            lambda each: instant_words(each.reply.received_at, time_zone),
            width=22,
            icon=lambda each: words.channel_icon(each.reply),
        ),
        Column("From", lambda each: each.sender, width=15),
        Column("Patient", lambda each: words.patients_words(each.reply.patients), width=16),
        Column("Text", lambda each: words.first_line(each.reply), width=20, stretch=True),
        Column(
            "State",
            lambda each: REPLY_WORDS[each.reply.state],
            width=12,
            tone=lambda each: STATE_TONES[each.reply.state],
            tooltip=lambda each: words.WAITING if each.reply.pending else "",
        ),
    )


class RepliesPage(QWidget):
    """``bind`` gives it its presenter; the presenter fills it."""

    def __init__(self, runner: Running, time_zone: str, ask: AskRestrictions) -> None:
        super().__init__()
        self._presenter: RepliesPresenter | None = None
        self.notices = NoticeArea()
        self.filters = ChipRow(
            "Which replies to show", [Choice(each.key, each.words) for each in FILTERS], FILTERS[0].key
        )
        self.filters.setObjectName("replies.filters")
        for each, chip in zip(FILTERS, self.filters.findChildren(QPushButton), strict=True):
            chip.setObjectName(f"replies.filter.{each.key}")
        self._model: TableModel[ListedReply] = TableModel(
            _columns(time_zone), lambda each: each.reply.reply_id, runner, self
        )
        self.table: DataTable[ListedReply] = DataTable(self._model, "Replies")
        self.table.setObjectName("replies.table")
        self.panel = ReplyPanel(ask)
        self._none = EmptyState(
            "replies",
            "No replies yet",
            "What patients text or answer to an e-mail comes here. STOP, START and HELP do not: "
            "they are done at once.",
        )
        self._body = QStackedWidget()
        self._lay_out()
        self.table.on_selected(self._on_selected)
        self.table.on_activated(lambda _listed: self.panel.start())
        self._model.loaded.connect(lambda: self.notices.take_away("read"))
        self._model.failed.connect(lambda error: self.notices.say_error(error, key="read"))

    def bind(self, presenter: RepliesPresenter) -> None:
        self._presenter = presenter
        self.panel.bind(presenter)
        self.filters.on_chosen(presenter.choose_filter)

    # What the presenter calls

    def show_replies(self, source: ReplySource, empty: str) -> None:
        self.table.set_empty_text(empty)
        self._model.show(source)

    def refresh_replies(self) -> None:
        self._model.refresh()

    def show_numbers(self, numbers: Mapping[str, int]) -> None:
        self.filters.show_numbers(dict(numbers))
        self._body.setCurrentIndex(0 if numbers[ALL] else 1)

    def show_reply(self, state: ReplyShown | None) -> None:
        was_inside = self.panel.isAncestorOf(self.focusWidget())
        self.panel.show_reply(state)
        if was_inside and not self.panel.isAncestorOf(self.focusWidget()):
            # What had the focus can be used no more: the keyboard goes on with the next reply.
            self.table.setFocus()

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
        layout.addWidget(label("Replies", TextRole.TITLE))
        layout.addWidget(self.notices)
        layout.addWidget(self._body, 1)

    def _on_selected(self, chosen: tuple[ListedReply, ...]) -> None:
        if self._presenter is not None:
            self._presenter.select(chosen[0] if chosen else None)
