"""When somebody decided that a patient is to be written to again, and what they knew then."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.server.consent.withdrawal import store
from primoro_campaigns.wire.sync import Seen


@dataclass(frozen=True)
class Asked:
    """``at`` is their own computer's time. It counts only where they did not tell what they had ``seen``."""

    at: datetime
    seen: Seen | None = None

    def too_early(
        self, connection: Connection, by: str, patient_id: str, purpose: Purpose, channel: Channel | None
    ) -> bool:
        """Whether the patient said no (to ``channel``, or to all) and ``by``, who asked, did not know."""
        if self.seen is None:
            return store.recorded_after(connection, patient_id, purpose, channel, self.at, by)
        return store.unseen(connection, patient_id, purpose, channel, self.seen.cursor, self.seen.own)
