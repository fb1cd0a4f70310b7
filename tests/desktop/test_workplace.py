"""The window before its rooms are loaded: what is on it already works, and stays as it is."""

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.account.cache_door import OpenCache
from primoro_campaigns.desktop.call.view import CallsPage
from primoro_campaigns.desktop.campaign.composer_view import ComposerPage
from primoro_campaigns.desktop.campaign.list_view import CampaignListPage
from primoro_campaigns.desktop.changes.view import ChangesPage
from primoro_campaigns.desktop.kit.theme import Scheme, TextSize
from primoro_campaigns.desktop.patient.file_view import PatientPage
from primoro_campaigns.desktop.reply.view import RepliesPage
from primoro_campaigns.desktop.routes import (
    CallsRoute,
    ChangesRoute,
    ComposerRoute,
    PatientRoute,
    Route,
    TeamRoute,
)
from primoro_campaigns.desktop.shell.account_button import Look
from primoro_campaigns.desktop.shell.workspace_bar import WorkspaceBar
from primoro_campaigns.desktop.sync.failure import UnreachableError
from primoro_campaigns.desktop.team.view import TeamPage
from primoro_campaigns.desktop.workplace import Connection, Equipment, Workplace
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.support.secrets import SessionSecrets
from tests.desktop.conftest import OpenReception, Threads
from tests.fakes.reception import Reception

PATIENCE_MS = 20_000
NOBODY = "http://127.0.0.1:9"
"""A port at which nothing listens."""


@pytest.fixture
def reception(open_reception: OpenReception, threads: Threads) -> Reception:
    return open_reception(threads.runner, threads.bridge.post)


@pytest.fixture
def workplace(threads: Threads, reception: Reception, clock: FixedClock) -> Iterator[Workplace]:
    """Open, and not started: what is loaded after the first paint is not there yet."""
    made = open_workplace(threads, reception, clock)
    yield made
    made.close()


@pytest.fixture
def administrators(threads: Threads, open_reception: OpenReception, clock: FixedClock) -> Iterator[Workplace]:
    """The same for somebody who may do everything."""
    rights = ROLE_RIGHTS[Role.ADMINISTRATOR]
    made = open_workplace(threads, open_reception(threads.runner, threads.bridge.post, rights), clock)
    yield made
    made.close()


def open_workplace(threads: Threads, reception: Reception, clock: FixedClock) -> Workplace:
    equipment = Equipment(
        clock=clock,
        post=threads.bridge.post,
        secrets=SessionSecrets(),
        monotonic=time.monotonic,
        crashed=threads.crashes.append,
        look=Look(Scheme.LIGHT, TextSize.NORMAL),
        looked=lambda _look: None,
    )
    connection = Connection(NOBODY, "device", "refresh", signed_in=None, own_server=None)
    made = Workplace(
        equipment, OpenCache(reception.database, lasting=True), reception.person, connection, lambda _: None
    )
    made.open()
    return made


def action(workplace: Workplace, name: str) -> QAction | None:
    found: QAction | None = workplace.window.findChild(QAction, name)
    return found


def buttons(window: QWidget) -> list[QToolButton]:
    """The workspace bar, in its order."""
    (bar,) = window.findChildren(WorkspaceBar)
    return [each for each in bar.findChildren(QToolButton) if each.isCheckable()]


def load(workplace: Workplace, qtbot: QtBot) -> None:
    """The second stage; it is over when the bar of the first is gone."""
    (first,) = workplace.window.findChildren(WorkspaceBar)
    with qtbot.waitSignal(first.destroyed, timeout=PATIENCE_MS):
        workplace.start()


def is_on(window: QWidget, kind: type[QWidget]) -> bool:
    return any(page.isVisible() for page in window.findChildren(kind))


@pytest.mark.parametrize(
    ("name", "kind"), [("campaigns", CampaignListPage), ("calls", CallsPage), ("replies", RepliesPage)]
)
def test_a_click_on_a_room_that_is_not_loaded_yet_leads_there(
    workplace: Workplace, name: str, kind: type[QWidget]
) -> None:
    button = workplace.window.findChild(QToolButton, f"shell.{name}")
    assert isinstance(button, QToolButton)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert is_on(workplace.window, kind)
    assert button.isChecked()


@pytest.mark.parametrize(
    ("route", "kind"),
    [
        (PatientRoute(PatientId("priya")), PatientPage),
        (ComposerRoute(), ComposerPage),
        (ChangesRoute(), ChangesPage),
        (TeamRoute(), TeamPage),
    ],
)
def test_what_is_reached_without_the_bar_is_there_before_the_rooms_are_loaded(
    workplace: Workplace, route: Route, kind: type[QWidget]
) -> None:
    workplace.window.go(route)
    assert is_on(workplace.window, kind)


def test_the_account_menu_leads_administrators_to_the_team(administrators: Workplace) -> None:
    team = action(administrators, "shell.team")
    assert team is not None
    team.trigger()
    (page,) = administrators.window.findChildren(TeamPage)
    assert page.isVisible()
    titles = [each.title for each in page.notices.notices()]
    assert titles in ([], [UnreachableError().title]), "there is no connection yet"


def test_who_may_not_change_users_is_not_led_there(workplace: Workplace) -> None:
    assert action(workplace, "shell.team") is None
    assert action(workplace, "shell.sign_out") is not None


def test_the_page_that_was_gone_to_stays_when_the_rooms_are_loaded(
    workplace: Workplace, qtbot: QtBot
) -> None:
    workplace.window.go(CallsRoute())
    (page,) = workplace.window.findChildren(CallsPage)
    load(workplace, qtbot)
    assert workplace.window.findChildren(CallsPage) == [page]
    assert page.isVisible()
    (button,) = [each for each in buttons(workplace.window) if each.objectName() == "shell.calls"]
    assert button.isChecked()


def test_the_bar_says_the_same_when_the_rooms_are_loaded(workplace: Workplace, qtbot: QtBot) -> None:
    def said() -> list[tuple[str, str, str, bool]]:
        return [
            (each.objectName(), each.text(), each.toolTip().rpartition("(")[2], each.isChecked())
            for each in buttons(workplace.window)
        ]

    before = said()
    assert [name for name, *_ in before] == [
        "shell.patients",
        "shell.campaigns",
        "shell.calls",
        "shell.replies",
    ]
    load(workplace, qtbot)
    assert said() == before
