"""What is read of a cache before the window is there: whose it is, how old, and how much waits in it.

Apart from the stores it belongs to, which load more than the window needs.
"""

from dataclasses import dataclass
from datetime import datetime

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.text import instant
from primoro_campaigns.desktop.sync.pending import PendingState


@dataclass(frozen=True)
class PersonStore:
    """Who the cache belongs to, kept in it so that it holds offline."""

    database: Database

    def read(self) -> str | None:
        return _meta(self.database, "person")

    def write(self, person: str) -> None:
        with self.database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('person', ?)", (person,))


@dataclass(frozen=True)
class OutboxCounts:
    """``waiting`` are to be sent or answered, ``refused`` are to be looked at by the person."""

    waiting: int
    refused: int


def outbox_counts(database: Database) -> OutboxCounts:
    """How many events of the person wait here, and how many were refused."""
    with database.read() as connection:
        rows = connection.execute("SELECT state, count(*) FROM pending_event GROUP BY state").fetchall()
    by_state = {PendingState(state): int(number) for state, number in rows}
    return OutboxCounts(
        waiting=by_state.get(PendingState.WAITING, 0) + by_state.get(PendingState.SENT, 0),
        refused=by_state.get(PendingState.REFUSED, 0) + by_state.get(PendingState.CONFLICT, 0),
    )


def last_success_at(database: Database) -> datetime | None:
    """When the copy was last known to be complete."""
    last = _meta(database, "last_success_at")
    return None if last is None else instant(last)


def _meta(database: Database, key: str) -> str | None:
    with database.read() as connection:
        found = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return None if found is None else str(found[0])
