"""The providers of messages, as the server last told of them."""

from dataclasses import dataclass
from datetime import datetime

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.text import instant_or_none
from primoro_campaigns.domain.delivery.health import Health, health


@dataclass(frozen=True)
class ProviderRow:
    """``channel`` is empty for one that carries no messages out; ``failure`` says what was wrong at
    ``last_failure_at``.
    """

    provider_id: str
    title: str
    channel: str
    last_success_at: datetime | None
    last_failure_at: datetime | None
    failure: str

    @property
    def health(self) -> Health:
        return health(self.last_success_at, self.last_failure_at)


class Providers:
    """A short list, read whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[ProviderRow]:
        """By title."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, title, channel, last_success_at, last_failure_at, failure FROM provider"
                " ORDER BY title COLLATE NOCASE, id"
            ).fetchall()
        return [
            ProviderRow(row[0], row[1], row[2], instant_or_none(row[3]), instant_or_none(row[4]), row[5])
            for row in rows
        ]
