"""What to do next, from what is held and what the server said. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from primoro_campaigns.desktop.sync.rows import Check, SnapshotHead

CLOCK_MAY_BE_OFF = timedelta(minutes=5)
DELETION_SHARE = 0.2
DELETION_FLOOR = 50
VERIFY_EVERY = timedelta(minutes=10)


@dataclass(frozen=True)
class HeldSnapshot:
    """A fill that has begun. ``done`` are the parts that are in; ``rooms`` None is a fill of everything."""

    head: SnapshotHead
    done: frozenset[int]
    rooms: frozenset[str] | None = None

    @property
    def missing(self) -> tuple[int, ...]:
        return tuple(chunk for chunk in range(self.head.chunks) if chunk not in self.done)


@dataclass(frozen=True)
class Held:
    """What the cache holds. ``filled``: a first fill has been finished; ``scope`` is that of the copies."""

    filled: bool = False
    cursor: int = 0
    scope: str = ""
    snapshot: HeldSnapshot | None = None
    last_success_at: datetime | None = None


@dataclass(frozen=True)
class AskSnapshot:
    """Have the server prepare a copy; ``rooms`` None is everything, from the start."""

    rooms: frozenset[str] | None


@dataclass(frozen=True)
class FetchChunks:
    """Fetch and take in these parts of the snapshot, in this order."""

    head: SnapshotHead
    chunks: tuple[int, ...]
    rooms: frozenset[str] | None


@dataclass(frozen=True)
class FinishSnapshot:
    """All parts are in."""

    head: SnapshotHead
    rooms: frozenset[str] | None


@dataclass(frozen=True)
class RunRound:
    """Send events, take in changes. ``send_only`` while the copy is not filled: what the person did goes
    first.
    """

    cursor: int
    verify: bool


Step = AskSnapshot | FetchChunks | FinishSnapshot | RunRound


@dataclass(frozen=True)
class Wishes:
    """What earlier steps of this run left to be done."""

    start_over: bool = False
    pull_again: frozenset[str] = field(default_factory=frozenset)
    verify: bool = False


def next_step(held: Held, wishes: Wishes) -> Step:
    """Finish what was begun, repair what was found wrong, else a round."""
    if wishes.start_over:
        return AskSnapshot(None)
    if held.snapshot is not None:
        snapshot = held.snapshot
        if snapshot.missing:
            return FetchChunks(snapshot.head, snapshot.missing, snapshot.rooms)
        return FinishSnapshot(snapshot.head, snapshot.rooms)
    if not held.filled:
        return AskSnapshot(None)
    if wishes.pull_again:
        return AskSnapshot(wishes.pull_again)
    return RunRound(held.cursor, wishes.verify)


def rooms_that_differ(ours: Iterable[Check], theirs: Iterable[Check]) -> frozenset[str]:
    """Rooms of which this computer holds other rows than it should; rooms it does not know are no matter."""
    mine = {check.room: check for check in ours}
    return frozenset(check.room for check in theirs if check.room in mine and mine[check.room] != check)


def deletes_too_many(gone: int, held: int) -> bool:
    """More than a fifth of the patients and more than fifty: that is asked, not done."""
    return gone > DELETION_FLOOR and gone > held * DELETION_SHARE


def clock_off(here: datetime, server: datetime) -> int:
    """Seconds by which this computer's clock is ahead (negative: behind); 0 within five minutes."""
    off = here - server
    return round(off.total_seconds()) if abs(off) > CLOCK_MAY_BE_OFF else 0


def verify_is_due(verified_at: datetime | None, now: datetime) -> bool:
    """After the start and every ten minutes. A clock that went back counts as due."""
    return verified_at is None or not timedelta(0) <= now - verified_at < VERIFY_EVERY
