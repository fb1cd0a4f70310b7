"""The calls: filters, the list, and a panel on the selected call."""

from collections.abc import Sequence

from primoro_campaigns.desktop.call import words
from primoro_campaigns.desktop.call.listed import FILTERS, CallSource, ListedCall
from primoro_campaigns.desktop.call.panel import STATE_TONES, CallPanel
from primoro_campaigns.desktop.call.presenter import CallsPresenter, CallState, PeopleSource
from primoro_campaigns.desktop.kit.table import Column
from primoro_campaigns.desktop.kit.worklist_page import Words, WorklistPage
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.call.model import MATCH_WORDS

_WORDS = Words(
    "calls",
    "Calls",
    "No calls yet",
    "Calls are listed here by themselves, as soon as the telephone system reports them.",
)


def _columns(time_zone: str) -> Sequence[Column[ListedCall]]:
    return (
        Column(
            "When",
            lambda each: instant_words(each.call.received_at, time_zone),
            width=22,
            icon=lambda each: "phone-in" if each.call.answered else "phone-missed",
        ),
        Column("Caller", lambda each: each.caller, width=16),
        Column("Patient", lambda each: words.patient_words(each.call), width=18, stretch=True),
        Column(
            "State",
            lambda each: MATCH_WORDS[each.call.state],
            width=21,
            tone=lambda each: STATE_TONES[each.call.state],
            tooltip=lambda each: words.WAITING if each.call.pending else "",
        ),
        Column("Length", lambda each: words.length_words(each.call), width=12, muted=True),
    )


class CallsPage(WorklistPage[ListedCall]):
    """``bind`` gives it its presenter; the presenter fills it."""

    def __init__(self, runner: Running, time_zone: str) -> None:
        panel = CallPanel(runner)
        super().__init__(_WORDS, FILTERS, _columns(time_zone), lambda each: each.call.call_id, panel, runner)
        self.panel = panel
        self.table.on_activated(lambda _listed: self.panel.start())

    def bind(self, presenter: CallsPresenter) -> None:
        self.panel.bind(presenter)
        self.on_selected(presenter.select)
        self.filters.on_chosen(presenter.choose_filter)

    # What the presenter calls

    def show_calls(self, source: CallSource, empty: str) -> None:
        self.show_rows(source, empty)

    def refresh_calls(self) -> None:
        self.refresh_rows()

    def show_call(self, state: CallState | None) -> None:
        self.change_panel(lambda: self.panel.show_call(state))

    def show_people(self, source: PeopleSource, empty: str) -> None:
        self.panel.show_people(source, empty)

    def refresh_people(self) -> None:
        self.panel.people.rows().refresh()

    def clear_search(self) -> None:
        self.panel.search.set_quietly("")
