"""What the server said no to, kept in sight until the person has read it."""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from primoro_campaigns.desktop.kit.notice import NoticeArea
from primoro_campaigns.desktop.kit.token import Tone


class Refused(Protocol):
    """An act that was refused, and why."""

    @property
    def event_id(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def advice(self) -> str: ...


Act = TypeVar("Act", bound=Refused)


class Refusals:
    """One notice for each, in a ``NoticeArea`` that may have others too."""

    def __init__(self, notices: NoticeArea) -> None:
        self._notices = notices
        self._shown: set[str] = set()

    def show(self, refused: Iterable[Act], dismiss: Callable[[Act], None]) -> None:
        """Show exactly these; ``dismiss`` is called when the person has read one."""
        now: set[str] = set()
        for act in refused:
            now.add(act.event_id)
            if act.event_id not in self._shown:
                self._notices.say(
                    Tone.ERROR,
                    act.title,
                    act.advice,
                    action=("Dismiss", lambda given=act: dismiss(given)),  # type: ignore[misc]  # the loop's own act
                    key=act.event_id,
                    closable=False,
                )
        for key in self._shown - now:
            self._notices.take_away(key)
        self._shown = now
