"""How many texts a message makes: 3GPP TS 23.038 (alphabets) and TS 23.040 (concatenation).

A message of the GSM 7-bit default alphabet holds 160 units alone and 153 in each part of a longer one; one
letter outside that alphabet turns all of it into UCS-2, with 70 and 67 (domain.md S1). A credit is one part.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# TS 23.038, section 6.2.1, in the order of the table; 0x1B, the escape, has no letter of its own.
GSM_BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# TS 23.038, section 6.2.1.1: behind an escape, so they take two units.
GSM_EXTENSION = "\f^{}\\[~]|€"

_GSM_UNITS: Mapping[str, int] = {**dict.fromkeys(GSM_BASIC, 1), **dict.fromkeys(GSM_EXTENSION, 2)}


class Encoding(StrEnum):
    """How the letters of a text are sent."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


_ALONE = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
_IN_PART = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}


@dataclass(frozen=True)
class Measure:
    """``units`` are septets or 16-bit units, ``segments`` is what is paid for, ``left`` still fits."""

    encoding: Encoding
    characters: int
    units: int
    segments: int
    left: int


def encoding_of(text: str) -> Encoding:
    """GSM-7 when every letter is in its alphabet, else UCS-2."""
    return Encoding.GSM_7 if all(each in _GSM_UNITS for each in text) else Encoding.UCS_2


def split(text: str) -> list[str]:
    """The parts in which a text travels. An escape or a surrogate pair is never cut in two (domain.md S2)."""
    encoding = encoding_of(text)
    if not text:
        return []
    if _units(text, encoding) <= _ALONE[encoding]:
        return [text]
    parts: list[str] = []
    start, used = 0, 0
    for at, letter in enumerate(text):
        cost = _units(letter, encoding)
        if used + cost > _IN_PART[encoding]:
            parts.append(text[start:at])
            start, used = at, 0
        used += cost
    return [*parts, text[start:]]


def measure(text: str) -> Measure:
    """Length and price of a text as it will be sent. An empty text makes none."""
    encoding = encoding_of(text)
    parts = split(text)
    room = _ALONE[encoding] if len(parts) <= 1 else _IN_PART[encoding]
    left = room - _units(parts[-1], encoding) if parts else room
    return Measure(encoding, len(text), _units(text, encoding), len(parts), left)


def _units(text: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7:
        return sum(_GSM_UNITS[each] for each in text)
    return sum(2 if ord(each) > 0xFFFF else 1 for each in text)


@dataclass(frozen=True)
class Replacement:
    """A text brought closer to GSM-7. ``changed`` maps each letter that was replaced to what it became.

    ``kept`` are letters with no likeness in the alphabet, in order of appearance: while there is one the text
    remains UCS-2.
    """

    text: str
    changed: Mapping[str, str]
    kept: tuple[str, ...]


_LIKENESS: Mapping[str, str] = {
    **dict.fromkeys("‘’‚‛ʼʹ′`´", "'"),
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‐‑‒–—―−•·", "-"),
    **dict.fromkeys("\t\u00a0\u2002\u2003\u2007\u2008\u2009\u200a\u202f", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\ufe0f\u00ad", ""),
    **dict.fromkeys("\u2028\u2029", "\n"),
    "…": "...",
    "™": "TM",
    "ﬁ": "fi",
    "ﬂ": "fl",
    "‹": "<",
    "›": ">",
    "×": "x",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "þ": "th",
    "Þ": "Th",
    "œ": "oe",
    "Œ": "OE",
    "ı": "i",
    "ẞ": "SS",
}


def replace_non_gsm(text: str) -> Replacement:
    """Offer a text without the letters that make it dearer: curly quotes, dashes, foreign accents.

    Fractions and powers are kept: as plain digits they would be other numbers.
    """
    letters: list[str] = []
    changed: dict[str, str] = {}
    kept: dict[str, None] = {}
    for letter in unicodedata.normalize("NFC", text):
        likeness = letter if letter in _GSM_UNITS else _likeness(letter)
        if likeness is None:
            kept[letter] = None
            letters.append(letter)
            continue
        if likeness != letter:
            changed[letter] = likeness
        letters.append(likeness)
    return Replacement("".join(letters), changed, tuple(kept))


def _likeness(letter: str) -> str | None:
    if letter in _LIKENESS:
        return _LIKENESS[letter]
    decomposed = unicodedata.normalize("NFD", letter)
    bare = "".join(_LIKENESS.get(each, each) for each in decomposed if not unicodedata.combining(each))
    return bare if bare and all(each in _GSM_UNITS for each in bare) else None
