"""The list of calls: its filters, and the pages of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from primoro_campaigns.desktop.call.words import caller_words
from primoro_campaigns.desktop.kit.rows import KeptSource
from primoro_campaigns.desktop.kit.worklist import ALL, Filter
from primoro_campaigns.desktop.local.calls import CallRow
from primoro_campaigns.desktop.local.practice import LocationRow
from primoro_campaigns.domain.call.model import WAITING, MatchState
from primoro_campaigns.domain.ids import CallId, LocationId

Dialled = Callable[[str], str]
"""A number in E.164 as people here dial it. Slow the first time: call on a working thread."""


FILTERS = (
    Filter("waiting", "Waiting", WAITING, "No call waits for you.\nChoose “All” to see every call."),
    Filter(
        "matched",
        "Matched",
        frozenset({MatchState.AUTO_MATCHED, MatchState.MATCHED_BY_HAND, MatchState.LEAD_CREATED}),
        "No call is matched to a patient yet.\nChoose “Waiting” to match one.",
    ),
    Filter(
        "withheld",
        "Withheld",
        frozenset({MatchState.WITHHELD}),
        "Nobody has rung without showing a number.",
    ),
    Filter(
        "ignored",
        "Not patients",
        frozenset({MatchState.IGNORED}),
        "No call is marked as not from a patient.",
    ),
    Filter(ALL, "All", frozenset(MatchState), ""),
)
BY_KEY: Mapping[str, Filter[MatchState]] = {each.key: each for each in FILTERS}


@dataclass(frozen=True)
class ListedCall:
    """``caller`` and ``called`` are the two ends of the call in words."""

    call: CallRow
    caller: str
    called: str


class CallLists(Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def page(
        self, limit: int, offset: int, states: frozenset[MatchState], also: frozenset[CallId]
    ) -> Sequence[CallRow]: ...

    def count(self, states: frozenset[MatchState], also: frozenset[CallId]) -> int: ...


class Locations(Protocol):
    def locations(self) -> Sequence[LocationRow]: ...


class Ends:
    """Puts the two ends of calls into words."""

    def __init__(self, practice: Locations, dialled: Dialled) -> None:
        self._practice = practice
        self._dialled = dialled

    def listed(self, calls: Sequence[CallRow]) -> list[ListedCall]:
        names = {each.location_id: each.name for each in self._practice.locations()}
        return [self._listed(call, names) for call in calls]

    def _listed(self, call: CallRow, names: Mapping[LocationId, str]) -> ListedCall:
        number = "" if call.from_e164 is None else self._dialled(call.from_e164)
        called = (self._dialled(call.to_e164) if call.to_e164 else "", names.get(call.location_id, ""))
        return ListedCall(call, caller_words(call, number), ", ".join(each for each in called if each))


class CallSource(KeptSource[ListedCall, CallId]):
    """The pages of one filter, latest call first."""

    def __init__(self, calls: CallLists, states: frozenset[MatchState], ends: Ends) -> None:
        super().__init__(
            lambda also: calls.count(states, also),
            lambda limit, offset, also: ends.listed(calls.page(limit, offset, states, also)),
        )
