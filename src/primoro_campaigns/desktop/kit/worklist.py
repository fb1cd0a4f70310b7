"""A list of work without its widgets: its filters, and the one row that somebody looks at. Qt-free."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from primoro_campaigns.desktop.kit.rows import KeptSource, Key, Row
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.errors import PrimoroError

State = TypeVar("State", bound=Hashable)
Read = TypeVar("Read")

ALL = "all"
"""The key of the filter that leaves nothing out."""


@dataclass(frozen=True)
class Filter(Generic[State]):
    """``empty`` is what stands in place of rows, and what one can do."""

    key: str
    words: str
    states: frozenset[State]
    empty: str


class Worklist(Generic[Row, Key]):
    """Which rows stay listed, and which reading still counts.

    The row that is looked at, and those that were worked on since the filter was chosen, stay listed though
    they leave it. ``failed`` is told of what could not be read.
    """

    def __init__(
        self, runner: Running, key: Callable[[Row], Key], failed: Callable[[PrimoroError], None]
    ) -> None:
        self._runner = runner
        self._key = key
        self._failed = failed
        self._source: KeptSource[Row, Key] | None = None
        self._worked_on: frozenset[Key] = frozenset()
        self._looking: Ticket | None = None
        self._counting: Ticket | None = None
        self.here: Key | None = None

    def show(self, source: KeptSource[Row, Key]) -> None:
        """Another filter was chosen; nothing has been worked on under it."""
        self._worked_on = frozenset()
        self._source = source

    def is_here(self, row: Row | None) -> bool:
        """Whether that row is the one that is looked at."""
        return row is not None and self._key(row) == self.here

    def go(self, row: Row | None) -> None:
        """Look at another row, or at none; a reading of the one before counts no more."""
        self.stop()
        self.stay(row)
        self.keep()

    def stay(self, row: Row | None) -> None:
        """The row as it was read last; None when it is gone."""
        self.here = None if row is None else self._key(row)

    def work_on(self, key: Key) -> None:
        self._worked_on |= {key}
        self.keep()

    def keep(self) -> None:
        """Before the list is read again."""
        if self._source is not None:
            self._source.also = self._worked_on | (frozenset() if self.here is None else {self.here})

    def stop(self) -> None:
        """What is being read about a row counts no more."""
        if self._looking is not None:
            self._looking.stop()
            self._looking = None

    def look(self, read: Callable[[Key], Read], take: Callable[[Read], None]) -> None:
        """Read about the row that is looked at; an older reading is given up."""
        here = self.here
        if here is None:
            return
        self.stop()

        def taken(found: Read) -> None:
            self._looking = None
            take(found)

        self._looking = self._runner.run(lambda _ticket: read(here), taken, self._failed)

    def count(
        self,
        by_state: Callable[[], Mapping[State, int]],
        filters: Sequence[Filter[State]],
        show: Callable[[Mapping[str, int]], None],
    ) -> None:
        """Tell how many rows each filter has; an older count is given up."""
        if self._counting is not None:
            self._counting.stop()

        def counted(found: Mapping[State, int]) -> None:
            self._counting = None
            show({each.key: sum(found.get(state, 0) for state in each.states) for each in filters})

        self._counting = self._runner.run(lambda _ticket: by_state(), counted, self._failed)

    def write(
        self,
        act: Callable[[], object],
        done: Callable[[], None] = lambda: None,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        """Record something on the writing thread. ``failed`` comes before the error is told."""

        def write(_ticket: Ticket) -> None:
            act()

        def not_written(error: PrimoroError) -> None:
            failed()
            self._failed(error)

        self._runner.run(write, lambda _none: done(), not_written, lane=Lane.WRITE)
