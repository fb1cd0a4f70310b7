"""The people of the story: three patients one can follow, and what everybody else said about being written
to.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

WORDING = "I would like to hear about offers and news by {channel}. I can stop at any time."
HOW = "Ticked on the new-patient form"

UNKNOWN_CALLER = "07700 900999"


@dataclass(frozen=True)
class Person:
    external_id: str
    given: str
    family: str
    born_on: date
    email: str = ""
    mobile: str = ""

    @property
    def mobile_e164(self) -> str:
        return "+44" + self.mobile.replace(" ", "")[1:]

    def resource(self) -> Mapping[str, object]:
        """The person as a FHIR R4 Patient."""
        telecom = [{"system": "email", "value": self.email}] if self.email else []
        if self.mobile:
            telecom.append({"system": "phone", "use": "mobile", "value": self.mobile})
        return {
            "resourceType": "Patient",
            "id": self.external_id,
            "active": True,
            "name": [{"use": "official", "family": self.family, "given": [self.given]}],
            "telecom": telecom,
            "birthDate": self.born_on.isoformat(),
            "address": [{"line": ["4 Mill Lane"], "city": "Bath", "postalCode": "BA1 5QZ", "country": "GB"}],
        }


ANN = Person(
    "story-ann", "Ann", "Quillfeather", date(1979, 3, 14), "ann.quillfeather@example.org", "07700 900991"
)
"""Asks for no more promotions, and is never written to."""
BEN = Person("story-ben", "Ben", "Okonkwo-Hale", date(1988, 11, 2), "ben.okonkwo@example.org")
"""Gets the e-mail, unsubscribes, and is the one who called from an unknown number."""
CARYS = Person("story-carys", "Carys", "Llywelyn-Pryce", date(1994, 6, 30), "", "07700 900993")
"""Has no e-mail address and gets the text; calls from her own number."""

CAST = (ANN, BEN, CARYS)


def write_bulk_files(folder: Path) -> int:
    """Add the cast to the bulk files in ``folder``. Returns how many patients the files hold."""
    path = folder / "Patient.ndjson"
    with path.open("a", encoding="utf-8") as file:
        for person in CAST:
            file.write(json.dumps(person.resource(), ensure_ascii=False) + "\n")
    return sum(1 for _ in _patients(folder))


def write_consents(folder: Path, to: Path) -> int:
    """A CSV of what the patients of the bulk files said when they joined, with its evidence.

    Of every ten with an address seven said yes, one said no, two were never asked. Returns the number of
    rows.
    """
    rows = 0
    names = {person.external_id for person in CAST}
    with to.open("w", encoding="utf-8", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(
            ["Patient ID", "Surname", "Forename", "E-mail offers", "Text offers", "How", "Wording"]
        )
        for number, patient in enumerate(_patients(folder)):
            share = 0 if patient["id"] in names else number % 10
            said = "yes" if share < 7 else "no" if share == 7 else ""
            evidence = [HOW, WORDING.format(channel="e-mail and text")] if said == "yes" else ["", ""]
            name = _official(patient)
            sheet.writerow([patient["id"], name[0], name[1], said, said, *evidence])
            rows += 1
    return rows


CONSENT_COLUMNS: Mapping[str, str] = {
    "external_id": "Patient ID",
    "family_name": "Surname",
    "given_name": "Forename",
    "consent_email": "E-mail offers",
    "consent_sms": "Text offers",
    "consent_how": "How",
    "consent_wording": "Wording",
}
"""Which field of ours each column of the consents is."""


def _patients(folder: Path) -> Iterator[dict[str, object]]:
    with (folder / "Patient.ndjson").open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)


def _official(patient: Mapping[str, object]) -> tuple[str, str]:
    names = patient.get("name")
    if not isinstance(names, list) or not names:
        return "", ""
    name = names[0]
    return str(name.get("family", "")), " ".join(name.get("given", []))
