"""Restrictions, permissions and suppressions: who may no longer, and who may again, be written to."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.consent.change import NewerOptOutError
from primoro_campaigns.domain.consent.model import (
    MARKETING,
    Channel,
    ConsentSource,
    PermissionState,
    Purpose,
)
from primoro_campaigns.domain.consent.soft_opt_in import Condition, SoftOptInError, in_words, require_all
from primoro_campaigns.domain.errors import NotFoundError
from primoro_campaigns.domain.ids import ContactId, PatientId
from primoro_campaigns.server.account.actor import SERVER, Actor
from primoro_campaigns.server.consent import ledger, store, words
from primoro_campaigns.server.consent.errors import EvidenceMissingError, SuppressedError
from primoro_campaigns.server.consent.suppression import KIND_OF, AddressKind, key_hash
from primoro_campaigns.server.consent.withdrawal import store as withdrawal
from primoro_campaigns.server.consent.withdrawal.asked import Asked
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.consent import Permit, Restrict
from primoro_campaigns.wire.sync import Event

Settled = Callable[[Sequence[str]], object]
"""Waits until nothing is on its way to these patients."""


class ConsentService:
    """Every change is an append-only entry, the row of the present state, a Contact entry, a change number.

    ``key`` is the server's own secret for the hashes of suppressed addresses. ``settled`` returns when no
    message to these patients is on its way to the provider: with it, a no that was acknowledged is never
    followed by a message.
    """

    def __init__(self, key: bytes, settled: Settled = lambda _patient_ids: None) -> None:
        if len(key) < 16:
            raise ValueError("the key for suppressed addresses is too short")
        self._key = key
        self._settled = settled

    def restrict(
        self,
        uow: UnitOfWork,
        actor: Actor,
        patient_id: str,
        purpose: Purpose,
        *,
        source: ConsentSource = ConsentSource.STAFF,
        why: str = "",
        entry_id: str = "",
    ) -> bool:
        """Stop ``purpose`` on every channel, at once. False when it was stopped already.

        Said again it is written down again, so that a yes from before it comes too late. Whoever may withdraw
        may do so for a patient who has moved to another location since.
        """
        actor.require(Right.RESTRICT)
        holder = self._holder(uow, actor, patient_id, withdraws=True)
        self._acknowledge_late(uow, source, [patient_id])
        stopped = store.find_restriction(uow.connection, patient_id, purpose) is not None
        if stopped and source not in _SAID_BY_PEOPLE:
            return False
        by_name = _by(actor)
        if not stopped:
            store.add_restriction(
                uow.connection, store.RestrictionRow(patient_id, purpose, uow.now, source, by_name)
            )
            uow.changes.touched(
                Room.RESTRICTION, store.restriction_id(patient_id, purpose), [holder.location_id]
            )
        entry = store.Entry(
            entry_id or new_id(),
            uow.now,
            patient_id,
            "restriction_set",
            source,
            purpose=purpose.value,
            why=why,
        )
        self._keep(uow, actor, holder, entry, words.restricted_title(purpose))
        return not stopped

    def lift(
        self,
        uow: UnitOfWork,
        actor: Actor,
        patient_id: str,
        purpose: Purpose,
        *,
        why: str,
        source: ConsentSource = ConsentSource.STAFF,
        asked: Asked | None = None,
    ) -> bool:
        """Take a restriction back. Needs the right ``permit`` and ``why``; False when there was none.

        Raises ``NewerOptOutError`` when whoever ``asked`` did not know of the restriction, or of a later one.
        """
        actor.require(Right.PERMIT)
        if source is ConsentSource.STAFF and not why.strip():
            raise EvidenceMissingError
        holder = self._holder(uow, actor, patient_id)
        if store.find_restriction(uow.connection, patient_id, purpose) is None:
            return False
        self._refuse_outdated(uow, actor, patient_id, asked, purpose)
        store.drop_restriction(uow.connection, patient_id, purpose)
        uow.changes.gone(Room.RESTRICTION, store.restriction_id(patient_id, purpose), [holder.location_id])
        entry = store.Entry(
            new_id(), uow.now, patient_id, "restriction_lifted", source, purpose=purpose.value, why=why
        )
        self._keep(uow, actor, holder, entry, words.lifted_title(purpose))
        return True

    def permit(
        self,
        uow: UnitOfWork,
        actor: Actor,
        patient_id: str,
        channel: Channel,
        purpose: Purpose,
        state: PermissionState,
        *,
        how: str = "",
        wording: str = "",
        source: ConsentSource = ConsentSource.STAFF,
        entry_id: str = "",
        asked: Asked | None = None,
    ) -> bool:
        """Set a permission. False when it stood like that already.

        Only opting out goes without the right ``permit`` and without evidence, and as ``restrict`` does.
        Opting in is refused while the address it is about is suppressed (domain.md L10), and when whoever
        ``asked`` did not know of an opt-out: the withdrawal wins.
        """
        loosens = state is not PermissionState.OPTED_OUT
        actor.require(Right.PERMIT if loosens else Right.RESTRICT)
        holder = self._holder(uow, actor, patient_id, withdraws=not loosens)
        if not loosens:
            self._acknowledge_late(uow, source, [patient_id])
        if loosens and source is ConsentSource.STAFF:
            opted_in = state is PermissionState.OPTED_IN
            if not how.strip() or (opted_in and not wording.strip()):
                raise EvidenceMissingError
        if state is PermissionState.OPTED_IN:
            self._refuse_suppressed(uow, holder, channel)
        found = store.find_permission(uow.connection, patient_id, channel, purpose)
        before = PermissionState.UNKNOWN if found is None else found.state
        if before is state and (loosens or source not in _SAID_BY_PEOPLE):
            return False
        if loosens:
            self._refuse_outdated(uow, actor, patient_id, asked, purpose, channel)
        # Evidence for the soft opt-in ends with the objection it promised to honour (domain.md L02).
        soft = found is not None and found.soft_opt_in and state is not PermissionState.OPTED_OUT
        row = store.PermissionRow(
            patient_id, channel, purpose, state, uow.now, source, _by(actor), how, wording, soft
        )
        if before is not state:
            store.put_permission(uow.connection, row)
            uow.changes.touched(
                Room.PERMISSION, store.permission_id(patient_id, channel, purpose), [holder.location_id]
            )
        entry = store.Entry(
            entry_id or new_id(),
            uow.now,
            patient_id,
            "permission_set",
            source,
            purpose=purpose.value,
            channel=channel.value,
            state=state.value,
            why=how,
            wording=wording,
        )
        self._keep(uow, actor, holder, entry, words.permission_title(channel, purpose, state))
        return before is not state

    def record_soft_opt_in(
        self,
        uow: UnitOfWork,
        actor: Actor,
        patient_id: str,
        channel: Channel,
        purpose: Purpose,
        conditions: Collection[Condition],
        *,
        how: str,
        wording: str,
        entry_id: str = "",
    ) -> bool:
        """Record that the patient may be written to without a yes (domain.md L02). False where there is one.

        Needs the right ``permit`` and all four ``conditions``; ``how`` says when and over which treatment or
        enquiry, ``wording`` how the patient could say no. Nothing is recorded against a no of any kind.
        """
        actor.require(Right.PERMIT)
        require_all(conditions)
        if not how.strip() or not wording.strip():
            raise EvidenceMissingError
        holder = self._holder(uow, actor, patient_id)
        self._refuse_suppressed(uow, holder, channel)
        found = store.find_permission(uow.connection, patient_id, channel, purpose)
        state = PermissionState.UNKNOWN if found is None else found.state
        restricted = store.find_restriction(uow.connection, patient_id, purpose) is not None
        if restricted or state is PermissionState.OPTED_OUT:
            raise SoftOptInError(
                "The patient said no to this.",
                "Nothing was changed. Only a yes of the patient's own opens it again.",
                "consent.soft_opt_in_refused",
            )
        if state is PermissionState.OPTED_IN:
            return False
        how, source = in_words(how), ConsentSource.STAFF
        row = store.PermissionRow(
            *(patient_id, channel, purpose, state, uow.now, source, _by(actor), how, wording, True)
        )
        store.put_permission(uow.connection, row)
        identity = store.permission_id(patient_id, channel, purpose)
        uow.changes.touched(Room.PERMISSION, identity, [holder.location_id])
        entry = store.Entry(
            entry_id or new_id(),
            uow.now,
            patient_id,
            "soft_opt_in",
            source,
            purpose=purpose.value,
            channel=channel.value,
            state=state.value,
            why=how,
            wording=wording,
        )
        self._keep(uow, actor, holder, entry, words.soft_opt_in_title(channel, purpose))
        return True

    def suppress(
        self,
        uow: UnitOfWork,
        kind: AddressKind,
        address: str,
        *,
        source: ConsentSource,
        why: str = "",
    ) -> int:
        """Nobody may use this address or number any more. Returns how many files hold it now.

        After a STOP the permission for texts is out on each of those files as well (domain.md L23).
        """
        hashed = key_hash(self._key, kind, address)
        known = store.find_suppression(uow.connection, kind, hashed)
        if known is None and not store.add_suppression(
            uow.connection, new_id(), kind, hashed, uow.now, source
        ):
            # A STOP and the gateway's report of it come at the same moment.
            known = store.find_suppression(uow.connection, kind, hashed)
        holders = store.holders(uow.connection, kind, address, lock=True)
        self._acknowledge_late(uow, source, [each.patient_id for each in holders])
        if known is None and not holders:
            nobody = store.Entry(
                new_id(), uow.now, "", "suppressed", source, state=kind.value, subject=hashed, why=why
            )
            ledger.append(uow, [nobody])
        if known is None and holders:
            store.flag_suppressed(uow.connection, kind, [each.patient_id for each in holders], True)
        what = "address" if kind is AddressKind.EMAIL else "number"
        shared = f"{len(holders)} files hold this {what}." if len(holders) > 1 else ""
        for holder in holders:
            if known is None:
                uow.changes.touched(Room.PATIENT, holder.patient_id, [holder.location_id])
                entry = store.Entry(
                    new_id(),
                    uow.now,
                    holder.patient_id,
                    "suppressed",
                    source,
                    state=kind.value,
                    subject=hashed,
                    why=" ".join(filter(None, [why, shared])),
                )
                self._keep(uow, SERVER, holder, entry, words.suppressed_title(kind))
            if source is ConsentSource.STOP_TEXT:
                for purpose in sorted(MARKETING):
                    self.permit(
                        uow,
                        SERVER,
                        holder.patient_id,
                        Channel.SMS,
                        purpose,
                        PermissionState.OPTED_OUT,
                        how=why,
                        source=source,
                    )
        return len(holders)

    def release(self, uow: UnitOfWork, kind: AddressKind, address: str, *, source: ConsentSource) -> int:
        """The holder's own START: the number may be used again, and what its STOP had opted out is in again.

        Lifts only what a STOP suppressed. Returns how many files hold the number, 0 when nothing changed.
        """
        hashed = key_hash(self._key, kind, address)
        if store.find_suppression(uow.connection, kind, hashed) is not ConsentSource.STOP_TEXT:
            return 0
        store.drop_suppression(uow.connection, kind, hashed)
        holders = store.holders(uow.connection, kind, address, lock=True)
        store.flag_suppressed(uow.connection, kind, [each.patient_id for each in holders], False)
        lifted = store.Entry(
            new_id(), uow.now, "", "suppression_lifted", source, state=kind.value, subject=hashed
        )
        if not holders:
            ledger.append(uow, [lifted])
        for holder in holders:
            uow.changes.touched(Room.PATIENT, holder.patient_id, [holder.location_id])
            entry = replace(lifted, id=new_id(), patient_id=holder.patient_id)
            self._keep(uow, SERVER, holder, entry, words.released_title(kind))
            for purpose in sorted(MARKETING):
                found = store.find_permission(uow.connection, holder.patient_id, Channel.SMS, purpose)
                if found is not None and found.source is ConsentSource.STOP_TEXT:
                    self.permit(
                        uow,
                        SERVER,
                        holder.patient_id,
                        Channel.SMS,
                        purpose,
                        PermissionState.OPTED_IN,
                        how="The patient texted START.",
                        source=source,
                    )
        return len(holders)

    def closed(self, connection: Connection, patient_id: str) -> frozenset[AddressKind]:
        """Which of the patient's address and number nobody may use any more."""
        holder = store.holder(connection, patient_id)
        if holder is None:
            return frozenset()
        has = {AddressKind.EMAIL: holder.email, AddressKind.MOBILE: holder.mobile_e164}
        return frozenset(
            kind
            for kind, address in has.items()
            if address and store.find_suppression(connection, kind, key_hash(self._key, kind, address))
        )

    def is_suppressed(self, uow: UnitOfWork, kind: AddressKind, address: str) -> bool:
        """Whether nobody may use it; asked when a record with it comes in (domain.md L07)."""
        return store.find_suppression(uow.connection, kind, key_hash(self._key, kind, address)) is not None

    def suppressed_among(self, uow: UnitOfWork, kind: AddressKind, addresses: list[str]) -> set[str]:
        """Those of ``addresses`` that nobody may use; one query for a batch of an import."""
        hashes = {key_hash(self._key, kind, each): each for each in addresses}
        found = store.suppressed_hashes(uow.connection, kind, hashes)
        return {address for hashed, address in hashes.items() if hashed in found}

    def handle_restrict(self, uow: UnitOfWork, actor: Actor, event: Event, payload: Restrict) -> None:
        if payload.on:
            self.restrict(uow, actor, payload.patient_id, payload.purpose, why=payload.why, entry_id=event.id)
        else:
            asked = Asked(_aware(event.made_at), event.seen)
            self.lift(uow, actor, payload.patient_id, payload.purpose, why=payload.why, asked=asked)

    def handle_permit(self, uow: UnitOfWork, actor: Actor, event: Event, payload: Permit) -> None:
        if payload.soft_opt_in is not None:
            self.record_soft_opt_in(
                uow,
                actor,
                payload.patient_id,
                payload.channel,
                payload.purpose,
                payload.soft_opt_in,
                how=payload.how,
                wording=payload.wording,
                entry_id=event.id,
            )
            return
        self.permit(
            uow,
            actor,
            payload.patient_id,
            payload.channel,
            payload.purpose,
            payload.state,
            how=payload.how,
            wording=payload.wording,
            entry_id=event.id,
            asked=Asked(_aware(event.made_at), event.seen),
        )

    def _acknowledge_late(self, uow: UnitOfWork, source: ConsentSource, patient_ids: Sequence[str]) -> None:
        """Have the no acknowledged only when nothing is on its way to these patients any more.

        Nobody waits for the acknowledgement of an import, which may bring thousands.
        """
        if patient_ids and source is not ConsentSource.IMPORT:
            uow.after_commit.append(partial(self._wait, patient_ids))

    def _wait(self, patient_ids: Sequence[str]) -> None:
        self._settled(patient_ids)

    def _refuse_outdated(
        self,
        uow: UnitOfWork,
        actor: Actor,
        patient_id: str,
        asked: Asked | None,
        purpose: Purpose,
        channel: Channel | None = None,
    ) -> None:
        by = actor.user_id or ""
        if asked is not None and asked.too_early(uow.connection, by, patient_id, purpose, channel):
            raise NewerOptOutError

    def _refuse_suppressed(self, uow: UnitOfWork, holder: store.Holder, channel: Channel) -> None:
        kind = KIND_OF[channel]
        address = holder.email if kind is AddressKind.EMAIL else holder.mobile_e164
        if not address:
            return
        source = store.find_suppression(uow.connection, kind, key_hash(self._key, kind, address))
        if source is not None:
            raise SuppressedError(kind, source)

    def _holder(
        self, uow: UnitOfWork, actor: Actor, patient_id: str, *, withdraws: bool = False
    ) -> store.Holder:
        found = store.holder(uow.connection, patient_id, lock=True)
        if found is None:
            raise NotFoundError(
                "This patient's record is no longer there.",
                "Nothing was changed. Look the patient up again.",
                "patient.gone",
            )
        # A no that was recorded before the patient moved to another location is a no all the same.
        if not withdraws or not withdrawal.was_seen_from(uow.connection, patient_id, actor.location_ids):
            actor.require_sight(found.location_id)
        return found

    def _keep(
        self, uow: UnitOfWork, actor: Actor, holder: store.Holder, entry: store.Entry, title: str
    ) -> None:
        by_name = _by(actor)
        ledger.append(uow, [replace(entry, by_user_id=actor.user_id, by_name=by_name)])
        contact = contacts.ContactEntry(
            PatientId(holder.patient_id),
            kind="consent",
            direction="none" if entry.source in _BY_THE_PRACTICE else "in",
            title=title,
            status="recorded",
            category=entry.purpose,
            detail=words.provenance(entry.source, by_name, entry.why),
            by_name=by_name,
            contact_id=ContactId(entry.id),
        )
        contacts.record(uow, [contact])


_SAID_BY_PEOPLE = frozenset(
    {
        ConsentSource.STAFF,
        ConsentSource.UNSUBSCRIBE_PAGE,
        ConsentSource.PREFERENCE_PAGE,
        ConsentSource.ONE_CLICK,
        ConsentSource.COMPLAINT,
    }
)
"""Each no that comes this way is a word of its own. An import repeats what it said before, and a STOP goes
with a suppression, which no yes at the desk can lift.
"""

_BY_THE_PRACTICE = frozenset({ConsentSource.STAFF, ConsentSource.IMPORT, ConsentSource.BOUNCE})


def _aware(instant: datetime) -> datetime:
    """A desktop that leaves the zone out means UTC."""
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _by(actor: Actor) -> str:
    return "" if actor.user_id is None else actor.display_name
