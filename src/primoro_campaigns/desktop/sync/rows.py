"""What the sync engine moves between the server and the cache."""

from collections.abc import Sequence
from dataclasses import dataclass

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class RowBatch:
    """Rows of one room; ``columns`` names what each row holds, ``seq`` first. As ``wire.sync.RowBatch``."""

    room: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    gone_ids: Sequence[str] = ()


@dataclass(frozen=True)
class Answered:
    """The server's answer to one event. ``outcome`` is applied, refused or conflict."""

    event_id: str
    outcome: str
    title: str = ""
    advice: str = ""
    code: str = ""


@dataclass(frozen=True)
class Check:
    """How many rows of a room, and the sum of their ``seq``."""

    room: str
    count: int
    seq_sum: int


@dataclass(frozen=True)
class SnapshotHead:
    """A copy the server has prepared, in parts that can be fetched in any order."""

    snapshot_id: str
    cursor: int
    chunks: int
    rows: int
    scope: str
