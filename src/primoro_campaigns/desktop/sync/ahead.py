"""Fetching the next part of a snapshot while the one before is being written."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from primoro_campaigns.desktop.sync.rows import RowBatch, SnapshotHead


class Ahead:
    """At most one part is on its way or waits to be taken. Leaving the block waits for what is on its way."""

    def __init__(self, fetch: Callable[[SnapshotHead, int], RowBatch]) -> None:
        """``fetch`` is called on a thread of its own, never twice at a time."""
        self._fetch = fetch
        self._thread = ThreadPoolExecutor(1, "primoro-next-part")
        self._coming: tuple[SnapshotHead, int, Future[RowBatch]] | None = None

    def part(self, head: SnapshotHead, number: int, following: int | None) -> RowBatch:
        """Part ``number``; ``following`` is fetched next. Raises what fetching this part has raised."""
        coming, self._coming = self._coming, None
        if coming is None or coming[:2] != (head, number):
            batch = self._thread.submit(self._fetch, head, number).result()
        else:
            batch = coming[2].result()
        if following is not None:
            self._coming = head, following, self._thread.submit(self._fetch, head, following)
        return batch

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
