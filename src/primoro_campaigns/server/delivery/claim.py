"""What a worker holds while it sends."""

from dataclasses import dataclass
from datetime import datetime

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.delivery.providers.provider import Letter, Text
from primoro_campaigns.server.delivery.queue.store import Line


@dataclass(frozen=True)
class Claimed:
    """A claimed line with its message, ready to go."""

    line: Line
    message: Letter | Text


@dataclass(frozen=True)
class Claim:
    """Lines of one run on one channel; none when all were refused.

    After ``until`` others take them over. ``closes`` is the end of the sending hours, None where they do not
    matter.
    """

    run: RunRow
    channel: Channel
    purpose: str
    title: str
    until: datetime
    closes: datetime | None = None
    claimed: tuple[Claimed, ...] = ()

    @property
    def letters(self) -> list[Letter]:
        return [each.message for each in self.claimed if isinstance(each.message, Letter)]

    @property
    def texts(self) -> list[Text]:
        return [each.message for each in self.claimed if isinstance(each.message, Text)]


@dataclass(frozen=True)
class Held:
    """Something is due, and a limit or a person says not yet: look again at ``until``."""

    until: datetime
