"""What a room tells the shell: its place on the workspace bar, and how to make its pages."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop.routes import Route
from primoro_campaigns.desktop.work.changes import Subscription

Count = Callable[[int], None]


@dataclass(frozen=True)
class Room:
    """``page_for`` makes a page for a route of this room, and gives None for any other route.

    ``name`` is the object name of its button ("patients" is ``shell.patients``), ``title`` carries the
    mnemonic.
    A room without ``icon`` has no button. ``watch_counter`` calls its argument with the number of things that
    wait for somebody, now and whenever it changes.
    """

    name: str
    title: str
    icon: str
    home: Route
    page_for: Callable[[Route], QWidget | None]
    watch_counter: Callable[[Count], Subscription] | None = None
