"""Writing down who did what, in the same transaction as what was done."""

from typing import Protocol

from primoro_campaigns.server.audit import store
from primoro_campaigns.server.database.unit_of_work import UnitOfWork


class Doer(Protocol):
    """Who did it: an ``Actor`` of the room "account". ``user_id`` is None for the server itself."""

    @property
    def user_id(self) -> str | None: ...

    @property
    def display_name(self) -> str: ...


def record(uow: UnitOfWork, actor: Doer, what: str, entity_id: str = "", words: str = "") -> None:
    """``what`` is a stable dotted code ("account.user_added"), ``words`` a sentence, no patient data."""
    store.add(
        uow.connection,
        at=uow.now,
        user_id=actor.user_id,
        by_name=actor.display_name,
        what=what,
        entity_id=entity_id,
        words=words,
    )
