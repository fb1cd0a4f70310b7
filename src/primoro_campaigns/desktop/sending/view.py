"""The page of the providers: what carries the messages, and whether it works."""

from collections.abc import Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.label import label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.rows import LastRead
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.sending.address_dialog import AddressDialog
from primoro_campaigns.desktop.sending.presenter import SendingLine, SendingPresenter
from primoro_campaigns.desktop.trial import TrialTold
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.delivery.health import Health
from primoro_campaigns.domain.errors import PrimoroError

_TONES: Mapping[Health, Tone] = {
    Health.UNTRIED: Tone.NEUTRAL,
    Health.WORKS: Tone.SUCCESS,
    Health.FAILS: Tone.ERROR,
}

_COLUMNS: tuple[Column[SendingLine], ...] = (
    Column("What", lambda each: each.title, width=34, stretch=True),
    Column("State", lambda each: each.state, width=20, tone=lambda each: _TONES[each.health]),
    Column("Last worked", lambda each: each.worked, width=20),
    Column("Last failed", lambda each: each.failed, width=20, muted=True),
)

_NOTHING_CHOSEN = "Select what is to carry the test."
_CARRIES_NOTHING = "It carries no messages out. It is looked into by itself all the time."
_WAITING = "The server is being asked."


class SendingPage(QWidget):
    """``bind`` a presenter before showing it."""

    def __init__(self, runner: Running) -> None:
        super().__init__()
        self._presenter: SendingPresenter | None = None
        self._shown: LastRead[SendingLine] = LastRead()
        self._read = False
        self._busy = False
        self.notices = NoticeArea()
        self._model: TableModel[SendingLine] = TableModel(
            _COLUMNS, lambda each: each.provider_id, runner, self
        )
        self._table: DataTable[SendingLine] = DataTable(
            self._model,
            "What carries the messages",
            empty="Nothing is set up yet. Whoever looks after the server does it there, and it appears here.",
        )
        self._table.setObjectName("sending.table")
        self._table.on_selected(lambda _: self._selection_changed())
        self._model.loaded.connect(self._selection_changed)
        self._model.failed.connect(self.show_problem)
        self._why = label("", wrap=True, copy=True)
        self._why.setObjectName("sending.why")
        self._test = button("&Send a test to myself", self._begin_test, role="primary")
        self._test.setObjectName("sending.test")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(3 * GRID)
        layout.addWidget(label("Sending", TextRole.TITLE))
        layout.addWidget(
            label(
                "What carries the practice's messages, and how it last went. Messages that could not leave "
                "wait, and go out by themselves when it works again.",
                TextRole.MUTED,
                wrap=True,
            )
        )
        layout.addWidget(self.notices)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._why)
        layout.addLayout(row(None, self._test))
        self._selection_changed()

    def bind(self, presenter: SendingPresenter) -> None:
        self._presenter = presenter
        presenter.refresh()

    # What the presenter calls

    def show_lines(self, lines: tuple[SendingLine, ...]) -> None:
        self._shown.rows = lines
        if self._read:
            self._model.refresh()
        else:
            self._read = True
            self._model.show(self._shown)

    def show_problem(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key="test")

    def ask_address(self, line: SendingLine, known: str) -> None:
        dialog = AddressDialog(self, line, known)

        def send() -> None:
            if self._presenter is not None:
                self._presenter.send_test(line, dialog.address)

        dialog.ask(send)

    def show_busy(self, busy: bool) -> None:
        self._busy = busy
        if busy:
            self.notices.take_away("test")
        self._selection_changed()

    def show_told(self, told: TrialTold) -> None:
        if told.sent:
            self.notices.say(Tone.SUCCESS, "The test was sent.", told.words, key="test")
        else:
            self.notices.say(Tone.ERROR, "The test could not be sent.", told.words, key="test")

    # Inside

    def _selection_changed(self) -> None:
        chosen = self._table.current()
        why = ""
        if chosen is not None and chosen.failure:
            when = "It does not work now" if chosen.health is Health.FAILS else "When it last failed"
            why = f"{when}: {chosen.failure}"
        self._why.setText(why)
        self._why.setVisible(bool(why))
        reason = _NOTHING_CHOSEN if chosen is None else _CARRIES_NOTHING if chosen.channel is None else ""
        if self._busy:
            reason = _WAITING
        set_allowed(self._test, not reason, reason)

    def _begin_test(self) -> None:
        chosen = self._table.current()
        if chosen is not None and self._presenter is not None:
            self._presenter.begin_test(chosen)
