"""Carries the engine's status to the screens."""

from collections.abc import Callable

from primoro_campaigns.desktop.sync.status import SyncStatus
from primoro_campaigns.desktop.work.changes import Subscription

Listener = Callable[[SyncStatus], None]


class StatusBoard:
    """``sync.status.StatusSource``. ``put`` from any thread; everything else on the screens' thread."""

    def __init__(self, post: Callable[[Callable[[], None]], None], status: SyncStatus) -> None:
        self._post = post
        self._status = status
        self._listeners: dict[int, Listener] = {}
        self._next = 0

    @property
    def status(self) -> SyncStatus:
        return self._status

    def put(self, status: SyncStatus) -> None:
        self._post(lambda: self._show(status))

    def subscribe(self, listener: Listener) -> Subscription:
        self._next += 1
        number = self._next
        self._listeners[number] = listener
        listener(self._status)
        return Subscription(lambda: self._listeners.pop(number, None) and None)

    def _show(self, status: SyncStatus) -> None:
        self._status = status
        for number, listener in list(self._listeners.items()):
            if number in self._listeners:
                listener(status)
