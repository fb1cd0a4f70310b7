"""How providers sign what they tell us: the headers of their requests."""

SIGNATURE = "X-Primoro-Signature"
"""Hex HMAC-SHA256 of the time stamp, a dot and the body, keyed with the secret that both sides have."""
TIMESTAMP = "X-Primoro-Timestamp"
"""When the request was signed, in seconds since 1970 (UTC)."""
