"""The signature of the gateway's requests: base64 of HMAC-SHA1 over the address and the sorted fields."""

import base64
import hmac
from collections.abc import Iterable
from hashlib import sha1

HEADER = "X-Twilio-Signature"


def sign(token: str, address: str, fields: Iterable[tuple[str, str]]) -> str:
    """``address`` is the full public address that was asked, with its query."""
    text = address + "".join(name + value for name, value in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), sha1).digest()).decode()


def is_genuine(token: str, address: str, fields: Iterable[tuple[str, str]], signature: str) -> bool:
    """False without a token: then nobody can have signed anything."""
    return bool(token) and hmac.compare_digest(sign(token, address, fields).encode(), signature.encode())
