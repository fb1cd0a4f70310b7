"""What a receptionist types to find a patient, and the text it is looked up in.

Both sides are folded the same way, so that a search engine need only compare beginnings of words: every
``Token`` typed must be the beginning of a word (or of a run of words) in one of its columns. Words hold
letters and digits alone, whatever tokeniser the engine has.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class TokenKind(StrEnum):
    """What a piece of the typed text looks like."""

    NAME = "name"
    DATE = "date"
    DIGITS = "digits"
    EMAIL = "email"


class Column(StrEnum):
    """The columns of the search index."""

    NAMES = "names"
    BORN = "born"
    DIGITS = "digits"
    EMAIL = "email"


COLUMNS: Mapping[TokenKind, tuple[Column, ...]] = {
    TokenKind.NAME: (Column.NAMES, Column.EMAIL),
    TokenKind.DATE: (Column.BORN,),
    TokenKind.DIGITS: (Column.DIGITS, Column.BORN, Column.NAMES),
    TokenKind.EMAIL: (Column.EMAIL,),
}
"""Where a token of each kind is looked up. Four digits may be a year of birth, or of the chart number, which
stands among the names (domain.md A35).
"""

MOST_TOKENS = 8
"""More words than this are not looked at: nobody needs them, and each costs time."""


@dataclass(frozen=True)
class Token:
    """One thing to find: all tokens must be found in the same patient.

    ``text`` is folded. For an e-mail address it holds several words, which must follow each other.
    """

    kind: TokenKind
    text: str


@dataclass(frozen=True)
class SearchText:
    """The words of one patient, column by column, ready for the index."""

    names: str
    born: str
    digits: str
    email: str


_Take = Callable[[TokenKind, str], str]

_APART = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
    "ı": "i",
    "ħ": "h",
    "ŋ": "n",
}
_SPLIT = str.maketrans(_APART)
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u0060\u00b4]")

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_BY_SLASHES = re.compile(r"(?<![\d/.-])(\d{1,2})\s*[/.-]\s*(\d{1,2})(?:\s*[/.-]\s*(\d{0,4}))?(?![\d/.-])")
_ISO = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_IN_WORDS = re.compile(
    rf"(?<!\w)(\d{{1,2}})(?:st|nd|rd|th)?\s+({'|'.join(_MONTHS)})[a-z]*\.?(?:\s+(\d{{4}}|\d{{2}}))?(?!\w)"
)
_NUMBER = re.compile(r"(?<!\w)\+?[\d(][\d\s()./+-]*")
_TRUNK = re.compile(r"\(\s*0\s*\)")


def fold(text: str) -> str:
    """Lower case without accents; letters that do not decompose become what people type for them."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(each for each in decomposed if not unicodedata.combining(each))
    return bare.translate(_SPLIT)


def tokens(typed: str, today: date) -> tuple[Token, ...]:
    """What is looked for, in the order dates, e-mail addresses, numbers, names; empty when nothing can be.

    Dates are read the British way, day first; ``today`` tells which century a year of two digits means.
    """
    rest = fold(typed)
    found: list[Token] = []

    def take(kind: TokenKind, text: str) -> str:
        if text:
            found.append(Token(kind, text))
        return " "

    rest = _ISO.sub(lambda m: _date(m, m[3], m[2], m[1], today, take), rest)
    rest = _BY_SLASHES.sub(lambda m: _date(m, m[1], m[2], m[3] or "", today, take), rest)
    rest = _IN_WORDS.sub(
        lambda m: _date(m, m[1], str(_MONTHS.index(m[2]) + 1), m[3] or "", today, take), rest
    )
    rest = " ".join(
        take(TokenKind.EMAIL, " ".join(_words(piece))) if "@" in piece else piece for piece in rest.split()
    )
    rest = _NUMBER.sub(lambda m: _number(m[0], today, take), rest)
    for piece in _words(_APOSTROPHES.sub("", rest)):
        take(TokenKind.NAME, piece)
    return tuple(dict.fromkeys(found))[:MOST_TOKENS]


def search_text(
    names: Iterable[str], born_on: date | None, numbers: Iterable[str], emails: Iterable[str]
) -> SearchText:
    """What to index for a patient. ``numbers`` are in E.164; others are indexed by their digits alone."""
    words: dict[str, None] = {}
    for name in names:
        for part in fold(name).split():
            joined = "".join(_words(part))
            pieces = [each for each in [joined, *_words(part), *_words(_APOSTROPHES.sub("", part))] if each]
            words.update(dict.fromkeys(pieces))
    digits: dict[str, None] = {}
    for number in numbers:
        international = "".join(re.findall(r"\d", number))
        national = international[_country_code_length(international) :] if number.startswith("+") else ""
        digits.update(dict.fromkeys(each for each in (international, national, international[-6:]) if each))
    return SearchText(
        names=" ".join(words),
        born=f"{born_on:%Y%m%d} {born_on:%m%d}" if born_on else "",
        digits=" ".join(digits),
        email=" ".join(" ".join(_words(fold(each))) for each in emails),
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def _date(match: re.Match[str], day: str, month: str, year: str, today: date, take: _Take) -> str:
    born_on = _whole_date(int(day), int(month), year, today)
    if born_on is not None:
        return take(TokenKind.DATE, f"{born_on:%Y%m%d}")
    # A leap year, so that 29 February is a day; the year is not known yet, or is still being typed.
    if _is_day(2000, int(month), int(day)) and len(year) < 4:
        return take(TokenKind.DATE, f"{int(month):02}{int(day):02}")
    return match[0]


def _whole_date(day: int, month: int, year: str, today: date) -> date | None:
    if len(year) == 4:
        full = int(year)
    elif len(year) == 2 and year not in ("19", "20"):  # those two are the beginning of a longer year
        full = int(year) + today.year // 100 * 100
        full -= 100 if full > today.year else 0
    else:
        return None
    return date(full, month, day) if _is_day(full, month, day) else None


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _number(typed: str, today: date, take: _Take) -> str:
    international = typed.lstrip(" (").startswith("+")
    digits = "".join(re.findall(r"\d", _TRUNK.sub("", typed)))
    if len(digits) == 8 and not international:
        born_on = _whole_date(int(digits[:2]), int(digits[2:4]), digits[4:], today)
        if born_on is not None and 1900 <= born_on.year <= today.year:
            return take(TokenKind.DATE, f"{born_on:%Y%m%d}")
    if not international:
        # 0044 and 07700: what stands behind the international prefix, or behind the trunk prefix, is indexed.
        digits = digits[2:] if digits.startswith("00") else digits.removeprefix("0")
    return take(TokenKind.DIGITS, digits)


# ITU-T E.164, annex A: zones 1 and 7 have one digit; these have two; all others have three.
_TWO_DIGITS = re.compile("2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")


def _country_code_length(international: str) -> int:
    if international[:1] in ("1", "7"):
        return 1
    return 2 if _TWO_DIGITS.match(international) else 3
