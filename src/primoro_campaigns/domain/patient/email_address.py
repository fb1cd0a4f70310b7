"""E-mail addresses: syntax only, on the careful side. Whether mail arrives only a mail server can tell."""

import re
import unicodedata

_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\]\\.]+(?:\.[^\s@\"(),:;<>\[\]\\.]+)*")
_LABEL = re.compile(r"[^\W_](?:[\w-]*[^\W_])?")


def normalised(raw: str) -> str | None:
    """The address to write to, or None if it cannot be one.

    Quoted local parts, comments and address literals (RFC 5321, section 4.1.2) are refused: in a patient's
    record they are typing mistakes. International names are kept as typed (RFC 6531). The domain is
    lower-cased, the local part is not: only its own server knows whether case matters there.
    """
    address = unicodedata.normalize("NFC", raw.strip())
    local, at, domain = address.rpartition("@")
    domain = domain.lower()
    if not at or not _LOCAL.fullmatch(local) or not _is_domain(domain):
        return None
    if len(local.encode()) > 64 or any(unicodedata.category(each).startswith("C") for each in address):
        return None
    return f"{local}@{domain}"


def is_valid(raw: str) -> bool:
    """True when ``normalised`` finds an address in it."""
    return normalised(raw) is not None


def address_key(address: str) -> str:
    """What two addresses are compared by: e-mail without regard to case; E.164 comes back as it is."""
    if address.isascii():  # the same, sooner: a send asks it of every address
        return address.strip().lower()
    return unicodedata.normalize("NFC", address.strip()).casefold()


def _is_domain(domain: str) -> bool:
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or "_" in domain:
        return False
    try:
        as_sent = [label.encode("idna") if not label.isascii() else label.encode() for label in labels]
    except UnicodeError:
        return False
    if labels[-1].isdigit() or len(labels[-1]) < 2:
        return False
    return all(len(label) <= 63 for label in as_sent) and sum(map(len, as_sent)) + len(as_sent) <= 254
