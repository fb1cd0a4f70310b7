"""Contact entries: a line in the Contacts tab for all that was said or recorded (domain.md E33)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from primoro_campaigns.domain.consent.model import MARKETING
from primoro_campaigns.domain.ids import CampaignId, ContactId, DeliveryId, PatientId
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.patient import store
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.ids import new_id

_MARKETING = frozenset(purpose.value for purpose in MARKETING)


@dataclass(frozen=True)
class ContactEntry:
    """What is to be recorded. Left out, ``at`` is the unit of work's instant and ``contact_id`` a new one.

    ``category`` is a ``Purpose`` where the entry belongs to one: an outgoing e-mail or text of a marketing
    purpose moves the patient's "last contacted" (domain.md C10). ``delivery_id`` makes the entry the only
    one of its ledger row: recorded again, nothing happens.
    """

    patient_id: PatientId
    kind: Literal["email", "sms", "phone", "consent", "note"]
    direction: Literal["out", "in", "none"]
    title: str
    status: Literal["sent", "failed", "unknown", "received", "recorded"]
    category: str = ""
    detail: str = ""
    by_name: str = ""
    at: datetime | None = None
    campaign_id: CampaignId | None = None
    delivery_id: DeliveryId | None = None
    contact_id: ContactId | None = None


def record(uow: UnitOfWork, entries: Sequence[ContactEntry]) -> list[ContactId]:
    """Write Contact entries and log the change for the patients' locations. Returns the ids of those written.

    An entry for a patient who is no longer there is left out, and so is a second one for the same delivery.
    """
    if not entries:
        return []
    places = store.places_of(uow.connection, [entry.patient_id for entry in entries])
    made = {entry.contact_id or new_id(): entry for entry in entries if entry.patient_id in places}
    rows = [
        {
            "id": contact_id,
            "patient_id": entry.patient_id,
            "at": entry.at or uow.now,
            "kind": entry.kind,
            "direction": entry.direction,
            "category": entry.category,
            "title": entry.title,
            "detail": entry.detail,
            "status": entry.status,
            "by_name": entry.by_name,
            "campaign_id": entry.campaign_id,
            "delivery_id": entry.delivery_id,
        }
        for contact_id, entry in made.items()
    ]
    written = store.insert_contacts(uow.connection, rows)
    days: dict[date, list[str]] = {}
    for contact_id in written:
        entry = made[contact_id]
        place = places[entry.patient_id]
        uow.changes.touched(Room.CONTACT, contact_id, [place.location_id])
        if _is_marketing(entry):
            day = (entry.at or uow.now).astimezone(ZoneInfo(place.time_zone)).date()
            days.setdefault(day, []).append(entry.patient_id)
    for day, patient_ids in sorted(days.items()):
        for patient_id in store.raise_last_contacted(uow.connection, patient_ids, day):
            uow.changes.touched(Room.PATIENT, patient_id, [places[patient_id].location_id])
    return [ContactId(contact_id) for contact_id in written]


@dataclass(frozen=True)
class Amendment:
    """What an entry says from now on. With ``again`` the ledger row will make another entry."""

    status: Literal["sent", "failed", "recorded"]
    detail: str
    again: bool = False


def amend(uow: UnitOfWork, amendments: Mapping[DeliveryId | str, Amendment]) -> None:
    """Change the entries of ledger rows, by their ids: it has turned out, or been decided, what they are."""
    amended: dict[str, str] = {}
    for delivery_id, amendment in amendments.items():
        values: dict[str, object] = {"status": amendment.status, "detail": amendment.detail}
        if amendment.again:
            values["delivery_id"] = None
        found = store.amend_contact(uow.connection, delivery_id, values)
        if found is not None:
            amended[found[0]] = found[1]
    places = store.places_of(uow.connection, list(amended.values()))
    for contact_id, patient_id in amended.items():
        uow.changes.touched(Room.CONTACT, contact_id, [places[patient_id].location_id])


def _is_marketing(entry: ContactEntry) -> bool:
    """In doubt ("unknown") the patient counts as written to: asking once too seldom is the safe side."""
    return (
        entry.direction == "out"
        and entry.kind in ("email", "sms")
        and entry.category in _MARKETING
        and entry.status in ("sent", "unknown")
    )
