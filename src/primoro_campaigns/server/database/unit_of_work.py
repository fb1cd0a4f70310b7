"""One unit of work for each request or job: it alone commits."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from primoro_campaigns.server.database.change_log import ChangeLog
from primoro_campaigns.support.clock import Clock

LastAct = Callable[[Connection, Sequence[str]], None]
"""What is done to the rows with these ids when the unit commits, behind the lock of the change counter."""


@dataclass
class UnitOfWork:
    """A transaction, the instant it counts as happening at, and the log of what it changes.

    ``after_commit`` callbacks run once the transaction is safely on disk, never when it was rolled back.
    """

    connection: Connection
    now: datetime
    changes: ChangeLog = field(default_factory=ChangeLog)
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    _last_acts: list[tuple[LastAct, str]] = field(default_factory=list)

    def at_commit(self, act: LastAct, row_id: str) -> None:
        """Have ``act`` done, once for all its rows, after everything else and just before the commit.

        What must lock a row that every unit wants belongs here: locked last and for a moment, it cannot
        deadlock (docs/decisions: "Change numbers that are safe out of order").
        """
        self._last_acts.append((act, row_id))

    def do_last_acts(self) -> None:
        by_act: dict[LastAct, list[str]] = {}
        for act, row_id in self._last_acts:
            by_act.setdefault(act, []).append(row_id)
        self._last_acts.clear()
        for act, row_ids in by_act.items():
            act(self.connection, row_ids)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside when it raises, marks and callbacks too, and let the error pass.

        The rest of the unit can then go on (one bad row, one refused event).
        """
        position, callbacks, acts = self.changes.position(), len(self.after_commit), len(self._last_acts)
        try:
            with self.connection.begin_nested():
                yield
        except BaseException:
            self.changes.rewind(position)
            del self.after_commit[callbacks:]
            del self._last_acts[acts:]
            raise


class Database:
    """The server's database: opens units of work, tells listeners when numbered changes were committed."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self._listeners: list[Callable[[int], None]] = []

    def on_change(self, listener: Callable[[int], None]) -> None:
        """Call ``listener`` with the highest change number after each commit that changed something, in the
        committing thread.
        """
        self._listeners.append(listener)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """A transaction that commits when the block ends and rolls back when it raises.

        On SQLite it waits for other writers to end (BEGIN IMMEDIATE), up to 30 s.
        """
        with self.engine.connect() as connection:
            unit = UnitOfWork(connection, self.clock.now())
            with connection.begin():
                yield unit
                last = unit.changes.write(connection)
                unit.do_last_acts()
        for callback in unit.after_commit:
            callback()
        if last is not None:
            for listener in self._listeners:
                listener(last)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A reading transaction that sees one state of the database throughout (REPEATABLE READ on
        PostgreSQL).
        """
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                reading = connection.execution_options(isolation_level="REPEATABLE READ")
            else:
                reading = connection.execution_options(reading=True)
            with reading.begin() as transaction:
                yield reading
                transaction.rollback()

    def learn_sizes(self) -> None:
        """Have PostgreSQL look at how many rows there are of what. For whoever fills tables faster than its
        own round looks at them, once a minute: until then it reads whole tables, as if they were small.
        """
        if self.engine.dialect.name == "postgresql":
            with self.engine.begin() as connection:
                connection.execute(text("ANALYZE"))

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
