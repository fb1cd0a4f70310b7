"""The pages one has been to: where Back leads, and which pages are kept alive. Knows no widget's inside."""

from dataclasses import dataclass

from PySide6.QtWidgets import QStackedWidget, QWidget

from primoro_campaigns.desktop.routes import Route
from primoro_campaigns.desktop.shell.room import Room

DEEPEST = 20
"""How many steps back are remembered."""


@dataclass
class Visit:
    """A page one is on or came from."""

    room: Room
    route: Route
    page: QWidget


class Pages(QStackedWidget):
    """Each room's home page is made once and kept, with its search and scroll; others live while Back leads
    to them.
    """

    def __init__(self) -> None:
        super().__init__()
        self._homes: dict[str, Visit] = {}
        self._trail: list[Visit] = []

    @property
    def here(self) -> Visit | None:
        return self._trail[-1] if self._trail else None

    @property
    def can_go_back(self) -> bool:
        return len(self._trail) > 1

    def home(self, room: Room) -> None:
        """Go to the room's home page; the way back is forgotten."""
        self._leave_all()
        visit = self._homes.get(room.name)
        if visit is None:
            page = room.page_for(room.home)
            assert page is not None, f"{room.name} makes no home page"
            visit = Visit(room, room.home, page)
            self._homes[room.name] = visit
            self.addWidget(page)
        self._trail.append(visit)
        self._show(visit)

    def enter(self, room: Room, route: Route, page: QWidget) -> None:
        """Go on to another page."""
        visit = Visit(room, route, page)
        self.addWidget(page)
        self._trail.append(visit)
        if len(self._trail) > DEEPEST:
            self._drop(self._trail.pop(1))
        self._show(visit)

    def note(self, route: Route) -> None:
        """The present page shows something else now; Back from further on leads there."""
        if self._trail:
            self._trail[-1].route = route

    def back(self) -> None:
        """Return to the page before; at the beginning nothing happens."""
        if not self.can_go_back:
            return
        left = self._trail.pop()
        self._show(self._trail[-1])
        self._drop(left)

    def _leave_all(self) -> None:
        left, self._trail = self._trail, []
        for visit in left:
            visit.page.hide()
        for visit in left:
            self._drop(visit)

    def _drop(self, visit: Visit) -> None:
        if visit not in self._homes.values():
            self.removeWidget(visit.page)
            visit.page.deleteLater()

    def _show(self, visit: Visit) -> None:
        self.setCurrentWidget(visit.page)
        visit.page.show()
        visit.page.setFocus()
