"""What the shell does for a page: it shows the sync's status, goes places, and says things over the page."""

from collections.abc import Callable
from dataclasses import dataclass, field

from primoro_campaigns.desktop.routes import Route
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus
from primoro_campaigns.desktop.work.changes import Subscription
from primoro_campaigns.domain.errors import PrimoroError


class StatusBoard:
    """The sync status, as the test sets it."""

    def __init__(self) -> None:
        self.status = SyncStatus(phase=Phase.CURRENT)
        self._listeners: list[Callable[[SyncStatus], None]] = []

    def subscribe(self, listener: Callable[[SyncStatus], None]) -> Subscription:
        self._listeners.append(listener)
        listener(self.status)
        return Subscription(lambda: self._listeners.remove(listener))

    def say(self, status: SyncStatus) -> None:
        self.status = status
        for listener in list(self._listeners):
            listener(status)

    @property
    def listeners(self) -> int:
        return len(self._listeners)


@dataclass
class Footsteps:
    """Where the person asked to go."""

    gone: list[Route] = field(default_factory=list)
    noted: list[Route] = field(default_factory=list)
    backs: int = 0

    def go(self, route: Route) -> None:
        self.gone.append(route)

    def replace(self, route: Route) -> None:
        self.noted.append(route)

    def back(self) -> None:
        self.backs += 1


@dataclass
class NoticeBoard:
    """What was said over the page."""

    told: list[str] = field(default_factory=list)
    problems: list[PrimoroError] = field(default_factory=list)

    def tell(self, words: str) -> None:
        self.told.append(words)

    def problem(self, error: PrimoroError) -> None:
        self.problems.append(error)
