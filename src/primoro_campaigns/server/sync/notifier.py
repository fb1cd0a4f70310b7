"""Tells waiting event streams that the change counter moved, whichever process moved it."""

import asyncio
from collections.abc import Callable

from starlette.concurrency import run_in_threadpool

POLL_SECONDS = 0.5


class Notifier:
    """One per server process. ``moved`` may be called from any thread; everything else belongs to the event
    loop.

    Other processes' commits (imports, workers) are found by asking the database, while anybody waits.
    """

    def __init__(self, latest: Callable[[], int]) -> None:
        self._latest = latest
        self._loop: asyncio.AbstractEventLoop | None = None
        self._seq = 0
        self._moved = asyncio.Event()
        self._waiting = 0
        self._watcher: asyncio.Task[None] | None = None
        self.closed = False

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watcher = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        self._close()
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)

    def close(self) -> None:
        """From any thread or a signal handler: wake every stream so that it ends."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close)

    def moved(self, seq: int) -> None:
        """A commit of this process gave out numbers up to ``seq``."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, seq)

    async def beyond(self, seq: int, timeout_s: float) -> int | None:
        """The counter once it is above ``seq``; None after ``timeout_s`` seconds, or at once when the server
        stops.
        """
        self._waiting += 1
        try:
            async with asyncio.timeout(timeout_s):
                while self._seq <= seq and not self.closed:
                    await self._moved.wait()
        except TimeoutError:
            return None
        finally:
            self._waiting -= 1
        return self._seq if self._seq > seq else None

    def _tell(self, seq: int) -> None:
        if seq > self._seq:
            self._seq = seq
            self._wake()

    def _close(self) -> None:
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        # Whoever waits on the old event is woken; whoever comes next waits on the new one.
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def _watch(self) -> None:
        while not self.closed:
            if self._waiting:
                self._tell(await run_in_threadpool(self._latest))
            await asyncio.sleep(POLL_SECONDS)
