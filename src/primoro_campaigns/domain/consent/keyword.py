"""What a patient's text to us means for consent (domain.md S4 to S6)."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Keyword(StrEnum):
    """STOP suppresses the number, START alone brings it back, HELP asks who we are."""

    STOP = "stop"
    START = "start"
    HELP = "help"


class Meaning(NamedTuple):
    """``after_service`` is what the word means in answer to a message about an appointment: None is nothing
    that a program should act on, so that a person reads it.
    """

    otherwise: Keyword | None
    after_service: Keyword | None


_ALWAYS_STOP = Meaning(Keyword.STOP, Keyword.STOP)
_STOP_OR_ANSWER = Meaning(Keyword.STOP, None)
_START = Meaning(Keyword.START, Keyword.START)
_HELP = Meaning(Keyword.HELP, Keyword.HELP)
# "Yes" confirms an appointment, and is no consent to anything: nobody asked for consent in a text.
_ANSWER = Meaning(None, None)

MEANINGS: Mapping[str, Meaning] = {
    "STOP": _ALWAYS_STOP,
    "STOPALL": _ALWAYS_STOP,
    "UNSUBSCRIBE": _ALWAYS_STOP,
    "REVOKE": _ALWAYS_STOP,
    "OPTOUT": _ALWAYS_STOP,
    "REMOVE": _ALWAYS_STOP,
    "CANCEL": _STOP_OR_ANSWER,
    "END": _STOP_OR_ANSWER,
    "QUIT": _STOP_OR_ANSWER,
    "START": _START,
    "UNSTOP": _START,
    "YES": _ANSWER,
    "HELP": _HELP,
    "INFO": _HELP,
}
"""Every word there is; any other text is for a person."""

_TWO_WORDS = (["STOP", "ALL"], ["OPT", "OUT"])


def read(text: str, *, answers_service_message: bool = False) -> Keyword | None:
    """The keyword, when the whole text is one: "Stop." is, "please stop by at 3" is not and goes to a person.

    Case, blanks and punctuation do not matter. ``answers_service_message`` is True when the last we sent to
    this number, not long ago, was a service message: then CANCEL, END and QUIT are about the appointment
    (domain.md S5). STOP always opts out.
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).upper())
    if len(words) != 1 and words not in _TWO_WORDS:
        return None
    meaning = MEANINGS.get("".join(words), _ANSWER)
    return meaning.after_service if answers_service_message else meaning.otherwise
