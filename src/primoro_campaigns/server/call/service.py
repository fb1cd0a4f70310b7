"""Phone calls: what the provider tells, and what people at the practice say of them."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.call.match import Caller, method_by_hand, read_caller, require_open
from primoro_campaigns.domain.call.model import MatchMethod, MatchState, Presentation
from primoro_campaigns.domain.call.report import Told, merged
from primoro_campaigns.domain.errors import NotFoundError
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.phone import to_e164
from primoro_campaigns.server.account import user
from primoro_campaigns.server.account.actor import SERVER, Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.call import matching, store, words
from primoro_campaigns.server.call.store import CallRow
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.server.patient import service as patients
from primoro_campaigns.server.patient.service import PatientService
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.call import CallReport, IgnoreCall, MatchCall
from primoro_campaigns.wire.sync import Event


class CallGoneError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(
            "This call is no longer there.", "Nothing was changed. Go back to the list of calls.", "call.gone"
        )


class CallService:
    """Calls come in as the provider's reports; people match them, or say that they are no patient's."""

    def __init__(self, consent: ConsentService) -> None:
        self._consent = consent
        self._patients = PatientService(self._suppressed, [])

    def _suppressed(self, uow: UnitOfWork, kind: str, addresses: Sequence[str]) -> set[str]:
        return self._consent.suppressed_among(uow, AddressKind(kind), list(addresses))

    def take(self, uow: UnitOfWork, report: CallReport) -> None:
        """Take in one event about a call. Repeated or out of order, it changes nothing that was learned.

        A later event completes the call (answered, ended, how long), also one that a person has matched:
        whose call it is stays as it is.
        """
        told = _told(report)
        known = store.of_provider(uow.connection, report.provider_call_id)
        if known is None and not self._add(uow, report.provider_call_id, told):
            known = store.of_provider(uow.connection, report.provider_call_id)
        if known is not None:
            self._complete(uow, known, merged(known.told, told))

    def match(self, uow: UnitOfWork, actor: Actor, asked: MatchCall) -> None:
        """Say who called. With ``add_number`` the number goes into the patient's file, and every other call
        that waits with this number and that the actor may see is matched along, in the same transaction.

        Calls at other locations are looked at again by the rule: one file with the number matches them, more
        than one does not. Raises ``CallSettledError`` when somebody has decided already,
        ``NumberHiddenError``, ``NotFoundError`` for a call or a patient out of the actor's sight.
        """
        actor.require(Right.MATCH_CALLS)
        seen = self._seen(uow.connection, actor, asked.call_id)
        found = patients.find(uow.connection, actor, asked.patient_id)
        method = method_by_hand(Caller(seen.from_e164, withheld=False), asked.add_number)
        number = seen.from_e164 if asked.add_number else None
        added = False
        if number is not None:
            # The file before the calls: an import locks them in this order too.
            added = self._add_number(uow, actor, str(found.id), number)
        calls = store.lock(uow.connection, seen.id, number)
        require_open(next(call.state for call in calls if call.id == seen.id))
        for call in calls:
            if call.id == seen.id or actor.sees(call.location_id):
                self._match_by_hand(uow, actor, call, str(found.id), method)
        if number is not None:
            matching.look_again(uow, [number])
        more = " The number went into the file." if added else ""
        audit.record(uow, actor, "call.matched", seen.id, f"Matched a call to a patient.{more}")

    def ignore(self, uow: UnitOfWork, actor: Actor, call_id: str) -> None:
        """The caller is not a patient: a supplier, a wrong number, spam. Only this call is marked.

        Raises ``CallSettledError`` when somebody has decided already.
        """
        actor.require(Right.MATCH_CALLS)
        seen = self._seen(uow.connection, actor, call_id)
        (call,) = store.lock(uow.connection, seen.id, None)
        require_open(call.state)
        self._put_right(uow, actor, call, None)
        values = {**_decided(uow, actor, MatchState.IGNORED), "method": "", "contact_id": None}
        store.change(uow.connection, call.id, {**values, "patient_id": None})
        uow.changes.touched(Room.CALL, call.id, [call.location_id])
        audit.record(uow, actor, "call.ignored", call.id, "Marked a call as not from a patient.")

    def handle_match(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: MatchCall) -> None:
        self.match(uow, actor, payload)

    def handle_ignore(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: IgnoreCall) -> None:
        self.ignore(uow, actor, payload.call_id)

    def _seen(self, connection: Connection, actor: Actor, call_id: str) -> CallRow:
        found = store.find(connection, call_id)
        if found is None:
            raise CallGoneError
        actor.require_sight(found.location_id)
        return found

    def _add(self, uow: UnitOfWork, provider_call_id: str, told: Told) -> bool:
        where = matching.region(uow.connection)
        caller = read_caller(told.from_raw, told.presentation, where)
        found = matching.answer(uow, caller)
        to = _called(told, where)
        location_id = _location(uow.connection, to, where)
        call_id = new_id()
        values: dict[str, object] = {
            "id": call_id,
            "provider_call_id": provider_call_id,
            "location_id": location_id,
            "from_e164": caller.e164,
            "to_e164": to,
            **_columns(told),
            **matching.values_of(uow, found),
        }
        if not store.add(uow.connection, values):
            return False
        uow.changes.touched(Room.CALL, call_id, [location_id])
        if found.patient_id is not None:
            row = store.find(uow.connection, call_id)
            contact_id = None if row is None else matching.enter(uow, row, found.patient_id)
            store.change(uow.connection, call_id, {"contact_id": contact_id})
        return True

    def _complete(self, uow: UnitOfWork, known: CallRow, told: Told) -> None:
        """Write down what an event added to a call that is there already."""
        if told == known.told:
            return
        where = matching.region(uow.connection)
        values = _columns(told)
        location_id = known.location_id
        if told.to_raw != known.told.to_raw:
            values["to_e164"] = _called(told, where)
            location_id = _location(uow.connection, str(values["to_e164"]), where)
            values["location_id"] = location_id
        fresh = replace(known, told=told)
        undecided = known.state in (MatchState.WITHHELD, MatchState.UNMATCHED)
        if told.knows_caller and not known.told.knows_caller:
            caller = read_caller(told.from_raw, told.presentation, where)
            fresh = replace(fresh, from_e164=caller.e164)
            values["from_e164"] = caller.e164
            if undecided:
                found = matching.answer(uow, caller)
                values |= matching.values_of(uow, found)
                if found.patient_id is not None:
                    values["contact_id"] = matching.enter(uow, fresh, found.patient_id)
        if known.contact_id is not None:
            line: dict[str, object] = {
                "title": words.title(told),
                "detail": words.detail(told, fresh.from_e164, where),
                "at": told.received_at,
            }
            matching.reword(uow, known.contact_id, line)
        store.change(uow.connection, known.id, values)
        if location_id != known.location_id:
            uow.changes.gone(Room.CALL, known.id, [known.location_id])
        uow.changes.touched(Room.CALL, known.id, [location_id])

    def _match_by_hand(
        self, uow: UnitOfWork, actor: Actor, call: CallRow, patient_id: str, method: MatchMethod
    ) -> None:
        self._put_right(uow, actor, call, patient_id)
        contact_id = call.contact_id if call.patient_id == patient_id else None
        if contact_id is None:
            contact_id = matching.enter(uow, call, patient_id, actor.display_name)
        values = _decided(uow, actor, MatchState.MATCHED_BY_HAND)
        values |= {"method": method.value, "patient_id": patient_id, "contact_id": contact_id}
        store.change(uow.connection, call.id, values)
        uow.changes.touched(Room.CALL, call.id, [call.location_id])

    def _add_number(self, uow: UnitOfWork, actor: Actor, patient_id: str, number: str) -> bool:
        where = matching.region(uow.connection)
        if not self._patients.add_number(uow, patient_id, number, actor.display_name, where):
            return False
        entry = contacts.ContactEntry(
            PatientId(patient_id),
            kind="note",
            direction="none",
            title="Telephone number added",
            status="recorded",
            detail=words.number_added(number, where),
            by_name=actor.display_name,
        )
        contacts.record(uow, [entry])
        return True

    def _put_right(self, uow: UnitOfWork, actor: Actor, call: CallRow, patient_id: str | None) -> None:
        """A match that the program made was wrong: the file where the call stood says so."""
        if call.contact_id is not None and call.patient_id != patient_id:
            line: dict[str, object] = {
                "title": words.put_right_title(),
                "detail": words.put_right_detail(actor.display_name),
            }
            matching.reword(uow, call.contact_id, line)


def _told(report: CallReport) -> Told:
    shown = report.presentation is Presentation.AVAILABLE
    return Told(
        received_at=report.received_at,
        ended_at=report.ended_at,
        answered=report.answered,
        duration_s=report.duration_s,
        from_raw=report.from_number.strip() if shown else "",
        presentation=report.presentation,
        to_raw=report.to_number.strip(),
    )


def _columns(told: Told) -> dict[str, object]:
    return {
        "received_at": told.received_at,
        "ended_at": told.ended_at,
        "answered": told.answered,
        "duration_s": told.duration_s,
        "from_raw": told.from_raw,
        "presentation": told.presentation.value,
        "to_raw": told.to_raw,
    }


def _decided(uow: UnitOfWork, actor: Actor, state: MatchState) -> dict[str, object]:
    return {
        "state": state.value,
        "matched_by": actor.user_id,
        "matched_by_name": actor.display_name,
        "matched_at": uow.now,
        "candidates": "[]",
    }


def _called(told: Told, where: str) -> str:
    """The number that was called, in E.164; empty when it is none (an extension, a name)."""
    return read_caller(told.to_raw, region=where).e164 or ""


def _location(connection: Connection, to: str, where: str) -> str:
    """The location whose telephone number was called, else the first that the organisation made."""
    rows = sorted(user.locations(connection, SERVER), key=lambda row: row.id)
    for row in rows:
        number = to_e164(row.phone, where) if row.phone and to else None
        if number is not None and number.e164 == to:
            return row.id
    return rows[0].id if rows else EVERYWHERE
