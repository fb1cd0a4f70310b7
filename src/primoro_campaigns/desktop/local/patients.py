"""Finding patients, and one patient's file as it will be once what waits here has arrived."""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.rest import Rest, rest_of
from primoro_campaigns.desktop.local.search_index import match_expression
from primoro_campaigns.desktop.local.text import day_or_none, instant
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.domain.ids import CampaignId, LocationId, PatientId, PractitionerId
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus

if TYPE_CHECKING:
    import sqlite3

MOST_COUNTED = 1000
"""Beyond this a list says "more than 1,000": counting further would cost more than it tells."""


@dataclass(frozen=True)
class Count:
    """``more`` says that there are more than ``number``."""

    number: int
    more: bool


@dataclass(frozen=True)
class PatientRow:
    """One line of the list of patients. ``restricted``: asked for no promotions, counting what waits here."""

    patient_id: PatientId
    number: str
    title: str
    given_name: str
    family_name: str
    born_on: date | None
    status: PatientStatus
    is_lead: bool
    email: str | None
    mobile: str | None
    landline: str | None
    town: str
    postcode: str
    location_id: LocationId
    restricted: bool


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


# Whether promotions are restricted is looked up in both tables by their keys: for the view restriction_now,
# which says the same, SQLite would read every restriction there is, for each page of the list.
_LIST_COLUMNS = """
  p.id, p.number, p.title, p.given_name, p.family_name, p.born_on, p.status, p.is_lead, p.email, p.mobile,
  p.landline, p.town, p.postcode, p.location_id,
  coalesce(
    (SELECT o."on" FROM overlay_restriction o WHERE o.patient_id = p.id AND o.purpose = 'promotions'),
    EXISTS (SELECT 1 FROM restriction r WHERE r.patient_id = p.id AND r.purpose = 'promotions'))
"""


class Patients:
    """Reads only; what a person changes goes through the outbox."""

    def __init__(self, database: Database, today: Callable[[], date]) -> None:
        self._database = database
        self._today = today

    def search(
        self, text: str, limit: int, offset: int = 0, stopped: Callable[[], bool] | None = None
    ) -> list[PatientRow]:
        """Patients in whom every word typed begins some word, by family name. An empty text lists
        everybody.

        Words may be names, a date of birth, digits of a number, or part of an e-mail address or chart
        number.
        """
        expression = match_expression(text, self._today())
        with self._database.read(stopped) as connection:
            if expression is None:
                rows = connection.execute(
                    f"SELECT {_LIST_COLUMNS} FROM patient p ORDER BY p.place LIMIT ? OFFSET ?",
                    (limit, offset),
                )
            else:
                rows = connection.execute(
                    f"""SELECT {_LIST_COLUMNS} FROM patient p WHERE p.place IN (
                      SELECT rowid FROM patient_search WHERE patient_search MATCH ?
                      ORDER BY rowid LIMIT ? OFFSET ?)
                    ORDER BY p.place""",
                    (expression, limit, offset),
                )
            return [_patient_row(row) for row in rows]

    def count(self, text: str, stopped: Callable[[], bool] | None = None) -> Count:
        """How many ``search`` finds, counted up to ``MOST_COUNTED``; everybody is counted in full."""
        expression = match_expression(text, self._today())
        with self._database.read(stopped) as connection:
            if expression is None:
                return Count(_number(connection, "SELECT count(*) FROM patient"), more=False)
            found = _number(
                connection,
                "SELECT count(*) FROM"
                " (SELECT rowid FROM patient_search WHERE patient_search MATCH ? LIMIT ?)",
                expression,
                MOST_COUNTED + 1,
            )
        return Count(min(found, MOST_COUNTED), more=found > MOST_COUNTED)

    def rows(self, patient_ids: list[PatientId]) -> list[PatientRow]:
        """These patients by family name; those not in the cache are left out. For at most a few hundred."""
        with self._database.read() as connection:
            places = ",".join("?" * len(patient_ids))
            rows = connection.execute(
                f"SELECT {_LIST_COLUMNS} FROM patient p WHERE p.id IN ({places}) ORDER BY p.place",
                patient_ids,
            )
            return [_patient_row(row) for row in rows]

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
            return _number(
                connection,
                "SELECT count(*) FROM contact WHERE patient_id = ? AND (? = '' OR kind = ?)",
                patient_id,
                kind,
                kind,
            )


def _number(connection: "sqlite3.Connection", statement: str, *values: object) -> int:
    (number,) = connection.execute(statement, values).fetchone()
    return int(number)


def _patient_row(row: tuple[object, ...]) -> PatientRow:
    (patient_id, number, title, given, family, born_on, status, is_lead, email, mobile, landline, *rest) = row
    town, postcode, location_id, restricted = rest
    return PatientRow(
        patient_id=PatientId(str(patient_id)),
        number=str(number),
        title=str(title),
        given_name=str(given),
        family_name=str(family),
        born_on=day_or_none(_text(born_on)),
        status=PatientStatus(str(status)),
        is_lead=bool(is_lead),
        email=_text(email),
        mobile=_text(mobile),
        landline=_text(landline),
        town=str(town),
        postcode=str(postcode),
        location_id=LocationId(str(location_id)),
        restricted=bool(restricted),
    )


def _patient_file(row: tuple[object, ...]) -> PatientFile:
    texts = [_text(value) for value in row]
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


def _text(value: object) -> str | None:
    return None if value is None else str(value)
