"""The SQL of the providers' health."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from primoro_campaigns.server.delivery.health.tables import provider


class ProviderRow(NamedTuple):
    id: str
    title: str
    channel: str
    last_success_at: datetime | None
    last_failure_at: datetime | None
    failure: str


def providers(connection: Connection) -> list[ProviderRow]:
    rows = connection.execute(select(provider).order_by(provider.c.id))
    return [
        ProviderRow(row.id, row.title, row.channel, row.last_success_at, row.last_failure_at, row.failure)
        for row in rows
    ]


def add(connection: Connection, provider_id: str, title: str, channel: str) -> None:
    connection.execute(insert(provider).values(id=provider_id, title=title, channel=channel))


def rename(connection: Connection, provider_id: str, title: str) -> None:
    """What was known of it speaks of something else now."""
    fresh = {"title": title, "last_success_at": None, "last_failure_at": None, "failure": ""}
    connection.execute(update(provider).where(provider.c.id == provider_id).values(**fresh))


def remove(connection: Connection, provider_ids: Sequence[str]) -> None:
    connection.execute(delete(provider).where(provider.c.id.in_(provider_ids)))


def note_success(connection: Connection, provider_id: str, at: datetime) -> bool:
    """False when the provider is not in use."""
    done = update(provider).where(provider.c.id == provider_id).values(last_success_at=at)
    return connection.execute(done).rowcount > 0


def note_failure(connection: Connection, provider_id: str, at: datetime, words: str) -> bool:
    """False when the provider is not in use."""
    noted = update(provider).where(provider.c.id == provider_id).values(last_failure_at=at, failure=words)
    return connection.execute(noted).rowcount > 0
