"""What changed: announced once after each write, heard by the screens that show it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Changes:
    """``rooms`` whose rows changed, and the ids that did; no ``ids`` means that any row may have."""

    rooms: frozenset[str]
    ids: frozenset[str] = frozenset()

    def touches(self, room: str, entity_id: str = "") -> bool:
        """Whether a screen on ``room`` (and on one entity of it, if named) has to look again."""
        return room in self.rooms and (not entity_id or not self.ids or entity_id in self.ids)


Listener = Callable[[Changes], None]


class Subscription:
    """Ends with ``close()``; closing twice does no harm."""

    def __init__(self, end: Callable[[], None]) -> None:
        self._end: Callable[[], None] | None = end

    def close(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end()


class Announcer:
    """Tells subscribers of changes on the screens' thread; ``announce`` may be called from any thread."""

    def __init__(self, post: Callable[[Callable[[], None]], None]) -> None:
        self._post = post
        self._listeners: dict[int, tuple[frozenset[str], Listener]] = {}
        self._next = 0

    def subscribe(self, listener: Listener, *rooms: str) -> Subscription:
        """Hear of changes in ``rooms`` (of all, if none is named). Call on the screens' thread."""
        self._next += 1
        number = self._next
        self._listeners[number] = (frozenset(rooms), listener)

        def end() -> None:
            self._listeners.pop(number, None)

        return Subscription(end)

    def announce(self, changes: Changes) -> None:
        self._post(lambda: self._tell(changes))

    def _tell(self, changes: Changes) -> None:
        for number, (rooms, listener) in list(self._listeners.items()):
            if number in self._listeners and (not rooms or rooms & changes.rooms):
                listener(changes)
