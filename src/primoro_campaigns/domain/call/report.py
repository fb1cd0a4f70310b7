"""One call told in several events: ringing, answered, ended, in any order, some twice (domain.md 4.4)."""

from dataclasses import dataclass, replace
from datetime import datetime

from primoro_campaigns.domain.call.model import Presentation


@dataclass(frozen=True)
class Told:
    """What is known of a call.

    ``from_raw`` and ``to_raw`` are as the network wrote them, or empty. A number that the caller withheld is
    nobody's to see: it is not among what is known.
    """

    received_at: datetime
    ended_at: datetime | None = None
    answered: bool = False
    duration_s: int = 0
    from_raw: str = ""
    presentation: Presentation = Presentation.AVAILABLE
    to_raw: str = ""

    @property
    def knows_caller(self) -> bool:
        """Whether something was said of the caller: a number, or that it is not shown."""
        return bool(self.from_raw) or self.presentation is not Presentation.AVAILABLE


def merged(known: Told, told: Told) -> Told:
    """What is known after one more event.

    Order and repetition do not matter: nothing that was learned is forgotten, and the caller is whoever the
    first event with a caller named.
    """
    ends = [each.ended_at for each in (known, told) if each.ended_at is not None]
    fresh = replace(
        known,
        received_at=min(known.received_at, told.received_at),
        ended_at=max(ends, default=None),
        answered=known.answered or told.answered,
        duration_s=max(known.duration_s, told.duration_s),
        to_raw=known.to_raw or told.to_raw,
    )
    if known.knows_caller:
        return fresh
    return replace(fresh, from_raw=told.from_raw, presentation=told.presentation)
