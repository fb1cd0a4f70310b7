"""The server's own key: what it hashes addresses and seals other people's passwords with.

It lives outside the database (docs/decisions: "The server's key is a file beside the database"), so that a
copy of the database alone gives away neither the suppression list nor the mail account.
"""

import base64
import hmac
import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import NewType

from cryptography.fernet import Fernet, InvalidToken

from primoro_campaigns.domain.errors import PrimoroError

KEY_FILE = "server.key"
KEY_VARIABLE = "PRIMORO_SECRET_KEY"

Sealed = NewType("Sealed", str)
"""Text that only ``ServerKey.open`` can read; empty means that there is none."""


class ServerKeyError(PrimoroError):
    """The key is missing, too short, or not the one this database was written with."""

    status = 500


class ServerKey:
    """Made from at least 32 characters of secret text; separate keys are derived for separate uses."""

    def __init__(self, secret: str) -> None:
        if len(secret) < 32:
            raise ServerKeyError(
                "The server's key is too short.",
                f"Nothing was changed. {KEY_VARIABLE} or the file {KEY_FILE} needs at least 32 characters.",
                "server.key_short",
            )
        self._secret = secret.encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derived("seal")))

    @property
    def for_hashes(self) -> bytes:
        """The key for keyed hashes of addresses and numbers (domain.md L07)."""
        return self._derived("hash")

    @property
    def check(self) -> str:
        """Tells this key from others without giving it away; kept with the organisation."""
        return self._derived("check").hex()[:16]

    def seal(self, text: str) -> Sealed:
        return Sealed(self._fernet.encrypt(text.encode()).decode()) if text else Sealed("")

    def open(self, sealed: Sealed) -> str:
        """Raises ``ServerKeyError`` when ``sealed`` was sealed with another key."""
        if not sealed:
            return ""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise wrong_key() from None

    def _derived(self, use: str) -> bytes:
        return hmac.new(self._secret, f"primoro-campaigns:{use}".encode(), sha256).digest()


def wrong_key() -> ServerKeyError:
    """The refusal for a key that does not belong to the database."""
    return ServerKeyError(
        "The server's key does not belong to this database.",
        f"Nothing was changed. Put back the file {KEY_FILE} that was kept with this database, "
        f"or set {KEY_VARIABLE} to the same value as before. "
        "Without it the list of people who must not be written to cannot be read.",
        "server.key_wrong",
    )


def find_or_make_key(data_dir: Path) -> ServerKey:
    """The key of ``PRIMORO_SECRET_KEY``, else of the file in ``data_dir``, which is made at the first start
    (mode 0600).
    """
    given = os.environ.get(KEY_VARIABLE, "")
    if given:
        return ServerKey(given)
    path = data_dir / KEY_FILE
    if path.exists():
        return ServerKey(path.read_text("ascii").strip())
    fresh = secrets.token_urlsafe(48)
    # Written under another name and linked into place: a half-written key must never be taken for the key,
    # and of two programs that start at once one wins.
    draft = data_dir / f".{KEY_FILE}.{os.getpid()}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(fresh + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        fresh = path.read_text("ascii").strip()
    finally:
        draft.unlink()
    return ServerKey(fresh)
