"""Who may change what about consent.

Opting out is always open; opting in asks for a right, evidence and the server.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from primoro_campaigns.domain.account.right import Right, require
from primoro_campaigns.domain.consent.model import SOURCE_WORDS, Channel, ConsentSource
from primoro_campaigns.domain.errors import ConflictError, PrimoroError


@dataclass(frozen=True)
class Evidence:
    """Why we believe that somebody wants messages again (domain.md E07, L05).

    ``asked_by`` is who asked (the patient, a parent), ``asked_at`` when, ``how`` on which occasion ("at
    reception"), ``wording`` the version of the words they were told.
    """

    asked_by: str
    asked_at: datetime
    how: str
    wording: str


class EvidenceMissingError(PrimoroError):
    """Opting in without saying who asked, when, how and in which words is not kept (domain.md L05)."""

    def __init__(self, missing: Collection[str]) -> None:
        super().__init__(
            f"To opt a patient in we have to know {_listed(missing)}.",
            "Nothing was changed. Fill that in and try again.",
            "consent.evidence_missing",
        )


class StoppedError(ConflictError):
    """The number answered STOP (domain.md L10)."""

    def __init__(self) -> None:
        super().__init__(
            "This mobile number answered STOP.",
            "Nothing was changed. It comes back only when the patient texts START from that number.",
            "consent.suppressed",
        )


class NewerOptOutError(ConflictError):
    """The patient opted out after the request to opt in was made: the withdrawal wins."""

    def __init__(self) -> None:
        super().__init__(
            "The patient has opted out since then.",
            "Nothing was changed. Ask again, and record the new answer with its date.",
            "consent.newer_opt_out",
        )


class SourceCannotOptInError(PrimoroError):
    """What came this way can only ever take consent away."""

    def __init__(self, source: ConsentSource) -> None:
        super().__init__(
            f"Nobody is opted in {SOURCE_WORDS[source]}.",
            "Nothing was changed. Record the patient's own request at the practice.",
            "consent.source_cannot_opt_in",
        )


OPENS: frozenset[ConsentSource] = frozenset(
    {
        ConsentSource.STAFF,
        ConsentSource.UNSUBSCRIBE_PAGE,
        ConsentSource.PREFERENCE_PAGE,
        ConsentSource.START_TEXT,
        ConsentSource.IMPORT,
    }
)
"""The ways in which a patient's yes can reach us. All others only ever take consent away."""

_OWN_ACT = frozenset(
    {ConsentSource.UNSUBSCRIBE_PAGE, ConsentSource.PREFERENCE_PAGE, ConsentSource.START_TEXT}
)


def require_opt_out(source: ConsentSource, rights: frozenset[Right]) -> None:
    """Opting out is open to everybody: the patient, a machine, or staff with the right ``restrict``.

    Works offline and wins over whatever is on record (decisions.md, "Consent").
    """
    if source is ConsentSource.STAFF:
        require(rights, Right.RESTRICT)


def require_opt_in(
    source: ConsentSource,
    rights: frozenset[Right],
    evidence: Evidence | None,
    channel: Channel | None = None,
    *,
    stopped: bool = False,
    opted_out_at: datetime | None = None,
) -> None:
    """Whether somebody may be opted in again, or a restriction be lifted (``channel`` None); raises if not.

    Staff need the right ``permit``; staff and imports need complete evidence. After STOP, texts to that
    number come back by START alone, also for an owner. ``opted_out_at`` is the latest withdrawal on record:
    what was asked for before it is out of date.
    """
    if source not in OPENS:
        raise SourceCannotOptInError(source)
    if source is ConsentSource.STAFF:
        require(rights, Right.PERMIT)
    if stopped and channel is Channel.SMS and source is not ConsentSource.START_TEXT:
        raise StoppedError
    if source in _OWN_ACT:
        return
    missing = what_is_missing(evidence)
    if missing:
        raise EvidenceMissingError(missing)
    if evidence is not None and opted_out_at is not None and evidence.asked_at < opted_out_at:
        raise NewerOptOutError


def what_is_missing(evidence: Evidence | None) -> tuple[str, ...]:
    """What a dialog still has to ask for, in words; empty when the evidence is complete."""
    if evidence is None:
        return ("who asked", "when", "how", "in which words")
    given = {
        "who asked": evidence.asked_by.strip(),
        "how": evidence.how.strip(),
        "in which words": evidence.wording.strip(),
    }
    return tuple(words for words, value in given.items() if not value)


def _listed(words: Collection[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
