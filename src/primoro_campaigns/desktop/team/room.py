"""The page of the team, for the shell. It has no button in the bar: the account menu leads to it."""

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.context import Context
from primoro_campaigns.desktop.routes import Route, TeamRoute
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.team.presenter import TeamPresenter
from primoro_campaigns.desktop.team.view import TeamPage
from primoro_campaigns.desktop.work.page_runner import PageRunner


def create(context: Context) -> Room:
    """The room of those who work here."""

    def page_for(route: Route) -> QWidget | None:
        if not isinstance(route, TeamRoute):
            return None
        runner = PageRunner(context.runner)
        page = TeamPage(runner)
        page.bind(TeamPresenter(page, context.team, context.practice, runner, context.person))
        runner.follow(page)
        return page

    return Room("team", "Team", "", TeamRoute(), page_for)
