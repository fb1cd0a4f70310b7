"""What is there as soon as somebody works here: the window's rooms are made from it, later."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.colleague import Team
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.routes import Route
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.shell.window import Window
from primoro_campaigns.desktop.sync.status import StatusSource
from primoro_campaigns.desktop.trial import Trials
from primoro_campaigns.desktop.work.changes import Announcer, Changes
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.support.clock import Clock

if TYPE_CHECKING:
    from primoro_campaigns.desktop.context import Context


@dataclass(frozen=True)
class Given:
    """``recorded`` is told of each act of the person, on the writing thread."""

    person: SignedInPerson
    clock: Clock
    runner: Running
    changes: Announcer
    window: Window
    database: Database
    sync: StatusSource
    sync_now: Callable[[], None]
    trials: Trials
    team: Team
    recorded: Callable[[Changes], None]


class Rooms(Protocol):
    """``rooms.Rooms``."""

    context: "Context"

    def beside(self, campaigns: Room) -> list[Room]:
        """All rooms in the order of the bar; that of campaigns is made elsewhere."""
        ...

    def page_for(self, name: str, route: Route) -> QWidget | None:
        """A page of the room of this name; None where it has none for the route."""
        ...


class RoomsModule(Protocol):
    """``rooms.py``."""

    def open_rooms(self, given: Given) -> Rooms: ...
