"""Waiting for what is on its way to the provider at this moment.

A message that was claimed before a no was recorded may still be handed over after it. So whoever records a no
waits, after its commit, until no message to that patient is on its way; only then is the no acknowledged
(docs/decisions: "A no waits for the message that is leaving").
"""

import logging
import threading
import time
from collections.abc import Collection

from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.leaving import store

_log = logging.getLogger(__name__)

PATIENCE_S = 8.0
"""More than a claim of twenty takes; a mail program that unsubscribes with one click gives up after ten."""
_PAUSE_S = 0.02


class Leaving:
    """Asks the ledger, so that it holds for the workers of every process."""

    def __init__(self, database: Database, patience_s: float = PATIENCE_S) -> None:
        self._database = database
        self._patience_s = patience_s
        self._pause = threading.Event()

    def wait(self, patient_ids: Collection[str]) -> bool:
        """Return when nothing is on its way to these patients. False when that took too long."""
        until = time.monotonic() + self._patience_s
        while self._any(patient_ids):
            if time.monotonic() >= until:
                _log.info("a message was still leaving when a no was acknowledged")
                return False
            self._pause.wait(_PAUSE_S)
        return True

    def _any(self, patient_ids: Collection[str]) -> bool:
        with self._database.read() as connection:
            return store.is_leaving(connection, patient_ids)
