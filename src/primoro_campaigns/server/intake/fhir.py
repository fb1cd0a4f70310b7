"""The door for FHIR R4 bulk files: a folder of NDJSON, one resource a line (FHIR Bulk Data Access)."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import ValidationError

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.intake import fhir_resource as fhir
from primoro_campaigns.server.intake import fhir_row
from primoro_campaigns.server.intake.fhir_row import Row, Surroundings
from primoro_campaigns.server.intake.incoming import Incoming, Unreadable
from primoro_campaigns.server.intake.ndjson import Line, lines

TYPES = ("Organization", "Location", "Practitioner", "Patient", "Encounter", "Appointment")
"""The resources we read, in the order in which they are read: what is referred to comes first."""

_TYPE_IN_NAME = re.compile(r"(?:^|[^A-Za-z])(" + "|".join(TYPES) + r")(?:[^A-Za-z]|$)")


class NothingToImportError(PrimoroError):
    """There is nothing of ours in the folder, or no folder."""

    def __init__(self, title: str) -> None:
        super().__init__(
            title,
            "Nothing was changed. Name the folder that holds the files of a FHIR R4 bulk export: "
            "Patient.ndjson, and where there are any Organization, Location, Practitioner, Encounter and "
            "Appointment.",
            "intake.nothing_to_import",
        )


@dataclass(frozen=True)
class Folder:
    """The files of a bulk export. ``left_aside`` are those with resources we do not read."""

    files: tuple[tuple[str, Path], ...]
    left_aside: tuple[str, ...]


def look_into(folder: Path) -> Folder:
    """Find the files. Raises ``NothingToImportError``."""
    if not folder.is_dir():
        raise NothingToImportError(f"There is no folder “{folder.name}”.")
    found: list[tuple[str, Path]] = []
    left_aside = []
    for path in sorted(folder.glob("*.ndjson")):
        resource_type = _type_of(path)
        if resource_type in TYPES:
            found.append((resource_type, path))
        else:
            left_aside.append(path.name)
    if not found:
        raise NothingToImportError(f"There are no FHIR bulk files in the folder “{folder.name}”.")
    found.sort(key=lambda each: (TYPES.index(each[0]), each[1].name))
    return Folder(tuple(found), tuple(left_aside))


def rows(folder: Folder, *, today: date, country: str) -> Iterator[Incoming]:
    """Every line of the folder as a row, in an order in which references resolve.

    ``country`` is how numbers are read where neither they nor an address say it.
    """
    around = Surroundings(today, country)
    if any(kind in ("Organization", "Location") for kind, _path in folder.files):
        around.places = set()
    for kind, path in folder.files:
        if kind == "Patient" and not around.homes:
            around.homes = _homes(folder, around)
        for line in lines(path):
            yield Incoming(path.name, line.number, _read(kind, line, around))


def _type_of(path: Path) -> str:
    named = _TYPE_IN_NAME.search(path.name)
    if named is not None:
        return named[1]
    first = next(lines(path), None)
    if first is None or first.text is None:
        return ""
    try:
        content = json.loads(first.text)
    except ValueError:
        return ""
    return str(content.get("resourceType", "")) if isinstance(content, dict) else ""


def _read(kind: str, line: Line, around: Surroundings) -> Row | Unreadable:
    resource = _parse(kind, line)
    if isinstance(resource, Unreadable):
        return resource
    match resource:
        case fhir.Organization():
            _remember_place(around, resource.id)
            return fhir_row.organization_row(resource, around)
        case fhir.Location():
            _remember_place(around, resource.id)
            owner = resource.managing_organization.key if resource.managing_organization else None
            if owner is not None:
                around.sites.setdefault(owner, resource.id)
            return fhir_row.location_row(resource, around)
        case fhir.Practitioner():
            around.practitioners.add(resource.id)
            return fhir_row.practitioner_row(resource, around)
        case fhir.Patient():
            return fhir_row.patient_row(resource, around)
        case fhir.Encounter():
            return fhir_row.encounter_row(resource, around)
        case fhir.Appointment():
            return fhir_row.appointment_row(resource, around)


def _remember_place(around: Surroundings, key: str) -> None:
    if around.places is not None:
        around.places.add(key)


_KINDS = {"Organization": "location"}
"""What a resource becomes, where it is not called the same."""

_PARSERS: dict[str, Callable[[bytes], fhir.Resource]] = {
    "Organization": fhir.Organization.model_validate_json,
    "Location": fhir.Location.model_validate_json,
    "Practitioner": fhir.Practitioner.model_validate_json,
    "Patient": fhir.Patient.model_validate_json,
    "Encounter": fhir.Encounter.model_validate_json,
    "Appointment": fhir.Appointment.model_validate_json,
}


def _parse(kind: str, line: Line) -> fhir.Resource | Unreadable:
    shown = _KINDS.get(kind, kind.lower())
    if line.text is None:
        return Unreadable("intake.line_too_long", "The line is longer than any record can be.", shown)
    try:
        return _PARSERS[kind](line.text)
    except ValidationError as error:
        return _unreadable(kind, shown, line, error)


def _unreadable(kind: str, shown: str, line: Line, error: ValidationError) -> Unreadable:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    if first["type"] == "json_invalid":
        if not line.ended:
            words = "The line ends in the middle: the file was cut off. Get it again and repeat the import."
            return Unreadable("intake.cut_off", words, shown)
        return Unreadable("intake.not_json", "The line is not JSON.", shown)
    where = ".".join(str(part) for part in first["loc"])
    if where == "resourceType" or not where:
        return Unreadable("intake.wrong_resource", f"This is no FHIR {kind}.", shown)
    told = "is missing" if first["type"] == "missing" else first["msg"][:1].lower() + first["msg"][1:]
    return Unreadable("intake.row_invalid", f"“{where}”: {told}.", shown)


def _homes(folder: Folder, around: Surroundings) -> dict[str, str]:
    """Where each patient was seen most, of two places as often the one seen last."""
    seen: dict[tuple[str, str], tuple[int, str]] = {}
    for kind, path in folder.files:
        if kind != "Encounter":
            continue
        for line in lines(path):
            resource = _parse(kind, line)
            if not isinstance(resource, fhir.Encounter) or resource.subject is None:
                continue
            patient, place = resource.subject.key, fhir_row.place_of(resource, around)
            if patient is None or place is None or not around.is_place(place):
                continue
            times, last = seen.get((patient, place), (0, ""))
            start = (resource.period.start if resource.period else None) or ""
            seen[patient, place] = (times + 1, max(last, start))
    homes: dict[str, tuple[int, str, str]] = {}
    for (patient, place), (times, last) in seen.items():
        homes[patient] = max(homes.get(patient, (0, "", "")), (times, last, place))
    return {patient: place for patient, (_times, _last, place) in homes.items()}
