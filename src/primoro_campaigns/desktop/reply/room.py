"""The room of replies: makes its page, gives it its data, refreshes it after changes."""

from dataclasses import replace
from typing import Protocol

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop import late
from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.local.room import PENDING
from primoro_campaigns.desktop.local.room import Room as LocalRoom
from primoro_campaigns.desktop.reply.presenter import RepliesPresenter
from primoro_campaigns.desktop.reply.unread_mail import show_unread_mail
from primoro_campaigns.desktop.reply.view import RepliesPage
from primoro_campaigns.desktop.routes import RepliesRoute, Route
from primoro_campaigns.desktop.shell.room import Count, Room
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.changes import Changes, Subscription
from primoro_campaigns.desktop.work.page_runner import PageRunner
from primoro_campaigns.domain.ids import CampaignId, PatientId


class Questions(Protocol):
    """What is asked when a reply says no; the room of consent answers."""

    def open_restrictions(self, over: QWidget, patient_id: PatientId) -> None: ...


class ReplyPages:
    """Makes the page of replies. It lives until the shell lets it go."""

    def __init__(self, context: Context, questions: Questions) -> None:
        self._whole = context
        self._questions = questions

    def page_for(self, route: Route) -> QWidget | None:
        """A page for a route of this room; None for any other."""
        if not isinstance(route, RepliesRoute):
            return None
        runner = PageRunner(self._whole.runner)
        context = replace(self._whole, runner=runner)
        page = RepliesPage(runner, context.person.time_zone, self._questions.open_restrictions)
        presenter = RepliesPresenter(
            page,
            context.replies,
            context.outbox,
            runner,
            context.navigator,
            context.person,
            lambda number: late.as_dialled(number, context.person.country),
            lambda campaign_id: _campaign_name(context, campaign_id),
        )
        page.bind(presenter)
        presenter.show()
        show_unread_mail(context, page.notices)
        close_with(
            page,
            context.changes.subscribe(
                lambda _changes: show_unread_mail(context, page.notices), LocalRoom.PROVIDER.value
            ),
        )
        close_with(
            page,
            context.changes.subscribe(
                lambda _changes: presenter.refresh(),
                LocalRoom.REPLY.value,
                LocalRoom.PATIENT.value,
                PENDING,
            ),
        )
        runner.follow(page)
        return page

    def watch_unread(self, count: Count) -> Subscription:
        """How many replies somebody still has to read."""
        context = self._whole
        runner = PageRunner(context.runner)

        def look(_changes: Changes) -> None:
            runner.run(lambda _ticket: context.replies.unread(), count)

        heard = context.changes.subscribe(look, LocalRoom.REPLY.value)
        look(Changes(frozenset()))

        def end() -> None:
            heard.close()
            runner.close()

        return Subscription(end)


def create(context: Context, questions: Questions) -> Room:
    """The room of replies, for the shell."""
    pages = ReplyPages(context, questions)
    return Room("replies", "Repl&ies", "replies", RepliesRoute(), pages.page_for, pages.watch_unread)


def _campaign_name(context: Context, campaign_id: CampaignId) -> str:
    """Empty when the campaign is not, or no longer, on this computer."""
    found = context.campaigns.get(campaign_id)
    return "" if found is None else found.row.name
