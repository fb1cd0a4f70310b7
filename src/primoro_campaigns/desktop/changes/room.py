"""The list of waiting changes, for the shell. It has no button: the status bar leads to it."""

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.changes.presenter import ChangesPresenter
from primoro_campaigns.desktop.changes.view import ChangesPage
from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.local.room import PENDING
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.routes import ChangesRoute, Route
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.page_runner import PageRunner


def create(context: Context) -> Room:
    """The room of what waits for the server."""

    def page_for(route: Route) -> QWidget | None:
        if not isinstance(route, ChangesRoute):
            return None
        runner = PageRunner(context.runner)
        page = ChangesPage(runner)
        presenter = ChangesPresenter(
            page,
            context.outbox,
            runner,
            context.navigator,
            lambda event: instant_words(event.made_at, context.person.time_zone),
        )
        page.bind(presenter)
        close_with(page, context.changes.subscribe(lambda _changes: presenter.refresh(), PENDING))
        runner.follow(page)
        return page

    return Room("changes", "Waiting changes", "", ChangesRoute(), page_for)
