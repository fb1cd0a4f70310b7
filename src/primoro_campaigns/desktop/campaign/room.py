"""The room of campaigns: makes its pages, gives them their data, refreshes them after changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.campaign.cache import (
    AudienceCounting,
    Decided,
    DraftCache,
    ExplainCache,
    ResultsCache,
    ReviewCache,
    decided,
)
from primoro_campaigns.desktop.campaign.composer_presenter import Composer
from primoro_campaigns.desktop.campaign.composer_state import OpenDraft
from primoro_campaigns.desktop.campaign.composer_view import ComposerPage
from primoro_campaigns.desktop.campaign.explain import Explaining, became
from primoro_campaigns.desktop.campaign.explain_dialog import ExplainDialog
from primoro_campaigns.desktop.campaign.list_presenter import CampaignList
from primoro_campaigns.desktop.campaign.list_view import CampaignListPage
from primoro_campaigns.desktop.campaign.own_copy import OwnCopy
from primoro_campaigns.desktop.campaign.own_copy_view import OwnCopyView
from primoro_campaigns.desktop.campaign.results_presenter import CampaignResults
from primoro_campaigns.desktop.campaign.results_view import ResultsPage
from primoro_campaigns.desktop.campaign.review_presenter import CampaignReview
from primoro_campaigns.desktop.campaign.review_view import ReviewPage
from primoro_campaigns.desktop.campaign.trouble import show_trouble
from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.local.room import PENDING
from primoro_campaigns.desktop.local.room import Room as LocalRoom
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.routes import (
    CampaignsRoute,
    ComposerRoute,
    PatientRoute,
    PatientTab,
    ResultsRoute,
    ReviewRoute,
    Route,
)
from primoro_campaigns.desktop.shell.room import Count, Room
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.changes import Changes, Subscription
from primoro_campaigns.desktop.work.page_runner import PageRunner
from primoro_campaigns.desktop.work.runner import Lane
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.campaign.review import ReviewFacts
from primoro_campaigns.domain.delivery.policy import SendingPolicy
from primoro_campaigns.domain.ids import CampaignId, PatientId

_HERE = frozenset({Phase.CURRENT, Phase.SYNCING})
"""Phases in which the server answers, so that it can be asked to send."""


class CampaignPages:
    """Makes the page of each campaign route. Every page lives until the shell lets it go."""

    def __init__(self, context: Context) -> None:
        self._whole = context

    def page_for(self, route: Route) -> QWidget | None:
        """A page for a route of this room; None for any other."""
        runner = PageRunner(self._whole.runner)
        maker = _Pages(replace(self._whole, runner=runner))
        page: QWidget
        match route:
            case CampaignsRoute():
                page = maker.list_page(route)
            case ComposerRoute():
                page = maker.composer_page(route)
            case ReviewRoute():
                page = maker.review_page(route)
            case ResultsRoute():
                page = maker.results_page(route)
            case _:
                return None
        runner.follow(page)
        return page

    def watch_waiting(self, count: Count) -> Subscription:
        """How many campaigns wait for approval; only for those who may approve."""
        context = self._whole

        def look(_changes: Changes) -> None:
            if context.person.may(Right.APPROVE):
                context.runner.run(lambda _ticket: context.campaigns.waiting_for_approval(), count)

        subscription = context.changes.subscribe(look, LocalRoom.CAMPAIGN.value)
        look(Changes(frozenset()))
        return subscription


def create(context: Context) -> Room:
    """The room of campaigns, for the shell."""
    pages = CampaignPages(context)
    return Room("campaigns", "&Campaigns", "campaigns", CampaignsRoute(), pages.page_for, pages.watch_waiting)


class _Pages:
    """Makes pages whose reads end with them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._decided = Decided(SendingPolicy(), {})

    def list_page(self, route: CampaignsRoute) -> QWidget:
        context = self._context
        page = CampaignListPage(context.runner, self._when)
        presenter = CampaignList(
            page,
            context.campaigns,
            context.runner,
            context.navigator,
            may_draft=context.person.may(Right.DRAFT),
        )
        page.bind(presenter)
        page.choose_status(route.status)
        self._follow(page, lambda _changes: page.refresh(), LocalRoom.CAMPAIGN.value)
        self._follow(page, lambda _changes: show_trouble(context, page.notices), LocalRoom.PROVIDER.value)
        show_trouble(context, page.notices)
        return page

    def composer_page(self, route: ComposerRoute) -> QWidget:
        context = self._context
        page = ComposerPage(
            lambda campaign_id: context.navigator.go(ReviewRoute(CampaignId(campaign_id))), self._delete
        )
        drafts = DraftCache(context)
        counting = AudienceCounting(context, self._age)
        self._read_decided()
        composer = Composer(
            page,
            drafts,
            counting,
            context.runner,
            self._facts,
            lambda: f"{context.clock.now().astimezone():%H:%M}",
            (context.person.user_id, context.person.may(Right.MANAGE)),
            page.keep_soon,
            page.count_soon,
        )
        page.bind(composer)
        campaign_id = CampaignId(context.new_id()) if route.campaign_id is None else route.campaign_id
        context.runner.run(lambda _ticket: counting.choices(), page.offer, page.say_error)
        composer.start(campaign_id, is_new=route.campaign_id is None)
        if context.person.may(Right.MANAGE):
            asking = OwnCopyView(page, context.notices, page.show_own_copy_busy)
            copy = OwnCopy(asking, context.providers, context.trials, context.runner)
            asking.bind(copy)
            page.offer_own_copy(lambda: copy.begin(composer.state.content))

        def changed(changes: Changes) -> None:
            if changes.touches(LocalRoom.POLICY.value):
                self._read_decided()
            if changes.touches(LocalRoom.CAMPAIGN.value, campaign_id):
                context.runner.run(lambda _ticket: drafts.open(campaign_id), synced, page.say_error)
            elif not changes.touches(LocalRoom.CAMPAIGN.value):
                page.count_soon()

        def synced(draft: OpenDraft | None) -> None:
            composer.synced(draft)

        self._follow(
            page,
            changed,
            LocalRoom.CAMPAIGN.value,
            LocalRoom.PATIENT.value,
            LocalRoom.RESTRICTION.value,
            LocalRoom.PERMISSION.value,
            LocalRoom.POLICY.value,
        )
        page.destroyed.connect(composer.close)
        return page

    def review_page(self, route: ReviewRoute) -> QWidget:
        context = self._context

        def explain(patient_id: PatientId | None) -> None:
            self._explain(page, route.campaign_id, review.state.name, patient_id, review.said)

        page = ReviewPage(context.runner, explain)
        review = CampaignReview(
            page,
            ReviewCache(context),
            context.outbox,
            context.runner,
            may_approve=context.person.may(Right.APPROVE),
            online=lambda: context.sync.status.phase in _HERE,
            age=self._age,
            done=lambda campaign_id: context.navigator.go(ResultsRoute(campaign_id)),
            when=self._when,
        )
        zone = ZoneInfo(context.person.time_zone)
        tomorrow = datetime.combine(context.today() + timedelta(days=1), time(10), zone)
        page.bind(review, tomorrow, context.person.time_zone)
        review.open(route.campaign_id)

        def changed(changes: Changes) -> None:
            if changes.touches(LocalRoom.CAMPAIGN.value, route.campaign_id) or not changes.touches(
                LocalRoom.CAMPAIGN.value
            ):
                review.open(route.campaign_id)

        self._follow(
            page,
            changed,
            LocalRoom.CAMPAIGN.value,
            LocalRoom.RESTRICTION.value,
            LocalRoom.PERMISSION.value,
            LocalRoom.POLICY.value,
        )
        close_with(page, context.sync.subscribe(lambda _status: review.connection_changed()))
        page.destroyed.connect(review.close)
        return page

    def results_page(self, route: ResultsRoute) -> QWidget:
        context = self._context

        def said(patient_id: PatientId) -> str:
            return became(context.campaigns.recipients(route.campaign_id, patient_id), self._when)

        def explain(patient_id: PatientId | None) -> None:
            self._explain(page, route.campaign_id, results.state.name, patient_id, said)

        page = ResultsPage(
            context.runner,
            self._when,
            lambda each: context.navigator.go(PatientRoute(each.patient_id, PatientTab.CONTACTS)),
            lambda: context.navigator.go(ComposerRoute(route.campaign_id)),
            explain,
        )
        results = CampaignResults(
            page,
            ResultsCache(context),
            context.outbox,
            context.runner,
            route.campaign_id,
            may=context.person.may,
            online=lambda: context.sync.status.phase in _HERE,
            when=self._when,
            now=context.clock.now,
        )
        page.bind(results)
        self._follow(
            page,
            lambda _changes: results.refresh(),
            LocalRoom.CAMPAIGN.value,
            LocalRoom.RECIPIENT.value,
            LocalRoom.POLICY.value,
            PENDING,
        )
        return page

    def _explain(
        self,
        page: QWidget,
        campaign_id: CampaignId,
        name: str,
        patient_id: PatientId | None,
        said: Callable[[PatientId], str],
    ) -> None:
        """Ask about one patient, over the page."""
        context = self._context
        dialog = ExplainDialog(page, name)
        dialog.bind(Explaining(dialog, ExplainCache(context, campaign_id, said), context.runner))
        dialog.ask(lambda: None)
        dialog.explain(patient_id)

    def _follow(self, page: QWidget, changed: Callable[[Changes], None], *rooms: str) -> None:
        close_with(page, self._context.changes.subscribe(changed, *rooms))

    def _delete(self, campaign_id: str) -> None:
        context = self._context

        def write(_ticket: Ticket) -> None:
            found = context.campaigns.get(CampaignId(campaign_id))
            if found is not None:
                context.outbox.delete_draft(CampaignId(campaign_id), found.base_revision)

        def deleted(_none: None) -> None:
            context.notices.tell("The draft was deleted.")
            context.navigator.go(CampaignsRoute())

        context.runner.run(write, deleted, context.notices.problem, lane=Lane.WRITE)

    def _facts(self) -> ReviewFacts:
        return self._decided.facts(self._context)

    def _read_decided(self) -> None:
        """What is written is held against it; until it is read, against the defaults."""

        def take(found: Decided) -> None:
            self._decided = found

        context = self._context
        context.runner.run(lambda _ticket: decided(context), take, context.notices.problem)

    def _when(self, moment: datetime | None) -> str:
        return instant_words(moment, self._context.person.time_zone)

    def _age(self) -> str:
        return age_words(self._context.sync.status)


def age_words(status: SyncStatus) -> str:
    """How old the copy is that was counted; nothing while it is current."""
    if status.last_success_at is None:
        return "while this computer's copy is still being filled"
    if status.phase in _HERE:
        return ""
    return f"as of {status.last_success_at.astimezone():%H:%M}"
