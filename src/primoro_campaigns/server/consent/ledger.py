"""Adding to the consent ledger."""

from collections.abc import Sequence

from sqlalchemy import Connection

from primoro_campaigns.server.consent import chain, store
from primoro_campaigns.server.database.unit_of_work import UnitOfWork


def append(uow: UnitOfWork, entries: Sequence[store.Entry]) -> None:
    """Write entries down. Each gets its place in the chain when the unit commits."""
    parts = [chain.sealed(each) for each in entries]
    store.add_entries(uow.connection, [entry for entry, _ in parts], [why for _, why in parts if why])
    for entry, _ in parts:
        uow.at_commit(_link, entry.id)


def _link(connection: Connection, entry_ids: Sequence[str]) -> None:
    # The end of the chain is one row that every change of consent wants: it is locked after all others, so
    # that nobody waits for anything while holding it.
    head = store.lock_head(connection)
    rows, end = chain.linked(head, store.entries_of_ids(connection, entry_ids))
    store.add_links(connection, rows, end)
