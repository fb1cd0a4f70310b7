"""What a mail in our mailbox is: a delivery report, a complaint, somebody's wish to unsubscribe, an answer.

The reports are read by their fields, which are the same in every language (RFC 3464, RFC 5965, RFC 6533).
Nothing that can be mailed makes this fail: what cannot be read is an answer, for a person to look at.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr
from enum import StrEnum
from html.parser import HTMLParser

_OUR_ID = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}@[^<>\s@]+)>")
_MOST_CHARACTERS = 20_000
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)
"""What the standard library's parser raises on mail that is not what it says it is."""


class Kind(StrEnum):
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    UNSUBSCRIBE = "unsubscribe"
    AUTOMATIC = "automatic"
    ANSWER = "answer"


@dataclass(frozen=True)
class Returned:
    """One recipient of a delivery report. ``addresses``: what we wrote to, and where it was passed on to."""

    addresses: tuple[str, ...]
    action: str
    status: str
    diagnostic: str


@dataclass(frozen=True)
class Mail:
    """``message_ids`` are Message-IDs of ours that it names, without brackets, the nearest first.

    ``sender`` is an address, or empty; ``sender_raw`` what stood there.
    """

    kind: Kind
    sender: str
    sender_raw: str
    subject: str
    text: str
    message_ids: tuple[str, ...] = ()
    returned: tuple[Returned, ...] = ()


def read(raw: bytes) -> Mail:
    try:
        return _read(message_from_bytes(raw))
    except _UNREADABLE:
        return Mail(Kind.ANSWER, "", "", "", _plain(raw.decode("latin-1"))[:_MOST_CHARACTERS])


def _read(message: Message) -> Mail:
    sender_raw = _header(message, "From")
    subject = _header(message, "Subject")
    parts = list(message.walk())
    returned = tuple(each for part in parts for each in _returned(part))
    complaint = any(
        part.get_content_type() == "message/feedback-report" and _is_abuse(part) for part in parts
    )
    if complaint:
        kind = Kind.COMPLAINT
    elif returned:
        kind = Kind.BOUNCE
    elif subject.strip().casefold() == "unsubscribe":
        kind = Kind.UNSUBSCRIBE
    elif _is_automatic(message):
        kind = Kind.AUTOMATIC
    else:
        kind = Kind.ANSWER
    return Mail(
        kind,
        parseaddr(sender_raw)[1],
        sender_raw,
        subject,
        _words(parts)[:_MOST_CHARACTERS],
        _our_ids(message, parts, report=kind in (Kind.BOUNCE, Kind.COMPLAINT)),
        returned,
    )


def _our_ids(message: Message, parts: list[Message], *, report: bool) -> tuple[str, ...]:
    """A report names our mail where it gives it back, an answer where it says what it answers."""
    told: list[str] = []
    if report:
        for part in parts:
            if part.get_content_type() in ("text/rfc822-headers", "message/global-headers"):
                told.append(_body(part))
            elif part is not message:
                told.append(_header(part, "Message-ID"))
    else:
        told = [_header(message, "In-Reply-To"), *reversed(_header(message, "References").split())]
    return tuple(dict.fromkeys(each for words in told for each in _OUR_ID.findall(words)))


def _returned(part: Message) -> Iterator[Returned]:
    kind = part.get_content_type()
    if kind not in ("message/delivery-status", "message/global-delivery-status"):
        return
    for block in _blocks(part):
        if "Action" not in block and "Status" not in block:
            continue
        given = [_header(block, name) for name in ("Original-Recipient", "Final-Recipient")]
        # "rfc822; name@example.com"
        addresses = tuple(each.rpartition(";")[2].strip().strip("<>") for each in given if each)
        yield Returned(
            addresses,
            _header(block, "Action"),
            _header(block, "Status"),
            _header(block, "Diagnostic-Code"),
        )


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a report, the first of which is about the whole message."""
    payload = part.get_payload()
    if isinstance(payload, list) and part.get_content_type() == "message/delivery-status":
        blocks = [each for each in payload if isinstance(each, Message)]
        if len(blocks) > 1 or (blocks and blocks[0].keys()):
            return blocks
    # The parser does not know the international kind, nor a report that was encoded.
    text = _body(part).encode("utf-8", "surrogateescape")
    if _header(part, "Content-Transfer-Encoding").lower() == "base64":
        text = base64.b64decode(text)
    lines = text.replace(b"\r\n", b"\n").lstrip(b"\n")
    again = message_from_bytes(b"Content-Type: message/delivery-status\n\n" + lines)
    found = again.get_payload()
    return [each for each in found if isinstance(each, Message)] if isinstance(found, list) else []


def _is_abuse(part: Message) -> bool:
    """A feedback report also tells of mail that was taken out of the junk folder again."""
    fields = "\n".join(_body(each) for each in part.walk())
    found = re.search(r"^Feedback-Type:[ \t]*([\w-]+)", fields, re.IGNORECASE | re.MULTILINE)
    return found is not None and found.group(1).lower() not in ("not-spam", "auth-failure", "dkim")


def _is_automatic(message: Message) -> bool:
    """An absence note (RFC 3834, and what programs wrote before it)."""
    submitted = _header(message, "Auto-Submitted").strip().lower()
    return (
        submitted.startswith("auto-replied")
        or _header(message, "Precedence").strip().lower() == "auto_reply"
        or any(name in message for name in ("X-Autoreply", "X-Autorespond"))
    )


def _words(parts: list[Message]) -> str:
    """The first part that a person reads: plain text, else the words of a page."""
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted and part.get_content_disposition() != "attachment":
                text = _body(part)
                words = _PageWords.of(text) if wanted == "text/html" else text
                if words.strip():
                    return _plain(words).strip()
    return ""


def _body(part: Message) -> str:
    """The text of a part, whatever its transfer encoding and character set say."""
    payload = part.get_payload()
    if isinstance(payload, list):
        # A part that holds a message: its header fields, then its text, as they were written.
        return "\n".join(
            "\n".join(f"{name}: {_header(each, name)}" for name in dict.fromkeys(each.keys()))
            + "\n\n"
            + _body(each)
            for each in payload
            if isinstance(each, Message)
        )
    decoded = part.get_payload(decode=True)
    if not isinstance(decoded, bytes):
        return str(payload)
    charset = part.get_content_charset() or "utf-8"
    try:
        return decoded.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return decoded.decode("utf-8", "replace")


def _header(message: Message, name: str) -> str:
    """The header in readable words, on one line."""
    value = message.get(name)
    if value is None:
        return ""
    pieces = []
    for piece, charset in decode_header(str(value)):
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        try:
            pieces.append(piece.decode(charset or "latin-1"))
        except (LookupError, UnicodeDecodeError):
            pieces.append(piece.decode("utf-8", "replace"))
    return " ".join(_plain("".join(pieces)).split())


def _plain(text: str) -> str:
    """Without what no database keeps: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode().replace("\r\n", "\n")


class _PageWords(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self._found: list[str] = []
        self._silent = 0

    @classmethod
    def of(cls, page: str) -> str:
        reader = cls()
        reader.feed(page)
        lines = (" ".join(line.split()) for line in "".join(reader._found).split("\n"))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._silent += tag in ("style", "script", "title")
        if tag in ("br", "p", "div", "tr", "li"):
            self._found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = max(0, self._silent - (tag in ("style", "script", "title")))

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._found.append(data.replace("\n", " "))
