"""The words under which a patient is found, and what is looked for, as one column of an FTS5 index.

Words of the different columns of ``domain.patient.search_terms`` share one index column, told apart by a
leading letter from Unicode's private use area, which the tokeniser takes for a letter and nobody types. One
column without positions (``detail='none'``) is the smallest index that answers "every word typed begins
some word".
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache

from primoro_campaigns.domain.patient.search_terms import COLUMNS, Column, fold, search_text, tokens

_BORN, _DIGITS, _EMAIL = "\ue001", "\ue002", "\ue003"
_MARKS: Mapping[Column, str] = {
    Column.NAMES: "",
    Column.BORN: _BORN,
    Column.DIGITS: _DIGITS,
    Column.EMAIL: _EMAIL,
}
_WORDS = re.compile(r"[^\W_]+")


def index_terms(names: Iterable[str], born_on: str | None, numbers: Iterable[str], email: str | None) -> str:
    """The text to index for one patient: the words of ``search_text``, each with the mark of its column.

    ``names`` may include the chart number; ``born_on`` is ISO 8601; ``numbers`` are E.164 or as typed. A
    first fill makes it for every patient, so what repeats is remembered and plain cases take a short way.
    """
    parts = [name.lower() if name.isascii() and name.isalnum() else _name_words(name) for name in names]
    if born_on is not None:
        parts.append(f"{_BORN}{born_on[:4]}{born_on[5:7]}{born_on[8:]} {_BORN}{born_on[5:7]}{born_on[8:]}")
    for number in numbers:
        if number.startswith("+44") and number[1:].isdecimal() and number.isascii():
            digits = f"{number[1:]} {number[3:]} {number[-6:]}"
        else:
            digits = search_text((), None, (number,), ()).digits
        parts.append(_marked(digits, _DIGITS))
    if email is not None:
        words = (
            " ".join(_WORDS.findall(email.lower()))
            if email.isascii()
            else search_text((), None, (), (email,)).email
        )
        parts.append(_marked(words, _EMAIL))
    return " ".join(parts)


@lru_cache(maxsize=50_000)
def _name_words(name: str) -> str:
    return search_text((name,), None, (), ()).names


def _marked(words: str, mark: str) -> str:
    return f"{mark}{words.replace(' ', f' {mark}')}" if words else ""


def match_expression(typed: str, today: date) -> str | None:
    """The FTS5 expression for what was typed; None when nothing in it can be looked for."""
    parts = []
    for token in tokens(typed, today):
        *whole, last = token.text.split()
        columns = []
        for column in COLUMNS[token.kind]:
            mark = _MARKS[column]
            words = [f'"{mark}{word}"' for word in whole] + [f'"{mark}{last}" *']
            columns.append(f"({' AND '.join(words)})")
        parts.append(f"({' OR '.join(columns)})")
    return " AND ".join(parts) or None


@lru_cache(maxsize=50_000)
def _folded(name: str) -> str:
    return fold(name)


def sort_name(family_name: str, given_name: str) -> str:
    """By this patients are listed: without regard to case and accents; a comma sorts before every letter."""
    return f"{_folded(family_name)}, {_folded(given_name)}"
