"""The soft opt-in: the four conditions under which a practice may write without a yes (domain.md L02, L03).

PECR regulation 22(3). Each is recorded by a person who can answer for it; with one missing there is no soft
opt-in, and nobody is written to.
"""

from collections.abc import Collection
from enum import StrEnum

from primoro_campaigns.domain.errors import PrimoroError


class Condition(StrEnum):
    """In the order in which they are asked."""

    OWN_SALE = "own_sale"
    SIMILAR = "similar"
    OFFERED = "offered"
    EVERY_MESSAGE = "every_message"


CONDITION_WORDS: dict[Condition, str] = {
    Condition.OWN_SALE: "The patient gave it to us for a treatment or an enquiry here",
    Condition.SIMILAR: "We use it only for services of our own like those",
    Condition.OFFERED: "The patient could easily say no when we asked for it",
    Condition.EVERY_MESSAGE: "Every message says how to say no",
}


class SoftOptInError(PrimoroError):
    """A soft opt-in without all of its conditions, or for somebody who said no."""


def require_all(conditions: Collection[Condition]) -> None:
    """Raises ``SoftOptInError``, which names what is missing."""
    missing = [CONDITION_WORDS[each] for each in Condition if each not in conditions]
    if missing:
        raise SoftOptInError(
            "A soft opt-in needs all four conditions.",
            f"Nothing was changed. Missing: {'; '.join(missing)}. Without them, ask the patient for a yes.",
            "consent.soft_opt_in_incomplete",
        )


def in_words(how: str) -> str:
    """The record of a complete soft opt-in: when and over what, and what holds."""
    held = " ".join(f"{CONDITION_WORDS[each]}." for each in Condition)
    return f"{how.strip().rstrip('.')}. {held}"
