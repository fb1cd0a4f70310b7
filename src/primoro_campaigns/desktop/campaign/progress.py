"""What is said of a campaign while it is being sent: how far it is, how long it takes, what it waits for."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from primoro_campaigns.desktop.campaign.words import When, number
from primoro_campaigns.desktop.local.campaigns import CampaignRow
from primoro_campaigns.domain.campaign.model import State
from primoro_campaigns.domain.delivery.progress import Sample, in_words, time_left
from primoro_campaigns.domain.schedule.window import SendWindow


@dataclass(frozen=True)
class Sending:
    """How the practice sends: within ``window``, at most ``batch`` patients an hour of one campaign."""

    window: SendWindow
    batch: int


class Progress:
    """Keeps what it has seen of one campaign, for as long as somebody looks."""

    def __init__(self, when: When) -> None:
        self._when = when
        self._samples: list[Sample] = []

    def words(
        self, row: CampaignRow, held: int, sending: Sending, now: datetime, *, current: bool
    ) -> tuple[str, bool]:
        """The sentence, and whether it holds an estimate, which goes off. Empty while nothing is being sent.

        ``held`` are those who wait because they rest or have had enough; ``current``: this computer's copy is
        as the server's.
        """
        if row.state is not State.SENDING or not row.recipients:
            self._samples.clear()
            return "", False
        waiting = row.planned + row.claimed
        done = row.recipients - waiting
        if current:
            self._samples.append(Sample(now, done))
        how_far = f"{done:,} of {row.recipients:,} done"
        due = waiting - held
        if due <= 0:
            later = f"{number(held, 'patient is', 'patients are')} held back for now and asked about each day"
            return f"{how_far}. {later if held else 'The last ones are being counted'}.", False
        if row.recipients - row.skipped - held > sending.batch:
            return f"{how_far}. It goes in batches of {sending.batch:,} patients, one an hour.", False
        if not current or row.problem:
            return f"{how_far}.", False
        left = time_left(self._samples, due, now)
        if left is None:
            return f"{how_far}.{self._closed(sending.window, now)}", False
        return f"{how_far}, {in_words(left)}.{self._too_long(sending.window, now, left)}", True

    def _closed(self, window: SendWindow, now: datetime) -> str:
        """Nothing moves: because of the hour, or nobody knows why."""
        if window.is_open(now):
            return ""
        return f" The sending hours begin again on {self._when(window.next_opening(now))}."

    def _too_long(self, window: SendWindow, now: datetime, left: timedelta) -> str:
        closing = window.closing(now)
        if closing is None or now + left <= closing:
            return ""
        opening = self._when(window.next_opening(closing))
        return f" The sending hours end before that; the rest goes from {opening}."
