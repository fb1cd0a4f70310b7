"""The window: rooms on the bar, pages with a way back, notices, keys."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.search_field import SearchField
from primoro_campaigns.desktop.kit.token import Tone
from primoro_campaigns.desktop.routes import (
    CampaignsRoute,
    ChangesRoute,
    ComposerRoute,
    PatientRoute,
    PatientsRoute,
    Route,
)
from primoro_campaigns.desktop.shell.room import Count, Room
from primoro_campaigns.desktop.shell.status_words import StatusLine
from primoro_campaigns.desktop.shell.window import Window
from primoro_campaigns.desktop.work.changes import Subscription
from primoro_campaigns.desktop.work.progress import JobList
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId


class Made:
    """Rooms that note which pages they made."""

    def __init__(self) -> None:
        self.pages: list[Route] = []
        self.counters: dict[str, Count] = {}
        self.closed = 0

    def room(self, name: str, home: Route, icon: str, *kinds: type) -> Room:
        def page_for(route: Route) -> QWidget | None:
            if not isinstance(route, (type(home), *kinds)):
                return None
            self.pages.append(route)
            page = QWidget()
            layout = QVBoxLayout(page)
            layout.addWidget(QLabel(name))
            layout.addWidget(SearchField("Search", ""))
            return page

        def watch(count: Count) -> Subscription:
            self.counters[name] = count
            return Subscription(self._note_closed)

        return Room(name, f"&{name.title()}", icon, home, page_for, watch)

    def _note_closed(self) -> None:
        self.closed += 1


class Desk:
    def __init__(self, qtbot: QtBot) -> None:
        self.made = Made()
        self.line = StatusLine("Up to date, just now", "online", Tone.SUCCESS)
        self.synced = 0
        self.window = Window(
            "Primoro Campaigns", lambda: self.line, JobList(lambda: 0.0), self._sync, ComposerRoute()
        )
        qtbot.addWidget(self.window)
        self.window.furnish(
            [
                self.made.room("patients", PatientsRoute(), "patients", PatientRoute),
                self.made.room("campaigns", CampaignsRoute(), "campaigns", ComposerRoute),
                self.made.room("changes", ChangesRoute(), ""),
            ]
        )
        self.window.show()
        self.window.go(PatientsRoute())

    def _sync(self) -> None:
        self.synced += 1

    def child(self, kind: type[QWidget], name: str) -> QWidget:
        found: QWidget | None = self.window.findChild(kind, name)
        assert found is not None
        return found


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk(qtbot)
    yield desk
    desk.window.close()


def test_keys_switch_workspaces_and_the_home_page_is_kept(desk: Desk) -> None:
    desk.window.activateWindow()
    QTest.keySequence(desk.window, QKeySequence("Ctrl+2"))
    QTest.keySequence(desk.window, QKeySequence("Ctrl+1"))
    assert desk.made.pages == [PatientsRoute(), CampaignsRoute()], "each home page is made once"


def test_back_leads_to_where_one_came_from(desk: Desk) -> None:
    desk.window.go(PatientRoute(PatientId("p1")))
    back = desk.child(QPushButton, "shell.back")
    assert back.isVisible()
    QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    assert not back.isVisible()
    assert desk.made.pages == [PatientsRoute(), PatientRoute(PatientId("p1"))]


def test_a_counter_is_said_and_shown(desk: Desk) -> None:
    desk.made.counters["campaigns"](7)
    button = desk.child(QToolButton, "shell.campaigns")
    assert button.accessibleName() == "Campaigns, 7 waiting"
    desk.made.counters["campaigns"](0)
    assert button.accessibleName() == "Campaigns"


def test_a_room_without_an_icon_has_no_button_but_can_be_gone_to(desk: Desk) -> None:
    assert desk.window.findChild(QToolButton, "shell.changes") is None
    desk.window.go(ChangesRoute())
    assert ChangesRoute() in desk.made.pages


def test_a_problem_stays_until_it_is_closed(desk: Desk) -> None:
    desk.window.problem(PrimoroError("The disk is full.", "Make room, then try again.", "cache.disk_full"))
    (notice,) = desk.window.notices.notices()
    assert (notice.title, notice.advice) == ("The disk is full.", "Make room, then try again.")
    notice.close_notice()
    assert desk.window.notices.notices() == ()


def test_a_standing_notice_goes_when_its_reason_does(desk: Desk) -> None:
    desk.line = StatusLine("…", "warning", Tone.ERROR, "", ("The server is newer.", "Update this program."))
    desk.window.status_changed()
    assert desk.window.notices.notices()[0].title == "The server is newer."
    desk.line = StatusLine("Up to date", "online", Tone.SUCCESS)
    desk.window.status_changed()
    assert desk.window.notices.notices() == ()


def test_waiting_changes_are_a_press_away(desk: Desk) -> None:
    desk.line = StatusLine("Offline", "offline", Tone.WARNING, "3 changes wait")
    desk.window.status_changed()
    QTest.mouseClick(desk.child(QPushButton, "shell.waiting"), Qt.MouseButton.LeftButton)
    assert desk.made.pages[-1] == ChangesRoute()


@pytest.mark.parametrize(
    ("keys", "done"),
    [
        ("F5", lambda desk: desk.synced == 1),
        ("Ctrl+N", lambda desk: desk.made.pages[-1] == ComposerRoute()),
        ("Ctrl+F", lambda desk: isinstance(desk.window.focusWidget(), QLineEdit)),
    ],
)
def test_keys(desk: Desk, qtbot: QtBot, keys: str, done: Callable[[Desk], bool]) -> None:
    with qtbot.waitActive(desk.window):
        desk.window.activateWindow()
    QTest.keySequence(desk.window, QKeySequence(keys))
    assert done(desk)


def test_rooms_may_join_later_and_old_counters_are_let_go(desk: Desk) -> None:
    rooms = [
        desk.made.room("patients", PatientsRoute(), "patients", PatientRoute),
        desk.made.room("calls", CampaignsRoute(), "calls"),
    ]
    desk.window.furnish(rooms)
    assert desk.window.findChild(QToolButton, "shell.calls") is not None
