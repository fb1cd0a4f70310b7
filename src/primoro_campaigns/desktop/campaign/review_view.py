"""The review: numbers and reasons, the patients beside them, the message and the approval on the right."""

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import QByteArray, QDateTime, QTimeZone
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QDateTimeEdit, QRadioButton, QVBoxLayout, QWidget

from primoro_campaigns.desktop.campaign.message_preview import MessagePreview
from primoro_campaigns.desktop.campaign.review_presenter import (
    OUTSIDE_WINDOW,
    WOULD_GET_IT,
    CampaignReview,
    Person,
    ReviewState,
)
from primoro_campaigns.desktop.kit.bar_chart import Bar, StackedBar
from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.dialog import confirm
from primoro_campaigns.desktop.kit.label import box, column, label, row, rule
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.rows import ListSource, PageSource
from primoro_campaigns.desktop.kit.table import Align, Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole, em
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.consent.model import Refusal
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId

Line = tuple[Refusal | None, str, int]

_REASONS: tuple[Column[Line], ...] = (
    Column("Who, and why not", lambda line: line[1], width=24, stretch=True),
    Column("Patients", lambda line: f"{line[2]:,}", width=6, align=Align.RIGHT),
)
_PEOPLE: tuple[Column[Person], ...] = (
    Column("Patient", lambda person: person.name, width=20, stretch=True),
    Column("Where", lambda person: person.address, width=22, stretch=True, muted=True),
    Column("Why", lambda person: person.why, width=26, stretch=True),
)
_SIDE = 22
"""Times the height of a line: the width of the column with the numbers."""
_WIDE = 68
"""Times the height of a line: the width from which on three columns fit beside each other."""


class ReviewPage(QWidget):
    def __init__(self, runner: Running, explain: Callable[[PatientId | None], None]) -> None:
        """``explain`` tells why a patient gets it or not; None leaves the choice to the person."""
        super().__init__()
        self._presenter: CampaignReview | None = None
        self._refused_keys: set[str] = set()
        self._lines: list[Line] = []
        self.notices = NoticeArea()
        self._title = label("Review", TextRole.TITLE, wrap=True)
        self._would = label("", TextRole.HEADING, wrap=True)
        self._would.setObjectName("review.would")
        self._by_channel = label("", TextRole.MUTED, wrap=True)
        self._basis = label("", TextRole.CAPTION, wrap=True)
        self._basis.setObjectName("review.basis")
        self._would_not = label("", TextRole.HEADING, wrap=True)
        self._would_not.setObjectName("review.would_not")
        self._held = label("", TextRole.MUTED, wrap=True)
        self._held.setObjectName("review.held")
        self._as_of = label("", TextRole.CAPTION, wrap=True)
        self._share = StackedBar("Who gets it and who does not", legend=False)
        self._listed = label("", TextRole.HEADING)
        self._listed.setObjectName("review.listed")
        self._reasons_model: TableModel[Line] = TableModel(_REASONS, lambda line: line[1], runner, self)
        self._reasons: DataTable[Line] = DataTable(
            self._reasons_model, "Who gets it, and why the others do not"
        )
        self._reasons.setObjectName("review.reasons")
        self._reasons.horizontalHeader().hide()
        self._people_model: TableModel[Person] = TableModel(
            _PEOPLE, lambda person: person.patient_id, runner, self
        )
        self._people: DataTable[Person] = DataTable(self._people_model, "Patients", empty="Nobody.")
        self._people.setObjectName("review.people")
        self._explain = button("&Explain…", lambda: explain(self._chosen()))
        self._explain.setObjectName("review.explain")
        self._explain.setToolTip("Why a patient is in or out, and why on this channel")
        self._preview = MessagePreview()
        self._preview.setObjectName("review.preview")
        self._approval = label("", TextRole.HEADING)
        self._now = QRadioButton("As soon as it is approved")
        self._now.setObjectName("review.when_now")
        self._now.setChecked(True)
        self._later = QRadioButton("On a day and time")
        self._later.setObjectName("review.when_later")
        self._when = QDateTimeEdit()
        self._when.setObjectName("review.when_at")
        self._when.setAccessibleName("Day and time of the send")
        self._when.setCalendarPopup(True)
        self._when.setDisplayFormat("dd/MM/yyyy HH:mm")
        self._when.setEnabled(False)
        group = QButtonGroup(self)
        for choice in (self._now, self._later):
            group.addButton(choice)
            choice.toggled.connect(self._on_time)
        self._when.dateTimeChanged.connect(self._on_time)
        self._act = button(
            "&Approve …", lambda: self._with(CampaignReview.act), role="primary", icon_name="send"
        )
        self._act.setObjectName("review.approve")
        self._why_not = label("", TextRole.CAPTION, wrap=True)
        self._why_not.setObjectName("review.notice")
        self._lay_out()

    def bind(self, presenter: CampaignReview, tomorrow: datetime, time_zone: str) -> None:
        """``tomorrow`` is the time offered for a later send, which is chosen on the practice's clock."""
        self._presenter = presenter
        self._when.setTimeZone(QTimeZone(QByteArray(time_zone.encode())))
        self._when.setDateTime(QDateTime.fromSecsSinceEpoch(round(tomorrow.timestamp())))
        self._reasons.on_selected(self._on_reason)
        self._people.on_selected(lambda rows: presenter.choose_person(rows[0] if rows else None))
        if not presenter.state.approves:
            self._act.setText("&Ask for approval …")
            self._act.setAccessibleName("Ask for approval")
            self._act.setObjectName("review.submit")

    # What the presenter calls

    def show_state(self, state: ReviewState) -> None:
        self._title.setText(f"Review: {state.name}" if state.name else "Review")
        self._listed.setText(state.listed)
        self._would.setText("Asking for each patient …" if state.loading else state.would)
        self._by_channel.setText(state.by_channel)
        self._basis.setText(state.basis)
        self._basis.setVisible(bool(state.basis))
        self._would_not.setText(state.would_not)
        self._held.setText(state.held)
        self._held.setVisible(bool(state.held))
        self._as_of.setText(state.as_of[:1].upper() + state.as_of[1:])
        self._as_of.setVisible(bool(state.as_of))
        left_out = sum(count for _, _, count in state.reasons)
        self._share.setVisible(not state.loading)
        self._share.show_bars(
            [Bar(WOULD_GET_IT, state.planned, Tone.SUCCESS), Bar("Would not", left_out, Tone.NEUTRAL)]
        )
        lines: list[Line] = [(None, WOULD_GET_IT, state.planned), *state.reasons]
        if not state.loading and lines != self._lines:
            self._lines = lines
            self._reasons_model.show(ListSource(lines), from_top=False)
        set_allowed(self._act, state.may_act, state.why_not)
        self._why_not.setText("" if state.loading else state.why_not)
        self._preview.show_message(state.preview)
        self._approval.setText("When to send" if state.approves else "Approval")
        for choice in (self._now, self._later, self._when):
            choice.setVisible(state.approves)
        self._show_refused(state)

    def show_people(
        self, source: PageSource[Person], empty: str, *, with_addresses: bool, again: bool
    ) -> None:
        self._people.set_empty_text(empty)
        self._people.show_column(1, with_addresses)
        self._people_model.show(source, from_top=not again)

    def ask(self, title: str, words: str, yes: str, then: Callable[[], None]) -> None:
        question = confirm(self, title, words, yes, then)
        question.ok.setObjectName("dialog.ok")
        question.cancel.setObjectName("dialog.cancel")

    def say_error(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key=error.code)

    # Inside

    def _lay_out(self) -> None:
        numbers = column(
            self._would,
            self._by_channel,
            self._basis,
            rule(),
            self._would_not,
            self._held,
            self._share,
            self._reasons,
            self._as_of,
            gap=2,
        )
        numbers.setStretchFactor(self._reasons, 1)
        self._left = QWidget()
        self._left.setLayout(numbers)
        people = column(row(self._listed, None, self._explain), self._people, gap=2)
        people.setStretchFactor(self._people, 1)
        self._middle = row(self._left, people, gap=6)
        approval = QVBoxLayout()
        approval.setContentsMargins(4 * GRID, 3 * GRID, 6 * GRID, 3 * GRID)
        approval.setSpacing(2 * GRID)
        approval.addWidget(self._approval)
        approval.addWidget(self._now)
        approval.addWidget(self._later)
        approval.addWidget(self._when)
        approval.addWidget(self._why_not)
        approval.addWidget(self._act)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self._preview, 1)
        right.addWidget(box(approval, "panel"))
        main = column(self.notices, self._middle, gap=3)
        main.setContentsMargins(6 * GRID, 4 * GRID, 4 * GRID, 5 * GRID)
        main.setStretch(1, 1)
        body = row(main, right, gap=0)
        body.setStretch(0, 1)
        self._title.setContentsMargins(6 * GRID, 4 * GRID, 6 * GRID, 3 * GRID)
        layout = column(self._title, rule(), body, gap=0)
        layout.setStretch(2, 1)
        self.setLayout(layout)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The numbers stand beside the patients, or above them where that would be too narrow."""
        super().resizeEvent(event)
        beside = event.size().width() >= em(_WIDE)
        way = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        self._middle.setDirection(way)
        self._middle.setStretch(0, 0 if beside else 1)
        self._middle.setStretch(1, 1)
        self._left.setMinimumWidth(em(_SIDE) if beside else 0)
        self._left.setMaximumWidth(em(_SIDE if beside else _WIDE))

    def _show_refused(self, state: ReviewState) -> None:
        shown: set[str] = {event.event_id for event in state.refused}
        for event in state.refused:
            if (
                event.code == OUTSIDE_WINDOW
                and self._presenter is not None
                and self._presenter.state.approves
            ):
                action: tuple[str, Callable[[], None]] = (
                    "Send now all the same",
                    lambda given=event: self._with(lambda page: page.send_all_the_same(given)),  # type: ignore[misc]  # the loop's own event
                )
            else:
                action = ("Dismiss", lambda given=event: self._with(lambda page: page.dismiss(given)))  # type: ignore[misc]  # the loop's own event
            self.notices.say(
                Tone.WARNING, event.title, event.advice, action=action, key=event.event_id, closable=False
            )
        for notice_key in self._refused_keys - shown:
            self.notices.take_away(notice_key)
        self._refused_keys = shown

    def _chosen(self) -> PatientId | None:
        chosen = self._people.current()
        return None if chosen is None else chosen.patient_id

    def _on_reason(self, lines: tuple[Line, ...]) -> None:
        if lines:
            self._with(lambda page: page.choose_reason(lines[0][0]))

    def _on_time(self) -> None:
        later = self._later.isChecked()
        self._when.setEnabled(later)
        moment = datetime.fromtimestamp(self._when.dateTime().toSecsSinceEpoch(), UTC) if later else None
        self._with(lambda page: page.choose_time(moment))

    def _with(self, act: Callable[[CampaignReview], None]) -> None:
        if self._presenter is not None:
            act(self._presenter)
