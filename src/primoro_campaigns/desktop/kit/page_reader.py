"""Reads the pages of a list that somebody looks at, one after the other, and holds the last few. Qt-free."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from primoro_campaigns.desktop.kit.rows import Order, PageSource
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.errors import PrimoroError

Row = TypeVar("Row")

PAGE = 100
"""Rows that are read at once."""
HELD_PAGES = 12
_WISHES = 3

Page = tuple[Row, ...]


@dataclass(frozen=True)
class Load(Generic[Row]):
    """What stands in place of all that was read before. ``from_top``: it is another search or order."""

    count: int
    pages: Mapping[int, Page[Row]]
    from_top: bool


class Reader(Protocol[Row]):
    """Who is read for; called on the screens' thread."""

    def needed_pages(self) -> set[int]:
        """The pages that are on the screen, or hold a selected row."""
        ...

    def take(self, load: Load[Row]) -> None:
        """Show these rows; the reader's ``pages`` are still the old ones, until ``hold`` is called."""
        ...

    def take_page(self, number: int) -> bool:
        """A page more is among ``pages``; False when it is not as long as it should be."""
        ...

    def reading_failed(self, error: PrimoroError) -> None: ...

    def reading_changed(self) -> None: ...


class PageReader(Generic[Row]):
    """``later`` calls a function once the present work on the screens' thread is done."""

    def __init__(
        self, runner: Running, reader: Reader[Row], later: Callable[[Callable[[], None]], None]
    ) -> None:
        self._runner = runner
        self._reader = reader
        self._later = later
        self._source: PageSource[Row] | None = None
        self._wanted: list[int] = []
        self._unreadable: set[int] = set()
        self._fetching: Ticket | None = None
        self._loading: Ticket | None = None
        self._again = False
        self._pages: OrderedDict[int, Page[Row]] = OrderedDict()
        self.order: Order | None = None

    @property
    def loading(self) -> bool:
        """The rows of a search, or those on the screen after a change, are on their way."""
        return self._loading is not None

    @property
    def pages(self) -> Mapping[int, Page[Row]]:
        return self._pages

    def row_at(self, row: int) -> Row | None:
        """The row, or None while its page has not been read."""
        page = self._pages.get(row // PAGE)
        offset = row % PAGE
        return page[offset] if page is not None and offset < len(page) else None

    def looked_at(self, row: int) -> None:
        """The page of this row is the last to be let go."""
        self._pages.move_to_end(row // PAGE)

    def show(self, source: PageSource[Row], *, from_top: bool = True) -> None:
        """Read another search, from the top; or, not ``from_top``, the same search where one is."""
        self._source = source
        self._load(from_top=from_top)

    def sort(self, order: Order | None) -> None:
        if order != self.order:
            self.order = order
            self._load(from_top=True)

    def refresh(self) -> None:
        """Read again what is needed; while that is being done already, once more after it."""
        if self._loading is not None:
            self._again = True
        else:
            self._load(from_top=False)

    def want(self, number: int) -> None:
        """Read a page soon. While one is being read, only the latest few wishes are kept: a fast scroll over
        a long list reads where it stops, not everything it passed. A page that could not be read is not asked
        for again before the list is, or each repaint would fail again.
        """
        if number in self._unreadable:
            return
        if number in self._wanted:
            self._wanted.remove(number)
        self._wanted.append(number)
        del self._wanted[:-_WISHES]
        if self._fetching is None and self._loading is None:
            self._later(self._fetch_next)

    def hold(self, pages: Mapping[int, Page[Row]]) -> None:
        """Forget all pages but these."""
        self._pages = OrderedDict(pages)

    def _load(self, *, from_top: bool) -> None:
        source, order = self._source, self.order
        if source is None:
            return
        if self._loading is not None:
            self._loading.stop()
        if self._fetching is not None:
            self._fetching.stop()
            self._fetching = None
        self._wanted.clear()
        self._unreadable.clear()
        self._again = False
        numbers = {0} if from_top else self._reader.needed_pages() | {0}
        if not from_top:
            # A row may move over the edge of its page when others come or go: its neighbours are read too.
            numbers |= {number + step for number in numbers for step in (-1, 1) if number + step >= 0}

        def job(ticket: Ticket) -> Load[Row]:
            count = source.count()
            pages: dict[int, Page[Row]] = {}
            for number in sorted(numbers):
                ticket.raise_if_stopped()
                if number * PAGE < count:
                    pages[number] = tuple(source.fetch(number * PAGE, PAGE, order))
            return Load(count, pages, from_top)

        self._loading = self._runner.run(job, self._take, self._on_failed)
        self._reader.reading_changed()

    def _take(self, load: Load[Row]) -> None:
        self._loading = None
        again = self._again
        self._reader.take(load)
        if again:
            self.refresh()

    def _on_failed(self, error: PrimoroError) -> None:
        self._loading = None
        self._fetching = None
        self._wanted.clear()
        self._reader.reading_changed()
        self._reader.reading_failed(error)

    def _fetch_next(self) -> None:
        source, order = self._source, self.order
        if source is None or self._fetching is not None or self._loading is not None or not self._wanted:
            return
        number = self._wanted.pop()
        if number in self._pages:
            self._fetch_next()
            return

        def job(_ticket: Ticket) -> Sequence[Row]:
            return source.fetch(number * PAGE, PAGE, order)

        def failed(error: PrimoroError) -> None:
            self._unreadable.add(number)
            self._on_failed(error)

        self._fetching = self._runner.run(job, lambda rows: self._take_page(number, tuple(rows)), failed)

    def _take_page(self, number: int, page: Page[Row]) -> None:
        self._fetching = None
        self._pages[number] = page
        keep = self._reader.needed_pages() | {number}
        for old in list(self._pages):
            if len(self._pages) <= HELD_PAGES:
                break
            if old not in keep:
                del self._pages[old]
        if self._reader.take_page(number):
            self._fetch_next()
        else:
            self.refresh()
