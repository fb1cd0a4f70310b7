"""The list of campaigns: counters, tabs, search, table."""

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from primoro_campaigns.desktop.campaign.list_presenter import ONE_OFF, ONGOING, CampaignList
from primoro_campaigns.desktop.campaign.words import When, state_tone, state_words
from primoro_campaigns.desktop.kit.button import button, set_allowed
from primoro_campaigns.desktop.kit.chip import ChipRow, Choice
from primoro_campaigns.desktop.kit.counter_strip import Counter, CounterStrip
from primoro_campaigns.desktop.kit.empty import EmptyState
from primoro_campaigns.desktop.kit.label import label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.rows import PageSource
from primoro_campaigns.desktop.kit.search_field import SearchField
from primoro_campaigns.desktop.kit.table import Align, Column, DataTable, TableModel
from primoro_campaigns.desktop.kit.theme import TextRole, em
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.local.campaigns import CampaignCounters, CampaignRow
from primoro_campaigns.desktop.routes import CampaignStatus
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.campaign.model import POLICY_WORDS
from primoro_campaigns.domain.errors import PrimoroError


def _columns(when: When) -> tuple[Column[CampaignRow], ...]:
    return (
        Column("Name", lambda row: row.name or "Without a name", width=34, stretch=True, sort_key="name"),
        Column("State", state_words, width=24, tone=state_tone, sort_key="state"),
        Column("Channel", lambda row: _short_policy(row), width=14, muted=True),
        Column("Owner", lambda row: row.owner_name, width=16, sort_key="owner", muted=True),
        Column("Sends on", lambda row: when(row.scheduled_at), width=20, sort_key="scheduled"),
        Column(
            "Recipients",
            lambda row: _amount(row, row.recipients),
            width=9,
            align=Align.RIGHT,
            sort_key="recipients",
        ),
        Column("Sent", lambda row: _amount(row, row.sent), width=7, align=Align.RIGHT, sort_key="sent"),
        Column("Changed", lambda row: when(row.updated_at), width=20, sort_key="updated", muted=True),
    )


class CampaignListPage(QWidget):
    """``bind`` gives it its presenter; the presenter fills it."""

    def __init__(self, runner: Running, when: When) -> None:
        super().__init__()
        self._presenter: CampaignList | None = None
        self.notices = NoticeArea()
        self.model: TableModel[CampaignRow] = TableModel(
            _columns(when), lambda row: row.campaign_id, runner, self
        )
        self.table: DataTable[CampaignRow] = DataTable(self.model, "Campaigns")
        self.table.setObjectName("campaigns.table")
        self.counters = CounterStrip(
            "Campaigns by state",
            (
                Counter(CampaignStatus.ACTIVE.value, "Active", Tone.INFO),
                Counter(CampaignStatus.COMPLETED.value, "Completed", Tone.SUCCESS),
                Counter(CampaignStatus.PAUSED.value, "Paused", Tone.WARNING),
                Counter(CampaignStatus.DRAFT.value, "Draft", Tone.NEUTRAL),
            ),
        )
        self.counters.setObjectName("campaigns.counters")
        self.tabs = ChipRow(
            "Kind of campaign", (Choice(ONE_OFF, "One-off"), Choice(ONGOING, "Ongoing")), ONE_OFF
        )
        self.tabs.setObjectName("campaigns.tabs")
        self.search = SearchField("Search campaigns by name or owner", "Search by name or owner")
        self.search.setObjectName("campaigns.search")
        self.search.setFixedWidth(em(19))
        self.new = button("&New campaign", self._on_new, role="primary", icon_name="plus")
        self.new.setObjectName("campaigns.new")
        self._lists = QStackedWidget()
        self._lists.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 5 * GRID, 6 * GRID, 4 * GRID)
        layout.setSpacing(4 * GRID)
        layout.addLayout(row(label("Campaigns", TextRole.TITLE), None, self.new))
        layout.addWidget(self.notices)
        layout.addWidget(self.counters)
        layout.addLayout(row(self.tabs, None, self.search, gap=4))
        layout.addWidget(self._lists, 1)
        self.model.failed.connect(self.say_error)
        self.model.loaded.connect(self._on_loaded)
        self.search.down.connect(self.table.setFocus)

    def bind(self, presenter: CampaignList) -> None:
        self._presenter = presenter
        set_allowed(self.new, presenter.may_draft, "Your role does not include drafting campaigns.")
        nothing = EmptyState(
            "campaigns",
            "No campaigns yet.",
            "Begin one and take your time: it is kept as you write. Nothing is sent before it is approved."
            if presenter.may_draft
            else "They appear here once a colleague begins one.",
            ("Begin a campaign", self._on_new) if presenter.may_draft else None,
        )
        nothing.setObjectName("campaigns.nothing")
        if presenter.may_draft:
            nothing.action.setObjectName("campaigns.begin")
        self._lists.addWidget(nothing)
        self.table.on_activated(presenter.open)
        self.tabs.on_chosen(presenter.choose_tab)
        self.search.searched.connect(presenter.search)
        self.counters.on_chosen(lambda key: presenter.choose_status(CampaignStatus(key or "all")))
        presenter.show()

    def choose_status(self, status: CampaignStatus) -> None:
        """Come here with a counter pressed already."""
        self.counters.choose("" if status is CampaignStatus.ALL else status.value)
        if self._presenter is not None:
            self._presenter.choose_status(status)

    def refresh(self) -> None:
        self.model.refresh()
        if self._presenter is not None:
            self._presenter.count_again()

    def show_source(self, source: PageSource[CampaignRow], empty: str) -> None:
        self.table.set_empty_text(empty)
        self.model.show(source)

    def show_counters(self, counters: CampaignCounters) -> None:
        self.counters.show_numbers(
            {
                CampaignStatus.ACTIVE.value: counters.active,
                CampaignStatus.COMPLETED.value: counters.completed,
                CampaignStatus.PAUSED.value: counters.paused,
                CampaignStatus.DRAFT.value: counters.draft,
            }
        )

    def say_error(self, error: PrimoroError) -> None:
        self.notices.say_error(error)

    def _on_loaded(self) -> None:
        """Where there is nothing at all, the page says what one can do; a search that finds nothing is said
        in the table.
        """
        empty = self._presenter is not None and self._presenter.unfiltered and not self.model.count
        self._lists.setCurrentIndex(1 if empty else 0)

    def _on_new(self) -> None:
        if self._presenter is not None:
            self._presenter.new()


def _short_policy(row: CampaignRow) -> str:
    return POLICY_WORDS[row.channel_policy].split(",")[0]


def _amount(row: CampaignRow, amount: int) -> str:
    return f"{amount:,}" if row.recipients else ""
