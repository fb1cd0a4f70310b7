"""What is known about the selected call, who may have rung, and what can be done about it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from primoro_campaigns.desktop.call.people import Person
from primoro_campaigns.desktop.call.people_table import PeopleTable
from primoro_campaigns.desktop.call.presenter import CallsPresenter, CallState, PeopleSource
from primoro_campaigns.desktop.kit.badge import Badge
from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.empty import EmptyState
from primoro_campaigns.desktop.kit.label import column, label, row, rule
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.refusals import Refusals
from primoro_campaigns.desktop.kit.search_field import SearchField
from primoro_campaigns.desktop.kit.theme import TextRole, em, set_role
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.call.model import MatchState
from primoro_campaigns.domain.ids import CallId

STATE_TONES = {
    MatchState.AUTO_MATCHED: Tone.SUCCESS,
    MatchState.UNMATCHED: Tone.WARNING,
    MatchState.AMBIGUOUS: Tone.WARNING,
    MatchState.WITHHELD: Tone.NEUTRAL,
    MatchState.MATCHED_BY_HAND: Tone.SUCCESS,
    MatchState.LEAD_CREATED: Tone.INFO,
    MatchState.IGNORED: Tone.NEUTRAL,
}


class CallPanel(QFrame):
    """``bind`` gives it its presenter; ``show_call`` fills it."""

    def __init__(self, runner: Running) -> None:
        super().__init__()
        set_role(self, "card")
        self._presenter: CallsPresenter | None = None
        self._call_id: CallId | None = None
        self._first_wanted = False
        self.notices = NoticeArea()
        self._refusals = Refusals(self.notices)
        self._caller = label("", TextRole.HEADING, wrap=True, copy=True)
        self._caller.setAccessibleName("Caller")
        self._state = Badge()
        self._state.setObjectName("calls.state")
        self._answer = label("", wrap=True)
        self._called = label("", TextRole.MUTED, wrap=True, copy=True)
        self._campaign = label("", TextRole.MUTED, wrap=True)
        self._patient = label("", TextRole.STRONG, wrap=True, copy=True)
        self._patient.setAccessibleName("Patient")
        self._decided = label("", TextRole.MUTED, wrap=True)
        self._waits = label("", TextRole.MUTED, wrap=True)
        self._open = button("&Open the patient’s file", self._on_open)
        self._open.setObjectName("calls.open_patient")
        self._put_right = button("It was &somebody else …", self._on_put_right, role="quiet")
        self._put_right.setObjectName("calls.put_right")
        self.search = SearchField("Look up who rang", "Name, date of birth or number")
        self.search.setObjectName("calls.search_patient")
        self.people = PeopleTable(runner, self)
        self.people.setObjectName("calls.candidates")
        self._about = label("", TextRole.CAPTION, wrap=True)
        self._note = label("", TextRole.CAPTION, wrap=True)
        self._note.setObjectName("calls.note")
        self._add = button("A&dd number to the patient’s file", self._on_add, role="primary")
        self._add.setObjectName("calls.match_add_number")
        self._once = button("&Match this call only", self._on_once)
        self._once.setObjectName("calls.match_once")
        self._ignore = button("&Not a patient", self._on_ignore, role="link")
        self._ignore.setObjectName("calls.ignore")
        self._empty = EmptyState("calls", "No call is selected", "Select a call to see who may have rung.")
        self._whole = QWidget()
        self._picker = QWidget()
        self._lay_out()
        self.people.on_selected(self._on_person)
        self.people.on_activated(self._on_person_opened)
        self.people.rows().loaded.connect(self._on_people_loaded)
        self.people.rows().failed.connect(lambda error: self.notices.say_error(error, key="people"))
        self.search.down.connect(self.focus_people)
        self.search.returnPressed.connect(self.focus_people)

    def bind(self, presenter: CallsPresenter) -> None:
        self._presenter = presenter
        self.search.searched.connect(presenter.search)

    @property
    def asks_who(self) -> bool:
        """A patient can be chosen for the call that is shown."""
        return self._call_id is not None and not self._picker.isHidden()

    def start(self) -> None:
        """Where the keyboard goes on with the selected call."""
        if self.asks_who:
            self.search.setFocus()
        elif not self._open.isHidden():
            self._open.setFocus()

    # What the page hands on

    def show_call(self, state: CallState | None) -> None:
        self._call_id = None if state is None else state.call_id
        self._whole.setVisible(state is not None)
        self._empty.setVisible(state is None)
        if state is None:
            return
        self._caller.setText(state.caller)
        self._state.show_state(state.state_words, STATE_TONES[state.state])
        for words, text in (
            (self._answer, state.answer),
            (self._called, state.called),
            (self._campaign, state.campaign),
            (self._patient, state.patient),
            (self._decided, state.decided),
            (self._waits, state.waits),
            (self._note, state.note),
        ):
            words.setText(text)
            words.setVisible(bool(text))
        self._open.setVisible(bool(state.patient))
        set_allowed(self._open, not state.why_not_open, state.why_not_open)
        self._put_right.setVisible(state.can_put_right)
        self._picker.setVisible(state.picker)
        set_allowed(self._once, not state.why_not_once, state.why_not_once)
        set_allowed(self._add, not state.why_not_add, state.why_not_add)
        set_allowed(self._ignore, not state.why_not_ignore, state.why_not_ignore)
        if self._presenter is not None:
            self._refusals.show(state.refused, self._presenter.dismiss)

    def show_people(self, source: PeopleSource, empty: str) -> None:
        self.people.clearSelection()
        self.people.set_empty_text(empty)
        self.people.rows().show(source)

    def focus_people(self) -> None:
        """On the first of them, so that the arrow keys go on from there; of those that are still being
        looked for, once they are there.
        """
        self.search.fire()
        self.people.setFocus()
        self._first_wanted = self.people.rows().loading
        if not self._first_wanted:
            self._select_first()

    def theme_changed(self) -> None:
        """Called by the theme: wide enough for the words on the buttons."""
        self.setMinimumWidth(em(24))

    # Inside

    def _lay_out(self) -> None:
        head = row(self._caller, self._state, gap=3)
        head.setStretch(0, 1)
        head.setAlignment(self._state, Qt.AlignmentFlag.AlignTop)
        picker = column(
            row(label("Who rang?", TextRole.STRONG), None, self._ignore),
            self.search,
            self.people,
            self._about,
            self._note,
            self._add,
            self._once,
            gap=2,
        )
        picker.setStretch(2, 1)
        picker.setContentsMargins(0, 0, 0, 0)
        self._picker.setLayout(picker)
        self._about.hide()
        whole = column(
            head,
            column(self._answer, self._called, self._campaign, gap=0),
            self.notices,
            rule(),
            column(self._patient, self._decided, self._waits, gap=0),
            row(self._open, self._put_right, None),
            self._picker,
            gap=2,
        )
        whole.setStretch(6, 1)
        whole.addStretch(0)
        whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setLayout(whole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(5 * GRID, 4 * GRID, 5 * GRID, 4 * GRID)
        layout.addWidget(self._whole, 1)
        layout.addWidget(self._empty, 1)
        self._whole.hide()
        self.theme_changed()

    def _select_first(self) -> None:
        if not self.people.selected() and self.people.rows().count:
            self.people.selectRow(0)

    def _on_people_loaded(self) -> None:
        if self._first_wanted and self.people.hasFocus():
            self._select_first()
        self._first_wanted = False

    def _on_person(self, people: tuple[Person, ...]) -> None:
        chosen = people[0] if people else None
        about = "" if chosen is None else self.people.cut_off(chosen)
        self._about.setText(about)
        self._about.setVisible(bool(about))
        if self._presenter is not None:
            self._presenter.choose(chosen)

    def _on_person_opened(self, _person: Person) -> None:
        """Enter or a double click chooses nobody by itself: it leads to the button that does."""
        (self._add if self._add.isEnabled() else self._once).setFocus()

    def _on_open(self) -> None:
        if self._presenter is not None:
            self._presenter.open_patient()

    def _on_put_right(self) -> None:
        if self._presenter is not None:
            self._presenter.put_right()
            self.search.setFocus()

    def _on_add(self) -> None:
        if self._presenter is not None:
            self._presenter.match(add_number=True)

    def _on_once(self) -> None:
        if self._presenter is not None:
            self._presenter.match(add_number=False)

    def _on_ignore(self) -> None:
        if self._presenter is not None:
            self._presenter.ignore()
