"""What stands between a claim and the wire: no message leaves late, or after sending was stopped."""

import threading
from datetime import datetime, timedelta

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.database.unit_of_work import Database

STOPPED = "Sending is stopped for the whole practice. Nothing is lost: the messages wait until it is resumed."

_TOO_LONG = "The server was held up for too long. Nothing is lost: the messages that had not left wait."

_CLOSED = "The sending hours are over. Nothing is lost: the messages wait until they begin again."

HELD_BACK = frozenset({STOPPED, _TOO_LONG, _CLOSED})
"""Words for what we held back ourselves: the provider has nothing to do with it."""

_LOOK_EVERY = timedelta(seconds=0.5)
"""A stop takes effect within a second, however many messages are under way."""


class Fence:
    """Asked before each message of one claim, from any thread (``providers.provider.Brake``).

    A worker that slept through half its lease lets nothing more through: by the end of it another worker may
    have told the people at the practice that these messages are not certain, and they may have had them sent
    again.
    """

    def __init__(
        self, database: Database, until: datetime, lease: timedelta, closes: datetime | None = None
    ) -> None:
        self._database = database
        self._last_call = until - lease / 2
        self._look_at = until - lease + _LOOK_EVERY
        self._closes = closes
        self._stopped = False
        self._lock = threading.Lock()

    def __call__(self) -> str:
        now = self._database.clock.now()
        if now >= self._last_call:
            return _TOO_LONG
        if self._closes is not None and now >= self._closes:
            return _CLOSED
        with self._lock:
            if now >= self._look_at:
                self._look_at = now + _LOOK_EVERY
                with self._database.read() as connection:
                    self._stopped = organisation.settings(connection).sending_stopped
            return STOPPED if self._stopped else ""
