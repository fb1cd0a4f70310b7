"""The signature of what providers tell us (``wire.hook``)."""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from primoro_campaigns.domain.errors import NotAllowedError

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""How far a request's time stamp may be from our clock; an older one may be somebody else's recording."""


class ForgedError(NotAllowedError):
    """The signature is missing or wrong, or the request is not from now."""

    def __init__(self, whose: str, setting: str) -> None:
        super().__init__(
            f"This request is not signed by the {whose}, or it is not from now.",
            f"Nothing was changed. Check that the setting “{setting}” is the same on both sides, "
            "and that both clocks are right.",
            "hook.signature",
        )


def sign(secret: str, stamp: str, body: bytes) -> str:
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()


def is_genuine(secret: str, stamp: str, body: bytes, signature: str, now: datetime) -> bool:
    """False without a secret: then nobody can have signed anything."""
    if not secret or not (stamp.isascii() and stamp.isdecimal()) or len(stamp) > 12:
        return False
    if abs(now.timestamp() - int(stamp)) > CLOCKS_DIFFER_BY.total_seconds():
        return False
    return hmac.compare_digest(sign(secret, stamp, body).encode(), signature.encode())
