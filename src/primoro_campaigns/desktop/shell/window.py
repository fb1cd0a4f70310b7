"""The main window: the workspace bar, the present page, notices over it, the status bar."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QMainWindow, QVBoxLayout, QWidget

from primoro_campaigns.desktop.kit.button import button
from primoro_campaigns.desktop.kit.dialog import Dialog
from primoro_campaigns.desktop.kit.label import label, row
from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.search_field import SearchField
from primoro_campaigns.desktop.kit.theme import TextRole
from primoro_campaigns.desktop.kit.token import GRID, Tone
from primoro_campaigns.desktop.routes import ChangesRoute, Route
from primoro_campaigns.desktop.shell.pages import Pages
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.shell.status_bar import StatusBar
from primoro_campaigns.desktop.shell.status_words import StatusLine
from primoro_campaigns.desktop.shell.workspace_bar import WorkspaceBar
from primoro_campaigns.desktop.work.bridge import close_with
from primoro_campaigns.desktop.work.progress import JobList
from primoro_campaigns.domain.errors import PrimoroError

TOLD_FOR_MS = 6000

SHORTCUTS: tuple[tuple[str, str], ...] = (
    ("Ctrl+1, Ctrl+2, …", "Go to a workspace"),
    ("Ctrl+F", "Search"),
    ("Ctrl+N", "New campaign"),
    ("Enter", "Open what is selected"),
    ("Alt+Left", "Back"),
    ("F5", "Sync now"),
    ("F1", "These shortcuts"),
)


class Window(QMainWindow):
    """A ``Navigator`` and the place of ``Notices``. ``closed`` is emitted once, when the window closes."""

    closed = Signal()

    def __init__(
        self,
        title: str,
        line: Callable[[], StatusLine],
        jobs: JobList,
        sync_now: Callable[[], None],
        new: Route | None = None,
        remedy: Callable[[], tuple[str, Callable[[], None]] | None] = lambda: None,
    ) -> None:
        """``line`` is what the status bar says now; ``new`` is where Ctrl+N leads; ``remedy`` is the button
        beside the standing notice, where there is something the person can do about it.
        """
        super().__init__()
        self.setWindowTitle(title)
        self.setMinimumSize(QSize(1024, 640))
        self.resize(1366, 768)
        self._line = line
        self._new = new
        self._remedy = remedy
        self._foot: QWidget | None = None
        self._standing: tuple[str, str, str] | None = None
        self._rooms: Sequence[Room] = ()
        self._bar: WorkspaceBar | None = None
        self._pages = Pages()
        self.notices = NoticeArea()
        self._back = button("&Back", self.back, role="quiet", icon_name="chevron-left")
        self._back.setObjectName("shell.back")
        self._back.setToolTip("Back (Alt+Left)")
        self._head = QWidget()
        head = row(self._back, None)
        head.setContentsMargins(4 * GRID, 2 * GRID, 4 * GRID, 0)
        self._head.setLayout(head)
        self._head.hide()
        over = QWidget()
        over_layout = QVBoxLayout(over)
        over_layout.setContentsMargins(6 * GRID, 2 * GRID, 6 * GRID, 0)
        over_layout.addWidget(self.notices)
        self._over = over
        over.hide()
        self._status = StatusBar(line, lambda: self.go(ChangesRoute()), jobs)
        self._side = row(gap=0)
        self._main = QVBoxLayout()
        self._main.setSpacing(0)
        self._main.addWidget(self._head)
        self._main.addWidget(over)
        self._main.addWidget(self._pages, 1)
        self._side.addLayout(self._main, 1)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(self._side, 1)
        whole.addWidget(self._status)
        centre = QWidget()
        centre.setLayout(whole)
        self.setCentralWidget(centre)
        self._make_shortcuts(sync_now)

    def set_foot(self, foot: QWidget) -> None:
        """What stands at the bottom of the workspace bar. Before ``furnish``."""
        self._foot = foot

    def furnish(self, rooms: Sequence[Room]) -> None:
        """Give the window its rooms, in the order of the bar.

        More may join later; those that are there stay.
        """
        self._rooms = tuple(rooms)
        old = self._bar
        self._bar = WorkspaceBar(self._rooms, self._pages_home, self._foot)
        self._side.insertWidget(0, self._bar)
        if old is not None:
            self._side.removeWidget(old)
            old.deleteLater()
        for number, room in enumerate(room for room in self._rooms if room.icon):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number + 1}"), self._bar)
            shortcut.activated.connect(lambda to=room: self._pages_home(to))
            if room.watch_counter is not None:
                bar = self._bar
                watched = room.watch_counter(
                    lambda count, name=room.name, bar=bar: bar.show_number(name, count)  # type: ignore[misc]  # the loop's own room
                )
                close_with(bar, watched)
        here = self._pages.here
        if here is not None:
            self._bar.choose(here.room.name)

    # Navigator

    def go(self, route: Route) -> None:
        """Go to a place. A room's home is one page that is kept; every other page is made afresh."""
        for room in self._rooms:
            if room.home == route:
                self._pages_home(room)
                return
        for room in self._rooms:
            page = room.page_for(route)
            if page is not None:
                self._pages.enter(room, route, page)
                self._arrived()
                return
        raise AssertionError(f"no room has a page for {type(route).__name__}")

    @property
    def page(self) -> QWidget | None:
        """Where one is."""
        return self._pages.currentWidget()

    def replace(self, route: Route) -> None:
        self._pages.note(route)

    def back(self) -> None:
        self._pages.back()
        self._arrived()

    # Notices

    def tell(self, words: str) -> None:
        """Something went well; the words go away by themselves."""
        notice = self.notices.say(Tone.SUCCESS, words, key="told")
        self._over.show()
        notice.closed.connect(self._fold_notices)
        QTimer.singleShot(TOLD_FOR_MS, notice, notice.close_notice)

    def problem(self, error: PrimoroError) -> None:
        """Something was refused; the words stay until the person closes them."""
        notice = self.notices.say_error(error, key=error.code)
        self._over.show()
        notice.closed.connect(self._fold_notices)

    def status_changed(self) -> None:
        """The sync's status is another: the status bar and the standing notice follow it."""
        self._status.look()
        title, advice = self._line().notice
        if title:
            remedy = self._remedy()
            said = (title, advice, "" if remedy is None else remedy[0])
            if said != self._standing:
                self.notices.say(Tone.WARNING, title, advice, action=remedy, key="status", closable=False)
            self._standing = said
            self._over.show()
        else:
            self._standing = None
            self.notices.take_away("status")
            self._fold_notices()

    # Inside

    def _pages_home(self, room: Room) -> None:
        self._pages.home(room)
        self._arrived()

    def _arrived(self) -> None:
        here = self._pages.here
        if here is not None and self._bar is not None:
            self._bar.choose(here.room.name)
        self._head.setVisible(self._pages.can_go_back)

    def _fold_notices(self) -> None:
        self._over.setVisible(bool(self.notices.notices()))

    def _make_shortcuts(self, sync_now: Callable[[], None]) -> None:
        for keys, act in (
            ("Alt+Left", self.back),
            ("F5", sync_now),
            ("Ctrl+F", self._on_search),
            ("F1", self.show_shortcuts),
            ("Ctrl+N", self._on_new),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(act)

    def _on_search(self) -> None:
        page = self.page
        field: QLineEdit | None = None if page is None else page.findChild(SearchField)
        if field is not None:
            field.setFocus(Qt.FocusReason.ShortcutFocusReason)
            field.selectAll()

    def _on_new(self) -> None:
        if self._new is not None:
            self.go(self._new)

    def show_shortcuts(self) -> None:
        """The keys that work everywhere."""
        table = QWidget()
        layout = QVBoxLayout(table)
        for keys, words in SHORTCUTS:
            name = label(keys, TextRole.STRONG)
            name.setMinimumWidth(150)
            layout.addLayout(row(name, label(words), None))
        dialog = Dialog("Keyboard shortcuts", table, self, ok="Close", width=420)
        dialog.cancel.hide()
        dialog.ask(lambda: None)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        if event.isAccepted():
            self.closed.emit()
