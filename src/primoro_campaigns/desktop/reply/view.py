"""The replies: filters, the list, and a panel on the selected reply."""

from collections.abc import Sequence

from primoro_campaigns.desktop.kit.table import Column
from primoro_campaigns.desktop.kit.worklist_page import Words, WorklistPage
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.reply import words
from primoro_campaigns.desktop.reply.listed import FILTERS, ListedReply, ReplySource
from primoro_campaigns.desktop.reply.panel import STATE_TONES, AskRestrictions, ReplyPanel
from primoro_campaigns.desktop.reply.presenter import RepliesPresenter, ReplyShown
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.reply.model import REPLY_WORDS

_WORDS = Words(
    "replies",
    "Replies",
    "No replies yet",
    "What patients text or answer to an e-mail comes here. STOP, START and HELP do not: "
    "they are done at once.",
)


def _columns(time_zone: str) -> Sequence[Column[ListedReply]]:
    return (
        Column(
            "When",
            lambda each: instant_words(each.reply.received_at, time_zone),
            width=22,
            icon=lambda each: words.channel_icon(each.reply),
        ),
        Column("From", lambda each: each.sender, width=15),
        Column("Patient", lambda each: words.patients_words(each.reply.patients), width=16),
        Column("Text", lambda each: words.first_line(each.reply), width=20, stretch=True),
        Column(
            "State",
            lambda each: REPLY_WORDS[each.reply.state],
            width=12,
            tone=lambda each: STATE_TONES[each.reply.state],
            tooltip=lambda each: words.WAITING if each.reply.pending else "",
        ),
    )


class RepliesPage(WorklistPage[ListedReply]):
    """``bind`` gives it its presenter; the presenter fills it."""

    def __init__(self, runner: Running, time_zone: str, ask: AskRestrictions) -> None:
        panel = ReplyPanel(ask)
        super().__init__(
            _WORDS, FILTERS, _columns(time_zone), lambda each: each.reply.reply_id, panel, runner
        )
        self.panel = panel
        self.table.on_activated(lambda _listed: self.panel.start())

    def bind(self, presenter: RepliesPresenter) -> None:
        self.panel.bind(presenter)
        self.on_selected(presenter.select)
        self.filters.on_chosen(presenter.choose_filter)

    # What the presenter calls

    def show_replies(self, source: ReplySource, empty: str) -> None:
        self.show_rows(source, empty)

    def refresh_replies(self) -> None:
        self.refresh_rows()

    def show_reply(self, state: ReplyShown | None) -> None:
        self.change_panel(lambda: self.panel.show_reply(state))
