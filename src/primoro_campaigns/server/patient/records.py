"""What is kept beside a patient: visits, recalls, planned treatment, invoices; and practitioners."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Table

from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.patient import store
from primoro_campaigns.server.patient.tables import (
    appointment,
    encounter,
    invoice,
    planned_treatment,
    practitioner,
    recall,
)
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.ids import new_id

BESIDE: Mapping[str, Table] = {
    table.name: table for table in (appointment, encounter, recall, planned_treatment, invoice)
}
"""The tables with a ``patient_id``, by the name of their rows' kind."""


@dataclass
class Written:
    """Which external ids are new or changed, and whose facts may have changed with them."""

    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    patient_ids: set[str] = field(default_factory=set)


def upsert(uow: UnitOfWork, kind: str, source: str, rows: Mapping[str, Mapping[str, object]]) -> Written:
    """Take in records of one kind by external id. The patients' facts are the caller's to recompute."""
    return _upsert(uow, BESIDE[kind], source, rows)


def upsert_practitioners(uow: UnitOfWork, source: str, rows: Mapping[str, Mapping[str, object]]) -> Written:
    """Take in practitioners by external id; everyone sees them."""
    written = _upsert(uow, practitioner, source, rows)
    for our_id in practitioner_ids(uow.connection, source, [*written.new, *written.changed]).values():
        uow.changes.touched(Room.PRACTITIONER, our_id, [EVERYWHERE])
    return written


def practitioner_ids(connection: Connection, source: str, external_ids: Sequence[str]) -> dict[str, str]:
    """Our ids of practitioners, by their external id or else their name; who is not on file is left out."""
    found = store.ids_of(connection, practitioner, source, external_ids)
    missing = {each.casefold(): each for each in external_ids if each not in found}
    if missing:
        for name, our_id in store.practitioner_names(connection):
            if name.casefold() in missing:
                found[missing[name.casefold()]] = our_id
    return found


@dataclass(frozen=True)
class Holder:
    """Whom a record is about."""

    patient_id: str
    location_id: str


def patient_places(connection: Connection, source: str, external_ids: Sequence[str]) -> dict[str, Holder]:
    """Our ids and locations of patients; who is not on file is left out."""
    found: dict[str, Holder] = {}
    for some in store.parts(external_ids):
        for external_id, patient_id, location_id in store.patient_places(connection, source, some):
            found[external_id] = Holder(patient_id, location_id)
    return found


def recall_key(patient_external_id: str) -> str:
    """The external id of the recall that a patient's own row carries: no recall with its own row has it."""
    return f"patient/{patient_external_id}"


def close_recalls(uow: UnitOfWork, source: str, external_ids: Sequence[str]) -> Written:
    """These recalls are no longer open: the practice-management system does not tell them any more."""
    written = Written()
    standing = store.known(uow.connection, recall, source, external_ids)
    changes = []
    for external_id, row in standing.items():
        if not row.done:
            changes.append({"id": row.id, "done": True})
            written.changed.add(external_id)
            written.patient_ids.add(str(row.patient_id))
    store.update_rows(uow.connection, recall, changes)
    return written


def _upsert(uow: UnitOfWork, table: Table, source: str, rows: Mapping[str, Mapping[str, object]]) -> Written:
    written = Written()
    standing = store.known(uow.connection, table, source, list(rows))
    fresh: list[dict[str, object]] = []
    changes: list[dict[str, object]] = []
    for external_id, row in rows.items():
        before = standing.get(external_id)
        if before is None:
            fresh.append({"id": new_id(), "source": source, "external_id": external_id, **row})
            written.new.add(external_id)
        else:
            changed = {name: value for name, value in row.items() if before._mapping[name] != value}
            if not changed:
                continue
            changes.append({"id": before.id, **changed})
            written.changed.add(external_id)
            written.patient_ids.add(str(before._mapping.get("patient_id", "")))
        written.patient_ids.add(str(row.get("patient_id", "")))
    store.insert_rows(uow.connection, table, fresh)
    store.update_rows(uow.connection, table, changes)
    written.patient_ids.discard("")
    return written
