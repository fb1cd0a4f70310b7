"""The one way in: every door hands its rows to ``take``."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import OperationalError

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.errors import NotAllowedError, PrimoroError
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.call import matching
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.intake import store
from primoro_campaigns.server.intake.batch import Batch, Run
from primoro_campaigns.server.intake.incoming import Incoming, RowOutcome
from primoro_campaigns.server.intake.place import Places
from primoro_campaigns.server.patient.service import Move, PatientService
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.intake import Outcome

ROWS_A_TRANSACTION = 500
"""So many rows at most, fewer where they say much of consents."""

_ROWS_A_CONSENT = 4
"""Each consent is entries and a Contact entry of its own: it takes about as long as so many rows."""

_BREATH = 0.2
"""How long others may write between two transactions, as a share of how long they could not."""


class IntakeStoppedError(PrimoroError):
    """The database could not go on. What earlier batches took in is safe."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "The import stopped: the server could not write to its database.",
            "What was taken in before is safe, and nothing is half-written. Look for a full disk or a "
            "database that is away, then run the same import again: it goes on where it stopped.",
            "intake.stopped",
        )


@dataclass
class Tally:
    """How many rows, by what became of them; they add up to the rows that were handed in."""

    run_id: str
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(self.counts.values())

    def add(self, outcomes: Iterable[RowOutcome]) -> None:
        for each in outcomes:
            self.counts[each.outcome] += 1
            if each.outcome is not Outcome.REFUSED:
                self.kinds[each.kind] = self.kinds.get(each.kind, 0) + 1


class IntakeService:
    """Takes rows in: idempotent by (source, external id), a bad row never stops the rest."""

    def __init__(self, consent: ConsentService) -> None:
        self._consent = consent
        self._patients = PatientService(self._suppressed, [follow], [matching.look_again])

    def _suppressed(self, uow: UnitOfWork, kind: str, addresses: Sequence[str]) -> set[str]:
        return self._consent.suppressed_among(uow, AddressKind(kind), list(addresses))

    def begin(
        self, uow: UnitOfWork, actor: Actor, source: str, door: str, default_location: str | None = None
    ) -> Run:
        """Open the record of an import. ``default_location`` is a name, for patients without a location.

        Raises ``NotAllowedError``.
        """
        self.may_import(actor)
        run = Run(new_id(), source, Places(source, store.habits(uow.connection), default_location))
        store.add_run(
            uow.connection,
            {
                "id": run.id,
                "source": source,
                "kind": door,
                "started_at": uow.now,
                "by_name": actor.display_name,
            },
        )
        return run

    def finish(self, uow: UnitOfWork, actor: Actor, run: Run, tally: Tally) -> None:
        """Close the record, and leave an audit entry when something changed."""
        store.finish_run(uow.connection, run.id, uow.now)
        counts = ", ".join(f"{count} {outcome}" for outcome, count in tally.counts.items())
        if tally.rows != tally.counts[Outcome.UNCHANGED]:
            audit.record(uow, actor, "intake.imported", run.id, f"Imported from {run.source}: {counts}.")

    def may_import(self, actor: Actor) -> None:
        """Raise ``NotAllowedError`` unless this person may import, and sees every location."""
        actor.require(Right.IMPORT)
        if not actor.all_locations:
            raise NotAllowedError(
                "An import concerns every location of the organisation.",
                "Nothing was changed. Ask somebody who sees all locations to do it.",
                "intake.all_locations",
            )

    def take(self, uow: UnitOfWork, run: Run, batch: Sequence[Incoming]) -> list[RowOutcome]:
        """Take in one batch within the unit of work. The answers are in the order of ``batch``."""
        return Batch(uow, run, self._patients, self._consent).take(batch)


def follow(uow: UnitOfWork, moves: Sequence[Move]) -> None:
    """What is seen from where the patient is goes along when the patient moves."""
    for move in moves:
        store.move_deliveries(uow.connection, move.patient_id, move.to_location_id)
        for room, row_id in store.rows_of_patient(uow.connection, move.patient_id):
            uow.changes.gone(room, row_id, [move.from_location_id])
            uow.changes.touched(room, row_id, [move.to_location_id])


def run_import(
    database: Database,
    intake: IntakeService,
    actor: Actor,
    rows: Iterable[Incoming],
    *,
    source: str,
    door: str,
    default_location: str | None = None,
    on_batch: Callable[[Sequence[RowOutcome]], None] = lambda _outcomes: None,
) -> Tally:
    """Take in a whole file or folder, one batch after another, each on disk before the next.

    ``on_batch`` hears the outcomes of each batch once they are safe. Run again after an interruption, it goes
    on: rows that are in already are found unchanged. Raises ``IntakeStoppedError`` when the database cannot
    go on.
    """
    try:
        with database.write() as uow:
            run = intake.begin(uow, actor, source, door, default_location)
        tally = Tally(run.id)
        for number, batch in enumerate(_batches(rows), start=1):
            began = time.monotonic()
            with database.write() as uow:
                outcomes = intake.take(uow, run, batch)
            _let_others_write(database, time.monotonic() - began)
            if number > 1 and number.bit_count() == 1:
                database.learn_sizes()
            tally.add(outcomes)
            on_batch(outcomes)
        with database.write() as uow:
            intake.finish(uow, actor, run, tally)
    except OperationalError as error:
        raise IntakeStoppedError from error
    return tally


def _batches(rows: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """Batches of about the same work, so that nobody waits long for a transaction to end."""
    batch: list[Incoming] = []
    work = 0
    for row in rows:
        more = _work(row)
        if batch and work + more > ROWS_A_TRANSACTION:
            yield batch
            batch, work = [], 0
        batch.append(row)
        work += more
    if batch:
        yield batch


def _work(row: Incoming) -> int:
    said = row.content if isinstance(row.content, Mapping) else {}
    lists = (said.get(name) for name in ("restricted", "opted_out", "opted_in"))
    return 1 + _ROWS_A_CONSENT * sum(len(each) for each in lists if isinstance(each, list))


def _let_others_write(database: Database, held_s: float) -> None:
    """SQLite has one writer at a time, and who waits for it only looks now and then."""
    if database.engine.dialect.name == "sqlite":
        time.sleep(held_s * _BREATH)
