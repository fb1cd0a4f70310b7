"""The signature of the gateway's requests: a token in the Authorization header (JWT, RFC 7519, HS256) that
holds the SHA-256 of the body.
"""

import base64
import binascii
import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

FRESH_FOR = timedelta(days=2)
"""The gateway tries for a day to deliver a request."""
_AHEAD = timedelta(minutes=5)


def sign(secret: str, body: bytes, at: datetime) -> str:
    """The header's value, as the gateway makes it."""
    claims = {"iat": int(at.timestamp()), "iss": "Vonage", "payload_hash": sha256(body).hexdigest()}
    signed = f"{_encoded({'alg': 'HS256', 'typ': 'JWT'})}.{_encoded(claims)}"
    return f"Bearer {signed}.{_digest(secret, signed)}"


def is_genuine(secret: str, body: bytes, header: str, now: datetime) -> bool:
    """False without a secret: then nobody can have signed anything."""
    token = header.removeprefix("Bearer ").strip()
    signed, dot, signature = token.rpartition(".")
    if not secret or not dot or not hmac.compare_digest(_digest(secret, signed).encode(), signature.encode()):
        return False
    head, _, claims = (_decoded(part) for part in signed.partition("."))
    if head.get("alg") != "HS256":
        return False
    made_at = claims.get("iat")
    if not isinstance(made_at, int) or not _is_fresh(made_at, now):
        return False
    hashed = claims.get("payload_hash")
    return isinstance(hashed, str) and hmac.compare_digest(hashed.lower(), sha256(body).hexdigest())


def _is_fresh(made_at: int, now: datetime) -> bool:
    try:
        age = now - datetime.fromtimestamp(made_at, UTC)
    except (OverflowError, ValueError, OSError):
        return False
    return -_AHEAD <= age <= FRESH_FOR


def _digest(secret: str, signed: str) -> str:
    return _base64(hmac.new(secret.encode(), signed.encode(), sha256).digest())


def _encoded(value: object) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decoded(part: str) -> dict[str, object]:
    try:
        value = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
