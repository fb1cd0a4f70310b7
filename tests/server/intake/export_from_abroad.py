"""A bulk export as a hospital's system in the United States writes it: its numbers, and no e-mail address.

Made up small for every run; a whole one beside the checkout, or named by ``PRIMORO_FHIR_BULK``, is used too.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "PRIMORO_FHIR_BULK"
_BESIDE = Path(__file__).parents[4] / "shared" / "data" / "fhir-r4-bulk"

Resource = Mapping[str, object]


@dataclass(frozen=True)
class Size:
    patients: int
    encounters: int
    organizations: int
    practitioners: int


MADE = Size(patients=24, encounters=24 * 9, organizations=3, practitioners=4)
WHOLE = Size(patients=291, encounters=8617, organizations=92, practitioners=92)


def whole() -> Path | None:
    """The folder of a whole export, where there is one."""
    folder = Path(os.environ[VARIABLE]) if VARIABLE in os.environ else _BESIDE
    return folder if folder.is_dir() else None


def make(folder: Path) -> Path:
    """Write the small one, of the size ``MADE``."""
    folder.mkdir()
    numbers = range(MADE.patients)
    _write(folder, "Organization", (_organization(each) for each in range(MADE.organizations)))
    _write(folder, "Practitioner", (_practitioner(each) for each in range(MADE.practitioners)))
    _write(folder, "Patient", (_patient(each) for each in numbers))
    _write(folder, "Encounter", (_encounter(each, visit) for each in numbers for visit in range(9)))
    return folder


def resources(folder: Path, kind: str) -> list[dict[str, object]]:
    lines = (folder / f"{kind}.ndjson").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line]


def _write(folder: Path, kind: str, rows: Iterable[Resource]) -> None:
    text = "".join(json.dumps({"resourceType": kind, **row}) + "\n" for row in rows)
    (folder / f"{kind}.ndjson").write_text(text, encoding="utf-8")


def _organization(number: int) -> Resource:
    return {
        "id": f"org-{number}",
        "name": f"COUNTY HOSPITAL {number}",
        "telecom": [{"system": "phone", "value": f"413555{number:04}"}],
        "address": [{"city": "SPRINGFIELD", "state": "MA", "country": "US"}],
    }


def _practitioner(number: int) -> Resource:
    name = {"family": f"Hilpert{number}", "given": ["Sharyl"], "prefix": ["Dr."]}
    return {"id": f"doc-{number}", "active": True, "name": [name]}


def _patient(number: int) -> Resource:
    row: dict[str, object] = {
        "id": f"pat-{number}",
        "extension": [{"url": "http://example.org/race", "valueString": "passed over"}],
        "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": f"chart-{number}"}],
        "name": [
            {"use": "maiden", "family": "Before", "given": ["Ann"]},
            {"use": "official", "family": f"Ash{number}", "given": ["Ann", "B."], "prefix": ["Mrs."]},
        ],
        "telecom": [{"system": "phone", "value": f"555-978-{number:04}", "use": "home"}],
        "birthDate": f"19{50 + number}-08-03",
        "address": [
            {"line": [f"{number} Lockman Row"], "city": "Peabody", "postalCode": "01940", "country": "US"}
        ],
    }
    if number % 5 == 0:
        row["deceasedDateTime"] = "2020-01-01T08:00:00Z"
    return row


def _encounter(number: int, visit: int) -> Resource:
    day = f"{2010 + visit}-06-{number + 1:02}"
    return {
        "id": f"enc-{number}-{visit}",
        "status": "finished",
        "type": [{"text": "Encounter for check up"}],
        "subject": {"reference": f"urn:uuid:pat-{number}"},
        "participant": [{"individual": {"reference": f"urn:uuid:doc-{number % MADE.practitioners}"}}],
        "period": {"start": f"{day}T10:00:00+00:00", "end": f"{day}T10:15:00+00:00"},
        # Two visits in three are at the hospital of the patient.
        "serviceProvider": {"reference": f"urn:uuid:org-{(number + (visit % 3 == 2)) % MADE.organizations}"},
    }
