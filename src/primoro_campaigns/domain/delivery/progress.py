"""How long a running campaign still takes, from how fast it went just now; nothing where nobody knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SPAN = timedelta(minutes=5)
"""What is older says nothing about the pace any more."""

_LEAST_SEEN = timedelta(seconds=20)
_LEAST_DONE = 10
FRESH = timedelta(seconds=60)
"""When nothing has moved for so long, nobody knows whether and when it goes on."""


@dataclass(frozen=True)
class Sample:
    """How many recipients had an outcome at that moment."""

    at: datetime
    done: int


def time_left(samples: Sequence[Sample], waiting: int, now: datetime) -> timedelta | None:
    """How long until ``waiting`` more are done, at the pace of the last minutes.

    ``samples`` are in order of time. None when nothing waits, or when they do not tell a pace: too few, too
    short a time, or nothing has moved lately.
    """
    recent = [each for each in _since_it_last_fell(samples) if now - each.at <= SPAN]
    if waiting <= 0 or not recent:
        return None
    first, done = recent[0], recent[-1].done
    moved_at = next(each.at for each in recent if each.done == done)
    seen, more = moved_at - first.at, done - first.done
    if now - moved_at > FRESH or seen < _LEAST_SEEN or more < _LEAST_DONE:
        return None
    return seen * (waiting / more)


def in_words(left: timedelta) -> str:
    """No more exact than it is known: "about 12 minutes left"."""
    minutes = -(-left // timedelta(minutes=1))
    if left < timedelta(minutes=1):
        return "less than a minute left"
    if minutes > 90:
        hours = round(left / timedelta(hours=1))
        return f"about {hours} hours left"
    if minutes > 20:
        minutes = -(-minutes // 5) * 5
    return f"about {minutes} {'minute' if minutes == 1 else 'minutes'} left"


def _since_it_last_fell(samples: Sequence[Sample]) -> Sequence[Sample]:
    """Fewer done than before: something was sent again, and what was counted before tells no pace."""
    start = max(
        (place for place in range(1, len(samples)) if samples[place].done < samples[place - 1].done),
        default=0,
    )
    return samples[start:]
