"""Runs jobs off the Qt thread and hands their results back on it. Qt-free: the bridge is passed in."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import StrEnum
from typing import Protocol, TypeVar

from primoro_campaigns.desktop.work.ticket import Job, Stopped, Ticket
from primoro_campaigns.domain.errors import PrimoroError

T = TypeVar("T")

Post = Callable[[Callable[[], None]], None]
"""Runs a function without arguments on the thread that owns the screens, later and in the order given."""


class Lane(StrEnum):
    """Where a job runs. One thread does every local write, so writes never wait for each other's locks."""

    WRITE = "write"
    READ = "read"
    NETWORK = "network"


_THREADS = {Lane.WRITE: 1, Lane.READ: 2, Lane.NETWORK: 3}


class UnexpectedError(PrimoroError):
    """A fault of the program met inside a job. Its cause is in the crash report."""

    def __init__(self) -> None:
        super().__init__(
            "Something went wrong in the program.",
            "What you had saved is safe. If it happens again, tell whoever looks after this computer.",
            "desktop.unexpected",
        )


class JobWatcher(Protocol):
    """Told about jobs that have a title, on the screens' thread."""

    def started(self, ticket: Ticket) -> None: ...

    def moved(self, ticket: Ticket) -> None: ...

    def ended(self, ticket: Ticket) -> None: ...


class Running(Protocol):
    """What screens and tables need of a runner."""

    def run(
        self,
        job: Job[T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[PrimoroError], None] | None = None,
        *,
        lane: Lane = Lane.READ,
        title: str = "",
        stopped: Callable[[], None] | None = None,
    ) -> Ticket: ...


class Runner:
    """One writer thread, a few for reads and a few for the network; threads start when first needed.

    ``post`` carries results to the screens' thread. ``crashed`` is told of every exception that is not a
    ``PrimoroError``, ``unheard`` of a ``PrimoroError`` that a job's starter gave no ``failed`` for; both are
    called on the screens' thread.
    """

    def __init__(
        self,
        post: Post,
        crashed: Callable[[BaseException], None],
        unheard: Callable[[PrimoroError], None],
        watcher: JobWatcher | None = None,
    ) -> None:
        self._post = post
        self._crashed = crashed
        self._unheard = unheard
        self._watcher = watcher
        self._lock = threading.Lock()
        self._pools: dict[Lane, ThreadPoolExecutor] = {}
        self._tickets: set[Ticket] = set()
        self._moved: set[Ticket] = set()
        self._closed = False

    def run(
        self,
        job: Job[T],
        done: Callable[[T], None] | None = None,
        failed: Callable[[PrimoroError], None] | None = None,
        *,
        lane: Lane = Lane.READ,
        title: str = "",
        stopped: Callable[[], None] | None = None,
    ) -> Ticket:
        """Start ``job``. One of ``done``, ``failed`` and ``stopped`` is called, on the screens' thread.

        After ``ticket.stop()`` only ``stopped`` is, also where the job had already finished by then, so a
        screen that has moved on never sees a late result. After ``close()`` nothing is called at all.
        """
        ticket = Ticket(title, self._on_moved if title else None)
        with self._lock:
            if self._closed:
                return ticket
            self._tickets.add(ticket)
            pool = self._pools.get(lane)
            if pool is None:
                pool = ThreadPoolExecutor(_THREADS[lane], thread_name_prefix=f"primoro-{lane.value}")
                self._pools[lane] = pool
            if title and self._watcher is not None:
                watcher = self._watcher
                self._post(lambda: watcher.started(ticket))
            pool.submit(self._work, ticket, job, done, failed, stopped)
        return ticket

    def close(self) -> None:
        """Stop every job, forget those that have not begun, and wait until all threads have ended."""
        with self._lock:
            self._closed = True
            tickets = list(self._tickets)
            pools = list(self._pools.values())
        for ticket in tickets:
            ticket.stop()
        for pool in pools:
            pool.shutdown(wait=True, cancel_futures=True)

    def _work(
        self,
        ticket: Ticket,
        job: Job[T],
        done: Callable[[T], None] | None,
        failed: Callable[[PrimoroError], None] | None,
        stopped: Callable[[], None] | None,
    ) -> None:
        outcome: Future[T] = Future()
        try:
            ticket.raise_if_stopped()
            outcome.set_result(job(ticket))
        except Exception as error:  # noqa: BLE001 - the job runner is one of the places that catch all
            outcome.set_exception(error)
        self._post(lambda: self._deliver(ticket, outcome, done, failed, stopped))

    def _deliver(
        self,
        ticket: Ticket,
        outcome: "Future[T]",
        done: Callable[[T], None] | None,
        failed: Callable[[PrimoroError], None] | None,
        stopped: Callable[[], None] | None,
    ) -> None:
        with self._lock:
            self._tickets.discard(ticket)
            self._moved.discard(ticket)
            if self._closed:
                return
        if ticket.title and self._watcher is not None:
            self._watcher.ended(ticket)
        error = outcome.exception()
        if error is not None and not isinstance(error, PrimoroError | Stopped):
            self._crashed(error)
            error = UnexpectedError()
        if ticket.stopped() or isinstance(error, Stopped):
            if stopped is not None:
                stopped()
        elif isinstance(error, PrimoroError):
            (failed or self._unheard)(error)
        elif done is not None:
            done(outcome.result())

    def _on_moved(self, ticket: Ticket) -> None:
        """Called by the job's thread. A ticket whose last report is still to be shown is not posted again."""
        with self._lock:
            if self._closed or self._watcher is None or ticket in self._moved or ticket not in self._tickets:
                return
            self._moved.add(ticket)
        self._post(lambda: self._show_moved(ticket))

    def _show_moved(self, ticket: Ticket) -> None:
        with self._lock:
            if ticket not in self._moved or self._closed:
                return
            self._moved.discard(ticket)
        if self._watcher is not None:
            self._watcher.moved(ticket)
