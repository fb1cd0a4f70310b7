"""The page of the providers, for the shell. It has no button in the bar: the account menu leads to it."""

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.local.room import Room as LocalRoom
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.routes import Route, SendingRoute
from primoro_campaigns.desktop.sending.presenter import SendingPresenter
from primoro_campaigns.desktop.sending.view import SendingPage
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.page_runner import PageRunner


def create(context: Context) -> Room:
    """The room of what carries the messages."""

    def page_for(route: Route) -> QWidget | None:
        if not isinstance(route, SendingRoute):
            return None
        runner = PageRunner(context.runner)
        page = SendingPage(runner)
        presenter = SendingPresenter(
            page,
            context.providers,
            context.trials,
            runner,
            lambda moment: instant_words(moment, context.person.time_zone),
        )
        page.bind(presenter)
        heard = context.changes.subscribe(lambda _changes: presenter.refresh(), LocalRoom.PROVIDER.value)
        close_with(page, heard)
        runner.follow(page)
        return page

    return Room("sending", "Sending", "", SendingRoute(), page_for)
