"""Where the rows of a list come from, page by page and in an order. Qt-free."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

Row = TypeVar("Row")
RowOut = TypeVar("RowOut", covariant=True)
Key = TypeVar("Key", bound=str)


@dataclass(frozen=True)
class Order:
    """By which sort key (of a ``Column``), and which way."""

    key: str
    descending: bool = False


class PageSource(Protocol[RowOut]):
    """The rows of one search. Called on the runner's reading threads, never on the Qt thread."""

    def count(self) -> int: ...

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[RowOut]:
        """At most ``limit`` rows from ``offset`` on; ``order`` None is the source's own order."""
        ...


class ListSource(Generic[Row]):
    """A few rows that are in memory anyway. ``keys`` gives, per sort key, what to sort by."""

    def __init__(self, rows: Sequence[Row], keys: dict[str, Callable[[Row], Any]] | None = None) -> None:
        self._rows = tuple(rows)
        self._keys = keys or {}

    def count(self) -> int:
        return len(self._rows)

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[Row]:
        rows: Sequence[Row] = self._rows
        if order is not None:
            rows = sorted(rows, key=self._keys[order.key], reverse=order.descending)
        return rows[offset : offset + limit]


class LastRead(Generic[Row]):
    """A few rows in their own order, as last read: the table keeps its place when there are others."""

    def __init__(self) -> None:
        self.rows: tuple[Row, ...] = ()

    def count(self) -> int:
        return len(self.rows)

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[Row]:
        """``order`` is left aside."""
        del order
        return self.rows[offset : offset + limit]


class KeptSource(Generic[Row, Key]):
    """The pages of one filter, in the source's own order.

    ``also`` are rows to be listed though they left the filter: those that were worked on since it was
    chosen. So a row does not vanish under one's hands.
    """

    def __init__(
        self,
        count: Callable[[frozenset[Key]], int],
        page: Callable[[int, int, frozenset[Key]], Sequence[Row]],
    ) -> None:
        """``count(also)``, ``page(limit, offset, also)``."""
        self._count = count
        self._page = page
        self.also: frozenset[Key] = frozenset()

    def count(self) -> int:
        return self._count(self.also)

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[Row]:
        """``order`` is left aside."""
        del order
        return self._page(limit, offset, self.also)
