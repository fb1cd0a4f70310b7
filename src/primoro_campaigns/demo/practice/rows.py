"""Made-up people as rows of the server's tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from primoro_campaigns.demo.practice.history import ZONE
from primoro_campaigns.demo.practice.person import Person
from primoro_campaigns.domain.consent.model import ConsentSource, Purpose
from primoro_campaigns.server.consent import words
from primoro_campaigns.server.consent.store import Entry
from primoro_campaigns.server.consent.suppression import AddressKind, key_hash
from primoro_campaigns.server.patient.records import recall_key
from primoro_campaigns.storage.patient_facts import birth_md, tags_text
from primoro_campaigns.storage.synced import Room

SOURCE = "pms"

Row = dict[str, object]


@dataclass
class Rows:
    """The rows of some people, by table, and what to log of them: (room, row id, location id)."""

    patient: list[Row] = field(default_factory=list)
    appointment: list[Row] = field(default_factory=list)
    recall: list[Row] = field(default_factory=list)
    planned_treatment: list[Row] = field(default_factory=list)
    invoice: list[Row] = field(default_factory=list)
    restriction: list[Row] = field(default_factory=list)
    permission: list[Row] = field(default_factory=list)
    suppression: list[Row] = field(default_factory=list)
    consent_entry: list[Entry] = field(default_factory=list)
    contact: list[Row] = field(default_factory=list)
    touched: list[tuple[Room, str, str]] = field(default_factory=list)


class RowMaker:
    """Turns people into rows. ``key`` is the server's key for suppressed addresses."""

    def __init__(
        self,
        new_id: Callable[[], str],
        location_ids: Sequence[str],
        practitioner_ids: Sequence[str],
        key: bytes,
        now: datetime,
    ) -> None:
        self._new_id = new_id
        self._locations = location_ids
        self._practitioners = practitioner_ids
        self._key = key
        self._now = now
        self._suppressed: set[str] = set()

    def add(self, rows: Rows, person: Person) -> None:
        """Add everything on file about ``person`` to ``rows``."""
        patient_id = self._new_id()
        location_id = self._locations[person.place]
        practitioner_id = None if person.dentist is None else self._practitioners[person.dentist]
        rows.touched.append((Room.PATIENT, patient_id, location_id))
        rows.patient.append(self._patient(person, patient_id, location_id, practitioner_id))
        self._visits(rows, person, patient_id, location_id, practitioner_id)
        self._consents(rows, person, patient_id, location_id)
        self._silenced(rows, person, patient_id, location_id)
        for written in person.written:
            self._contact(
                rows,
                patient_id,
                location_id,
                at=written.at,
                kind=written.kind,
                direction="out",
                category=written.purpose,
                title=written.title,
                status="sent",
            )

    def _patient(self, person: Person, patient_id: str, location_id: str, practitioner_id: str | None) -> Row:
        came = [
            each.on
            for each in person.visits
            if each.status in ("attended", "booked") and each.moment <= self._now
        ]
        coming = [each.on for each in person.visits if each.status == "booked" and each.moment > self._now]
        missed = [each.on for each in person.visits if each.status == "missed"]
        booked = [
            each.booked_at(self._now).astimezone(ZONE).date()
            for each in person.visits
            if each.status in ("attended", "booked")
        ]
        written = [each.at.astimezone(ZONE).date() for each in person.written]
        return {
            "id": patient_id,
            "location_id": location_id,
            "external_id": person.external_id,
            "number": str(100_000 + person.number),
            "title": person.title,
            "given_name": person.given,
            "family_name": person.family,
            "born_on": person.born_on,
            "status": person.status,
            "is_lead": person.is_lead,
            "email": person.email,
            "email_state": person.email_state,
            "email_suppressed": person.email_silenced is not None,
            "mobile": person.mobile,
            "mobile_e164": person.mobile_e164,
            "mobile_state": person.mobile_state,
            "mobile_suppressed": person.mobile_silenced is not None,
            "landline": person.landline,
            "landline_e164": person.landline_e164,
            "address_line": person.address_line,
            "town": person.town,
            "postcode": person.postcode,
            "household_id": f"{SOURCE}:H{person.household}" if person.household else None,
            "is_head_of_household": person.is_head,
            "practitioner_id": practitioner_id,
            "preferred_channel": person.preferred,
            "last_visit_on": max(came, default=None),
            "next_visit_on": min(coming, default=None),
            "last_no_show_on": max(missed, default=None),
            "recall_due_on": person.recall_due_on,
            "last_contacted_on": max(written, default=None),
            "has_unscheduled_treatment": any(not each.has_appointment for each in person.planned),
            "tags": tags_text(person.tags),
            "birth_md": birth_md(person.born_on),
            "last_booked_on": max(booked, default=None),
            "source": SOURCE,
            "country": None,
            # No import has brought these rows yet: the first that does takes them as told anew.
            "intake_hash": "",
        }

    def _visits(
        self, rows: Rows, person: Person, patient_id: str, location_id: str, practitioner_id: str | None
    ) -> None:
        for number, visit in enumerate(person.visits, start=1):
            rows.appointment.append(
                {
                    "id": self._new_id(),
                    "patient_id": patient_id,
                    "location_id": location_id,
                    "practitioner_id": practitioner_id,
                    "source": SOURCE,
                    "external_id": f"{person.external_id}-A{number}",
                    "status": visit.status,
                    "starts_at": visit.moment,
                    "ends_at": visit.moment + timedelta(minutes=visit.minutes),
                    "booked_at": visit.booked_at(self._now),
                    "description": visit.description,
                }
            )
            # Half of what is done is covered by a plan and not invoiced by itself.
            if visit.status == "attended" and number % 2:
                rows.invoice.append(
                    {
                        "id": self._new_id(),
                        "patient_id": patient_id,
                        "location_id": location_id,
                        "source": SOURCE,
                        "external_id": f"{person.external_id}-I{number}",
                        "issued_on": visit.on,
                        "amount_pence": visit.pence,
                        "description": visit.description,
                    }
                )
        if person.recall_due_on is not None:
            rows.recall.append(self._recall(person, patient_id, person.recall_due_on))
        for number, planned in enumerate(person.planned, start=1):
            rows.planned_treatment.append(
                {
                    "id": self._new_id(),
                    "patient_id": patient_id,
                    "source": SOURCE,
                    "external_id": f"{person.external_id}-T{number}",
                    "description": planned.description,
                    "planned_on": planned.on,
                    "has_appointment": planned.has_appointment,
                }
            )

    def _recall(self, person: Person, patient_id: str, due_on: date) -> Row:
        return {
            "id": self._new_id(),
            "patient_id": patient_id,
            "source": SOURCE,
            "external_id": recall_key(person.external_id),
            "due_on": due_on,
            "done": False,
            "description": "Examination",
        }

    def _consents(self, rows: Rows, person: Person, patient_id: str, location_id: str) -> None:
        for stop in person.stops:
            row_id = f"{patient_id}:{stop.purpose}"
            rows.restriction.append(
                {
                    "id": row_id,
                    "patient_id": patient_id,
                    "purpose": stop.purpose,
                    "since_at": stop.at,
                    "source": stop.source,
                    "by_name": stop.by_name,
                }
            )
            rows.touched.append((Room.RESTRICTION, row_id, location_id))
            self._entry(
                rows, patient_id, "restriction_set", stop.at, stop.source, stop.by_name, purpose=stop.purpose
            )
            self._contact(
                rows,
                patient_id,
                location_id,
                at=stop.at,
                kind="consent",
                category=stop.purpose,
                title=words.restricted_title(Purpose(stop.purpose)),
                detail=words.provenance(ConsentSource(stop.source), stop.by_name, ""),
                status="recorded",
                by_name=stop.by_name,
            )
        for answer in person.answers:
            row_id = f"{patient_id}:{answer.channel}:{answer.purpose}"
            rows.permission.append(
                {
                    "id": row_id,
                    "patient_id": patient_id,
                    "channel": answer.channel,
                    "purpose": answer.purpose,
                    "state": answer.state,
                    "soft_opt_in": answer.soft_opt_in,
                    "changed_at": answer.at,
                    "source": answer.source,
                    "by_name": answer.by_name,
                    "how": answer.how,
                    "wording": answer.wording,
                }
            )
            rows.touched.append((Room.PERMISSION, row_id, location_id))
            self._entry(
                rows,
                patient_id,
                "permission_set",
                answer.at,
                answer.source,
                answer.by_name,
                purpose=answer.purpose,
                channel=answer.channel,
                state=answer.state,
                why=answer.how,
                wording=answer.wording,
            )

    def _silenced(self, rows: Rows, person: Person, patient_id: str, location_id: str) -> None:
        for kind, address, silenced in (
            (AddressKind.EMAIL, person.email, person.email_silenced),
            (AddressKind.MOBILE, person.mobile_e164, person.mobile_silenced),
        ):
            if silenced is None or address is None:
                continue
            hashed = key_hash(self._key, kind, address)
            if hashed not in self._suppressed:
                self._suppressed.add(hashed)
                rows.suppression.append(
                    {
                        "id": self._new_id(),
                        "kind": kind.value,
                        "key_hash": hashed,
                        "since_at": silenced.at,
                        "source": silenced.source,
                    }
                )
            self._entry(
                rows,
                patient_id,
                "suppressed",
                silenced.at,
                silenced.source,
                "",
                state=kind.value,
                subject=hashed,
            )
            self._contact(
                rows,
                patient_id,
                location_id,
                at=silenced.at,
                kind="consent",
                title=words.suppressed_title(kind),
                detail=words.provenance(ConsentSource(silenced.source), "", ""),
                status="recorded",
            )

    def _entry(
        self,
        rows: Rows,
        patient_id: str,
        what: str,
        at: datetime,
        source: str,
        by_name: str,
        *,
        purpose: str = "",
        channel: str = "",
        state: str = "",
        why: str = "",
        wording: str = "",
        subject: str = "",
    ) -> None:
        entry = Entry(
            self._new_id(),
            at,
            patient_id,
            what,
            ConsentSource(source),
            purpose,
            channel,
            state,
            by_name=by_name,
            why=why,
            wording=wording,
            subject=subject,
        )
        rows.consent_entry.append(entry)

    def _contact(
        self,
        rows: Rows,
        patient_id: str,
        location_id: str,
        *,
        at: datetime,
        kind: str,
        title: str,
        status: str,
        direction: str = "none",
        category: str = "",
        detail: str = "",
        by_name: str = "",
    ) -> None:
        contact_id = self._new_id()
        rows.contact.append(
            {
                "id": contact_id,
                "patient_id": patient_id,
                "at": at,
                "kind": kind,
                "direction": direction,
                "category": category,
                "title": title,
                "detail": detail,
                "status": status,
                "by_name": by_name,
                "campaign_id": None,
            }
        )
        rows.touched.append((Room.CONTACT, contact_id, location_id))
