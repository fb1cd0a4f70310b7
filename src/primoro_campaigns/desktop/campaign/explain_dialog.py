"""The dialog that explains one patient; another one is found by name."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QScrollArea, QVBoxLayout, QWidget

from primoro_campaigns.desktop.campaign.explain import Answer, Explaining, Hit, Line
from primoro_campaigns.desktop.kit.badge import Badge
from primoro_campaigns.desktop.kit.dialog import Dialog
from primoro_campaigns.desktop.kit.label import box, clear_layout, column, label, row
from primoro_campaigns.desktop.kit.search_field import SearchField
from primoro_campaigns.desktop.kit.theme import TextRole, em
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Hits(QListWidget):
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses, and goes no further: in the dialog it would close it."""
        item = self.currentItem()
        if event.key() in _ENTER and item is not None:
            self.itemActivated.emit(item)
        else:
            super().keyPressEvent(event)


class ExplainDialog(Dialog):
    """``bind`` it, then ``explain`` a patient, or let the person find one."""

    def __init__(self, parent: QWidget | None, campaign: str) -> None:
        content = QWidget()
        super().__init__(
            "Why this patient?",
            content,
            parent,
            lead=f"“{campaign}”: who gets it and who does not, by the record on this computer.",
            ok="&Close",
            width=620,
        )
        self.setObjectName("explain.dialog")
        self.cancel.hide()
        self._presenter: Explaining | None = None
        self.search = SearchField("Find a patient", "Another patient: name, date of birth or number")
        self.search.setObjectName("explain.search")
        self._hits = _Hits()
        self._hits.setObjectName("explain.hits")
        self._hits.setAccessibleName("Patients found")
        self._hits.setMaximumHeight(em(9))
        self._hits.hide()
        self._hits.itemActivated.connect(self._on_hit)
        self._hits.itemClicked.connect(self._on_hit)
        self.search.searched.connect(self._on_search)
        self.search.down.connect(self._to_hits)
        self._name = label("", TextRole.HEADING, wrap=True, copy=True)
        self._name.setObjectName("explain.name")
        self._said = label("Find a patient to see why they get it or not.", wrap=True, copy=True)
        self._said.setObjectName("explain.said")
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2 * GRID)
        self._lines.setContentsMargins(0, 0, 2 * GRID, 0)
        body = box(column(self._name, self._said, self._lines, None, gap=2), "panel")
        self._answer = QScrollArea()
        self._answer.setObjectName("explain.answer")
        self._answer.setAccessibleName("The explanation")
        self._answer.setWidgetResizable(True)
        self._answer.setFrameShape(QScrollArea.Shape.NoFrame)
        self._answer.setWidget(body)
        self._answer.setMinimumHeight(em(18))
        layout = column(self.search, self._hits, self._answer, gap=3)
        layout.setStretchFactor(self._answer, 1)
        content.setLayout(layout)

    def bind(self, presenter: Explaining) -> None:
        self._presenter = presenter
        self.finished.connect(lambda _result: presenter.close())

    def explain(self, patient_id: PatientId | None) -> None:
        """``None``: the person finds one."""
        if patient_id is None:
            self.search.setFocus()
        elif self._presenter is not None:
            self._presenter.choose(patient_id)
            self.ok.setFocus()

    # What the presenter calls

    def show_hits(self, hits: Sequence[Hit]) -> None:
        self._hits.clear()
        for hit in hits:
            item = QListWidgetItem(hit.words)
            item.setData(Qt.ItemDataRole.UserRole, hit.patient_id)
            self._hits.addItem(item)
        if not hits and self.search.text().strip():
            nobody = QListWidgetItem("Nobody by that name.")
            nobody.setFlags(Qt.ItemFlag.NoItemFlags)
            self._hits.addItem(nobody)
        self._hits.setVisible(self._hits.count() > 0)

    def show_answer(self, answer: Answer) -> None:
        self._hits.hide()
        self._name.setText(answer.name)
        self._name.setVisible(bool(answer.name))
        self._said.setText(answer.said)
        clear_layout(self._lines)
        for title, lines, words in (
            (answer.rules_title, answer.rules, ("Holds", "Does not")),
            (answer.channels_title, answer.channels, ("Yes", "No")),
        ):
            if title:
                heading = label(title, TextRole.STRONG, wrap=True)
                heading.setContentsMargins(0, 3 * GRID, 0, 0)
                self._lines.addWidget(heading)
            for line in lines:
                self._lines.addLayout(_line(line, *words))

    def say_error(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key=error.code)

    # Inside

    def _on_search(self, text: str) -> None:
        if self._presenter is not None:
            self._presenter.search(text)

    def _to_hits(self) -> None:
        if self._hits.isVisible():
            self._hits.setFocus()
            self._hits.setCurrentRow(0)

    def _on_hit(self, item: QListWidgetItem) -> None:
        patient_id = item.data(Qt.ItemDataRole.UserRole)
        if self._presenter is not None and patient_id:
            self._presenter.choose(PatientId(patient_id))
            self.ok.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in the search leads to the patients found; it does not close the dialog."""
        if event.key() in _ENTER and self.search.hasFocus():
            self._to_hits()
        else:
            super().keyPressEvent(event)


def _line(line: Line, yes: str, no: str) -> QVBoxLayout:
    mark = Badge(yes if line.good else no, Tone.SUCCESS if line.good else Tone.NEUTRAL)
    place = QWidget()
    place.setLayout(row(mark, None))
    place.setFixedWidth(em(6))
    words = column(label(line.words, wrap=True, copy=True), gap=0)
    if line.more:
        words.addWidget(label(line.more, TextRole.MUTED, wrap=True, copy=True))
    beside = row(place, words, gap=2)
    beside.setStretch(1, 1)
    return column(beside, gap=0)
