"""Makes a whole practice in an empty server database: organisation, people who work there, patients."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from primoro_campaigns.demo.practice import names
from primoro_campaigns.demo.practice.history import ZONE
from primoro_campaigns.demo.practice.ids import Ids
from primoro_campaigns.demo.practice.mobiles import Mobiles
from primoro_campaigns.demo.practice.people import People
from primoro_campaigns.demo.practice.person import Person
from primoro_campaigns.demo.practice.rows import SOURCE, RowMaker, Rows
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.errors import ConflictError
from primoro_campaigns.server.account import organisation, password, set_up, user
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent import ledger
from primoro_campaigns.server.consent.tables import permission, restriction, suppression
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.patient import records, service, store
from primoro_campaigns.server.patient.tables import (
    appointment,
    contact,
    invoice,
    patient,
    planned_treatment,
    recall,
)

ORGANISATION = "Hillside Dental Care"
PATIENTS_A_TRANSACTION = 5000
DENTISTS_A_PLACE = 4

STAFF: Mapping[str, tuple[str, Role]] = {
    "riley": ("Riley Shaw", Role.RECEPTION),
    "morgan": ("Morgan Hale", Role.MANAGER),
    "olive": ("Olive Grant", Role.OWNER),
}
"""User names of the people who work there, with the names that colleagues see."""


class NotEmptyError(ConflictError):
    """There is a practice in the database already; a made-up one is never mixed into it."""

    def __init__(self) -> None:
        super().__init__(
            "There is a practice in this database already.",
            "Nothing was changed. Made-up patients go into a folder or database of their own.",
            "demo.not_empty",
        )


@dataclass(frozen=True)
class MadePractice:
    """What was made. ``users`` are user names, ``rows`` counts the rows of each table."""

    organisation_id: str
    locations: tuple[str, ...]
    users: tuple[str, ...]
    patients: int
    rows: Mapping[str, int]


def places_for(patients: int) -> int:
    """How many locations a group with so many patients has."""
    return 3 if patients < 20_000 else 6 if patients < 200_000 else len(names.PRACTICE_NAMES)


def people(patients: int, seed: int, now: datetime, distinct_mobiles: bool = False) -> People:
    """The made-up patients: the same ones for the same numbers on the same day."""
    today = now.astimezone(ZONE).date()
    places = places_for(patients)
    return People(seed, patients, places, DENTISTS_A_PLACE, today, Mobiles(distinct_mobiles))


def make_practice(
    database: Database,
    key: ServerKey,
    *,
    patients: int,
    seed: int,
    passwords: Mapping[str, str],
    distinct_mobiles: bool = False,
    on_progress: Callable[[int], None] = lambda _made: None,
) -> MadePractice:
    """Make the practice as of the database's clock. ``passwords`` are those of the users in ``STAFF``.

    Raises ``NotEmptyError`` when there is an organisation already, and what is wrong with a password.
    ``on_progress`` hears how many patients are safely in. Stopped half-way, start again with an empty
    database.
    """
    now = database.clock.now()
    hashes = {name: password.hashed(passwords[name]) for name in STAFF}
    with database.write() as uow:
        organisation_id, location_ids, practitioner_ids = _open_doors(uow, key, patients, hashes)
    new_id = Ids(seed, now - timedelta(days=1))
    maker = RowMaker(new_id, location_ids, practitioner_ids, key.for_hashes, now)
    counts: dict[str, int] = {}
    made = 0
    waiting = iter(people(patients, seed, now, distinct_mobiles))
    while some := list(islice(waiting, PATIENTS_A_TRANSACTION)):
        with database.write() as uow:
            for name, count in _write(uow, maker, some).items():
                counts[name] = counts.get(name, 0) + count
        made += len(some)
        on_progress(made)
    return MadePractice(organisation_id, tuple(location_ids), tuple(STAFF), made, counts)


def _open_doors(
    uow: UnitOfWork, key: ServerKey, patients: int, hashes: Mapping[str, str]
) -> tuple[str, list[str], list[str]]:
    if organisation.find(uow.connection) is not None or service.page(uow.connection, ("", "", ""), 1):
        raise NotEmptyError
    place_names = names.PRACTICE_NAMES[: places_for(patients)]
    location_ids = [
        set_up.make_organisation(uow, key, set_up.FirstNames(ORGANISATION, place_names[0])),
        *(user.add_location(uow, SERVER, name).id for name in place_names[1:]),
    ]
    for name, (display_name, role) in STAFF.items():
        user.add_user(
            uow,
            SERVER,
            name=name,
            display_name=display_name,
            role=role,
            password_hash=hashes[name],
            location_ids=None,
        )
    staff = dict(dentists(len(location_ids)))
    records.upsert_practitioners(uow, SOURCE, staff)
    found = records.practitioner_ids(uow.connection, SOURCE, list(staff))
    return organisation.present(uow.connection).id, location_ids, [found[each] for each in staff]


def dentists(places: int) -> Iterator[tuple[str, dict[str, object]]]:
    """(external id, row) of each practitioner."""
    for number in range(places * DENTISTS_A_PLACE):
        given = names.GIVEN[(number * 7) % len(names.GIVEN)][0]
        family = names.FAMILY[(number * 11 + 3) % len(names.FAMILY)]
        yield f"D{number + 1:03d}", {"name": f"Dr {given} {family}", "active": number % 13 != 12}


def _write(uow: UnitOfWork, maker: RowMaker, some: list[Person]) -> dict[str, int]:
    rows = Rows()
    for person in some:
        maker.add(rows, person)
    tables = (
        (patient, rows.patient),
        (appointment, rows.appointment),
        (recall, rows.recall),
        (planned_treatment, rows.planned_treatment),
        (invoice, rows.invoice),
        (restriction, rows.restriction),
        (permission, rows.permission),
        (suppression, rows.suppression),
        (contact, rows.contact),
    )
    for table, values in tables:
        store.insert_rows(uow.connection, table, values)
    ledger.append(uow, rows.consent_entry)
    for room, row_id, location_id in rows.touched:
        uow.changes.touched(room, row_id, (location_id,))
    return {**{table.name: len(values) for table, values in tables}, "consent_entry": len(rows.consent_entry)}
