"""The selected reply with all its words, whose number it is, and what can be done about it."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.badge import Badge
from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.empty import EmptyState
from primoro_campaigns.desktop.kit.label import clear_layout, column, label, row, rule
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.refusals import Refusals
from primoro_campaigns.desktop.kit.theme import TextRole, em, set_role
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.local.replies import ReplyPatient
from primoro_campaigns.desktop.reply import words
from primoro_campaigns.desktop.reply.presenter import RepliesPresenter, ReplyShown
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.reply.model import ReplyState

STATE_TONES = {ReplyState.UNREAD: Tone.WARNING, ReplyState.HANDLED: Tone.SUCCESS}

AskRestrictions = Callable[[QWidget, PatientId], None]


class ReplyPanel(QFrame):
    """``bind`` gives it its presenter; ``show_reply`` fills it. ``ask`` opens the Restrictions dialog over
    the page.
    """

    def __init__(self, ask: AskRestrictions) -> None:
        super().__init__()
        set_role(self, "card")
        self._presenter: RepliesPresenter | None = None
        self._ask = ask
        self._patients: tuple[ReplyPatient, ...] | None = None
        self.notices = NoticeArea()
        self._refusals = Refusals(self.notices)
        self._sender = label("", TextRole.HEADING, wrap=True, copy=True)
        self._sender.setAccessibleName("From")
        self._state = Badge()
        self._state.setObjectName("replies.state")
        self._came = label("", TextRole.MUTED, wrap=True)
        self._campaign = label("", TextRole.MUTED, wrap=True)
        self._subject = label("", TextRole.STRONG, wrap=True, copy=True)
        self._subject.setAccessibleName("Subject")
        self.text = QPlainTextEdit()
        self.text.setObjectName("replies.text")
        self.text.setAccessibleName("What was written")
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self._holders = label("", TextRole.MUTED, wrap=True)
        self._holders.setObjectName("replies.holders")
        self._lines = QWidget()
        self._lines.setLayout(column(gap=2))
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(self._lines)
        for ground in (self._area.viewport(), self._lines):
            # The card shows through.
            ground.setAutoFillBackground(False)
        self._decided = label("", TextRole.MUTED, wrap=True)
        self._waits = label("", TextRole.MUTED, wrap=True)
        self._note = label("", TextRole.CAPTION, wrap=True)
        self._handled = button("&Mark as handled", lambda: self._mark(True), role="primary")
        self._handled.setObjectName("replies.handled")
        self._unread = button("Put back to &unread", lambda: self._mark(False), role="quiet")
        self._unread.setObjectName("replies.unread")
        self._empty = EmptyState("replies", "No reply is selected", "Select a reply to read all of it.")
        self._whole = QWidget()
        self._lay_out()

    def bind(self, presenter: RepliesPresenter) -> None:
        self._presenter = presenter

    def start(self) -> None:
        """Where the keyboard goes on with the selected reply."""
        self.text.setFocus()

    def show_reply(self, state: ReplyShown | None) -> None:
        self._whole.setVisible(state is not None)
        self._empty.setVisible(state is None)
        if state is None:
            return
        self._sender.setText(state.sender)
        self._sender.setToolTip(state.sender)
        self._state.show_state(state.state_words, STATE_TONES[state.state])
        if self.text.toPlainText() != state.text:
            self.text.setPlainText(state.text)
        note = state.why_not_mark if state.why_not_mark == words.MAY_NOT else ""
        for line, said in (
            (self._came, state.came),
            (self._campaign, state.campaign),
            (self._subject, state.subject),
            (self._holders, state.holders),
            (self._decided, state.decided),
            (self._waits, state.waits),
            (self._note, note),
        ):
            line.setText(said)
            line.setVisible(bool(said))
        if state.patients != self._patients:
            # Only then: the keyboard may stand on one of the buttons.
            self._patients = state.patients
            self._show_patients(state.patients)
        handled = state.state is ReplyState.HANDLED
        self._handled.setVisible(not handled)
        self._unread.setVisible(handled)
        set_allowed(self._handled, not state.why_not_mark, state.why_not_mark)
        set_allowed(self._unread, not state.why_not_mark, state.why_not_mark)
        if self._presenter is not None:
            self._refusals.show(state.refused, self._presenter.dismiss)

    def theme_changed(self) -> None:
        """Called by the theme: wide enough for the words on the buttons."""
        self.setMinimumWidth(em(26))
        self.text.setMinimumHeight(em(5))

    # Inside

    def _lay_out(self) -> None:
        whole = column(
            self._sender,
            column(row(self._came, self._state), self._campaign, gap=0),
            self.notices,
            self._subject,
            self.text,
            self._holders,
            self._area,
            rule(),
            column(self._decided, self._waits, self._note, gap=0),
            row(self._handled, self._unread, None),
            gap=2,
        )
        whole.setStretch(4, 1)
        whole.setContentsMargins(0, 0, 0, 0)
        self._whole.setLayout(whole)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(5 * GRID, 4 * GRID, 5 * GRID, 4 * GRID)
        layout.addWidget(self._whole, 1)
        layout.addWidget(self._empty, 1)
        self._whole.hide()
        self.theme_changed()

    def _show_patients(self, patients: Sequence[ReplyPatient]) -> None:
        layout = self._lines.layout()
        assert isinstance(layout, QVBoxLayout)
        clear_layout(layout)
        before: QWidget = self.text
        for place, each in enumerate(patients):
            line = self._line(each, place, alone=len(patients) == 1)
            layout.addWidget(line)
            # At once, so that the height is known.
            line.show()
            for control in line.findChildren(QPushButton):
                QWidget.setTabOrder(before, control)
                before = control
        QWidget.setTabOrder(before, self._handled)
        QWidget.setTabOrder(self._handled, self._unread)
        self._area.setVisible(bool(patients))
        layout.activate()
        self._area.setFixedHeight(min(layout.sizeHint().height(), em(12)))

    def _line(self, patient: ReplyPatient, place: int, *, alone: bool) -> QWidget:
        """One who may have written: the name, and what can be done in her file. Only one can have letters."""
        name = label(words.name_words(patient), TextRole.STRONG, wrap=True, copy=True)
        name.setAccessibleName("Patient")
        why_not = "" if patient.name else words.OUT_OF_SIGHT
        restrict = button(
            "Res&trictions …" if alone else "Restrictions …",
            lambda: self._ask(self, patient.patient_id),
            icon_name="restrict",
            tooltip="The reply says no in other words? Record what this patient does not want.",
        )
        restrict.setObjectName(f"replies.restrict.{place}")
        restrict.setAccessibleName(f"Restrictions of {name.text()}")
        opens = button("&Open the file" if alone else "Open the file", lambda: self._open(patient.patient_id))
        opens.setObjectName(f"replies.open.{place}")
        opens.setAccessibleName(f"Open the file of {name.text()}")
        if why_not:
            set_allowed(restrict, False, why_not)
            set_allowed(opens, False, why_not)
        line = QWidget()
        line.setLayout(column(name, row(opens, restrict, None), gap=1))
        return line

    def _open(self, patient_id: PatientId) -> None:
        if self._presenter is not None:
            self._presenter.open_patient(patient_id)

    def _mark(self, handled: bool) -> None:
        if self._presenter is not None:
            self._presenter.mark(handled=handled)
