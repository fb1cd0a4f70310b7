"""Patients: what comes in about them, what is derived from it, and who may read it."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from sqlalchemy import Connection, Row

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.errors import NotFoundError
from primoro_campaigns.domain.patient import email_address, phone
from primoro_campaigns.domain.patient.model import AddressState
from primoro_campaigns.domain.patient.phone import DEFAULT_REGION, NumberKind
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.patient import store
from primoro_campaigns.server.patient.tables import patient, patient_number
from primoro_campaigns.storage.patient_facts import birth_md, tags_text
from primoro_campaigns.storage.synced import Room, column_names
from primoro_campaigns.support.ids import new_id

READING = "2"
"""Changed when records are read differently than before, so that the next import takes every row again."""

SHARED = column_names(Room.PATIENT)


@dataclass(frozen=True)
class Move:
    """A patient who is now seen from another location."""

    patient_id: str
    from_location_id: str
    to_location_id: str


Follower = Callable[[UnitOfWork, Sequence[Move]], None]
"""Logs what goes with patients who moved (a room's rows: gone there, touched here)."""

NumbersChanged = Callable[[UnitOfWork, Collection[str]], object]
"""Hears which numbers (E.164) came into somebody's file or left one, once for each batch."""

AddressKindName = Literal["email", "mobile"]
Suppressed = Callable[[UnitOfWork, AddressKindName, Sequence[str]], set[str]]
"""Which of these addresses nobody may use (``server.consent``; this room does not know it)."""


@dataclass(frozen=True)
class Told:
    """What a practice-management system says of one patient: columns of the table, by name.

    A column that is left out is not told. ``region`` is how its numbers are read (ISO 3166-1).
    ``location_id`` is where the patient goes when it is told, or when new; ``more`` is what else the row
    said, so that a change of it counts as one.
    """

    external_id: str
    columns: Mapping[str, object]
    region: str
    location_id: str
    location_told: bool
    more: str = ""

    @property
    def hash(self) -> str:
        place = self.location_id if self.location_told else ""
        what = [READING, self.external_id, dict(self.columns), self.region, place, self.more]
        text = json.dumps(what, sort_keys=True, default=str, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Upserted:
    """What ``upsert`` did: our id of each external id, and which are new or changed.

    ``rewritten`` are all that did not say exactly what they said before.
    """

    ids: dict[str, str] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    rewritten: set[str] = field(default_factory=set)


class PatientService:
    """Writes patients and keeps what is derived from them."""

    def __init__(
        self,
        suppressed: Suppressed,
        followers: Sequence[Follower],
        numbers_changed: Sequence[NumbersChanged] = (),
    ) -> None:
        self._suppressed = suppressed
        self._followers = followers
        self._numbers_changed = numbers_changed

    def upsert(self, uow: UnitOfWork, source: str, told: Sequence[Told]) -> Upserted:
        """Take in patients, each external id at most once.

        A row that says what it said before changes nothing.
        """
        done = Upserted()
        standing = store.known(uow.connection, patient, source, [each.external_id for each in told])
        fresh: list[dict[str, object]] = []
        changes: list[dict[str, object]] = []
        moves: list[Move] = []
        for each in told:
            before = standing.get(each.external_id)
            if before is None:
                row = {**_blank(new_id(), source, each), **derived(each.columns, each.region)}
                fresh.append(row)
                done.ids[each.external_id] = str(row["id"])
                done.new.add(each.external_id)
                done.rewritten.add(each.external_id)
                continue
            done.ids[each.external_id] = str(before.id)
            if before.intake_hash == each.hash:
                continue
            done.rewritten.add(each.external_id)
            changed = _difference(before, each)
            changes.append({"id": before.id, "intake_hash": each.hash, **changed})
            if changed:
                done.changed.add(each.external_id)
            if "location_id" in changed:
                moves.append(Move(str(before.id), str(before.location_id), each.location_id))
        self._flag(uow, fresh, changes, {str(row.id): row for row in standing.values()})
        store.insert_rows(uow.connection, patient, fresh)
        store.update_rows(uow.connection, patient, changes)
        self._log(uow, fresh, done, standing, moves)
        numbers = _numbers(fresh, changes, {str(row.id): row for row in standing.values()})
        if numbers:
            for hear in self._numbers_changed:
                hear(uow, numbers)
        return done

    def _flag(
        self,
        uow: UnitOfWork,
        fresh: Iterable[dict[str, object]],
        changes: Iterable[dict[str, object]],
        standing: Mapping[str, Row[tuple[object, ...]]],
    ) -> None:
        """Mark addresses that nobody may use, before anyone can see the row without the mark."""
        kinds: tuple[tuple[AddressKindName, str, str], ...] = (
            ("email", "email", "email_suppressed"),
            ("mobile", "mobile_e164", "mobile_suppressed"),
        )
        for kind, column, flag in kinds:
            rows = [row for row in (*fresh, *changes) if column in row]
            addresses = sorted({str(row[column]) for row in rows if row[column]})
            bad = self._suppressed(uow, kind, addresses) if addresses else set()
            for row in rows:
                before = standing.get(str(row["id"]))
                now = row[column] in bad
                if before is None or bool(before._mapping[flag]) != now:
                    row[flag] = now

    def _log(
        self,
        uow: UnitOfWork,
        fresh: Iterable[Mapping[str, object]],
        done: Upserted,
        standing: Mapping[str, Row[tuple[object, ...]]],
        moves: Sequence[Move],
    ) -> None:
        for row in fresh:
            uow.changes.touched(Room.PATIENT, str(row["id"]), [str(row["location_id"])])
        moved = {move.patient_id for move in moves}
        for external_id in done.changed:
            before = standing[external_id]
            if before.id not in moved:
                uow.changes.touched(Room.PATIENT, str(before.id), [str(before.location_id)])
        for move in moves:
            uow.changes.gone(Room.PATIENT, move.patient_id, [move.from_location_id])
            uow.changes.touched(Room.PATIENT, move.patient_id, [move.to_location_id])
            for contact_id in store.contact_ids_of(uow.connection, move.patient_id):
                uow.changes.gone(Room.CONTACT, contact_id, [move.from_location_id])
                uow.changes.touched(Room.CONTACT, contact_id, [move.to_location_id])
        if moves:
            for follow in self._followers:
                follow(uow, moves)

    def add_number(
        self, uow: UnitOfWork, patient_id: str, e164: str, by_name: str, region: str = DEFAULT_REGION
    ) -> bool:
        """Put a number that somebody matched to this patient into the file. False when it was there already.

        A mobile goes into the mobile field when that is empty, everything else into the landline field when
        that is empty, written as people of ``region`` write it. Where the fields are taken they stay as they
        are: which number is a patient's first is not for whoever happens to ring to decide. In each case the
        number is kept beside the fields as well, where no import takes it away: calls from it match from now
        on. Only what stands in the mobile field can be written to, and only if the patient allows it.
        """
        row = store.patient_row(uow.connection, patient_id, lock=True)
        if row is None or e164 in (row.mobile_e164, row.landline_e164):
            return False
        if store.has_number(uow.connection, patient_id, e164):
            return False
        beside = {"patient_id": patient_id, "e164": e164, "added_at": uow.now, "by_name": by_name}
        store.insert_rows(uow.connection, patient_number, [beside])
        field = _free_field(row, e164)
        if field:
            where = row.country or region
            change = {"id": patient_id, **derived({field: phone.as_dialled(e164, where)}, where)}
            self._flag(uow, [], [change], {patient_id: row})
            store.update_rows(uow.connection, patient, [change])
            uow.changes.touched(Room.PATIENT, patient_id, [str(row.location_id)])
        return True


@dataclass(frozen=True)
class NumberHolder:
    """Somebody whose file holds a number or address, and what tells several of them apart."""

    patient_id: str
    location_id: str
    name: str
    born_on: date | None
    status: str
    household_id: str | None
    is_head_of_household: bool
    last_visit_on: date | None
    next_visit_on: date | None
    last_contacted_on: date | None


def holders_of(connection: Connection, e164: str) -> list[NumberHolder]:
    """Everyone whose file holds this number: mobile, landline, or added by hand while matching calls."""
    return [_holder(row) for row in store.holders(connection, e164)]


def holders_of_email(connection: Connection, address: str) -> list[NumberHolder]:
    """Everyone whose file holds this e-mail address, whatever its capitals."""
    wanted = email_address.address_key(address)
    rows = store.email_holders(connection, address) if wanted else []
    return [_holder(row) for row in rows if row.email and email_address.address_key(row.email) == wanted]


def known_among(connection: Connection, patient_ids: Iterable[str]) -> list[str]:
    """Those who are there, in the order of ids."""
    return sorted(store.places_of(connection, sorted(patient_ids)))


def _holder(row: Row[tuple[object, ...]]) -> NumberHolder:
    return NumberHolder(
        row.id,
        row.location_id,
        f"{row.given_name} {row.family_name}".strip(),
        row.born_on,
        row.status,
        row.household_id,
        bool(row.is_head_of_household),
        row.last_visit_on,
        row.next_visit_on,
        row.last_contacted_on,
    )


def find(connection: Connection, actor: Actor, patient_id: str) -> Row[tuple[object, ...]]:
    """One patient's row, for somebody who may see it.

    Raises ``NotFoundError``, also for a patient of another location.
    """
    actor.require(Right.VIEW)
    row = store.patient_row(connection, patient_id)
    if row is None:
        raise NotFoundError(
            "There is no such patient.",
            "Nothing was changed. The record may have been removed; go back to the list.",
            "patient.missing",
        )
    actor.require_sight(str(row.location_id))
    return row


def page(connection: Connection, after: tuple[str, str, str], limit: int) -> list[Row[tuple[object, ...]]]:
    """Patients after ``(location id, family name, id)``, with the practitioner's name."""
    return store.export_rows(connection, after, limit)


def derived(columns: Mapping[str, object], region: str) -> dict[str, object]:
    """``columns`` and what they imply: the state of each address, numbers in E.164, the birthday's index."""
    found = dict(columns)
    if "email" in columns:
        email = columns["email"]
        normal = email_address.normalised(str(email)) if email else None
        # An address that cannot be one stays as it was typed, for a person to put right.
        found["email"] = normal or email
        found["email_state"] = _state(email, AddressState.OK if normal else AddressState.INVALID)
    if "mobile" in columns:
        mobile = columns["mobile"]
        number = phone.to_e164(str(mobile), region) if mobile else None
        found["mobile_e164"] = None if number is None or number.kind is NumberKind.OTHER else number.e164
        state = phone.sms_state(None if mobile is None else str(mobile), region)
        found["mobile_state"] = state.value
    if "landline" in columns:
        landline = columns["landline"]
        number = phone.to_e164(str(landline), region) if landline else None
        found["landline_e164"] = None if number is None else number.e164
    if "born_on" in columns:
        born_on = columns["born_on"]
        found["birth_md"] = birth_md(born_on if isinstance(born_on, date) else None)
    return found


def _free_field(row: Row[tuple[object, ...]], e164: str) -> str:
    """The column of the patient's row that can take the number, empty for none."""
    number = phone.to_e164(e164)
    if number is not None and number.kind is NumberKind.MOBILE and not row.mobile:
        return "mobile"
    return "" if row.landline else "landline"


def _numbers(
    fresh: Iterable[Mapping[str, object]],
    changes: Iterable[Mapping[str, object]],
    standing: Mapping[str, Row[tuple[object, ...]]],
) -> set[str]:
    """The numbers that came in and those that went."""
    columns = ("mobile_e164", "landline_e164")
    found = {row.get(column) for row in (*fresh, *changes) for column in columns}
    found |= {
        standing[str(row["id"])]._mapping[column] for row in changes for column in columns if column in row
    }
    return {str(number) for number in found if number}


def _state(address: object, when_there: AddressState) -> str:
    return (when_there if address else AddressState.NONE).value


def _blank(patient_id: str, source: str, told: Told) -> dict[str, object]:
    """A whole new row, so that rows of one insert name the same columns."""
    row: dict[str, object] = dict.fromkeys(SHARED)
    for name in ("number", "title", "given_name", "family_name", "address_line", "town", "postcode"):
        row[name] = ""
    for name in ("is_lead", "is_head_of_household", "has_unscheduled_treatment"):
        row[name] = False
    for name in ("email_suppressed", "mobile_suppressed"):
        row[name] = False
    row |= {"status": "active", "tags": tags_text([])}
    row |= {"email_state": AddressState.NONE.value, "mobile_state": AddressState.NONE.value}
    row["country"] = None
    row |= {"id": patient_id, "source": source, "external_id": told.external_id, "intake_hash": told.hash}
    return row | {"location_id": told.location_id}


def _difference(before: Row[tuple[object, ...]], told: Told) -> dict[str, object]:
    after = derived(told.columns, told.region)
    if told.location_told:
        after["location_id"] = told.location_id
    return {name: value for name, value in after.items() if before._mapping[name] != value}
