"""The list of campaigns without its widgets."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from primoro_campaigns.desktop.kit.rows import Order, PageSource
from primoro_campaigns.desktop.local.campaigns import CampaignCounters, CampaignFilter, CampaignRow
from primoro_campaigns.desktop.routes import (
    CampaignStatus,
    ComposerRoute,
    Navigator,
    ResultsRoute,
    ReviewRoute,
)
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.campaign.model import ACTIVE, Kind, State
from primoro_campaigns.domain.errors import PrimoroError

ONE_OFF = "one_off"
ONGOING = "ongoing"
TABS: Mapping[str, frozenset[Kind]] = {
    ONE_OFF: frozenset({Kind.ONE_OFF, Kind.NEWSLETTER}),
    ONGOING: frozenset({Kind.ONGOING, Kind.JOURNEY}),
}

_STATES: Mapping[CampaignStatus, frozenset[State]] = {
    CampaignStatus.ALL: frozenset(State),
    CampaignStatus.ACTIVE: ACTIVE,
    CampaignStatus.COMPLETED: frozenset({State.COMPLETED}),
    CampaignStatus.PAUSED: frozenset({State.PAUSED}),
    CampaignStatus.DRAFT: frozenset({State.DRAFT, State.PENDING_APPROVAL}),
}


class CampaignLists(Protocol):
    def page(
        self,
        wanted: CampaignFilter,
        limit: int,
        offset: int = 0,
        sort: str = "updated",
        descending: bool = True,
    ) -> Sequence[CampaignRow]: ...

    def count(self, wanted: CampaignFilter) -> int: ...

    def counters(self, wanted: CampaignFilter) -> CampaignCounters: ...


class ListView(Protocol):
    def show_source(self, source: PageSource[CampaignRow], empty: str) -> None: ...

    def show_counters(self, counters: CampaignCounters) -> None: ...

    def say_error(self, error: PrimoroError) -> None: ...


class CampaignSource:
    """The pages of one filter, read from the cache in the order asked for."""

    def __init__(self, campaigns: CampaignLists, wanted: CampaignFilter) -> None:
        self._campaigns = campaigns
        self._wanted = wanted

    def count(self) -> int:
        return self._campaigns.count(self._wanted)

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[CampaignRow]:
        if order is None:
            return self._campaigns.page(self._wanted, limit, offset)
        return self._campaigns.page(self._wanted, limit, offset, order.key, order.descending)


class CampaignList:
    """Which campaigns are listed, and where a chosen one leads."""

    def __init__(
        self,
        view: ListView,
        campaigns: CampaignLists,
        runner: Running,
        navigator: Navigator,
        *,
        may_draft: bool,
    ) -> None:
        self._view = view
        self._campaigns = campaigns
        self._runner = runner
        self._navigator = navigator
        self.may_draft = may_draft
        self._wanted = CampaignFilter(kinds=TABS[ONE_OFF])
        self.status = CampaignStatus.ALL

    def show(self) -> None:
        self._refill()

    @property
    def unfiltered(self) -> bool:
        """Nothing narrows the list that one sees at first."""
        return self._wanted == CampaignFilter(kinds=TABS[ONE_OFF])

    def choose_tab(self, tab: str) -> None:
        self._want(replace(self._wanted, kinds=TABS[tab]))

    def choose_status(self, status: CampaignStatus) -> None:
        self.status = status
        self._want(replace(self._wanted, states=_STATES[status]))

    def search(self, text: str) -> None:
        self._want(replace(self._wanted, text=text))

    def open(self, row: CampaignRow) -> None:
        """Drafts are edited, what waits for approval is reviewed, everything else shows its results."""
        if row.state is State.DRAFT and not row.asked:
            self._navigator.go(ComposerRoute(row.campaign_id))
        elif row.state is State.PENDING_APPROVAL and not row.asked:
            self._navigator.go(ReviewRoute(row.campaign_id))
        else:
            self._navigator.go(ResultsRoute(row.campaign_id))

    def new(self) -> None:
        self._navigator.go(ComposerRoute())

    def count_again(self) -> None:
        """The counters follow the filter; they are read again after every change."""
        wanted = self._wanted

        def read(_ticket: Ticket) -> CampaignCounters:
            return self._campaigns.counters(wanted)

        self._runner.run(read, self._view.show_counters, self._view.say_error)

    def _want(self, wanted: CampaignFilter) -> None:
        if wanted != self._wanted:
            self._wanted = wanted
            self._refill()

    def _refill(self) -> None:
        self._view.show_source(CampaignSource(self._campaigns, self._wanted), self._empty_words())
        self.count_again()

    def _empty_words(self) -> str:
        if self._wanted.text:
            return "No campaign with these words in its name. Try fewer letters, or clear the search."
        if self.status is not CampaignStatus.ALL:
            return "No campaign here at the moment. Press the counter again to see all of them."
        if self._wanted.kinds == TABS[ONGOING]:
            return "No ongoing campaigns. One-off campaigns are on the other tab."
        return "No campaigns yet. Press “New campaign” to begin one; nothing is sent before it is approved."
