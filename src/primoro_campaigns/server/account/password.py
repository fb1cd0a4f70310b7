"""Passwords: argon2id (RFC 9106), checked in the same time whether or not the user exists."""

import threading
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from primoro_campaigns.domain.errors import PrimoroError

SHORTEST = 10

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
# Each check takes 64 MiB: a crowd at the door waits instead of exhausting the machine.
_AT_ONCE = threading.BoundedSemaphore(4)


class PasswordTooShortError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            f"The password needs at least {SHORTEST} characters.",
            "Three words that do not belong together make a good one.",
            "account.password_short",
        )


@dataclass(frozen=True)
class Checked:
    """``fresh_hash`` is set when the stored hash was made with older parameters and is to be replaced."""

    right: bool
    fresh_hash: str | None = None


def hashed(password: str) -> str:
    """Raises ``PasswordTooShortError``."""
    if len(password) < SHORTEST:
        raise PasswordTooShortError
    with _AT_ONCE:
        return _HASHER.hash(password)


def check(stored: str | None, password: str) -> Checked:
    """Whether ``password`` is that of ``stored``; None (no such user) takes as long as a wrong password."""
    with _AT_ONCE:
        try:
            _HASHER.verify(stored if stored is not None else _nobody(), password)
        except (VerifyMismatchError, InvalidHashError):
            return Checked(False)
        if stored is None:
            return Checked(False)
        return Checked(True, _HASHER.hash(password) if _HASHER.check_needs_rehash(stored) else None)


@cache
def _nobody() -> str:
    return _HASHER.hash("nobody has this password")
