"""The room of calls: makes its page, gives it its data, refreshes it after changes."""

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop import late
from primoro_campaigns.desktop.call.listed import Ends
from primoro_campaigns.desktop.call.presenter import CallsPresenter
from primoro_campaigns.desktop.call.view import CallsPage
from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.local.room import PENDING
from primoro_campaigns.desktop.local.room import Room as LocalRoom
from primoro_campaigns.desktop.routes import CallsRoute, Route
from primoro_campaigns.desktop.shell.room import Count, Room
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.changes import Changes, Subscription
from primoro_campaigns.desktop.work.page_runner import PageRunner
from primoro_campaigns.domain.ids import CampaignId


class CallPages:
    """Makes the page of calls. It lives until the shell lets it go."""

    def __init__(self, context: Context) -> None:
        self._whole = context

    def page_for(self, route: Route) -> QWidget | None:
        """A page for a route of this room; None for any other."""
        if not isinstance(route, CallsRoute):
            return None
        runner = PageRunner(self._whole.runner)
        context = replace(self._whole, runner=runner)
        page = CallsPage(runner, context.person.time_zone)
        presenter = CallsPresenter(
            page,
            context.calls,
            context.patients,
            context.outbox,
            runner,
            context.navigator,
            context.person,
            Ends(context.practice, lambda number: late.as_dialled(number, context.person.country)),
            lambda campaign_id: _campaign_name(context, campaign_id),
            context.today,
            context.notices.tell,
        )
        page.bind(presenter)
        presenter.show()
        close_with(
            page,
            context.changes.subscribe(
                lambda _changes: presenter.refresh(), LocalRoom.CALL.value, LocalRoom.PATIENT.value, PENDING
            ),
        )
        runner.follow(page)
        return page

    def watch_waiting(self, count: Count) -> Subscription:
        """How many calls somebody still has to look at."""
        context = self._whole
        runner = PageRunner(context.runner)

        def look(_changes: Changes) -> None:
            runner.run(lambda _ticket: context.calls.waiting(), count)

        heard = context.changes.subscribe(look, LocalRoom.CALL.value)
        look(Changes(frozenset()))

        def end() -> None:
            heard.close()
            runner.close()

        return Subscription(end)


def create(context: Context) -> Room:
    """The room of calls, for the shell."""
    pages = CallPages(context)
    return Room("calls", "C&alls", "calls", CallsRoute(), pages.page_for, pages.watch_waiting)


def _campaign_name(context: Context, campaign_id: CampaignId) -> str:
    """Empty when the campaign is not, or no longer, on this computer."""
    found = context.campaigns.get(campaign_id)
    return "" if found is None else found.row.name
