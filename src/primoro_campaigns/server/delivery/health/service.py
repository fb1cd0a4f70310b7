"""What is known of each provider, noted as messages leave. Desktops get it with the next change."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy import Connection

from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery.fence import HELD_BACK
from primoro_campaigns.server.delivery.health import store
from primoro_campaigns.server.delivery.health.store import ProviderRow
from primoro_campaigns.server.delivery.providers.provider import Away, InUse, Result
from primoro_campaigns.storage.synced import EVERYWHERE, Room

NOTED_EVERY = timedelta(minutes=5)
"""How often it is written down that a provider still works."""

ALL_REFUSED = 5
"""So many messages in a row, each refused, are no longer the patients' addresses."""


def keep_list(uow: UnitOfWork, in_use: Sequence[InUse]) -> None:
    """Have one line for each provider in use. One that is another now begins anew."""
    known = {row.id: row for row in store.providers(uow.connection)}
    wanted = {each.id: each for each in in_use}
    gone = sorted(set(known) - set(wanted))
    fresh = [each for each in in_use if each.id not in known]
    other = [each for each in in_use if each.id in known and known[each.id].title != each.title]
    for each in fresh:
        store.add(uow.connection, each.id, each.title, each.channel)
    for each in other:
        store.rename(uow.connection, each.id, each.title)
    if gone:
        store.remove(uow.connection, gone)
    for provider_id in gone:
        uow.changes.gone(Room.PROVIDER, provider_id, [EVERYWHERE])
    for each in (*fresh, *other):
        uow.changes.touched(Room.PROVIDER, each.id, [EVERYWHERE])


def known(connection: Connection) -> list[ProviderRow]:
    """The providers in use, by id."""
    return store.providers(connection)


class Watch:
    """Notes what providers do, each time in a transaction of its own: it never holds up a send."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._worked_at: dict[str, datetime] = {}
        self._lock = Lock()

    def heard(self, provider_id: str, results: Sequence[Result]) -> None:
        """What a provider answered to a few messages."""
        words = verdict(results)
        if words is not None:
            self.tell(provider_id, words)

    def tell(self, provider_id: str, words: str) -> None:
        """``words`` are what is wrong, empty when nothing is."""
        if words:
            self.failed(provider_id, words)
        else:
            self.worked(provider_id)

    def worked(self, provider_id: str) -> None:
        now = self._database.clock.now()
        with self._lock:
            before = self._worked_at.get(provider_id)
            if before is not None and now - before < NOTED_EVERY:
                return
            self._worked_at[provider_id] = now
        with self._database.write() as uow:
            if store.note_success(uow.connection, provider_id, uow.now):
                uow.changes.touched(Room.PROVIDER, provider_id, [EVERYWHERE])

    def failed(self, provider_id: str, words: str) -> None:
        with self._lock:
            self._worked_at.pop(provider_id, None)
        with self._database.write() as uow:
            if store.note_failure(uow.connection, provider_id, uow.now, words):
                uow.changes.touched(Room.PROVIDER, provider_id, [EVERYWHERE])


def verdict(results: Sequence[Result]) -> str | None:
    """Why the provider does not do its work; empty when it does, None when these results do not tell.

    A message that it refused says something about that message, and only many of them, with none taken,
    something about the provider. What we held back ourselves says nothing.
    """
    told: str | None = None
    refused: list[str] = []
    for result in results:
        match result.outcome:
            case Sent():
                told = ""
            case InDoubt(words):
                told = words
            case Away(words) if words not in HELD_BACK:
                told = words
            case NotSent(_, words):
                refused.append(words)
            case _:
                pass
    if told is None and len(refused) >= ALL_REFUSED:
        return f"The last {len(refused)} messages were all refused. The latest answer: {refused[-1]}"
    return told
