"""A campaign's e-mail, encoded once and merged as bytes for each patient.

The parts are composed once with a marker in the place of each value, and cut at the markers; what stands
between them is encoded then and never again. In quoted-printable a soft line break (``=`` at the end of a
line) means nothing, so a value stands between two of them and no line changes its length with it.
"""

import binascii
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from html import escape

from primoro_campaigns.domain.message.email import EmailParts
from primoro_campaigns.server.delivery.mime import (
    ONE_CLICK,
    Envelope,
    encoded_address,
    encoded_mailbox,
    encoded_words,
)

_LINE = 76
"""Characters, with the ``=`` that ends a soft line (RFC 2045, section 6.7)."""
_SOFT = b"=\r\n"
_PLAIN = re.compile(r"[ !-<>-~]{1,70}\Z")
"""What stands for itself in quoted-printable and fits a line."""


class Markers:
    """Names for the places of values in text that is composed before the values are known."""

    def __init__(self) -> None:
        # Letters and digits alone, so that neither escaping nor folding touches them; and not to be guessed.
        self._word = f"qz{secrets.token_hex(8)}"
        self._pattern = re.compile(f"{self._word}([a-z0-9_]+?)zq")

    def marker(self, name: str) -> str:
        """``name`` is of small letters, digits and underscores, without “zq”."""
        return f"{self._word}{name}zq"

    def cut(self, text: str) -> list[str]:
        """Words, name, words, name, …, words."""
        return self._pattern.split(text)


@dataclass(frozen=True)
class _Part:
    """One MIME part: encoded words, name, encoded words, …"""

    pieces: tuple[bytes, ...]
    names: tuple[str, ...]
    transform: Callable[[str], str]

    def into(self, found: list[bytes], values: Mapping[str, str]) -> None:
        for piece, name in zip(self.pieces, self.names, strict=False):
            found.append(piece)
            found.append(_encoded(self.transform(values[name])))
            found.append(_SOFT)
        found.append(self.pieces[-1])


@dataclass(frozen=True)
class CompiledLetter:
    """Makes the same message as ``mime.letter``, but for where the lines of its parts break softly."""

    head: bytes
    subject: tuple[str, ...]
    separator: bytes
    text: _Part
    html: _Part
    end: bytes

    def merge(self, envelope: Envelope, values: Mapping[str, str]) -> bytes:
        """``values`` by the markers' names, each one line without blanks at its ends and not empty."""
        subject = "".join(values[piece] if place % 2 else piece for place, piece in enumerate(self.subject))
        found = [
            self.head,
            b"To: " + encoded_address(envelope.to),
            b"\r\nSubject: " + encoded_words("Subject", subject),
            b"\r\nDate: " + _date(envelope.at),
            b"\r\nMessage-ID: <" + encoded_address(envelope.message_id) + b">\r\n",
        ]
        if envelope.way_out is not None:
            url, mailbox = encoded_address(envelope.way_out.url), encoded_address(envelope.way_out.mailbox)
            found.append(
                b"List-Unsubscribe: <" + url + b">, <mailto:" + mailbox + b"?subject=unsubscribe>\r\n"
                b"List-Unsubscribe-Post: " + ONE_CLICK.encode() + b"\r\n"
            )
        found.append(self.separator)
        self.text.into(found, values)
        found.append(self.end)
        self.html.into(found, values)
        found.append(_END)
        return b"".join(found)


BOUNDARY = b"=_part"
"""Cannot come up in the parts: in quoted-printable ``=_`` means nothing."""
_END = b"\r\n--" + BOUNDARY + b"--\r\n"


def compiled(envelope: Envelope, parts: EmailParts, markers: Markers) -> CompiledLetter:
    """Of ``envelope`` only what is the same for everybody is taken: who writes, and where answers go."""
    head = b"From: " + encoded_mailbox(envelope.sender_name, envelope.sender) + b"\r\n"
    if envelope.reply_to:
        head += b"Reply-To: " + encoded_address(envelope.reply_to) + b"\r\n"
    opening = (
        b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="' + BOUNDARY + b'"\r\n\r\n'
    )
    return CompiledLetter(
        head,
        tuple(markers.cut(parts.subject)),
        opening + _part_head("plain"),
        _part(markers.cut(parts.text), _same),
        _part(markers.cut(parts.html), escape),
        b"\r\n" + _part_head("html"),
    )


def _part_head(subtype: str) -> bytes:
    return (
        b"--" + BOUNDARY + b"\r\nContent-Type: text/" + subtype.encode() + b'; charset="utf-8"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )


def _same(value: str) -> str:
    return value


def _part(cut: Iterable[str], transform: Callable[[str], str]) -> _Part:
    pieces = list(cut)
    words = pieces[::2]
    encoded = [_soft_ended(_quoted(each)) + _SOFT if each else b"" for each in words[:-1]]
    return _Part((*encoded, _quoted(words[-1])), tuple(pieces[1::2]), transform)


def _encoded(value: str) -> bytes:
    return value.encode() if _PLAIN.match(value) and not value.endswith(" ") else _soft_ended(_quoted(value))


def _quoted(text: str) -> bytes:
    # Line ends are LF here, so that the encoder takes them for line ends and not for characters.
    return binascii.b2a_qp(text.replace("\r\n", "\n").encode(), istext=True).replace(b"\n", b"\r\n")


def _soft_ended(encoded: bytes) -> bytes:
    """Leave room on the last line for the ``=`` that is to follow."""
    start = encoded.rfind(b"\n") + 1
    if len(encoded) - start < _LINE:
        return encoded
    cut = len(encoded) - 4
    # Not within the three characters of one octet.
    while encoded[cut - 1 : cut] == b"=" or encoded[cut - 2 : cut - 1] == b"=":
        cut -= 1
    return encoded[:cut] + _SOFT + encoded[cut:]


@lru_cache(maxsize=8)
def _date(at: datetime) -> bytes:
    return format_datetime(at).encode()
