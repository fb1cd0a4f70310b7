"""The organisation's limits, as the queue asks for them: how many may go now, and when the next one."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.rate import RateLimit
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.delivery.queue import store


@dataclass
class Limits:
    """Those for one channel, locked for this unit of work.

    ``marketing`` leaves the reserve to service messages (domain.md EM9).
    """

    now: datetime
    marketing: bool
    all_messages: Mapping[str, RateLimit]
    one_domain: RateLimit | None
    _full_at: dict[str, datetime] = field(default_factory=dict)
    _taken: Counter[str] = field(default_factory=Counter)

    def free(self, most: int) -> int:
        """How many messages may go now, at most ``most``."""
        return min(
            [most, *(self._free(name, limit, self._reserve(limit)) for name, limit in self._overall())]
        )

    def free_at(self) -> datetime:
        """When the next message may go."""
        times = [
            limit.free_at(self._full_at.get(name), self.now, self._reserve(limit))
            for name, limit in self._overall()
        ]
        return max(times, default=self.now)

    def domain_free_at(self, address: str) -> datetime | None:
        """When this mail domain takes the next message; None when it does now."""
        if self.one_domain is None or "@" not in address:
            return None
        name = _domain(address)
        if self._free(name, self.one_domain, self._reserve(self.one_domain)) > self._taken[name]:
            return None
        waiting = self.one_domain.take(self._full_at.get(name), self.now, self._taken[name])
        return self.one_domain.free_at(waiting, self.now, self._reserve(self.one_domain))

    def take(self, address: str) -> None:
        """One message goes to ``address``."""
        for name, _ in self._overall():
            self._taken[name] += 1
        if self.one_domain is not None and "@" in address:
            self._taken[_domain(address)] += 1

    def lock(self, connection: Connection, addresses: Iterable[str] = ()) -> None:
        """Read the buckets, those of the addresses' domains as well."""
        names = set(self.all_messages)
        if self.one_domain is not None:
            names |= {_domain(address) for address in addresses if "@" in address}
        if names:
            self._full_at = store.buckets(connection, sorted(names))

    def keep(self, connection: Connection) -> None:
        """Write down what was taken."""
        limits = {name: self.all_messages.get(name) or self.one_domain for name in self._taken}
        store.keep_buckets(
            connection,
            {
                name: limit.take(self._full_at.get(name), self.now, self._taken[name])
                for name, limit in limits.items()
                if limit is not None
            },
        )

    def _overall(self) -> Iterable[tuple[str, RateLimit]]:
        return self.all_messages.items()

    def _free(self, name: str, limit: RateLimit, reserve: int) -> int:
        return limit.free(self._full_at.get(name), self.now, reserve)

    def _reserve(self, limit: RateLimit) -> int:
        return limit.reserve if self.marketing else 0


def limits_of(settings: OrganisationSettings, channel: Channel, now: datetime, *, marketing: bool) -> Limits:
    """Nothing is read yet."""
    if channel is Channel.EMAIL:
        provider, per_minute, sender = "smtp", settings.emails_per_minute, settings.sender_email
        to_domain = settings.emails_per_minute_to_one_domain
    else:
        provider, per_minute, sender, to_domain = (
            settings.sms_gateway,
            settings.texts_per_minute,
            settings.sms_from,
            0,
        )
    named = {provider: per_minute, f"from:{sender}": settings.messages_per_minute_from_one_sender}
    return Limits(
        now,
        marketing,
        {name: RateLimit(most) for name, most in named.items() if most},
        RateLimit(to_domain) if to_domain else None,
    )


def _domain(address: str) -> str:
    return f"domain:{address.rpartition('@')[2].casefold()}"
