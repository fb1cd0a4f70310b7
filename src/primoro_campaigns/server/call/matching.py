"""What the caller's number tells, written down: the call's state, and its line in the Contacts tab."""

import json
from collections.abc import Collection

from sqlalchemy import Connection

from primoro_campaigns.domain.call.match import Caller, Holder, Match, match, rematch
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.phone import DEFAULT_REGION
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.call import store, words
from primoro_campaigns.server.call.store import CallRow
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.server.patient.service import holders_of
from primoro_campaigns.storage.synced import Room

NUMBERS_A_TRANSACTION = 50


def region(connection: Connection) -> str:
    """The country whose way of writing numbers the organisation uses (ISO 3166-1)."""
    found = organisation.find(connection)
    return DEFAULT_REGION if found is None else found.country


def holders(connection: Connection, caller: Caller) -> list[Holder]:
    """Everyone whose file holds the caller's number, with what speaks for each where there are several."""
    if caller.e164 is None:
        return []
    files = holders_of(connection, caller.e164)
    if len(files) < 2:
        return [Holder(PatientId(each.patient_id)) for each in files]
    ids = [each.patient_id for each in files]
    messaged, booked = store.last_messaged(connection, ids), store.last_booked(connection, ids)
    return [
        Holder(
            PatientId(each.patient_id),
            is_head=each.is_head_of_household,
            last_messaged_at=messaged.get(each.patient_id),
            appointment_changed_at=booked.get(each.patient_id),
        )
        for each in files
    ]


def answer(uow: UnitOfWork, caller: Caller) -> Match:
    """Whose call it is, as far as the number tells."""
    return match(caller, holders(uow.connection, caller), uow.now)


def values_of(uow: UnitOfWork, found: Match) -> dict[str, object]:
    """The columns that say whose call it is, for a match that the number alone made."""
    candidates = [
        {"patient_id": each.patient_id, "reason": " ".join(each.reasons) or words.HAS_THE_NUMBER}
        for each in found.suggestions
    ]
    return {
        "state": found.state.value,
        "method": "" if found.method is None else found.method.value,
        "patient_id": found.patient_id,
        "matched_at": None if found.patient_id is None else uow.now,
        "candidates": json.dumps(candidates),
    }


def enter(uow: UnitOfWork, call: CallRow, patient_id: str, by_name: str = "") -> str | None:
    """The call's line in the patient's Contacts tab. Returns its id."""
    entry = contacts.ContactEntry(
        PatientId(patient_id),
        kind="phone",
        direction="in",
        title=words.title(call.told),
        status="received",
        detail=words.detail(call.told, call.from_e164, region(uow.connection)),
        by_name=by_name,
        at=call.told.received_at,
    )
    written = contacts.record(uow, [entry])
    return written[0] if written else None


def reword(uow: UnitOfWork, contact_id: str, values: dict[str, object]) -> None:
    """Change a line that a call has in a Contacts tab already."""
    location_id = store.reword_contact(uow.connection, contact_id, values)
    if location_id is not None:
        uow.changes.touched(Room.CONTACT, contact_id, [location_id])


def look_again(uow: UnitOfWork, numbers: Collection[str]) -> int:
    """Look again at the waiting calls from these numbers; returns how many changed.

    A call that was matched, decided by hand or withheld is left alone (domain.md T9, T10). The cost is one
    query for a batch of numbers, and a few for each number from which a call waits: an import of a whole
    practice can afford it.
    """
    changed = 0
    known: dict[Caller, list[Holder]] = {}
    for call in store.waiting_from(uow.connection, sorted(numbers)):
        caller = Caller(call.from_e164, withheld=False)
        if caller not in known:
            known[caller] = holders(uow.connection, caller)
        found = rematch(call.state, caller, known[caller], uow.now)
        if found is not None:
            changed += _write(uow, call, found)
    return changed


def catch_up(database: Database) -> int:
    """Look again at every waiting call about which there may be news; returns how many changed.

    An import and a call that come at the same moment do not see each other. This pass finds what fell between
    them; run it now and then (domain.md 4.4, 5).
    """
    with database.read() as connection:
        numbers = list(store.numbers_to_look_at(connection))
    changed = 0
    for start in range(0, len(numbers), NUMBERS_A_TRANSACTION):
        with database.write() as uow:
            changed += look_again(uow, numbers[start : start + NUMBERS_A_TRANSACTION])
    return changed


def _write(uow: UnitOfWork, call: CallRow, found: Match) -> bool:
    values = values_of(uow, found)
    if found.state is call.state and values["candidates"] == call.candidates:
        return False
    if found.patient_id is not None:
        values["contact_id"] = enter(uow, call, found.patient_id)
    store.change(uow.connection, call.id, values)
    uow.changes.touched(Room.CALL, call.id, [call.location_id])
    return True
