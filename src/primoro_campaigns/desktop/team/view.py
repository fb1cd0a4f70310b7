"""The page of the team: who works here, what they may do and where."""

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.dialog import confirm
from primoro_campaigns.desktop.kit.label import label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.rows import ListSource
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.team.dialogs import ColleagueDialog, PasswordDialog
from primoro_campaigns.desktop.team.presenter import Line, TeamPresenter
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.errors import PrimoroError

_CHOOSE = "Select a colleague."
_ASKING = "The server is being asked."
_NOT_ME = "Ask another administrator to do this to you."


def _tone(line: Line) -> Tone:
    return Tone.INFO if line.me else Tone.SUCCESS if line.colleague.active else Tone.NEUTRAL


_COLUMNS: tuple[Column[Line], ...] = (
    Column("Name", lambda each: each.name, width=24, stretch=True),
    Column("User name", lambda each: each.colleague.username, width=18, muted=True),
    Column("Role", lambda each: each.role, width=22),
    Column("Where", lambda each: each.where, width=24, stretch=True),
    Column("State", lambda each: each.state, width=18, tone=_tone),
)


class TeamPage(QWidget):
    """``bind`` a presenter before showing it."""

    def __init__(self, runner: Running) -> None:
        super().__init__()
        self._presenter: TeamPresenter | None = None
        self._busy = False
        self._read = False
        self.notices = NoticeArea()
        self._model: TableModel[Line] = TableModel(
            _COLUMNS, lambda each: each.colleague.user_id, runner, self
        )
        self._table: DataTable[Line] = DataTable(
            self._model, "Who works here", empty="The server is asked who works here."
        )
        self._table.setObjectName("team.table")
        self._table.on_selected(lambda _rows: self._selection_changed())
        self._table.on_activated(lambda _row: self._change())
        self._model.loaded.connect(self._selection_changed)
        self._add = button("Add a collea&gue", self._ask_new, role="primary")
        self._add.setObjectName("team.add")
        self._edit = button("Change &role…", self._change)
        self._edit.setObjectName("team.change")
        self._password = button("&New password…", self._ask_password)
        self._password.setObjectName("team.set_password")
        self._active = button("&Deactivate…", self._ask_active)
        self._active.setObjectName("team.active")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(3 * GRID)
        layout.addWidget(label("Team", TextRole.TITLE))
        layout.addWidget(
            label(
                "Who may use this program, what they may do, and at which locations. A change holds at once.",
                TextRole.MUTED,
                wrap=True,
            )
        )
        layout.addWidget(self.notices)
        layout.addWidget(self._table, 1)
        layout.addLayout(row(self._edit, self._password, self._active, None, self._add))
        self._selection_changed()

    def bind(self, presenter: TeamPresenter) -> None:
        self._presenter = presenter
        presenter.refresh()

    # What the presenter calls

    def show_lines(self, lines: tuple[Line, ...]) -> None:
        self._model.show(ListSource(lines), from_top=not self._read)
        self._read = True

    def show_busy(self, busy: bool) -> None:
        self._busy = busy
        self._selection_changed()

    def show_done(self, words: str) -> None:
        self.notices.say(Tone.SUCCESS, words, key="team")

    def show_problem(self, error: PrimoroError) -> None:
        self.notices.say_error(
            error, key="team", action=None if self._read else ("&Try again", self._try_again)
        )

    # Inside

    def _selection_changed(self) -> None:
        chosen = self._table.current()
        why = _ASKING if self._busy else _CHOOSE if chosen is None else ""
        set_allowed(self._edit, not why, why)
        set_allowed(self._password, not why, why)
        why = why or (_NOT_ME if chosen is not None and chosen.me else "")
        set_allowed(self._active, not why, why)
        words = "Ac&tivate again" if chosen is not None and not chosen.colleague.active else "&Deactivate…"
        self._active.setText(words)
        self._active.setAccessibleName(words.replace("&", ""))
        why = _ASKING if self._busy else "" if self._read else "The server has not said yet who works here."
        set_allowed(self._add, not why, why)

    def _ask_new(self) -> None:
        self._with(self._open_new)

    def _open_new(self, presenter: TeamPresenter) -> None:
        dialog = ColleagueDialog(self, presenter.locations, None)
        dialog.ask(lambda: presenter.add(dialog.form))

    def _change(self) -> None:
        chosen = self._table.current()
        if chosen is not None and not self._busy:
            self._with(lambda presenter: self._open_change(presenter, chosen))

    def _open_change(self, presenter: TeamPresenter, line: Line) -> None:
        dialog = ColleagueDialog(self, presenter.locations, line)
        dialog.ask(lambda: presenter.change(line, dialog.form))

    def _ask_password(self) -> None:
        chosen = self._table.current()
        if chosen is not None:
            self._with(lambda presenter: self._open_password(presenter, chosen))

    def _open_password(self, presenter: TeamPresenter, line: Line) -> None:
        dialog = PasswordDialog(self, line)
        dialog.ask(lambda: presenter.set_password(line, dialog.password))

    def _ask_active(self) -> None:
        chosen = self._table.current()
        if chosen is not None:
            self._with(lambda presenter: self._turn(presenter, chosen))

    def _turn(self, presenter: TeamPresenter, line: Line) -> None:
        if not line.colleague.active:
            presenter.activate(line)
            return
        confirm(
            self,
            f"Deactivate {line.name}?",
            "They are signed out everywhere and cannot sign in until they are activated again. Their drafts"
            " and what they did stay.",
            "Deactivate",
            lambda: presenter.deactivate(line),
            danger=True,
        )

    def _try_again(self) -> None:
        self.notices.take_away("team")
        self._with(TeamPresenter.refresh)

    def _with(self, act: Callable[[TeamPresenter], None]) -> None:
        if self._presenter is not None:
            act(self._presenter)
