"""The sync engine: one run at a time, until this computer and the server hold the same. Thread-safe,
without Qt.
"""

import gc
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from primoro_campaigns.desktop.sync import plan
from primoro_campaigns.desktop.sync.ahead import Ahead
from primoro_campaigns.desktop.sync.failure import (
    CopyDiffersError,
    MassDeletionError,
    RefusedError,
    SignedOutError,
    SnapshotGoneError,
    UnreachableError,
)
from primoro_campaigns.desktop.sync.pending import PendingEvent
from primoro_campaigns.desktop.sync.plan import (
    AskSnapshot,
    FetchChunks,
    FinishSnapshot,
    Held,
    RunRound,
    Wishes,
)
from primoro_campaigns.desktop.sync.rows import Answered, Check, RowBatch, SnapshotHead
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus
from primoro_campaigns.desktop.work.changes import Changes
from primoro_campaigns.desktop.work.ticket import Stopped
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.support.clock import Clock

_log = logging.getLogger(__name__)

_MOST_EVENTS = 200
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True)
class RoundReply:
    """The server's side of a round, as ``wire.sync.RoundAnswer``."""

    answers: Sequence[Answered]
    batches: Sequence[RowBatch]
    cursor: int
    more: bool
    scope: str
    server_time: datetime
    checks: Sequence[Check] | None


class Remote(Protocol):
    """Each method raises the errors of ``failure.py``. One call at a time, ``chunk`` from another thread."""

    def check_version(self) -> None: ...

    def snapshot(self) -> SnapshotHead: ...

    def chunk(self, head: SnapshotHead, number: int) -> bytes:
        """To be unpacked on the engine's thread: unpacking on two threads at a time would take longer."""
        ...

    def unpacked(self, chunk: bytes) -> RowBatch: ...

    def round(self, cursor: int, events: Sequence[PendingEvent], verify: bool) -> RoundReply: ...


class Store(Protocol):
    """``local.mirror.Mirror``."""

    def held(self) -> Held: ...

    def begin_snapshot(self, head: SnapshotHead, rooms: frozenset[str] | None) -> None: ...

    def take_chunk(self, number: int, batch: RowBatch, rooms: frozenset[str] | None) -> None: ...

    def finish_snapshot(self, head: SnapshotHead, rooms: frozenset[str] | None) -> Changes: ...

    def abandon_snapshot(self) -> None: ...

    def take_events(self, limit: int) -> list[PendingEvent]: ...

    def take_round(
        self, answers: Sequence[Answered], batches: Iterable[RowBatch], cursor: int, complete: bool
    ) -> Changes: ...

    def note_success(self, at: datetime) -> None: ...

    def checks(self) -> list[Check]: ...

    def patients_held(self, patient_ids: Sequence[str]) -> tuple[int, int]: ...

    def patients_swept(self, head: SnapshotHead) -> tuple[int, int]: ...

    def pending_counts(self) -> tuple[int, int]:
        """How many events wait, and how many were refused."""
        ...


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Of ten thousand rows Python would look ten times whether they hold each other in a ring; they never
    do.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Engine:
    """``announce`` and ``status_changed`` are called on the thread that calls ``run``; ``status_changed``
    also on that of ``note_pending``.
    """

    def __init__(
        self,
        store: Store,
        remote: Remote,
        clock: Clock,
        announce: Callable[[Changes], None],
        status_changed: Callable[[SyncStatus], None],
    ) -> None:
        self._store = store
        self._remote = remote
        self._clock = clock
        self._announce = announce
        self._status_changed = status_changed
        self._running = threading.Lock()
        self._telling = threading.RLock()
        self._once_more = threading.Event()
        self._stopping = threading.Event()
        self._version_known = False
        self._verified_at: datetime | None = None
        self._repaired: frozenset[str] = frozenset()
        self._repaired_at: datetime | None = None
        self._deletion_allowed = False
        held = store.held()
        waiting, refused = store.pending_counts()
        self._status = SyncStatus(last_success_at=held.last_success_at, waiting=waiting, refused=refused)

    @property
    def status(self) -> SyncStatus:
        return self._status

    def run(self) -> None:
        """Sync until nothing is left to do or something stands in the way; ``status`` says which.

        A call while another runs returns at once and makes that one go round once more.
        """
        self._once_more.set()
        while self._once_more.is_set() and not self._stopping.is_set():
            if not self._running.acquire(blocking=False):
                return
            try:
                self._once_more.clear()
                self._run()
            finally:
                self._running.release()

    def stop(self) -> None:
        """End the run under way at its next step. There is no starting again."""
        self._stopping.set()

    def allow_deletion(self) -> None:
        """The person has seen how many patients would go, and lets the next run take them away."""
        self._deletion_allowed = True

    def note_pending(self) -> None:
        """Count what waits here again: something was recorded or dismissed."""
        self._show()

    def _run(self) -> None:
        try:
            with Ahead(self._remote.chunk) as ahead:
                self._until_current(ahead)
        except Stopped:
            return
        except UnreachableError as error:
            self._version_known = False
            away = self._status.offline_since or self._clock.now()
            self._show(Phase.OFFLINE, error, offline_since=away)
        except SignedOutError as error:
            self._show(Phase.SIGNED_OUT, error)
        except PrimoroError as error:
            _log.info("sync is stuck: %s", error.code)
            self._show(Phase.STUCK, error)

    def _until_current(self, ahead: Ahead) -> None:
        if not self._version_known:
            self._remote.check_version()
            self._version_known = True
        now = self._clock.now()
        self._verify = plan.verify_is_due(self._verified_at, now)
        if plan.verify_is_due(self._repaired_at, now):
            self._repaired = frozenset()
        self._wishes = Wishes()
        self._filled_now = False
        self._pages = _Pages()
        self._most_events = _MOST_EVENTS
        held = self._store.held()
        if not held.filled or held.snapshot is not None:
            self._send_only(held)
        while True:
            if self._stopping.is_set():
                raise Stopped
            held = self._store.held()
            step = plan.next_step(held, self._wishes)
            match step:
                case AskSnapshot(rooms):
                    self._show(Phase.FILLING, done=0, total=0)
                    self._store.begin_snapshot(self._remote.snapshot(), rooms)
                    self._wishes = Wishes()
                    self._pages = _Pages()
                case FetchChunks():
                    self._fetch(step, ahead)
                case FinishSnapshot(head, rooms):
                    if rooms is not None and head.scope != held.scope:
                        self._wishes = Wishes(start_over=True)
                    else:
                        if rooms is not None and "patient" in rooms:
                            self._guard_deletion(*self._store.patients_swept(head))
                        self._announce(self._store.finish_snapshot(head, rooms))
                        self._verify = self._filled_now = True
                case RunRound(cursor):
                    if self._round(held, cursor, ahead):
                        break
        now = self._clock.now()
        self._store.note_success(now)
        self._deletion_allowed = False
        self._show(Phase.CURRENT, last_success_at=now, offline_since=None)

    def _fetch(self, step: FetchChunks, ahead: Ahead) -> None:
        head, chunks = step.head, step.chunks
        for done, number in enumerate(chunks, head.chunks - len(chunks)):
            if self._stopping.is_set():
                raise Stopped
            self._show(Phase.FILLING, done=done, total=head.chunks)
            try:
                chunk = ahead.part(head, number, next((each for each in chunks if each > number), None))
            except SnapshotGoneError:
                self._store.abandon_snapshot()
                self._wishes = Wishes(start_over=step.rooms is None, pull_again=step.rooms or frozenset())
                return
            with _nothing_collected():
                self._store.take_chunk(number, self._remote.unpacked(chunk), step.rooms)

    def _send_only(self, held: Held) -> None:
        """Before a fill, which may take minutes: what the person did, and withdrawals above all, goes
        first.
        """
        while events := self._store.take_events(self._most_events):
            reply = self._ask(held.cursor, events, verify=False)
            if reply is not None:
                self._announce(self._store.take_round(reply.answers, (), held.cursor, complete=False))

    def _round(self, held: Held, cursor: int, ahead: Ahead) -> bool:
        """True when the copy is as the server's and nothing waits here."""
        if self._status.phase is not Phase.CURRENT or self._status.waiting:
            self._show(Phase.SYNCING)
        events = self._store.take_events(self._most_events)
        counting = ahead.meanwhile(self._store.checks) if self._filled_now else None
        self._filled_now = False
        reply = self._ask(self._pages.cursor or cursor, events, self._verify)
        if reply is None:
            return False
        if reply.scope != held.scope:
            # Other locations than before, or a server put back from a copy. The answers count; the rows
            # would not.
            _log.info("the scope has changed: starting over")
            self._announce(self._store.take_round(reply.answers, (), cursor, complete=False))
            self._wishes = Wishes(start_over=True)
            return False
        self._pages.add(reply)
        if self._pages.gone:
            self._guard_deletion(*self._store.patients_held(sorted(self._pages.gone)))
            if reply.more:
                # Nobody is taken away before it is known how many go.
                if reply.answers:
                    self._announce(self._store.take_round(reply.answers, (), cursor, complete=False))
                return False
        pages, self._pages = self._pages, _Pages()
        changes = self._store.take_round(reply.answers, pages.batches, reply.cursor, complete=not reply.more)
        if changes.rooms:
            self._announce(changes)
        self._show(clock_off_s=plan.clock_off(self._clock.now(), reply.server_time))
        if reply.more:
            return False
        if reply.checks is not None:
            # What was counted while the server did holds as long as nothing came with its answer.
            counted = None if counting is None or changes.rooms else counting.result()
            if not self._compare(counted or self._store.checks(), reply.checks):
                return False
        # What followed a version of a draft waited for it.
        return not events and self._store.pending_counts()[0] == 0

    def _ask(self, cursor: int, events: Sequence[PendingEvent], verify: bool) -> RoundReply | None:
        """None when the server took the whole request amiss: then events go one by one, and a bad one is
        refused.
        """
        try:
            reply = self._remote.round(cursor, events, verify)
        except RefusedError as error:
            if error.status == _TOO_MANY_REQUESTS:
                raise UnreachableError(error.title, error.advice, error.code) from None
            if not events or error.code == "account.right_missing":
                raise
            if len(events) > 1:
                self._most_events = 1
                return None
            (event,) = events
            refused = Answered(event.event_id, "refused", error.title, error.advice, error.code)
            self._announce(self._store.take_round([refused], (), cursor, complete=False))
            return None
        if not {each.event_id for each in events} <= {each.event_id for each in reply.answers}:
            # Asking for the rest at once would never end.
            raise UnreachableError(
                "The server's answer makes no sense to this program.",
                "What you did here is safe. Check that both are up to date.",
                "remote.unanswered",
            )
        return reply

    def _guard_deletion(self, gone: int, held: int) -> None:
        if not self._deletion_allowed and plan.deletes_too_many(gone, held):
            _log.warning("sync would delete %d of %d patients: stopped", gone, held)
            raise MassDeletionError(gone, held)

    def _compare(self, ours: Sequence[Check], theirs: Sequence[Check]) -> bool:
        """Whether every room holds what it should; if not, it is fetched again, once in a while."""
        differ = plan.rooms_that_differ(ours, theirs)
        self._verify = False
        if not differ:
            self._verified_at = self._clock.now()
            return True
        _log.warning("the copy differs from the server's in: %s", ", ".join(sorted(differ)))
        if differ & self._repaired:
            raise CopyDiffersError(differ)
        self._repaired |= differ
        self._repaired_at = self._clock.now()
        self._wishes = Wishes(pull_again=differ)
        return False

    def _show(
        self,
        phase: Phase | None = None,
        error: PrimoroError | None = None,
        *,
        done: int | None = None,
        total: int | None = None,
        last_success_at: datetime | None = None,
        offline_since: datetime | None = None,
        clock_off_s: int | None = None,
    ) -> None:
        """Tell what is new, from any thread. A phase without an error clears the earlier one's words."""
        with self._telling:
            waiting, refused = self._store.pending_counts()
            status = replace(self._status, waiting=waiting, refused=refused)
            if phase is not None:
                status = replace(
                    status,
                    phase=phase,
                    title="" if error is None else error.title,
                    advice="" if error is None else error.advice,
                    code="" if error is None else error.code,
                    done=done or 0,
                    total=total or 0,
                    offline_since=offline_since if phase is not Phase.SYNCING else status.offline_since,
                )
            if last_success_at is not None:
                status = replace(status, last_success_at=last_success_at)
            if clock_off_s is not None:
                status = replace(status, clock_off_s=clock_off_s)
            if status != self._status:
                self._status = status
                self._status_changed(status)


class _Pages:
    """Pages of changes that are taken in together, because patients vanish by them. ``cursor`` 0: none."""

    def __init__(self) -> None:
        self.batches: list[RowBatch] = []
        self.cursor = 0
        self.gone: set[str] = set()

    def add(self, reply: RoundReply) -> None:
        self.cursor = reply.cursor
        for batch in reply.batches:
            self.batches.append(batch)
            if batch.room == "patient":
                at = list(batch.columns).index("id")
                self.gone -= {str(row[at]) for row in batch.rows}
                self.gone |= set(batch.gone_ids)
