"""A copy of everything about one person, and the erasure of it (domain.md L07, L27)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from primoro_campaigns.documents.report import Report, Section, pdf
from primoro_campaigns.domain.consent.model import ConsentSource
from primoro_campaigns.domain.errors import NotFoundError
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.consent import ledger
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.standing import standing
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.subject import store
from primoro_campaigns.server.subject.store import Row

_HEADINGS: Mapping[str, str] = {
    "record": "The patient's record",
    "restriction": "What the patient wants no messages about",
    "permission": "What the patient said about each channel",
    "consent_entry": "Every change of it",
    "contact": "Contacts",
    "message": "Messages of campaigns",
    "call": "Calls",
    "reply": "What the patient wrote to us",
    "appointment": "Appointments",
    "encounter": "Visits",
    "recall": "Recalls",
    "planned_treatment": "Planned treatment",
    "invoice": "Invoices",
    "patient_number": "Further telephone numbers",
}


class PatientUnknownError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(
            "There is no patient with this id.",
            "Nothing was changed. The id stands in the address bar of the patient's file, and in the export.",
            "subject.unknown",
        )


@dataclass(frozen=True)
class Copy:
    """The bundle as a file for programs and one for people."""

    as_json: bytes
    as_pdf: bytes


def copy_of(uow: UnitOfWork, actor: Actor, patient_id: str) -> Copy:
    """Everything on record about one patient; that it was handed out is written down."""
    if store.patient_row(uow.connection, patient_id) is None:
        raise PatientUnknownError
    found = store.everything(uow.connection, patient_id)
    practice = organisation.find(uow.connection)
    name = practice.name if practice is not None else "The practice"
    made = f"{uow.now:%d/%m/%Y %H:%M} UTC"
    bundle = {"practice": name, "made_at": uow.now, **{key: found.get(key, []) for key in _HEADINGS}}
    text = json.dumps(bundle, default=_plain, ensure_ascii=False, indent=2)
    sections = tuple(_section(heading, found.get(key, [])) for key, heading in _HEADINGS.items())
    lines = (f"{name} holds this about you. Made on {made}.", "The same is in the file beside this one.")
    report = Report("A copy of your data", lines, sections, f"{name}, {made}")
    audit.record(uow, actor, "subject.exported", patient_id, "A copy of everything about a patient was made.")
    return Copy(f"{text}\n".encode(), pdf(report))


class Erased(NamedTuple):
    """``kept_open`` are kinds of address that other files hold too and that nobody had said no to."""

    suppressed: tuple[AddressKind, ...]
    kept_open: tuple[AddressKind, ...]


def erase(uow: UnitOfWork, actor: Actor, consent: ConsentService, patient_id: str) -> Erased:
    """Take away all that is personal; what stays is that addresses must not be used, as keyed hashes.

    An address that another file holds stays open to its holder, unless the erased patient had said no to
    anything: a no outlives its person's data. The ledger of messages keeps its lines, without the person, so
    that its account still adds up, and the chain over consent still holds.
    """
    row = store.patient_row(uow.connection, patient_id)
    if row is None:
        raise PatientUnknownError
    said = standing(uow.connection, patient_id)
    said_no = bool(said.restricted or said.opted_out)
    suppressed: list[AddressKind] = []
    kept_open: list[AddressKind] = []
    for kind, column in ((AddressKind.EMAIL, "email"), (AddressKind.MOBILE, "mobile_e164")):
        address = row[column]
        if not address:
            continue
        if not said_no and store.others_with(uow.connection, patient_id, column, str(address)):
            kept_open.append(kind)
            continue
        consent.suppress(uow, kind, str(address), source=ConsentSource.ERASURE)
        suppressed.append(kind)
    ledger.note_erased(uow, actor, patient_id)
    for room, row_id, location_id in store.empty(uow.connection, patient_id):
        uow.changes.touched(room, row_id, [location_id])
    for room, row_id, location_id in store.erase(uow.connection, row):
        uow.changes.gone(room, row_id, [location_id])
    audit.record(uow, actor, "subject.erased", patient_id, "The data of a patient was erased.")
    return Erased(tuple(suppressed), tuple(kept_open))


def _section(heading: str, rows: list[Row]) -> Section:
    """One line for each thing on record, as "what: value" pairs: the tables differ too much for columns."""
    if len(rows) == 1:
        return Section(heading, ("What", "On record"), [(_words(k), _text(v)) for k, v in rows[0].items()])
    lines = [
        (
            str(number),
            "\n".join(f"{_words(key)}: {_text(value)}" for key, value in row.items() if value != ""),
        )
        for number, row in enumerate(rows, 1)
    ]
    return Section(heading, ("No.", "On record"), lines)


def _words(name: str) -> str:
    words = name.removesuffix("_e164").removesuffix("_on").removesuffix("_at").replace("_", " ")
    return words[0].upper() + words[1:]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%d/%m/%Y %H:%M} UTC"
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return str(value)


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
