"""Who is held back for now, until when, and whether this campaign still reaches them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from primoro_campaigns.desktop.campaign.words import number
from primoro_campaigns.desktop.moment import day_words
from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Refusal
from primoro_campaigns.domain.delivery.plan import Planned, Skipped
from primoro_campaigns.domain.schedule.hold import asked_again_at
from primoro_campaigns.domain.schedule.window import SendWindow


@dataclass(frozen=True)
class Holding:
    """``hold_days``: for so long after its time a campaign waits for patients who are held; 0 is not at
    all.
    """

    window: SendWindow
    hold_days: int
    now: datetime

    def later_at(self, line: Skipped, due_at: datetime) -> datetime | None:
        """When the server asks again, if the campaign goes at ``due_at``; None for who is left out."""
        if not line.waits:
            return None
        return asked_again_at(self.window, self.hold_days, due_at, due_at, line.until)

    def words(self, line: Skipped, due_at: datetime) -> str:
        """Why this patient does not get it now, until when, and what comes after."""
        words = line.why or REFUSAL_WORDS[line.reason]
        if not line.waits:
            return words
        later = self.later_at(line, due_at)
        if line.until is None:
            return f"{words}; {'asked again each day' if later else 'left out of this campaign'}"
        until = day_words(line.until)
        if line.reason is Refusal.RESTING:
            words = f"{words}; rests until {until}"
        return f"{words}, and gets it then" if later else f"{words}, after this campaign's time"

    def summary(self, lines: Iterable[Planned | Skipped], due_at: datetime) -> str:
        """How many are held, and how many of them this campaign may still reach; empty where nobody is."""
        held = [line for line in lines if isinstance(line, Skipped) and line.waits]
        if not held:
            return ""
        later = sum(self.later_at(line, due_at) is not None for line in held)
        days = number(self.hold_days, "day", "days")
        if not later:
            return f"{len(held):,} held back for now; this campaign's time is over before that ends."
        return f"{len(held):,} held back for now; {later:,} may still get it within {days} of the sending."
