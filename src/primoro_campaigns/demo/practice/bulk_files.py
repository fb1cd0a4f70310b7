"""The same made-up practice as FHIR R4 bulk files, as a practice-management system would export it."""

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from primoro_campaigns.demo.practice import names
from primoro_campaigns.demo.practice.people import People
from primoro_campaigns.demo.practice.person import Person, Visit
from primoro_campaigns.demo.practice.practice import dentists, people, places_for
from primoro_campaigns.domain.errors import PrimoroError

_STATUS = {"attended": "fulfilled", "booked": "booked", "cancelled": "cancelled", "missed": "noshow"}

Resource = Mapping[str, object]


class FolderError(PrimoroError):
    """The files cannot be written there."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(
            f"The made-up practice cannot be written to the folder “{folder.name}”: {why}.",
            "What was there before is as it was. Name another folder, or make room.",
            "demo.folder",
        )


def write_bulk_files(
    folder: Path,
    *,
    patients: int,
    seed: int,
    now: datetime,
    distinct_mobiles: bool = False,
    on_progress: Callable[[int], None] = lambda _made: None,
) -> int:
    """Write Organization, Practitioner, Patient and Appointment files. Returns the number of patients.

    Consents and when a visit was booked are not part of them: FHIR exports of practices seldom hold either.
    Raises ``FolderError``.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.glob("*.ndjson")):
            raise FolderError(folder, "there are bulk files in it already")
        return _write_files(folder, patients, people(patients, seed, now, distinct_mobiles), on_progress)
    except OSError as error:
        raise FolderError(folder, error.strerror or "the disk gave no reason") from error


def _write_files(folder: Path, patients: int, everybody: People, on_progress: Callable[[int], None]) -> int:
    with ExitStack() as opened:
        files = {
            kind: opened.enter_context((folder / f"{kind}.ndjson").open("w", encoding="utf-8"))
            for kind in ("Organization", "Practitioner", "Patient", "Appointment")
        }
        places = places_for(patients)
        _write(files["Organization"], (_organization(place) for place in range(places)))
        _write(files["Practitioner"], (_practitioner(key, row) for key, row in dentists(places)))
        made = 0
        for person in everybody:
            _write(files["Patient"], [_patient(person)])
            _write(
                files["Appointment"],
                (_appointment(person, number, each) for number, each in enumerate(person.visits, start=1)),
            )
            made += 1
            if made % 5000 == 0:
                on_progress(made)
    return made


def _write(file: TextIO, resources: Iterable[Resource]) -> None:
    for resource in resources:
        file.write(json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n")


def _organization(place: int) -> Resource:
    town, district, dialling = names.TOWNS[place % len(names.TOWNS)]
    return {
        "resourceType": "Organization",
        "id": f"L{place + 1:02d}",
        "active": True,
        "name": names.PRACTICE_NAMES[place],
        "telecom": [{"system": "phone", "value": f"{dialling}{place:03d}"}],
        "address": [{"city": town, "postalCode": f"{district} 1AA", "country": "GB"}],
    }


def _practitioner(key: str, row: Mapping[str, object]) -> Resource:
    prefix, given, family = str(row["name"]).split(" ", 2)
    return {
        "resourceType": "Practitioner",
        "id": key,
        "active": row["active"],
        "name": [{"use": "official", "family": family, "given": [given], "prefix": [prefix]}],
    }


def _patient(person: Person) -> Resource:
    name: dict[str, object] = {"use": "official", "family": person.family, "given": [person.given]}
    if person.title:
        name["prefix"] = [person.title]
    resource: dict[str, object] = {
        "resourceType": "Patient",
        "id": person.external_id,
        "identifier": [
            {"type": {"coding": [{"code": "MR"}]}, "value": str(100_000 + person.number)},
        ],
        "active": person.status not in ("inactive", "archived"),
        "name": [name],
        "telecom": _telecom(person),
        "managingOrganization": {"reference": f"Organization/L{person.place + 1:02d}"},
    }
    if person.born_on is not None:
        resource["birthDate"] = person.born_on.isoformat()
    if person.status == "deceased":
        resource["deceasedBoolean"] = True
    if person.address_line:
        resource["address"] = [
            {
                "use": "home",
                "line": [person.address_line],
                "city": person.town,
                "postalCode": person.postcode,
                "country": "GB",
            }
        ]
    if person.dentist is not None:
        resource["generalPractitioner"] = [{"reference": f"Practitioner/D{person.dentist + 1:03d}"}]
    return resource


def _telecom(person: Person) -> list[Resource]:
    telecom: list[Resource] = []
    if person.mobile is not None:
        telecom.append({"system": "phone", "use": "mobile", "value": person.mobile, "rank": 1})
    if person.landline is not None:
        telecom.append({"system": "phone", "use": "home", "value": person.landline, "rank": 2})
    if person.email is not None:
        telecom.append({"system": "email", "value": person.email})
    return telecom


def _appointment(person: Person, number: int, visit: Visit) -> Resource:
    actors = [f"Patient/{person.external_id}", f"Location/L{person.place + 1:02d}"]
    if person.dentist is not None:
        actors.append(f"Practitioner/D{person.dentist + 1:03d}")
    return {
        "resourceType": "Appointment",
        "id": f"{person.external_id}-A{number}",
        "status": _STATUS[visit.status],
        "description": visit.description,
        "start": visit.moment.isoformat(),
        "end": (visit.moment + timedelta(minutes=visit.minutes)).isoformat(),
        "participant": [{"actor": {"reference": actor}, "status": "accepted"} for actor in actors],
    }
