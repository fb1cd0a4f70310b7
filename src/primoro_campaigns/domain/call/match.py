"""Whose call it was, as far as the caller's number tells (domain.md 4.3, 4.4)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from primoro_campaigns.domain.call.model import (
    MATCH_WORDS,
    SETTLED,
    WAITING,
    MatchMethod,
    MatchState,
    Presentation,
)
from primoro_campaigns.domain.errors import ConflictError, PrimoroError
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.phone import DEFAULT_REGION, to_e164

RECENTLY = timedelta(days=30)
"""A message within this time makes it likely that its reader is the one who rings."""


@dataclass(frozen=True)
class Caller:
    """The caller's number in E.164, or None when there is none to look for.

    ``withheld`` when it was not shown.
    """

    e164: str | None
    withheld: bool


@dataclass(frozen=True)
class Holder:
    """A patient who has the caller's number on file, with what ranks one above another."""

    patient_id: PatientId
    is_head: bool = False
    on_campaign_list: bool = False
    last_messaged_at: datetime | None = None
    appointment_changed_at: datetime | None = None


@dataclass(frozen=True)
class Suggestion:
    """One who may have called, and why, as sentences for the screen."""

    patient_id: PatientId
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """``patient_id`` and ``method`` are set for a match alone; ``suggestions`` come best first."""

    state: MatchState
    patient_id: PatientId | None = None
    method: MatchMethod | None = None
    suggestions: tuple[Suggestion, ...] = ()


class CallSettledError(ConflictError):
    """Somebody else has decided about the call already: the first one stands."""

    def __init__(self, state: MatchState) -> None:
        super().__init__(
            f"This call is already marked “{MATCH_WORDS[state]}”.",
            "Nothing was changed: what was decided first stands.",
            "call.settled",
        )


class NumberHiddenError(PrimoroError):
    """The caller's number was to be added to a patient's file, but there is none."""

    def __init__(self) -> None:
        super().__init__(
            "The caller did not show a number, so there is none to add to the file.",
            "Nothing was changed. Match this call only.",
            "call.number_hidden",
        )


# What networks and providers write instead of a number; the numbers spell ANONYMOUS, RESTRICTED, BLOCKED,
# UNKNOWN and UNAVAILABLE on a telephone keypad.
_PLACEHOLDERS = frozenset({"266696687", "7378742833", "2562533", "8656696", "86282452253"})
_URI = re.compile(r"^\s*(?:.*<)?(?:sips?|tel):([^@;>]*).*$", re.IGNORECASE)


def read_caller(
    raw: str, presentation: Presentation = Presentation.AVAILABLE, region: str = DEFAULT_REGION
) -> Caller:
    """The caller as the network told it.

    Letters, zeros and known placeholders mean that the number is withheld. Short and internal numbers are not
    withheld, but there is nothing to look for.
    """
    number = _URI.sub(r"\1", raw)
    digits = re.sub(r"\D", "", number)
    spelt = any(each.isalpha() for each in number) or digits in _PLACEHOLDERS
    if presentation is not Presentation.AVAILABLE or spelt or not digits.strip("0"):
        return Caller(None, withheld=True)
    found = to_e164(number, region)
    return Caller(found.e164 if found else None, withheld=False)


def match(caller: Caller, holders: Iterable[Holder], now: datetime) -> Match:
    """One holder matches, none does not, several are ambiguous and never assigned by themselves."""
    if caller.withheld:
        return Match(MatchState.WITHHELD)
    found = {each.patient_id: each for each in holders} if caller.e164 else {}
    if not found:
        return Match(MatchState.UNMATCHED)
    if len(found) == 1:
        return Match(MatchState.AUTO_MATCHED, next(iter(found)), MatchMethod.UNIQUE_NUMBER)
    return Match(MatchState.AMBIGUOUS, suggestions=_ranked(list(found.values()), now))


def rematch(state: MatchState, caller: Caller, holders: Iterable[Holder], now: datetime) -> Match | None:
    """What a later pass makes of a call, or None where it must leave it alone.

    It looks again at calls that wait, never at one that was matched, decided by hand or withheld: a number
    that moves to another file does not rewrite history (domain.md T9, T10).
    """
    return match(caller, holders, now) if state in WAITING else None


def require_open(state: MatchState) -> None:
    """A person may still decide about this call. Raises ``CallSettledError`` where one has decided already.

    A match that the program made may be put right by hand.
    """
    if state in SETTLED:
        raise CallSettledError(state)


def method_by_hand(caller: Caller, add_number: bool) -> MatchMethod:
    """How a match by hand is recorded. Raises ``NumberHiddenError`` when there is no number to add."""
    if not add_number:
        return MatchMethod.MANUAL_ONCE
    if caller.e164 is None:
        raise NumberHiddenError
    return MatchMethod.NUMBER_ADDED_TO_FILE


def _ranked(holders: list[Holder], now: datetime) -> tuple[Suggestion, ...]:
    listed = [each for each in holders if each.on_campaign_list]
    messaged = [
        each
        for each in holders
        if each.last_messaged_at is not None and now - each.last_messaged_at <= RECENTLY
    ]
    changed = [each.appointment_changed_at for each in holders if each.appointment_changed_at is not None]
    latest = max(changed, default=None)

    def signs(holder: Holder) -> tuple[bool, bool, bool, bool]:
        return (
            listed == [holder],
            messaged == [holder],
            holder.is_head,
            latest is not None and holder.appointment_changed_at == latest,
        )

    ordered = sorted(holders, key=lambda each: (*(not sign for sign in signs(each)), each.patient_id))
    return tuple(
        Suggestion(
            each.patient_id, tuple(words for words, sign in zip(_REASONS, signs(each), strict=True) if sign)
        )
        for each in ordered
    )


_REASONS = (
    "The only one on the list of the campaign that uses this number.",
    f"The only one we wrote to in the last {RECENTLY.days} days.",
    "Head of the household.",
    "Has the latest change of an appointment.",
)
