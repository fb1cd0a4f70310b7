"""One batch of rows, written together and explained one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.exc import DataError, IntegrityError

from primoro_campaigns.domain.consent.model import ConsentSource, PermissionState
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.errors import SuppressedError
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.intake import store
from primoro_campaigns.server.intake.incoming import Incoming, RowOutcome, Unreadable, read
from primoro_campaigns.server.intake.place import Places
from primoro_campaigns.server.patient import facts, records
from primoro_campaigns.server.patient.service import PatientService, Told
from primoro_campaigns.storage.patient_facts import tags_text
from primoro_campaigns.wire.intake import (
    AnyRow,
    AppointmentIn,
    EncounterIn,
    InvoiceIn,
    Kind,
    LocationIn,
    OptIn,
    Outcome,
    PatientIn,
    PlannedTreatmentIn,
    PractitionerIn,
    RecallIn,
)

_TOLD = (
    "number",
    "title",
    "given_name",
    "family_name",
    "born_on",
    "is_lead",
    "email",
    "mobile",
    "landline",
    "address_line",
    "town",
    "postcode",
    "country",
    "is_head_of_household",
)
"""The fields of a patient's row that are columns as they stand."""

_WHY = "Told by the practice-management system."

_NO_KEPT = ("intake.no_kept", "There is a no on record, and the no was kept.")


@dataclass(frozen=True)
class Run:
    """One import under way. ``source`` is the system whose ids the rows carry."""

    id: str
    source: str
    places: Places


class Batch:
    """The work on one batch: rows are read, sorted by kind, written together, and explained one by one."""

    def __init__(self, uow: UnitOfWork, run: Run, patients: PatientService, consent: ConsentService) -> None:
        self._uow = uow
        self._run = run
        self._patients = patients
        self._consent = consent
        self._answers: dict[int, tuple[Outcome, str, str]] = {}
        self._rows: dict[int, AnyRow] = {}
        self._homes: dict[int, str] = {}
        self._concerned: set[str] = set()

    def take(self, batch: Sequence[Incoming]) -> list[RowOutcome]:
        unread: dict[int, Unreadable] = {}
        for position, incoming in enumerate(batch):
            row = incoming.content if isinstance(incoming.content, Unreadable) else read(incoming.content)
            if isinstance(row, Unreadable):
                unread[position] = row
                self._refuse(position, row.code, row.words)
            else:
                self._rows[position] = row
                if incoming.home:
                    self._homes[position] = incoming.home
        for wave in _waves(self._rows):
            for kind in Kind:
                positions = [position for position in wave if self._rows[position].kind is kind]
                if positions:
                    self._write(kind, positions)
        facts.recompute(self._uow, self._concerned)
        outcomes = []
        for position, incoming in enumerate(batch):
            outcome, code, words = self._answers[position]
            if incoming.note and outcome is not Outcome.REFUSED:
                code, words = code or "intake.left_out", " ".join(filter(None, [words, incoming.note]))
            named: AnyRow | Unreadable = unread.get(position) or self._rows[position]
            outcomes.append(
                RowOutcome(
                    incoming.file, incoming.line, str(named.kind), named.external_id, outcome, code, words
                )
            )
        self._record(outcomes)
        return outcomes

    def _record(self, outcomes: Sequence[RowOutcome]) -> None:
        counts = {outcome.value: sum(each.outcome is outcome for each in outcomes) for outcome in Outcome}
        store.count_up(self._uow.connection, self._run.id, counts)
        store.add_refusals(
            self._uow.connection,
            [
                {
                    "run_id": self._run.id,
                    "file": each.file,
                    "line": each.line,
                    "external_id": each.external_id,
                    "code": each.code,
                    "words": each.words,
                }
                for each in outcomes
                if each.outcome is Outcome.REFUSED
            ],
        )

    def _write(self, kind: Kind, positions: Sequence[int]) -> None:
        """All rows of a kind together; if the database will not have one of them, each by itself.

        That also settles a race: what another import has just brought in is found the second time.
        """
        try:
            with self._uow.savepoint():
                self._write_together(kind, positions)
        except (DataError, IntegrityError):
            for position in positions:
                self._write_alone(kind, position)

    def _write_alone(self, kind: Kind, position: int) -> None:
        try:
            with self._uow.savepoint():
                self._write_together(kind, [position])
        except (DataError, IntegrityError):
            words = "The database does not take this row as it is."
            self._refuse(position, "intake.not_storable", words)

    def _write_together(self, kind: Kind, positions: Sequence[int]) -> None:
        rows = {position: self._rows[position] for position in positions}
        if kind is Kind.LOCATION:
            for position, row in rows.items():
                if isinstance(row, LocationIn):
                    self._answer(position, self._run.places.take(self._uow, row))
        elif kind is Kind.PRACTITIONER:
            self._take_practitioners({p: row for p, row in rows.items() if isinstance(row, PractitionerIn)})
        elif kind is Kind.PATIENT:
            self._take_patients({p: row for p, row in rows.items() if isinstance(row, PatientIn)})
        else:
            self._take_beside(kind, rows)

    def _take_practitioners(self, rows: Mapping[int, PractitionerIn]) -> None:
        written = records.upsert_practitioners(
            self._uow,
            self._run.source,
            {row.external_id: {"name": row.name, "active": row.active} for row in rows.values()},
        )
        for position, row in rows.items():
            self._answer(position, _outcome(row.external_id, written.new, written.changed))

    def _take_patients(self, rows: Mapping[int, PatientIn]) -> None:
        uow, run = self._uow, self._run
        practitioners = records.practitioner_ids(
            uow.connection,
            run.source,
            sorted({row.practitioner for row in rows.values() if row.practitioner}),
        )
        run.places.look_up(
            uow, [row.location for row in rows.values() if row.location] + list(self._homes.values())
        )
        told: dict[int, Told] = {}
        notes: dict[int, tuple[str, str]] = {}
        for position, row in rows.items():
            place, home = run.places.found(row.location), run.places.found(self._homes.get(position))
            if row.location and place is None:
                words = f"The location “{row.location}” is not here."
                if home is None:
                    words += " Add it first, or import the locations, and repeat the import."
                    self._refuse(position, "intake.location_unknown", words)
                    continue
                notes[position] = ("intake.location_unknown", f"{words} It was left out.")
            practitioner = practitioners.get(row.practitioner or "")
            if row.practitioner and practitioner is None:
                notes[position] = _without_practitioner(row.practitioner)
            told[position] = Told(
                external_id=row.external_id,
                columns=_columns(run.source, row, practitioner),
                region=row.country or run.places.habits.country,
                location_id=place or home or run.places.default(uow),
                location_told=place is not None,
                more=_more(row),
            )
        done = self._patients.upsert(uow, run.source, list(told.values()))
        rewritten = {
            done.ids[each.external_id]: rows[position]
            for position, each in told.items()
            if each.external_id in done.rewritten
        }
        consents, kept = self._take_consents(rewritten)
        beside = self._take_recalls(rewritten) | consents
        for position, each in told.items():
            patient_id = done.ids[each.external_id]
            outcome = _outcome(each.external_id, done.new, done.changed)
            if outcome is Outcome.UNCHANGED and patient_id in beside:
                outcome = Outcome.CHANGED
            self._answer(
                position, outcome, *notes.get(position, _NO_KEPT if patient_id in kept else ("", ""))
            )

    def _take_recalls(self, rows: Mapping[str, PatientIn]) -> set[str]:
        """The recalls that patients' rows carry, by our id. Returns whose changed."""
        due = {
            records.recall_key(row.external_id): {
                "patient_id": patient_id,
                "due_on": row.recall_due_on,
                "done": False,
                "description": "",
            }
            for patient_id, row in rows.items()
            if row.recall_due_on is not None
        }
        over = [
            records.recall_key(row.external_id)
            for row in rows.values()
            if "recall_due_on" in row.model_fields_set and row.recall_due_on is None
        ]
        uow, source = self._uow, self._run.source
        changed = records.upsert(uow, Kind.RECALL.value, source, due).patient_ids
        changed |= records.close_recalls(uow, source, over).patient_ids
        self._concerned |= changed
        return changed

    def _take_consents(self, rows: Mapping[str, PatientIn]) -> tuple[set[str], set[str]]:
        """The consents that patients' rows carry, by our id. Returns whose changed, and whose no was kept."""
        changed: set[str] = set()
        kept: set[str] = set()
        for patient_id, row in rows.items():
            if self._take_withdrawals(patient_id, row):
                changed.add(patient_id)
            for yes in row.opted_in:
                taken = self._take_yes(patient_id, yes)
                if taken is not None:
                    (changed if taken else kept).add(patient_id)
        return changed, kept

    def _take_withdrawals(self, patient_id: str, row: PatientIn) -> bool:
        changed = False
        for purpose in row.restricted:
            changed |= self._consent.restrict(
                self._uow, SERVER, patient_id, purpose, source=ConsentSource.IMPORT, why=_WHY
            )
        for out in row.opted_out:
            changed |= self._consent.permit(
                self._uow,
                SERVER,
                patient_id,
                out.channel,
                out.purpose,
                PermissionState.OPTED_OUT,
                how=_WHY,
                source=ConsentSource.IMPORT,
            )
        return changed

    def _take_yes(self, patient_id: str, yes: OptIn) -> bool | None:
        """Whether it was recorded: False where a no stands, None where a yes has its own evidence."""
        said = store.on_record(self._uow.connection, patient_id, yes.channel, yes.purpose)
        if said is PermissionState.OPTED_IN:
            return None
        if said is PermissionState.OPTED_OUT:
            return False
        try:
            return self._consent.permit(
                self._uow,
                SERVER,
                patient_id,
                yes.channel,
                yes.purpose,
                PermissionState.OPTED_IN,
                how=yes.how,
                wording=yes.wording,
                source=ConsentSource.IMPORT,
            )
        except SuppressedError:
            return False

    def _take_beside(self, kind: Kind, rows: Mapping[int, AnyRow]) -> None:
        uow, source = self._uow, self._run.source
        visits = [row for row in rows.values() if isinstance(row, AppointmentIn | EncounterIn)]
        patient_ids = records.patient_places(
            uow.connection, source, sorted({_patient_of(row) for row in rows.values()})
        )
        practitioners = records.practitioner_ids(
            uow.connection, source, sorted({row.practitioner for row in visits if row.practitioner})
        )
        self._run.places.look_up(uow, [place for row in rows.values() if (place := _location_of(row))])
        ready: dict[str, dict[str, object]] = {}
        at: dict[str, int] = {}
        notes: dict[int, tuple[str, str]] = {}
        for position, row in rows.items():
            holder = patient_ids.get(_patient_of(row))
            if holder is None:
                words = f"The patient “{_patient_of(row)}” is not here. Import the patients, then this again."
                self._refuse(position, "intake.patient_unknown", words)
                continue
            values: dict[str, object] = {"patient_id": holder.patient_id, **_values(row)}
            if isinstance(row, AppointmentIn | EncounterIn | InvoiceIn):
                place = self._run.places.found(row.location)
                values["location_id"] = place or holder.location_id
                if row.location and place is None:
                    words = f"The location “{row.location}” is not here; the patient's own stands in."
                    notes[position] = ("intake.location_unknown", words)
            if isinstance(row, AppointmentIn | EncounterIn):
                values["practitioner_id"] = practitioners.get(row.practitioner or "")
                if row.practitioner and values["practitioner_id"] is None:
                    notes[position] = _without_practitioner(row.practitioner)
            ready[row.external_id] = values
            at[row.external_id] = position
        written = records.upsert(uow, kind.value, source, ready)
        self._concerned |= written.patient_ids
        for external_id, position in at.items():
            outcome = _outcome(external_id, written.new, written.changed)
            self._answer(position, outcome, *notes.get(position, ("", "")))

    def _refuse(self, position: int, code: str, words: str) -> None:
        self._answer(position, Outcome.REFUSED, code, words)

    def _answer(self, position: int, outcome: Outcome, code: str = "", words: str = "") -> None:
        self._answers[position] = (outcome, code, words)


def _waves(rows: Mapping[int, AnyRow]) -> list[list[int]]:
    """The positions in order, in as few parts as it takes for no record to come twice in one."""
    waves: list[list[int]] = []
    times: dict[tuple[str, str], int] = {}
    for position, row in rows.items():
        key = (row.kind.value, row.external_id)
        times[key] = times.get(key, 0) + 1
        if times[key] > len(waves):
            waves.append([])
        waves[times[key] - 1].append(position)
    return waves


def _without_practitioner(key: str) -> tuple[str, str]:
    return "intake.practitioner_unknown", f"The practitioner “{key}” is not here and was left out."


def _outcome(external_id: str, new: set[str], changed: set[str]) -> Outcome:
    if external_id in new:
        return Outcome.TAKEN
    return Outcome.CHANGED if external_id in changed else Outcome.UNCHANGED


def _columns(source: str, row: PatientIn, practitioner_id: str | None) -> dict[str, object]:
    """The columns that the row tells."""
    told = row.model_fields_set
    columns: dict[str, object] = {name: getattr(row, name) for name in _TOLD if name in told}
    if "status" in told:
        columns["status"] = row.status.value
    if "preferred_channel" in told:
        columns["preferred_channel"] = None if row.preferred_channel is None else row.preferred_channel.value
    if "practitioner" in told:
        columns["practitioner_id"] = practitioner_id
    if "household" in told:
        columns["household_id"] = None if row.household is None else f"{source}:{row.household}"
    if "tags" in told:
        columns["tags"] = tags_text(row.tags)
    return columns


def _more(row: PatientIn) -> str:
    """What the row says beside the patient's columns."""
    beside = row.model_dump(
        mode="json", include={"recall_due_on", "restricted", "opted_out", "opted_in"}, exclude_unset=True
    )
    return str(sorted(beside.items()))


def _patient_of(row: AnyRow) -> str:
    match row:
        case AppointmentIn() | EncounterIn() | RecallIn() | PlannedTreatmentIn() | InvoiceIn():
            return row.patient
        case _:
            raise TypeError("not a row beside a patient")


def _location_of(row: AnyRow) -> str | None:
    return row.location if isinstance(row, AppointmentIn | EncounterIn | InvoiceIn) else None


def _values(row: AnyRow) -> dict[str, object]:
    """The columns of a row beside a patient that stand as they are."""
    left_out = {"kind", "external_id", "patient", "location", "practitioner"}
    return row.model_dump(exclude=left_out)
