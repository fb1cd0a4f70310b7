"""Adding to the consent ledger."""

from collections.abc import Sequence

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import ConsentSource
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.consent import chain, store
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.support.ids import new_id


def append(uow: UnitOfWork, entries: Sequence[store.Entry]) -> None:
    """Write entries down. Each gets its place in the chain when the unit commits."""
    parts = [chain.sealed(each) for each in entries]
    store.add_entries(uow.connection, [entry for entry, _ in parts], [why for _, why in parts if why])
    for entry, _ in parts:
        uow.at_commit(_link, entry.id)


def note_erased(uow: UnitOfWork, actor: Actor, patient_id: str) -> None:
    """Write down that a patient's data is erased: from here on their words may be missing."""
    by_name = "" if actor.user_id is None else actor.display_name
    source = ConsentSource.ERASURE
    append(
        uow,
        [
            store.Entry(
                new_id(), uow.now, patient_id, "erased", source, by_user_id=actor.user_id, by_name=by_name
            )
        ],
    )


def _link(connection: Connection, entry_ids: Sequence[str]) -> None:
    # The end of the chain is one row that every change of consent wants: it is locked after all others, so
    # that nobody waits for anything while holding it.
    head = store.lock_head(connection)
    rows, end = chain.linked(head, store.entries_of_ids(connection, entry_ids))
    store.add_links(connection, rows, end)
