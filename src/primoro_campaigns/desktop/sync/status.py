"""How fresh this computer's copy is, in a form that screens put into words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from primoro_campaigns.desktop.work.changes import Subscription


class Phase(StrEnum):
    """``OFFLINE``: the server cannot be reached. ``STUCK``: it can, but something needs the person."""

    STARTING = "starting"
    FILLING = "filling"
    SYNCING = "syncing"
    CURRENT = "current"
    OFFLINE = "offline"
    SIGNED_OUT = "signed_out"
    STUCK = "stuck"


@dataclass(frozen=True)
class SyncStatus:
    """``last_success_at`` is when the copy was last known complete; None before the first fill is done.

    ``done`` and ``total`` count the parts of a first fill. ``title`` and ``advice`` say what stands in the
    way, empty when nothing does. ``code`` is the problem's. ``clock_off_s`` is how far this computer's
    clock is ahead of the server's (negative: behind), told only beyond five minutes, else 0.
    """

    phase: Phase = Phase.STARTING
    last_success_at: datetime | None = None
    offline_since: datetime | None = None
    waiting: int = 0
    refused: int = 0
    done: int = 0
    total: int = 0
    title: str = ""
    advice: str = ""
    code: str = ""
    clock_off_s: int = 0

    @property
    def online(self) -> bool:
        """Whether what needs the server can be asked for now. A first attempt after a cut does not count
        yet.
        """
        return self.offline_since is None and self.phase in (Phase.FILLING, Phase.SYNCING, Phase.CURRENT)


class StatusSource(Protocol):
    """Subscribe on the screens' thread; the listener is called there, with the present status first."""

    @property
    def status(self) -> SyncStatus: ...

    def subscribe(self, listener: Callable[[SyncStatus], None]) -> Subscription: ...
