"""Every patient as one CSV file that the import reads back."""

import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol

from sqlalchemy import Row

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.consent.model import PermissionState, Purpose
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.intake import store
from primoro_campaigns.server.intake.csv_field import CONSENT, EVIDENCE, FIELDS, RESTRICTED
from primoro_campaigns.server.intake.csv_file import neutralised
from primoro_campaigns.server.patient import service as patients
from primoro_campaigns.storage.patient_facts import tags_of

FILE = "patients.csv"
ROWS_A_PAGE = 2000

COLUMNS = tuple(field for field in FIELDS if field not in EVIDENCE)
_ANSWERS = {PermissionState.OPTED_IN.value: "yes", PermissionState.OPTED_OUT.value: "no"}


class ExportError(PrimoroError):
    """The file cannot be written."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"The export cannot be written to the folder “{folder.name}”: {why}.",
            "No file was left there. Choose another folder or make room, and export again.",
            "intake.export",
        )


class Writer(Protocol):
    """What ``csv.writer`` makes."""

    def writerow(self, row: Iterable[str], /) -> object: ...


def export(database: Database, actor: Actor, folder: Path) -> tuple[Path, int]:
    """Write ``patients.csv`` into ``folder``. Returns the file and the number of patients. Audited first.

    UTF-8 with the mark that spreadsheets look for; readable by its owner alone. Needs the right ``export``.
    """
    actor.require(Right.EXPORT)
    with database.write() as uow:
        number = store.patient_count(uow.connection)
        audit.record(uow, actor, "patient.exported", words=f"Exported all patients as CSV: {number}.")
    path = folder / FILE
    draft = folder / f"{FILE}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as file:
                count = _write(database, csv.writer(file))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise ExportError(folder, error.strerror or "it is not writable") from error
    return path, count


def _write(database: Database, writer: Writer) -> int:
    """One page at a time, so that an export never holds up the server for long."""
    writer.writerow(COLUMNS)
    count = 0
    after = ("", "", "")
    with database.read() as connection:
        places = store.location_labels(connection)
        while page := patients.page(connection, after, ROWS_A_PAGE):
            consents = store.consents_of(connection, [str(row.id) for row in page])
            for row in page:
                writer.writerow(
                    [neutralised(cell) for cell in _cells(row, places, consents.get(str(row.id), {}))]
                )
            count += len(page)
            last = page[-1]
            after = (str(last.location_id), str(last.family_name), str(last.id))
    return count


def _cells(
    row: Row[tuple[object, ...]], places: Mapping[str, str], consents: Mapping[tuple[str, str], str]
) -> list[str]:
    values = dict(row._mapping)
    values["location"] = places.get(str(row.location_id))
    values["tags"] = "; ".join(sorted(tags_of(str(row.tags))))
    values["household"] = (
        None if row.household_id is None else row.household_id.removeprefix(f"{row.source}:")
    )
    cells = []
    for name in COLUMNS:
        if name in RESTRICTED:
            cells.append("yes" if ("", RESTRICTED[name].value) in consents else "")
        elif name in CONSENT:
            state = consents.get((CONSENT[name].value, Purpose.PROMOTIONS.value), "")
            cells.append(_ANSWERS.get(state, ""))
        else:
            cells.append(_text(values.get(name)))
    return cells


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
