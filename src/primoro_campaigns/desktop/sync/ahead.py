"""What a second thread does meanwhile: it fetches the next part of a snapshot while the one before is being
written, and counts what is held here while the server counts.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from primoro_campaigns.desktop.sync.rows import SnapshotHead

T = TypeVar("T")


class Ahead:
    """At most one part is on its way or waits to be taken. Leaving the block waits for what is on its way."""

    def __init__(self, fetch: Callable[[SnapshotHead, int], bytes]) -> None:
        """``fetch`` is called on a thread of its own, never twice at a time."""
        self._fetch = fetch
        self._thread = ThreadPoolExecutor(1, "primoro-next-part")
        self._coming: tuple[SnapshotHead, int, Future[bytes]] | None = None

    def part(self, head: SnapshotHead, number: int, following: int | None) -> bytes:
        """Part ``number``; ``following`` is fetched next. Raises what fetching this part has raised."""
        coming, self._coming = self._coming, None
        if coming is None or coming[:2] != (head, number):
            body = self._thread.submit(self._fetch, head, number).result()
        else:
            body = coming[2].result()
        if following is not None:
            self._coming = head, following, self._thread.submit(self._fetch, head, following)
        return body

    def meanwhile(self, work: Callable[[], T]) -> Future[T]:
        return self._thread.submit(work)

    def __enter__(self) -> "Ahead":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
