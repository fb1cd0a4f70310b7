"""The states of a phone call (decisions.md, "Calls"; domain.md 4.3)."""

from collections.abc import Mapping
from enum import StrEnum


class MatchState(StrEnum):
    AUTO_MATCHED = "auto_matched"
    UNMATCHED = "unmatched"
    AMBIGUOUS = "ambiguous"
    WITHHELD = "withheld"
    MATCHED_BY_HAND = "matched_by_hand"
    LEAD_CREATED = "lead_created"
    IGNORED = "ignored"


MATCH_WORDS: Mapping[MatchState, str] = {
    MatchState.AUTO_MATCHED: "Matched",
    MatchState.UNMATCHED: "Not matched",
    MatchState.AMBIGUOUS: "Several patients",
    MatchState.WITHHELD: "Number withheld",
    MatchState.MATCHED_BY_HAND: "Matched by hand",
    MatchState.LEAD_CREATED: "New lead",
    MatchState.IGNORED: "Not a patient",
}

WAITING: frozenset[MatchState] = frozenset({MatchState.UNMATCHED, MatchState.AMBIGUOUS})
"""What the counter on the Calls button counts: calls somebody still has to look at."""

SETTLED: frozenset[MatchState] = frozenset(
    {MatchState.MATCHED_BY_HAND, MatchState.LEAD_CREATED, MatchState.IGNORED}
)
"""A person has decided about the call: the first one stands."""


class Presentation(StrEnum):
    """Whether the network showed the caller's number."""

    AVAILABLE = "available"
    WITHHELD = "withheld"
    UNAVAILABLE = "unavailable"


class MatchMethod(StrEnum):
    UNIQUE_NUMBER = "unique_number"
    MANUAL_ONCE = "manual_once"
    NUMBER_ADDED_TO_FILE = "number_added_to_file"
