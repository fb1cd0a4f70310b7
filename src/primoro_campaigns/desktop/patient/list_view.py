"""The list of patients: a search field, how many it finds, and the table."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.label import label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.search_field import SearchField
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.local.listed import PatientRow
from primoro_campaigns.desktop.moment import day_words
from primoro_campaigns.desktop.patient.list_presenter import PatientList, PatientSource
from primoro_campaigns.desktop.patient.words import listed_name, listed_phone, status_words
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.patient.model import PatientStatus

STATUS_TONES = {
    PatientStatus.ACTIVE: Tone.SUCCESS,
    PatientStatus.INACTIVE: Tone.NEUTRAL,
    PatientStatus.DECEASED: Tone.NEUTRAL,
    PatientStatus.ARCHIVED: Tone.NEUTRAL,
}


def status_tone(status: PatientStatus, is_lead: bool) -> Tone:
    return Tone.INFO if is_lead and status is PatientStatus.ACTIVE else STATUS_TONES[status]


def _columns() -> Sequence[Column[PatientRow]]:
    return (
        Column("Name", listed_name, width=24, stretch=True),
        Column("Born", lambda each: day_words(each.born_on), width=13),
        Column("Telephone", listed_phone, width=16),
        Column("E-mail", lambda each: each.email or "", width=24, stretch=True, muted=True),
        Column("Town", lambda each: each.town, width=12, muted=True),
        Column(
            "Status",
            lambda each: status_words(each.status, each.is_lead),
            width=13,
            tone=lambda each: status_tone(each.status, each.is_lead),
        ),
        Column(
            "Restrictions",
            lambda each: "No promotions" if each.restricted else "",
            width=16,
            icon=lambda each: "restrict" if each.restricted else None,
        ),
    )


class PatientListPage(QWidget):
    """``bind`` gives it its presenter; the presenter fills it. ``read`` is emitted whenever rows are there,
    or could not be read.
    """

    read = Signal()

    def __init__(self, runner: Running) -> None:
        super().__init__()
        self._loaded: Callable[[], None] = lambda: None
        self._first_wanted = False
        self.notices = NoticeArea()
        self._title = label("Patients", TextRole.TITLE)
        self.search = SearchField(
            "Search patients by name, date of birth, number or e-mail",
            "Name, date of birth, number or e-mail",
        )
        self.search.setObjectName("patients.search")
        self.search.setMaximumWidth(460)
        self._count = label("", TextRole.MUTED)
        self._count.setObjectName("patients.count")
        self._model: TableModel[PatientRow] = TableModel(
            _columns(), lambda each: each.patient_id, runner, self
        )
        self.table: DataTable[PatientRow] = DataTable(self._model, "Patients")
        self.table.setObjectName("patients.table")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(3 * GRID)
        layout.addWidget(self._title)
        layout.addWidget(self.notices)
        line = row(self.search, self._count, None, gap=4)
        line.setStretch(0, 1)
        layout.addLayout(line)
        layout.addWidget(self.table, 1)
        self._model.loaded.connect(self._on_loaded)
        self._model.failed.connect(self._on_failed)
        self.search.down.connect(self._into_table)
        find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self)
        find.activated.connect(self.focus_search)

    def bind(self, presenter: PatientList) -> None:
        self._loaded = presenter.loaded
        self.search.searched.connect(presenter.search)
        self.search.returnPressed.connect(self._into_table)
        self.table.on_activated(presenter.open)

    def focus_search(self) -> None:
        """Ready to type another name over the last one."""
        self.search.setFocus()
        self.search.selectAll()

    def refresh(self) -> None:
        """Read again what is listed, after a change."""
        self._model.refresh()

    # What the presenter calls

    def show_source(self, source: PatientSource, empty: str) -> None:
        if self.search.text().strip() != source.text:
            self.search.set_quietly(source.text)
        self.table.set_empty_text(empty)
        self._model.show(source)

    def show_count(self, words: str) -> None:
        self._count.setText(words)

    # Inside

    def _into_table(self) -> None:
        """Down or Enter in the search field: on the first patient, so that Enter opens the file.

        While the patients are still being looked for, that is the first of those who will be found.
        """
        self.search.fire()
        self.table.setFocus()
        self._first_wanted = self._model.loading
        if self._first_wanted:
            # Enter pressed again must not open somebody of the search before.
            self.table.clearSelection()
            self.table.setCurrentIndex(QModelIndex())
        else:
            self._select_first()

    def _select_first(self) -> None:
        if not self.table.selected() and self._model.count:
            self.table.selectRow(0)

    def _on_loaded(self) -> None:
        if self._first_wanted and self.table.hasFocus():
            self._select_first()
        self._first_wanted = False
        self.notices.take_away("read")
        self._loaded()
        self.read.emit()

    def _on_failed(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key="read")
        self.read.emit()
