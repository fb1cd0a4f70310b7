"""FHIR R4 resources as rows of ours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from primoro_campaigns.domain.patient import phone
from primoro_campaigns.domain.patient.phone import NumberKind
from primoro_campaigns.server.intake import fhir_resource as fhir
from primoro_campaigns.server.intake.homes import Homes
from primoro_campaigns.wire.intake import Kind

Row = dict[str, object]

_COUNTRIES = {
    "USA": "US",
    "UNITED STATES": "US",
    "UNITED STATES OF AMERICA": "US",
    "GBR": "GB",
    "UK": "GB",
    "UNITED KINGDOM": "GB",
    "GREAT BRITAIN": "GB",
    "ENGLAND": "GB",
    "SCOTLAND": "GB",
    "WALES": "GB",
    "NORTHERN IRELAND": "GB",
    "IRL": "IE",
    "IRELAND": "IE",
}

_NAME_ORDER = ("official", "usual", None, "", "temp", "nickname", "anonymous", "old", "maiden")

_APPOINTMENT_STATUS = {
    "proposed": "proposed",
    "pending": "proposed",
    "waitlist": "proposed",
    "booked": "booked",
    "arrived": "attended",
    "checked-in": "attended",
    "fulfilled": "attended",
    "cancelled": "cancelled",
    "entered-in-error": "cancelled",
    "noshow": "missed",
}


@dataclass
class Surroundings:
    """What one resource does not say by itself.

    ``places`` are the ids of organisations and locations met in these files, None when there were none at
    all; ``sites`` is the first location of an organisation that has locations of its own; ``homes`` is where
    each patient was seen most.
    """

    today: date
    country: str
    places: set[str] | None = None
    sites: dict[str, str] = field(default_factory=dict)
    practitioners: set[str] = field(default_factory=set)
    homes: Homes = field(default_factory=Homes)

    def is_place(self, key: str | None) -> bool:
        return key is not None and (self.places is None or key in self.places)


def organization_row(resource: fhir.Organization, _around: Surroundings) -> Row:
    name = resource.name or next((each for each in resource.alias if each), None)
    return _place_row(resource.id, name, resource.telecom, resource.address[:1])


def location_row(resource: fhir.Location, _around: Surroundings) -> Row:
    return _place_row(
        resource.id, resource.name, resource.telecom, [] if resource.address is None else [resource.address]
    )


def _place_row(
    key: str, name: str | None, telecom: Sequence[fhir.ContactPoint], address: Sequence[fhir.Address]
) -> Row:
    """A number or town that is not there is not told: what a person typed in stays."""
    row: Row = {"kind": Kind.LOCATION, "external_id": key, "name": name or ""}
    number = next((each.value for each in telecom if each.system == "phone" and each.value), None)
    town = next((each.city for each in address if each.city), None)
    return row | ({"phone": number} if number else {}) | ({"town": town} if town else {})


def practitioner_row(resource: fhir.Practitioner, _around: Surroundings) -> Row:
    name = _best_name(resource.name)
    words = [_first(name.prefix), _first(name.given), name.family or ""] if name else []
    shown = " ".join(filter(None, words)) or (name.text if name and name.text else "")
    return {
        "kind": Kind.PRACTITIONER,
        "external_id": resource.id,
        "name": shown,
        "active": resource.active is not False,
    }


def patient_row(resource: fhir.Patient, around: Surroundings) -> Row:
    """All that a patient's resource can tell is told: what it no longer says is taken away.

    Only of a whole date of birth we know the day; a year alone is not made up to one.
    """
    name = _best_name(resource.name)
    address = next((each for each in resource.address if each.use == "home"), None) or next(
        (each for each in resource.address if each.use not in ("old", "billing")), None
    )
    country = _country(address.country if address else None)
    row: Row = {
        "kind": Kind.PATIENT,
        "external_id": resource.id,
        "number": _chart_number(resource.identifier),
        "title": _first(name.prefix) if name else "",
        "given_name": _first(name.given) if name else "",
        "family_name": (name.family or ("" if name.given else name.text) or "") if name else "",
        "born_on": resource.birth_date if resource.birth_date and len(resource.birth_date) == 10 else None,
        "status": _status(resource),
        "address_line": ", ".join(filter(None, address.line)) if address else "",
        "town": (address.city or "") if address else "",
        "postcode": (address.postal_code or "") if address else "",
        **_ways_to_reach(resource.telecom, around, country or around.country),
    }
    if country:
        row["country"] = country
    place = _managed_at(resource, around)
    if place is not None:
        row["location"] = place
    doctor = _practitioner_of(resource, around)
    if doctor is not None:
        row["practitioner"] = doctor
    return row


def encounter_row(resource: fhir.Encounter, around: Surroundings) -> Row:
    period = resource.period or fhir.Period()
    row: Row = {
        "kind": Kind.ENCOUNTER,
        "external_id": resource.id,
        "patient": _key(resource.subject),
        "status": resource.status,
        "starts_at": _instant(period.start),
        "ends_at": _instant(period.end),
        "description": next((each.words for each in resource.type if each.words), ""),
    }
    doctor = next((key for each in resource.participant if (key := _key(each.individual))), None)
    if doctor is not None:
        row["practitioner"] = doctor
    place = place_of(resource, around)
    if place is not None:
        row["location"] = place
    return row


def place_of(resource: fhir.Encounter, around: Surroundings) -> str | None:
    """Where an encounter was: its location, or else the organisation that provided it."""
    at = next((key for each in resource.location if (key := _key(each.location))), None)
    provider = _key(resource.service_provider)
    if around.is_place(at) or provider is None:
        return at
    return around.sites.get(provider, provider)


def appointment_row(resource: fhir.Appointment, around: Surroundings) -> Row:
    row: Row = {
        "kind": Kind.APPOINTMENT,
        "external_id": resource.id,
        "patient": None,
        "status": _APPOINTMENT_STATUS.get(resource.status, resource.status),
        "starts_at": _instant(resource.start),
        "ends_at": _instant(resource.end),
        "booked_at": _instant(resource.created),
        "description": resource.description
        or next((each.words for each in resource.service_type if each.words), ""),
    }
    for each in resource.participant:
        key = _key(each.actor)
        if key is None or each.actor is None:
            continue
        role = _role(each.actor.kind, key, around)
        if role is not None and row.get(role) is None:
            row[role] = key
    return row


def _role(kind: str, key: str, around: Surroundings) -> str | None:
    """What a participant of an appointment is: said by the reference, else by which file it was met in."""
    if kind == "Patient":
        return "patient"
    if kind == "Practitioner" or key in around.practitioners:
        return "practitioner"
    if kind in ("Location", "Organization") or (around.places and key in around.places):
        return "location"
    return None if kind else "patient"


def _key(reference: fhir.Reference | None) -> str | None:
    return None if reference is None else reference.key


def _instant(text: str | None) -> str | None:
    """A day without a time is taken as noon UTC, which is the same day nearly everywhere."""
    return f"{text}T12:00:00+00:00" if text is not None and len(text) == 10 else text


def home_of(resource: fhir.Patient, around: Surroundings) -> str:
    """Where the patient was seen most, else the first location of the organisation that looks after them.

    A guess: an export of what changed lately holds few of a patient's visits. Empty when there is no hint.
    """
    managing = _key(resource.managing_organization)
    return around.homes.of(resource.id) or around.sites.get(managing or "", "")


def _managed_at(resource: fhir.Patient, around: Surroundings) -> str | None:
    """The organisation that looks after the patient, unless it has locations: it does not say which."""
    managing = _key(resource.managing_organization)
    return None if managing in around.sites else managing


def _practitioner_of(resource: fhir.Patient, around: Surroundings) -> str | None:
    """The first that is a person: FHIR allows organisations and roles as well."""
    for each in resource.general_practitioner:
        unsaid = not each.kind and each.key not in (around.places or ())
        if each.key is not None and (each.kind == "Practitioner" or unsaid):
            return each.key
    return None


def _best_name(names: Sequence[fhir.HumanName]) -> fhir.HumanName | None:
    """The official name, else the one that comes nearest to it; former names last."""
    ranked = {use: rank for rank, use in enumerate(_NAME_ORDER)}
    return min(names, key=lambda name: ranked.get(name.use, len(ranked)), default=None)


def _first(texts: Sequence[str | None]) -> str:
    return next((each for each in texts if each), "")


def _chart_number(identifiers: Sequence[fhir.Identifier]) -> str:
    """The medical record number (HL7 v2 table 0203, code MR)."""
    for each in identifiers:
        if each.type is not None and any(coding.code == "MR" for coding in each.type.coding):
            return each.value or ""
    return ""


def _status(resource: fhir.Patient) -> str:
    if resource.deceased or resource.deceased_at:
        return "deceased"
    return "inactive" if resource.active is False else "active"


def _country(name: str | None) -> str | None:
    if not name:
        return None
    code = name.strip().upper()
    code = _COUNTRIES.get(code, code)
    return code if len(code) == 2 and code.isascii() and code.isalpha() else None


def _ways_to_reach(telecom: Sequence[fhir.ContactPoint], around: Surroundings, region: str) -> Row:
    """The first in rank of each kind that is still in use. Nothing is made up where there is none."""
    today = around.today.isoformat()
    standing = [
        each
        for each in telecom
        if each.value
        and each.use != "old"
        and not (each.period and each.period.end and each.period.end < today)
    ]
    standing.sort(key=lambda each: each.rank if each.rank is not None else 10**6)
    found: dict[str, str] = {}
    for each in standing:
        if each.value is None:
            continue
        if each.system == "email":
            found.setdefault("email", each.value)
        elif each.system == "sms" or (each.system == "phone" and each.use == "mobile"):
            found.setdefault("mobile", each.value)
        elif each.system == "phone":
            unsaid = each.use is None and _is_mobile(each.value, region)
            found.setdefault("mobile" if unsaid else "landline", each.value)
    return {"email": found.get("email"), "mobile": found.get("mobile"), "landline": found.get("landline")}


def _is_mobile(number: str, region: str) -> bool:
    read = phone.to_e164(number, region)
    return read is not None and read.kind is NumberKind.MOBILE
