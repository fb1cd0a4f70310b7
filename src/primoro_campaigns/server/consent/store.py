"""SQL of consent: present state, suppressions, and the entries they are derived from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.domain.patient.email_address import address_key
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.tables import (
    consent_entry,
    consent_head,
    consent_link,
    consent_why,
    permission,
    restriction,
    suppression,
)
from primoro_campaigns.server.patient.tables import patient


@dataclass(frozen=True)
class Holder:
    """What consent needs to know of a patient's record."""

    patient_id: str
    location_id: str
    email: str | None
    mobile_e164: str | None


@dataclass(frozen=True)
class Entry:
    """One line of the append-only ledger.

    ``subject`` is the keyed hash of the address or number that a suppression is about. ``why_hash`` is empty
    until the entry is written, and where there is no ``why``; it stays when ``why`` was erased.
    """

    id: str
    at: datetime
    patient_id: str
    what: str
    source: ConsentSource
    purpose: str = ""
    channel: str = ""
    state: str = ""
    by_user_id: str | None = None
    by_name: str = ""
    why: str = ""
    wording: str = ""
    subject: str = ""
    why_hash: str = ""


@dataclass(frozen=True)
class Why:
    """The free words of an entry, kept apart so that they can be erased."""

    entry_id: str
    salt: str
    why: str


@dataclass(frozen=True)
class Link:
    """One place in the chain, with the entry and the words it points to where they are still there."""

    number: int
    entry_id: str
    hash: str
    entry: Entry | None
    why: Why | None


@dataclass(frozen=True)
class Head:
    """Where the chain ends."""

    number: int
    hash: str


@dataclass(frozen=True)
class PermissionRow:
    """A permission as it stands."""

    patient_id: str
    channel: Channel
    purpose: Purpose
    state: PermissionState
    changed_at: datetime
    source: ConsentSource
    by_name: str
    how: str
    wording: str
    soft_opt_in: bool = False


@dataclass(frozen=True)
class RestrictionRow:
    """A restriction in force."""

    patient_id: str
    purpose: Purpose
    since_at: datetime
    source: ConsentSource
    by_name: str


_ROWS_AT_A_TIME = 1000


def restriction_id(patient_id: str, purpose: Purpose) -> str:
    return f"{patient_id}:{purpose}"


def permission_id(patient_id: str, channel: Channel, purpose: Purpose) -> str:
    return f"{patient_id}:{channel}:{purpose}"


_HOLDER = (patient.c.id, patient.c.location_id, patient.c.email, patient.c.mobile_e164)


def holder(connection: Connection, patient_id: str, *, lock: bool = False) -> Holder | None:
    """The patient's record. With ``lock`` other changes of this patient's consent wait (PostgreSQL)."""
    statement = select(*_HOLDER).where(patient.c.id == patient_id)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    return None if row is None else Holder(row.id, row.location_id, row.email, row.mobile_e164)


def holders(connection: Connection, kind: AddressKind, address: str, *, lock: bool = False) -> list[Holder]:
    """Everyone whose record holds the address or number; with ``lock`` others who change them wait
    (PostgreSQL).
    """
    if kind is AddressKind.EMAIL:
        condition = func.lower(patient.c.email) == func.lower(address)
    else:
        condition = patient.c.mobile_e164 == address
    statement = select(*_HOLDER).where(condition).order_by(patient.c.id)
    rows = connection.execute(statement.with_for_update() if lock else statement).all()
    found = [Holder(row.id, row.location_id, row.email, row.mobile_e164) for row in rows]
    if kind is AddressKind.EMAIL:
        return [each for each in found if each.email and address_key(each.email) == address_key(address)]
    return found


def find_restriction(connection: Connection, patient_id: str, purpose: Purpose) -> RestrictionRow | None:
    row = connection.execute(
        select(restriction).where(restriction.c.id == restriction_id(patient_id, purpose))
    ).one_or_none()
    if row is None:
        return None
    return RestrictionRow(patient_id, purpose, row.since_at, ConsentSource(row.source), row.by_name)


def restrictions(connection: Connection) -> list[RestrictionRow]:
    return [
        RestrictionRow(
            row.patient_id, Purpose(row.purpose), row.since_at, ConsentSource(row.source), row.by_name
        )
        for row in connection.execute(select(restriction))
    ]


def restricted_purposes(connection: Connection, patient_id: str) -> list[Purpose]:
    statement = select(restriction.c.purpose).where(restriction.c.patient_id == patient_id)
    return [Purpose(each) for each in connection.execute(statement).scalars()]


def permissions_of(connection: Connection, patient_id: str) -> list[PermissionRow]:
    """All permissions of one patient, whatever they say."""
    ids = [permission_id(patient_id, channel, purpose) for channel in Channel for purpose in Purpose]
    return permissions(connection, ids)


def add_restriction(connection: Connection, row: RestrictionRow) -> None:
    connection.execute(
        insert(restriction).values(
            id=restriction_id(row.patient_id, row.purpose),
            patient_id=row.patient_id,
            purpose=row.purpose.value,
            since_at=row.since_at,
            source=row.source.value,
            by_name=row.by_name,
        )
    )


def drop_restriction(connection: Connection, patient_id: str, purpose: Purpose) -> None:
    connection.execute(delete(restriction).where(restriction.c.id == restriction_id(patient_id, purpose)))


def find_permission(
    connection: Connection, patient_id: str, channel: Channel, purpose: Purpose
) -> PermissionRow | None:
    identity = permission_id(patient_id, channel, purpose)
    found = permissions(connection, [identity])
    return found[0] if found else None


def permissions(connection: Connection, ids: Iterable[str] | None = None) -> list[PermissionRow]:
    statement = select(permission)
    if ids is not None:
        statement = statement.where(permission.c.id.in_(list(ids)))
    return [
        PermissionRow(
            row.patient_id,
            Channel(row.channel),
            Purpose(row.purpose),
            PermissionState(row.state),
            row.changed_at,
            ConsentSource(row.source),
            row.by_name,
            row.how,
            row.wording,
            row.soft_opt_in,
        )
        for row in connection.execute(statement)
    ]


def put_permission(connection: Connection, row: PermissionRow) -> None:
    identity = permission_id(row.patient_id, row.channel, row.purpose)
    values = {
        "state": row.state.value,
        "soft_opt_in": row.soft_opt_in,
        "changed_at": row.changed_at,
        "source": row.source.value,
        "by_name": row.by_name,
        "how": row.how,
        "wording": row.wording,
    }
    changed = connection.execute(update(permission).where(permission.c.id == identity).values(**values))
    if changed.rowcount == 0:
        connection.execute(
            insert(permission).values(
                id=identity,
                patient_id=row.patient_id,
                channel=row.channel.value,
                purpose=row.purpose.value,
                **values,
            )
        )


def drop_permission(connection: Connection, patient_id: str, channel: Channel, purpose: Purpose) -> None:
    connection.execute(
        delete(permission).where(permission.c.id == permission_id(patient_id, channel, purpose))
    )


def find_suppression(connection: Connection, kind: AddressKind, hashed: str) -> ConsentSource | None:
    """Where the suppression came from, None when there is none."""
    source = connection.execute(
        select(suppression.c.source).where(
            and_(suppression.c.kind == kind.value, suppression.c.key_hash == hashed)
        )
    ).scalar_one_or_none()
    return None if source is None else ConsentSource(source)


# Asked for every twenty messages: made once.
_SUPPRESSED = select(suppression.c.key_hash).where(
    suppression.c.kind == bindparam("kind"),
    suppression.c.key_hash.in_(bindparam("hashes", expanding=True)),
)


def suppressed_hashes(connection: Connection, kind: AddressKind, hashes: Iterable[str]) -> set[str]:
    asked = {"kind": kind.value, "hashes": list(hashes)}
    return set(connection.execute(_SUPPRESSED, asked).scalars())


def add_suppression(
    connection: Connection, new_id: str, kind: AddressKind, hashed: str, at: datetime, source: ConsentSource
) -> bool:
    """False when another unit of work was faster; it has ended by then."""
    insert_or_skip = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert_or_skip(suppression)
        .values(id=new_id, kind=kind.value, key_hash=hashed, since_at=at, source=source.value)
        .on_conflict_do_nothing()
    )
    return connection.execute(statement.returning(suppression.c.id)).one_or_none() is not None


def drop_suppression(connection: Connection, kind: AddressKind, hashed: str) -> None:
    connection.execute(
        delete(suppression).where(and_(suppression.c.kind == kind.value, suppression.c.key_hash == hashed))
    )


def flag_suppressed(connection: Connection, kind: AddressKind, patient_ids: Iterable[str], on: bool) -> None:
    """Keep the flags that audiences and the gate read on the patient rows."""
    column = "email_suppressed" if kind is AddressKind.EMAIL else "mobile_suppressed"
    connection.execute(update(patient).where(patient.c.id.in_(list(patient_ids))).values({column: on}))


def add_entries(connection: Connection, entries: Sequence[Entry], whys: Sequence[Why]) -> None:
    if entries:
        connection.execute(insert(consent_entry), [_values(each) for each in entries])
    if whys:
        connection.execute(
            insert(consent_why),
            [{"entry_id": each.entry_id, "salt": each.salt, "why": each.why} for each in whys],
        )


def _values(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "at": entry.at,
        "patient_id": entry.patient_id,
        "what": entry.what,
        "purpose": entry.purpose,
        "channel": entry.channel,
        "state": entry.state,
        "source": entry.source.value,
        "by_user_id": entry.by_user_id,
        "by_name": entry.by_name,
        "subject": entry.subject,
        "wording": entry.wording,
        "why_hash": entry.why_hash,
    }


_ENTRY = (consent_entry, consent_why.c.why)
_WITH_WHY = consent_entry.outerjoin(consent_why, consent_why.c.entry_id == consent_entry.c.id)


def _entry(row: RowMapping) -> Entry:
    return Entry(
        row["id"],
        row["at"],
        row["patient_id"],
        row["what"],
        ConsentSource(row["source"]),
        row["purpose"],
        row["channel"],
        row["state"],
        row["by_user_id"],
        row["by_name"],
        row["why"] or "",
        row["wording"],
        row["subject"],
        row["why_hash"],
    )


def entries(connection: Connection, patient_id: str | None = None) -> list[Entry]:
    """The ledger in the order it was written."""
    statement = select(*_ENTRY).select_from(_WITH_WHY).order_by(consent_entry.c.number)
    if patient_id is not None:
        statement = statement.where(consent_entry.c.patient_id == patient_id)
    return [_entry(row) for row in connection.execute(statement).mappings()]


def entries_by_and_by(connection: Connection) -> Iterator[Entry]:
    """The whole ledger in the order it was written, without holding all of it."""
    statement = select(*_ENTRY).select_from(_WITH_WHY).order_by(consent_entry.c.number)
    with connection.execute(statement.execution_options(yield_per=_ROWS_AT_A_TIME)) as rows:
        for row in rows.mappings():
            yield _entry(row)


def entries_of_ids(connection: Connection, ids: Sequence[str]) -> list[Entry]:
    """These entries in the order they were written."""
    found: list[tuple[int, Entry]] = []
    for start in range(0, len(ids), _ROWS_AT_A_TIME):
        statement = (
            select(*_ENTRY)
            .select_from(_WITH_WHY)
            .where(consent_entry.c.id.in_(ids[start : start + _ROWS_AT_A_TIME]))
        )
        found += [(row["number"], _entry(row)) for row in connection.execute(statement).mappings()]
    return [entry for _, entry in sorted(found, key=lambda each: each[0])]


def lock_head(connection: Connection) -> Head:
    """The end of the chain, locked until the commit (PostgreSQL)."""
    statement = select(consent_head.c.number, consent_head.c.hash).where(consent_head.c.id == 1)
    row = connection.execute(statement.with_for_update()).one()
    return Head(row.number, row.hash)


def head(connection: Connection) -> Head:
    row = connection.execute(
        select(consent_head.c.number, consent_head.c.hash).where(consent_head.c.id == 1)
    ).one()
    return Head(row.number, row.hash)


def add_links(connection: Connection, links: Sequence[Mapping[str, object]], head: Head) -> None:
    """Links behind the head, which is ``head`` from now on."""
    connection.execute(insert(consent_link), [dict(each) for each in links])
    connection.execute(
        update(consent_head).where(consent_head.c.id == 1).values(number=head.number, hash=head.hash)
    )


def links(connection: Connection) -> Iterator[Link]:
    """The chain from its beginning."""
    statement = (
        select(
            consent_link.c.number.label("link_number"),
            consent_link.c.entry_id.label("linked_id"),
            consent_link.c.hash.label("link_hash"),
            consent_why.c.salt,
            *_ENTRY,
        )
        .select_from(
            consent_link.outerjoin(consent_entry, consent_entry.c.id == consent_link.c.entry_id).outerjoin(
                consent_why, consent_why.c.entry_id == consent_link.c.entry_id
            )
        )
        .order_by(consent_link.c.number)
    )
    # Closed also when the reader stops half-way, at the first link that does not hold.
    with connection.execute(statement.execution_options(yield_per=_ROWS_AT_A_TIME)) as rows:
        for row in rows.mappings():
            entry_id = row["linked_id"]
            yield Link(
                row["link_number"],
                entry_id,
                row["link_hash"],
                None if row["id"] is None else _entry(row),
                None if row["salt"] is None else Why(entry_id, row["salt"], row["why"]),
            )


def unlinked(connection: Connection) -> str | None:
    """The first entry that has no place in the chain."""
    statement = (
        select(consent_entry.c.id)
        .outerjoin(consent_link, consent_link.c.entry_id == consent_entry.c.id)
        .where(consent_link.c.number.is_(None))
        .order_by(consent_entry.c.number)
        .limit(1)
    )
    return connection.execute(statement).scalar_one_or_none()


def erased_patients(connection: Connection) -> set[str]:
    """Patients of whom an entry says that their data was erased."""
    statement = select(consent_entry.c.patient_id).where(consent_entry.c.what == "erased")
    return set(connection.execute(statement).scalars())


def suppressions(connection: Connection) -> set[tuple[str, str]]:
    """(kind, keyed hash) of every address or number that must not be used."""
    rows = connection.execute(select(suppression.c.kind, suppression.c.key_hash))
    return {(kind, key_hash) for kind, key_hash in rows}


@dataclass(frozen=True)
class Flags:
    """A patient's addresses, and whether the row says that they are suppressed: what the gate reads."""

    patient_id: str
    email: str | None
    mobile_e164: str | None
    email_suppressed: bool
    mobile_suppressed: bool


def flags(connection: Connection) -> Iterator[Flags]:
    """Of every patient, by id."""
    statement = select(
        patient.c.id,
        patient.c.email,
        patient.c.mobile_e164,
        patient.c.email_suppressed,
        patient.c.mobile_suppressed,
    ).order_by(patient.c.id)
    with connection.execute(statement.execution_options(yield_per=_ROWS_AT_A_TIME)) as rows:
        for row in rows:
            yield Flags(row.id, row.email, row.mobile_e164, row.email_suppressed, row.mobile_suppressed)
