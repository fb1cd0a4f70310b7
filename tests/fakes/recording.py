"""Providers that take every message and remember when, to whom and where to: what really left."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.consent.rules import Cleared
from primoro_campaigns.domain.delivery.outcome import Sent
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.delivery.providers.provider import Brake, Letter, Result, Text, released


@dataclass(frozen=True)
class Handed:
    """One message at the moment it was handed over; ``at`` is ``time.monotonic``."""

    at: float
    patient_id: str
    channel: Channel
    purpose: Purpose
    address: str


@dataclass
class RecordingCarriers:
    """Both providers at once. ``pause_s`` is how long the network takes for each message."""

    pause_s: float = 0.0
    handed: list[Handed] = field(default_factory=list)
    begun: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _network: threading.Event = field(default_factory=threading.Event)

    def mail(self, settings: OrganisationSettings) -> "RecordingCarriers":
        del settings
        return self

    def texts(self, settings: OrganisationSettings) -> "RecordingCarriers":
        del settings
        return self

    def send(self, messages: Sequence[Letter] | Sequence[Text], brake: Brake = released) -> Sequence[Result]:
        del brake
        return [self._take(each.cleared) for each in messages]

    def close(self) -> None:
        """Nothing is open."""

    def _take(self, cleared: Cleared) -> Result:
        if self.pause_s:
            self._network.wait(self.pause_s)
        self.begun.set()
        with self._lock:
            self.handed.append(
                Handed(
                    time.monotonic(), cleared.patient_id, cleared.channel, cleared.purpose, cleared.address
                )
            )
            return Result(Sent(f"m{len(self.handed)}"))
