"""The opaque token in an unsubscribe link: it is nowhere but in the message."""

from hashlib import sha256


def token_hash(token: str) -> str:
    """What is kept of an unsubscribe link's token."""
    return sha256(token.encode()).hexdigest()
