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
from primoro_campaigns.server.intake.incoming import Incoming, Unreadable, in_words, shown
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
    for path in sorted(each for each in folder.glob("*.ndjson") if each.is_file()):
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
    counted = False
    for kind, path in folder.files:
        if kind == "Patient" and not counted:
            _count_homes(folder, around)
            counted = True
        for line in lines(path):
            resource = _parse(kind, line)
            if isinstance(resource, Unreadable):
                yield Incoming(path.name, line.number, resource)
            else:
                home = fhir_row.home_of(resource, around) if isinstance(resource, fhir.Patient) else ""
                yield Incoming(path.name, line.number, _row(resource, around), home=home)


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


def _row(resource: fhir.Resource, around: Surroundings) -> Row:
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
    what = _KINDS.get(kind, kind.lower())
    if line.text is None:
        return Unreadable("intake.line_too_long", "The line is longer than any record can be.", what)
    try:
        return _PARSERS[kind](line.text)
    except ValidationError as error:
        code, words = _wrong(kind, line.text, line.ended, error)
        return Unreadable(code, words, what, _id_in(line.text))


def _wrong(kind: str, text: bytes, ended: bool, error: ValidationError) -> tuple[str, str]:
    """A code and words for what is wrong with a line."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        # Checked before "cut off": of a file in UTF-16 every line ends in the middle.
        if not _is_utf8(text):
            return "intake.characters", "The line is not in UTF-8. Export the file again as UTF-8."
        if not ended:
            words = "The line ends in the middle: the file was cut off. Get it again and repeat the import."
            return "intake.cut_off", words
        return "intake.not_json", "The line is not JSON. Export the file again as FHIR bulk data (NDJSON)."
    if where == "resourceType" or not where:
        return "intake.wrong_resource", f"This is no FHIR {kind}."
    return "intake.row_invalid", f"“{where}” {in_words(first)}."


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in text


def _id_in(text: bytes) -> str:
    """The id of a resource that cannot be read, so that a person finds it."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    return shown(content.get("id")) if isinstance(content, dict) else ""


def _count_homes(folder: Folder, around: Surroundings) -> None:
    """Read the encounters ahead of the patients: they say where each patient was seen most."""
    for kind, path in folder.files:
        if kind != "Encounter":
            continue
        for line in lines(path):
            resource = _parse(kind, line)
            if not isinstance(resource, fhir.Encounter) or resource.subject is None:
                continue
            patient, place = resource.subject.key, fhir_row.place_of(resource, around)
            if patient is not None and place is not None:
                around.homes.add(patient, place, (resource.period.start if resource.period else None) or "")
    around.homes.settle(around.is_place)
