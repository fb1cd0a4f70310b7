"""The bytes of one e-mail (RFC 5322, RFC 2046), written straight: building an ``EmailMessage`` is far slower.

Nothing from a record or an author can start a header of its own: every value is one line of printable
characters before it is encoded.
"""

import binascii
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr

from primoro_campaigns.domain.message.email import EmailParts, one_line

ONE_CLICK = "List-Unsubscribe=One-Click"
"""What a mail program posts to the address in List-Unsubscribe (RFC 8058, section 3.1)."""


@dataclass(frozen=True)
class WayOut:
    """How this recipient unsubscribes: a page over https, and a mailbox."""

    url: str
    mailbox: str


@dataclass(frozen=True)
class Envelope:
    """The headers. ``message_id`` has no angle brackets; ``way_out`` is None for important notices alone."""

    sender_name: str
    sender: str
    to: str
    message_id: str
    at: datetime
    reply_to: str = ""
    way_out: WayOut | None = None


def letter(envelope: Envelope, parts: EmailParts) -> bytes:
    """The whole message, lines ended by CRLF and none longer than 998 octets."""
    boundary = f"=_{envelope.message_id.partition('@')[0]}"
    lines = [
        b"From: " + encoded_mailbox(envelope.sender_name, envelope.sender),
        b"To: " + encoded_address(envelope.to),
        b"Subject: " + encoded_words("Subject", parts.subject),
        b"Date: " + format_datetime(envelope.at).encode(),
        b"Message-ID: <" + encoded_address(envelope.message_id) + b">",
    ]
    if envelope.reply_to:
        lines.append(b"Reply-To: " + encoded_address(envelope.reply_to))
    if envelope.way_out is not None:
        # On one line each, so that no server folds them anew and breaks a signature (domain.md EM4).
        url, mailbox = encoded_address(envelope.way_out.url), encoded_address(envelope.way_out.mailbox)
        lines.append(b"List-Unsubscribe: <" + url + b">, <mailto:" + mailbox + b"?subject=unsubscribe>")
        lines.append(b"List-Unsubscribe-Post: " + ONE_CLICK.encode())
    lines += [
        b"Auto-Submitted: auto-generated",
        b"MIME-Version: 1.0",
        b'Content-Type: multipart/alternative; boundary="' + boundary.encode() + b'"',
        b"",
        *_part(boundary, "plain", parts.text),
        *_part(boundary, "html", parts.html),
        b"--" + boundary.encode() + b"--",
        b"",
    ]
    return b"\r\n".join(lines)


def _part(boundary: str, subtype: str, text: str) -> list[bytes]:
    # Line ends are LF here, so that the encoder takes them for line ends and not for characters.
    encoded = binascii.b2a_qp(text.replace("\r\n", "\n").encode(), istext=True)
    return [
        b"--" + boundary.encode(),
        b"Content-Type: text/" + subtype.encode() + b'; charset="utf-8"',
        b"Content-Transfer-Encoding: quoted-printable",
        b"",
        encoded.replace(b"\n", b"\r\n"),
    ]


def encoded_words(name: str, value: str) -> bytes:
    """The value of the header ``name``, folded and encoded where it has to be (RFC 2047)."""
    line = one_line(value)
    if line.isascii() and len(line) <= 900:
        return line.encode()
    return Header(line, "utf-8", header_name=name).encode(linesep="\r\n").encode()


def encoded_mailbox(name: str, address: str) -> bytes:
    """A name and an address, or the address alone."""
    if not one_line(name):
        return encoded_address(address)
    return formataddr((one_line(name), one_line(address).replace(" ", ""))).encode()


def encoded_address(value: str) -> bytes:
    """An address has no blanks; what looks like one cannot be one, and must not become two header lines."""
    return "".join(one_line(value).split()).translate(_NO_BRACKETS).encode()


_NO_BRACKETS = {ord("<"): None, ord(">"): None}
