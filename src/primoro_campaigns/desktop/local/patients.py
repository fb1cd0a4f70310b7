"""Patients: the list, and one patient's file as it will be once what waits here has arrived."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from primoro_campaigns.desktop.local.listed import ListedPatients, number_in, text_or_none
from primoro_campaigns.desktop.local.rest import Rest, rest_of
from primoro_campaigns.desktop.local.text import day_or_none, instant
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.domain.ids import CampaignId, LocationId, PatientId, PractitionerId
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus


@dataclass(frozen=True)
class PatientFile:
    """The Details tab. Names of the practice's own things are looked up; empty where there is none."""

    patient_id: PatientId
    number: str
    title: str
    given_name: str
    family_name: str
    born_on: date | None
    status: PatientStatus
    is_lead: bool
    email: str | None
    email_state: AddressState
    email_suppressed: bool
    mobile: str | None
    mobile_e164: str | None
    mobile_state: AddressState
    mobile_suppressed: bool
    landline: str | None
    address_line: str
    town: str
    postcode: str
    location_id: LocationId
    location_name: str
    practitioner_id: PractitionerId | None
    practitioner_name: str
    preferred_channel: Channel | None
    last_visit_on: date | None
    next_visit_on: date | None
    recall_due_on: date | None
    last_contacted_on: date | None

    @property
    def name(self) -> str:
        """As one addresses a letter: title, given name, family name."""
        return " ".join(part for part in (self.title, self.given_name, self.family_name) if part)


@dataclass(frozen=True)
class RestrictionRow:
    """A restriction in force. ``pending``: set here, not yet at the server."""

    purpose: Purpose
    since_at: datetime
    source: ConsentSource
    by_name: str
    pending: bool


@dataclass(frozen=True)
class PermissionRow:
    """A permission on record; what has no row is not known."""

    channel: Channel
    purpose: Purpose
    state: PermissionState
    soft_opt_in: bool
    changed_at: datetime
    source: ConsentSource
    by_name: str
    how: str
    wording: str
    pending: bool


@dataclass(frozen=True)
class ContactRow:
    """One line of the Contacts tab, latest first. ``kind``, ``direction`` and ``status`` as in
    ``storage.synced``.

    ``kind`` filters: email, sms, phone, consent, note.
    """

    contact_id: str
    at: datetime
    kind: str
    direction: str
    category: str
    title: str
    detail: str
    status: str
    by_name: str
    campaign_id: CampaignId | None


class Patients(ListedPatients):
    """Reads only; what a person changes goes through the outbox."""

    def get(self, patient_id: PatientId) -> PatientFile | None:
        """None when the record is not, or no longer, within what this person may see."""
        with self._database.read() as connection:
            row = connection.execute(
                """SELECT p.id, p.number, p.title, p.given_name, p.family_name, p.born_on, p.status,
                p.is_lead, p.email, p.email_state, p.email_suppressed, p.mobile, p.mobile_e164,
                p.mobile_state, p.mobile_suppressed, p.landline, p.address_line, p.town, p.postcode,
                p.location_id, coalesce(l.name, ''), p.practitioner_id, coalesce(d.name, ''),
                p.preferred_channel, p.last_visit_on, p.next_visit_on, p.recall_due_on, p.last_contacted_on
                FROM patient p LEFT JOIN location l ON l.id = p.location_id LEFT JOIN practitioner d ON d.id =
                p.practitioner_id WHERE p.id = ?""",
                (patient_id,),
            ).fetchone()
        return None if row is None else _patient_file(row)

    def restrictions(self, patient_id: PatientId) -> list[RestrictionRow]:
        """What is in force, counting what waits here."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT purpose, since_at, source, by_name, pending FROM restriction_now WHERE patient_id = ?"
                " ORDER BY purpose",
                (patient_id,),
            ).fetchall()
        return [
            RestrictionRow(Purpose(purpose), instant(since_at), ConsentSource(source), by_name, bool(pending))
            for purpose, since_at, source, by_name, pending in rows
        ]

    def rest(self, patient_id: PatientId, now: datetime, zone: ZoneInfo) -> Rest:
        """Until when this patient is left in peace; ``zone`` is the practice's."""
        with self._database.read() as connection:
            return rest_of(connection, patient_id, now, zone)

    def permissions(self, patient_id: PatientId) -> list[PermissionRow]:
        """What is on record, counting what waits here."""
        with self._database.read() as connection:
            rows = connection.execute(
                """SELECT channel, purpose, state, soft_opt_in, changed_at, source, by_name, how, wording,
                pending FROM permission_now WHERE patient_id = ? ORDER BY channel, purpose""",
                (patient_id,),
            ).fetchall()
        return [
            PermissionRow(
                Channel(row[0]),
                Purpose(row[1]),
                PermissionState(row[2]),
                bool(row[3]),
                instant(row[4]),
                ConsentSource(row[5]),
                row[6],
                row[7],
                row[8],
                bool(row[9]),
            )
            for row in rows
        ]

    def contacts(
        self, patient_id: PatientId, limit: int, offset: int = 0, kind: str = ""
    ) -> list[ContactRow]:
        """The patient's contacts, latest first; of one ``kind`` only, if named."""
        with self._database.read() as connection:
            rows = connection.execute(
                """SELECT id, at, kind, direction, category, title, detail, status, by_name, campaign_id FROM
                contact WHERE patient_id = ? AND (? = '' OR kind = ?) ORDER BY at DESC, id DESC LIMIT ? OFFSET
                ?""",
                (patient_id, kind, kind, limit, offset),
            ).fetchall()
        return [
            ContactRow(
                contact_id=row[0],
                at=instant(row[1]),
                kind=row[2],
                direction=row[3],
                category=row[4],
                title=row[5],
                detail=row[6],
                status=row[7],
                by_name=row[8],
                campaign_id=None if row[9] is None else CampaignId(row[9]),
            )
            for row in rows
        ]

    def contact_count(self, patient_id: PatientId, kind: str = "") -> int:
        with self._database.read() as connection:
            return number_in(
                connection,
                "SELECT count(*) FROM contact WHERE patient_id = ? AND (? = '' OR kind = ?)",
                patient_id,
                kind,
                kind,
            )


def _patient_file(row: tuple[object, ...]) -> PatientFile:
    texts = [text_or_none(value) for value in row]
    practitioner, channel = texts[21], texts[23]
    return PatientFile(
        patient_id=PatientId(str(row[0])),
        number=texts[1] or "",
        title=texts[2] or "",
        given_name=texts[3] or "",
        family_name=texts[4] or "",
        born_on=day_or_none(texts[5]),
        status=PatientStatus(str(row[6])),
        is_lead=bool(row[7]),
        email=texts[8],
        email_state=AddressState(str(row[9])),
        email_suppressed=bool(row[10]),
        mobile=texts[11],
        mobile_e164=texts[12],
        mobile_state=AddressState(str(row[13])),
        mobile_suppressed=bool(row[14]),
        landline=texts[15],
        address_line=texts[16] or "",
        town=texts[17] or "",
        postcode=texts[18] or "",
        location_id=LocationId(str(row[19])),
        location_name=texts[20] or "",
        practitioner_id=None if practitioner is None else PractitionerId(practitioner),
        practitioner_name=texts[22] or "",
        preferred_channel=None if channel is None else Channel(channel),
        last_visit_on=day_or_none(texts[24]),
        next_visit_on=day_or_none(texts[25]),
        recall_due_on=day_or_none(texts[26]),
        last_contacted_on=day_or_none(texts[27]),
    )
