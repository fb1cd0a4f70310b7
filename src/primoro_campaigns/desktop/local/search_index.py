"""The words under which a patient is found, and what is looked for, as one column of an FTS5 index.

Words of the different columns of ``domain.patient.search_terms`` share one index column, told apart by a
leading letter from Unicode's private use area, which the tokeniser takes for a letter and nobody types. One
column without positions (``detail='none'``) is the smallest index that answers "every word typed begins some
word".
"""

from collections.abc import Mapping
from datetime import date

from primoro_campaigns.domain.patient.search_terms import COLUMNS, Column, fold, search_text, tokens

_MARKS: Mapping[Column, str] = {
    Column.NAMES: "",
    Column.BORN: "\ue001",
    Column.DIGITS: "\ue002",
    Column.EMAIL: "\ue003",
}


def index_terms(
    names: tuple[str, ...], born_on: date | None, numbers: tuple[str, ...], emails: tuple[str, ...]
) -> str:
    """The text to index for one patient. ``names`` may include the chart number; ``numbers`` are E.164 or as
    typed.
    """
    text = search_text([each for each in names if each], born_on, numbers, emails)
    return " ".join(
        (
            text.names,
            _marked(text.born, "\ue001"),
            _marked(text.digits, "\ue002"),
            _marked(text.email, "\ue003"),
        )
    )


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


def sort_name(family_name: str, given_name: str) -> str:
    """By this patients are listed: without regard to case and accents; a comma sorts before every letter."""
    return f"{fold(family_name)}, {fold(given_name)}"
