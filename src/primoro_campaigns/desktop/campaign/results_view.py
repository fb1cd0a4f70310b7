"""The results: the account on top, the reasons beside it, every patient below."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QWidget

from primoro_campaigns.desktop.campaign.doubt_dialog import DoubtDialog
from primoro_campaigns.desktop.campaign.doubts import Question
from primoro_campaigns.desktop.campaign.results_presenter import FILTERS, CampaignResults, ResultsState
from primoro_campaigns.desktop.campaign.words import When, address_words, state_tone, why_words
from primoro_campaigns.desktop.kit.badge import Badge
from primoro_campaigns.desktop.kit.bar_chart import Bar, BarChart, StackedBar
from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.dialog import confirm
from primoro_campaigns.desktop.kit.label import box, column, label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.rows import PageSource
from primoro_campaigns.desktop.kit.table import Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole, em
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.local.campaigns import RecipientRow
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS, Refusal
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.delivery.model import DELIVERY_WORDS, DeliveryState
from primoro_campaigns.domain.delivery.progress import FRESH
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId

_TONES = {
    DeliveryState.PLANNED: Tone.INFO,
    DeliveryState.CLAIMED: Tone.INFO,
    DeliveryState.SENT: Tone.SUCCESS,
    DeliveryState.FAILED: Tone.ERROR,
    DeliveryState.SKIPPED: Tone.NEUTRAL,
    DeliveryState.UNKNOWN: Tone.WARNING,
}
_BAR_TONES = {
    "Sent": Tone.SUCCESS,
    "Not sent": Tone.NEUTRAL,
    "Failed": Tone.ERROR,
    "Not certain": Tone.WARNING,
    "Waiting": Tone.INFO,
}

_WHY_NOT_AGAIN = "Somebody who may approve a campaign sends it again."


_ESTIMATE_HOLDS_MS = round(FRESH.total_seconds() * 1000) + 1000


def _columns(when: When) -> tuple[Column[RecipientRow], ...]:
    return (
        Column("Patient", lambda each: each.name or "Record no longer here", width=22, stretch=True),
        Column(
            "State", lambda each: DELIVERY_WORDS[each.state], width=18, tone=lambda each: _TONES[each.state]
        ),
        Column("Channel", lambda each: "" if each.channel is None else CHANNEL_WORDS[each.channel], width=7),
        Column(
            "Where",
            lambda each: address_words(each.channel, each.address),
            width=24,
            stretch=True,
            muted=True,
        ),
        Column("Why", why_words, width=30, stretch=True),
        Column("When", lambda each: when(each.at), width=20, muted=True),
    )


class ResultsPage(QWidget):
    def __init__(
        self,
        runner: Running,
        when: When,
        open_patient: Callable[[RecipientRow], None],
        change: Callable[[], None],
        explain: Callable[[PatientId | None], None],
    ) -> None:
        """``explain`` tells why a patient got it or not; None leaves the choice to the person.
        ``change`` opens the campaign to be changed and sent again; the right to draft is the caller's to
        ask.
        """
        super().__init__()
        self._presenter: CampaignResults | None = None
        self._doubts_said = ("", "")
        self.notices = NoticeArea()
        self._title = label("", TextRole.TITLE, wrap=True)
        self._state = Badge("", Tone.NEUTRAL)
        self._state.setObjectName("results.state")
        self._when = label("", TextRole.MUTED)
        self._account = label("", TextRole.HEADING, wrap=True, copy=True)
        self._account.setObjectName("results.account")
        self._progress = label("", TextRole.BODY, wrap=True)
        self._progress.setObjectName("results.progress")
        self.estimate_pause = QTimer(self)
        self.estimate_pause.setSingleShot(True)
        self.estimate_pause.setInterval(_ESTIMATE_HOLDS_MS)
        self.estimate_pause.timeout.connect(lambda: self._with(CampaignResults.look_again))
        self._bar = StackedBar("The account of this campaign")
        self._reasons = BarChart("Not sent, by reason", below=True)
        self._pause = button("&Pause", lambda: self._with(CampaignResults.pause), icon_name="pause")
        self._pause.setObjectName("results.pause")
        self._resume = button("&Resume", lambda: self._with(CampaignResults.resume), icon_name="play")
        self._resume.setObjectName("results.resume")
        self._cancel = button(
            "&Cancel campaign", lambda: self._with(CampaignResults.cancel), icon_name="stop"
        )
        self._cancel.setObjectName("results.cancel")
        self._pace = label("", TextRole.MUTED)
        self._pace.setObjectName("results.pace")
        self._not_reached = label("", TextRole.BODY, wrap=True)
        self._not_reached.setObjectName("results.not_reached")
        self._again = button("Send &again to them", lambda: self._with(CampaignResults.resend))
        self._again.setObjectName("results.send_again")
        self._change = button("Change &it first", change, role="link")
        self._change.setObjectName("results.change")
        self._again_row = QWidget()
        self._explain = button("&Explain…", lambda: explain(self._chosen()))
        self._explain.setObjectName("results.explain")
        self._explain.setToolTip("Why a patient is in or out, and why on this channel")
        self._filter = QComboBox()
        self._filter.setObjectName("results.filter")
        self._filter.setAccessibleName("Which patients to show")
        for key, (words, _) in FILTERS.items():
            self._filter.addItem(words, (key, ""))
        self._filter.activated.connect(self._on_filter)
        self._model: TableModel[RecipientRow] = TableModel(
            _columns(when), lambda each: each.delivery_id, runner, self
        )
        self._table: DataTable[RecipientRow] = DataTable(
            self._model,
            "Results by patient",
            empty="Nobody here. The recipients are chosen when the sending begins.",
            several=True,
        )
        self._table.setObjectName("results.table")
        self._table.on_activated(open_patient)
        self._table.on_selected(lambda _rows: self._selection_changed())
        self._model.loaded.connect(self._selection_changed)
        self._decide = button("&Decide…", self._on_decide)
        self._decide.setObjectName("results.decide")
        self._lay_out()

    def bind(self, presenter: CampaignResults) -> None:
        self._presenter = presenter
        presenter.start()

    # What the presenter calls

    def show_state(self, state: ResultsState) -> None:
        self._title.setText(state.name)
        if state.row is not None:
            self._state.show_state(state.state_words, state_tone(state.row))
        self._when.setText(state.when)
        self._when.setVisible(bool(state.when))
        self._account.setText(state.account)
        self._progress.setText(state.progress)
        self._progress.setVisible(bool(state.progress))
        if state.progress_goes_off:
            self.estimate_pause.start()
        else:
            self.estimate_pause.stop()
        self._bar.setVisible(state.numbers is not None)
        self._bar.show_bars(
            [Bar(words, count, _BAR_TONES[words]) for words, count in (state.numbers or {}).items()]
        )
        self._reasons_card.setVisible(bool(state.reasons))
        self._reasons.show_bars([Bar(words, count, Tone.NEUTRAL) for _, words, count in state.reasons])
        for control, allowed in ((self._pause, state.may_pause), (self._cancel, state.may_cancel)):
            control.setVisible(allowed or bool(state.why_not))
            set_allowed(control, allowed, state.why_not)
        self._resume.setVisible(state.may_resume)
        words = "&Stop" if state.stops else "&Cancel campaign"
        self._cancel.setText(words)
        self._cancel.setAccessibleName(words.replace("&", ""))
        self._pace.setText(state.pace)
        self._pace.setVisible(bool(state.pace))
        self._not_reached.setText(state.not_reached_words)
        self._again_row.setVisible(bool(state.not_reached_words))
        set_allowed(self._again, state.may_resend, _WHY_NOT_AGAIN)
        if state.problem:
            self.notices.say(
                Tone.WARNING, "The sending is held up.", state.problem, key="problem", closable=False
            )
        else:
            self.notices.take_away("problem")
        self._show_doubts(state)
        self._offer_reasons(state)

    def show_people(self, source: PageSource[RecipientRow]) -> None:
        self._model.show(source)

    def refresh_people(self) -> None:
        self._model.refresh()

    def ask(self, title: str, words: str, yes: str, then: Callable[[], None]) -> None:
        question = confirm(self, title, words, yes, then, danger=True)
        question.ok.setObjectName("dialog.ok")
        question.cancel.setObjectName("dialog.cancel")

    def ask_doubt(self, question: Question, then: Callable[[Choice], None]) -> None:
        dialog = DoubtDialog(self, question, then)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def say_error(self, error: PrimoroError) -> None:
        self.notices.say_error(error, key=error.code)

    # Inside

    def _lay_out(self) -> None:
        head = row(self._title, self._pause, self._resume, self._cancel)
        head.setStretch(0, 1)
        again = row(self._not_reached, self._again, self._change, gap=4)
        again.setStretch(0, 1)
        again.setContentsMargins(0, 0, 0, 0)
        self._again_row.setLayout(again)
        account = column(self._account, self._bar, self._progress, self._pace, self._again_row, gap=3)
        account.setContentsMargins(5 * GRID, 4 * GRID, 5 * GRID, 4 * GRID)
        reasons = column(label("Not sent, by reason", TextRole.HEADING), self._reasons, None, gap=3)
        reasons.setContentsMargins(5 * GRID, 4 * GRID, 5 * GRID, 4 * GRID)
        self._reasons_card = box(reasons, "card")
        self._reasons_card.setFixedWidth(em(20))
        people = column(
            row(
                label("Patients", TextRole.HEADING),
                None,
                self._explain,
                self._decide,
                label("Show"),
                self._filter,
            ),
            self._table,
            gap=2,
        )
        people.setStretchFactor(self._table, 1)
        below = row(self._reasons_card, people, gap=4)
        below.setStretch(1, 1)
        top = column(head, row(self._state, self._when, None, gap=3), gap=1)
        layout = column(top, self.notices, box(account, "card"), below, gap=4)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 5 * GRID)
        layout.setStretchFactor(below, 1)
        self.setLayout(layout)

    def _show_doubts(self, state: ResultsState) -> None:
        """The notice stays as it is while the same is to be said: the focus may be on its button."""
        words = (state.doubt_words, state.doubt_advice)
        if words != self._doubts_said:
            self._doubts_said = words
            self.notices.take_away("doubts")
            if state.doubts:
                action = (
                    (
                        "Decide about a&ll…" if len(state.doubts) > 1 else "Decide about &this…",
                        self._on_decide_all,
                    )
                    if state.may_decide
                    else None
                )
                notice = self.notices.say(Tone.WARNING, *words, action=action, key="doubts", closable=False)
                if action is not None:
                    notice.action.setObjectName("results.decide_all")
        self._decide.setVisible(bool(state.doubts))
        self._selection_changed()

    def _chosen(self) -> PatientId | None:
        chosen = self._table.current()
        return None if chosen is None else chosen.patient_id

    def _selection_changed(self) -> None:
        if self._presenter is not None:
            why_not = self._presenter.why_not_decide(self._table.selected())
            set_allowed(self._decide, not why_not, why_not)

    def _on_decide(self) -> None:
        self._with(lambda page: page.decide(self._table.selected()))

    def _on_decide_all(self) -> None:
        """Behind the question the list shows whom it is about."""
        self._filter.setCurrentIndex(list(FILTERS).index("unknown"))
        self._on_filter()
        self._with(lambda page: page.decide())

    def _offer_reasons(self, state: ResultsState) -> None:
        """Each reason is a filter too; the one that is chosen stays chosen."""
        chosen = self._filter.currentData()
        del_from = len(FILTERS)
        while self._filter.count() > del_from:
            self._filter.removeItem(self._filter.count() - 1)
        for reason, words, _ in state.reasons:
            self._filter.addItem(f"Not sent: {words[0].lower()}{words[1:]}", ("skipped", reason.value))
        place = next((at for at in range(self._filter.count()) if self._filter.itemData(at) == chosen), 0)
        self._filter.setCurrentIndex(place)
        if self._filter.currentData() != chosen:
            # The reason that was chosen is none any more: the list follows what the box says now.
            self._on_filter()

    def _on_filter(self) -> None:
        key, reason = self._filter.currentData()
        self._with(lambda page: page.choose(key, Refusal(reason) if reason else None))

    def _with(self, act: Callable[[CampaignResults], None]) -> None:
        if self._presenter is not None:
            act(self._presenter)
