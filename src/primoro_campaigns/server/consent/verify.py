"""Does the ledger still say what was written, and does the present state say what the ledger says?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import CHANNEL_WORDS, PURPOSE_WORDS
from primoro_campaigns.server.consent import chain, store
from primoro_campaigns.server.consent.replay import PresentState, present_state
from primoro_campaigns.server.consent.suppression import AddressKind, key_hash


@dataclass(frozen=True)
class Verdict:
    """``entries`` held. ``problem`` is what is wrong in words, empty when nothing is; ``patient_id`` is the
    first whose present state differs.
    """

    entries: int
    problem: str = ""
    patient_id: str = ""

    @property
    def holds(self) -> bool:
        return not self.problem


def verify(connection: Connection, key: bytes) -> Verdict:
    """Walk the chain, then work the present state out from it and compare. ``key`` is the server's own."""
    head = store.head(connection)
    held, broken = chain.first_break(store.links(connection), head, store.erased_patients(connection))
    if broken is not None:
        entry = f" (entry {broken.entry_id})" if broken.entry_id else ""
        return Verdict(held, f"The chain is broken at link {broken.number}{entry}: {broken.words}.")
    stray = store.unlinked(connection)
    if stray is not None:
        return Verdict(held, f"The entry {stray} has no place in the chain.")
    state = present_state(store.entries_by_and_by(connection))
    found = min(_differences(connection, state, key), default=None)
    if found is None:
        return Verdict(held)
    patient_id, words = found
    return Verdict(held, words, patient_id)


def _differences(connection: Connection, state: PresentState, key: bytes) -> Iterable[tuple[str, str]]:
    """(patient id, what differs), in no order."""
    standing = {(each.patient_id, each.purpose) for each in store.restrictions(connection)}
    for patient_id, purpose in standing ^ state.restrictions.keys():
        there = (patient_id, purpose) in standing
        yield (
            patient_id,
            (
                f"The restriction on “{PURPOSE_WORDS[purpose]}” {'stands' if there else 'is missing'}, "
                f"and the ledger says otherwise."
            ),
        )
    yield from _permissions(connection, state)
    suppressed = store.suppressions(connection)
    if suppressed != state.suppressed:
        yield "", "The list of suppressed addresses is not the one that the ledger says."
    for flags in store.flags(connection):
        words = _flag_words(flags, suppressed, key)
        if words:
            yield flags.patient_id, words


def _permissions(connection: Connection, state: PresentState) -> Iterable[tuple[str, str]]:
    said = {
        (each.patient_id, each.channel, each.purpose): each.state for each in store.permissions(connection)
    }
    told = {key: each.state for key, each in state.permissions.items()}
    for key in said.keys() | told.keys():
        if said.get(key) is not told.get(key):
            patient_id, channel, purpose = key
            what = f"“{PURPOSE_WORDS[purpose]}” by {CHANNEL_WORDS[channel]}"
            yield patient_id, f"The permission for {what} is not the one that the ledger says."


def _flag_words(flags: store.Flags, suppressed: Iterable[tuple[str, str]], key: bytes) -> str:
    kinds: Mapping[AddressKind, tuple[str | None, bool]] = {
        AddressKind.EMAIL: (flags.email, flags.email_suppressed),
        AddressKind.MOBILE: (flags.mobile_e164, flags.mobile_suppressed),
    }
    for kind, (address, flagged) in kinds.items():
        expected = bool(address) and (kind.value, key_hash(key, kind, address or "")) in suppressed
        if flagged is not expected:
            return "Whether the address may be used is not what the list of suppressed addresses says."
    return ""
