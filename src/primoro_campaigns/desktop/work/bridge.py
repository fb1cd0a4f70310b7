"""The one bridge from working threads to the Qt thread."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from primoro_campaigns.desktop.work.changes import Subscription


class Bridge(QObject):
    """``post(f)`` runs ``f`` on the thread that made the bridge, in order. Hand ``post`` to the runner.

    Always queued, also when called on the Qt thread itself: what is posted never runs inside its caller.
    """

    _posted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, function: Callable[[], None]) -> None:
        self._posted.emit(function)

    @Slot(object)
    def _run(self, function: Callable[[], None]) -> None:
        function()


def close_with(owner: QObject, subscription: Subscription) -> None:
    """End a subscription when its screen is destroyed."""
    owner.destroyed.connect(lambda: subscription.close())
