"""What a patient's text to us means for consent (domain.md S4 to S6)."""

import re
import unicodedata
from enum import StrEnum


class Keyword(StrEnum):
    """STOP suppresses the number, START alone brings it back, HELP asks who we are."""

    STOP = "stop"
    START = "start"
    HELP = "help"


_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "REVOKE", "OPTOUT", "REMOVE"})
# On the number that also confirms appointments these answer a reminder.
_STOP_OR_ANSWER = frozenset({"CANCEL", "END", "QUIT"})
_START = frozenset({"START", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})


def read(text: str, *, answers_service_message: bool = False) -> Keyword | None:
    """The keyword, when the whole text is one: "Stop." is, "please stop by at 3" is not and goes to a person.

    Case, blanks and punctuation do not matter. ``answers_service_message`` is True when the last we sent to
    this number, not long ago, was a service message: then CANCEL, END and QUIT are about the appointment
    (domain.md S5). STOP always opts out.
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).upper())
    word = (
        "".join(words) if words in (["STOP", "ALL"], ["OPT", "OUT"]) else words[0] if len(words) == 1 else ""
    )
    if word in _STOP or (word in _STOP_OR_ANSWER and not answers_service_message):
        return Keyword.STOP
    if word in _START:
        return Keyword.START
    return Keyword.HELP if word in _HELP else None
