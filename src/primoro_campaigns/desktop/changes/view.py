"""The list of what waits for the server and of what it refused."""

from PySide6.QtWidgets import QVBoxLayout, QWidget

from primoro_campaigns.desktop.changes.presenter import ChangeRow, ChangesPresenter
from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.dialog import confirm
from primoro_campaigns.desktop.kit.label import label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.rows import LastRead
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.errors import PrimoroError

_ONLY_REFUSED = "Select a change that was refused. The others are sent by themselves."


def _tone(each: ChangeRow) -> Tone:
    return Tone.ERROR if each.refused else Tone.INFO


_COLUMNS: tuple[Column[ChangeRow], ...] = (
    Column("What was done", lambda each: each.what, width=34, stretch=True),
    Column("About", lambda each: each.about, width=24, stretch=True),
    Column("When", lambda each: each.made, width=20, muted=True),
    Column("State", lambda each: each.state, width=24, tone=_tone),
)


class ChangesPage(QWidget):
    """``bind`` a presenter before showing it."""

    def __init__(self, runner: Running) -> None:
        super().__init__()
        self._presenter: ChangesPresenter | None = None
        self._shown: LastRead[ChangeRow] = LastRead()
        self._read = False
        self.notices = NoticeArea()
        self._lead = label("", TextRole.MUTED, wrap=True)
        self._lead.setObjectName("changes.lead")
        self._model: TableModel[ChangeRow] = TableModel(_COLUMNS, lambda each: each.event_id, runner, self)
        self._table: DataTable[ChangeRow] = DataTable(
            self._model,
            "Changes made on this computer",
            empty="Everything you did here has arrived at the server.",
        )
        self._table.setObjectName("changes.table")
        self._table.on_activated(self._open)
        self._table.on_selected(lambda _: self._selection_changed())
        self._model.loaded.connect(self._selection_changed)
        self._why = label("", TextRole.STRONG, wrap=True, copy=True)
        self._why.setObjectName("changes.why")
        self._advice = label("", wrap=True, copy=True)
        self._go = button("&Open", self._open_selected)
        self._go.setObjectName("changes.open")
        self._again = button("&Send again", self._send_again, role="primary")
        self._again.setObjectName("changes.again")
        self._dismiss = button("&Dismiss", self._ask_dismiss)
        self._dismiss.setObjectName("changes.dismiss")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(3 * GRID)
        layout.addWidget(label("Waiting changes", TextRole.TITLE))
        layout.addWidget(self._lead)
        layout.addWidget(self.notices)
        layout.addWidget(self._table, 1)
        layout.addWidget(self._why)
        layout.addWidget(self._advice)
        layout.addLayout(row(self._go, None, self._dismiss, self._again))
        self._selection_changed()

    def bind(self, presenter: ChangesPresenter) -> None:
        self._presenter = presenter
        presenter.refresh()

    def show_rows(self, rows: tuple[ChangeRow, ...]) -> None:
        refused = sum(each.refused for each in rows)
        waiting = len(rows) - refused
        self._lead.setText(_lead(waiting, refused))
        self._shown.rows = rows
        if self._read:
            self._model.refresh()
        else:
            self._read = True
            self._model.show(self._shown)

    def show_problem(self, error: PrimoroError) -> None:
        self.notices.say_error(error)

    def _selection_changed(self) -> None:
        chosen = self._table.current()
        refused = chosen is not None and chosen.refused
        self._why.setText(chosen.title if chosen is not None else "")
        self._advice.setText(chosen.advice if chosen is not None else "")
        self._why.setVisible(refused)
        self._advice.setVisible(refused)
        set_allowed(self._again, refused, _ONLY_REFUSED)
        set_allowed(self._dismiss, refused, _ONLY_REFUSED)
        set_allowed(self._go, chosen is not None and chosen.route is not None, "Select a change.")

    def _open(self, chosen: ChangeRow) -> None:
        if self._presenter is not None:
            self._presenter.open(chosen)

    def _open_selected(self) -> None:
        chosen = self._table.current()
        if chosen is not None:
            self._open(chosen)

    def _send_again(self) -> None:
        chosen = self._table.current()
        if chosen is None or self._presenter is None:
            return
        presenter = self._presenter
        if chosen.conflict:
            confirm(
                self,
                "Send your version?",
                f"“{chosen.about}” was changed elsewhere too. Your version takes the place of that one.",
                "Send my version",
                lambda: presenter.send_again(chosen),
            )
        else:
            presenter.send_again(chosen)

    def _ask_dismiss(self) -> None:
        chosen = self._table.current()
        if chosen is None or self._presenter is None:
            return
        presenter = self._presenter
        lost = "Your version of the draft is given up." if chosen.conflict else "It stays undone."
        confirm(
            self,
            "Dismiss this change?",
            f"{chosen.what}. {lost}",
            "Dismiss",
            lambda: presenter.dismiss(chosen),
            danger=True,
        )


def _lead(waiting: int, refused: int) -> str:
    if not waiting and not refused:
        return "Nothing waits."
    parts = []
    if waiting:
        parts.append(f"{waiting} {'waits' if waiting == 1 else 'wait'} to be sent")
    if refused:
        parts.append(
            "1 was refused and needs you" if refused == 1 else f"{refused} were refused and need you"
        )
    safe = " What waits is safe on this computer and is sent by itself." if waiting else ""
    return f"{', '.join(parts)}.{safe}"
