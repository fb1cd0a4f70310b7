"""On which days an ongoing campaign looks who newly fits its rules (domain.md C33, Q3, Q4)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from primoro_campaigns.domain.schedule.window import SendWindow, is_late

_FURTHEST = 60
"""Days back; what was missed longer ago is late by any grace."""


@dataclass(frozen=True)
class Look:
    """The days for which it is asked now who fits, the present one last, and those that are too late."""

    days: tuple[date, ...]
    missed: tuple[date, ...] = ()


def look(window: SendWindow, looked_on: date | None, now: datetime) -> Look:
    """What a look at ``now`` has to cover when the last one was on ``looked_on`` (None: there was none).

    Rules such as "exactly 90 days ago" hold on one day alone, so days without a look are caught up: closed
    days on the next open one, and days on which the server was down as long as their opening is not further
    back than the grace (domain.md Q5).
    """
    today = window.today(now)
    if looked_on is None:
        return Look((today,))
    first = max(looked_on + timedelta(days=1), today - timedelta(days=_FURTHEST))
    between = [first + timedelta(days=ahead) for ahead in range((today - first).days)]
    late = {day for day in between if is_late(window.opens_for(day), now)}
    return Look((*(day for day in between if day not in late), today), tuple(sorted(late)))
