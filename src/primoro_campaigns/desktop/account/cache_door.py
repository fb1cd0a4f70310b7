"""Opening a person's cache with the key from the keyring, and what to do when that cannot be done."""

import importlib
import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from primoro_campaigns.desktop.account.profile import Account, ProfileFolder, key_name
from primoro_campaigns.desktop.local.database import (
    CacheUnreadableError,
    CacheVersionError,
    Database,
    damage_mark,
)
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.support.secrets import Secrets, SecretsRefusedError

if TYPE_CHECKING:
    from primoro_campaigns.desktop.local.set_aside import SetAside


class SetAsideModule(Protocol):
    """``local/set_aside.py``."""

    def open_or_set_aside(self, path: Path, key: str, user_id: str) -> "tuple[Database, SetAside | None]": ...


class KeyringRefusedError(PrimoroError):
    """The keyring is there and says no."""

    def __init__(self) -> None:
        super().__init__(
            "This computer's keyring did not give out the key.",
            "Nothing is lost. Unlock the keyring, or sign in to this computer again, and try again.",
            "account.keyring_refused",
        )


class NoKeyringError(PrimoroError):
    """Told, not raised: the session goes on without a keyring."""

    def __init__(self) -> None:
        super().__init__(
            "This computer has no keyring.",
            "You can work, but nothing stays on this computer when the program is closed. "
            "Close it only when no changes wait to be sent.",
            "account.no_keyring",
        )


class CacheSetAsideError(PrimoroError):
    """Told, not raised: the copy could not be read, and a new one is being filled."""

    def __init__(self, aside: "SetAside") -> None:
        waited = (
            "Nothing of what you did is lost: changes that had not been sent yet were carried over."
            if aside.carried_over
            else "Changes that had not been sent yet may be missing: look at what you did last, and do it "
            "again if it is not there."
        )
        super().__init__(
            "This computer's copy could not be read, so a new one is being filled from the server.",
            f"{waited} The old file is kept as {aside.path.name}.",
            "account.cache_set_aside",
        )


@dataclass(frozen=True)
class OpenCache:
    """``told`` is what the person should know of how it was opened. ``lasting`` False: ``close`` removes
    the file.
    """

    database: Database
    lasting: bool
    told: tuple[PrimoroError, ...] = ()

    def close(self) -> None:
        if self.lasting:
            self.database.close()
        else:
            self.database.erase()
            shutil.rmtree(self.database.path.parent, ignore_errors=True)


def open_cache(profile: ProfileFolder, secrets: Secrets, account: Account) -> OpenCache:
    """The person's cache.

    Raises ``KeyringRefusedError``, ``DiskFullError``, ``DiskTroubleError``, ``CacheBusyError``,
    ``CacheDeniedError``.
    """
    if not secrets.lasting:
        return _open_for_this_session()
    path = profile.cache_path(account)
    name = key_name(account)
    try:
        key = secrets.get(name)
        if key is None or _KEY.fullmatch(key) is None:
            key = _new_key()
            secrets.put(name, key)
    except SecretsRefusedError as error:
        raise KeyringRefusedError from error
    database, aside = _opened(path, key, account.user_id)
    return OpenCache(database, lasting=True, told=() if aside is None else (CacheSetAsideError(aside),))


def _opened(path: Path, key: str, user_id: str) -> "tuple[Database, SetAside | None]":
    if not damage_mark(path).exists():
        try:
            return Database(path, key), None
        except (CacheUnreadableError, CacheVersionError):
            pass
    # What it takes to begin a new one is loaded when it has to be.
    beginning = importlib.import_module("primoro_campaigns.desktop.local.set_aside")
    return cast("SetAsideModule", beginning).open_or_set_aside(path, key, user_id)


def _open_for_this_session() -> OpenCache:
    folder = Path(tempfile.mkdtemp(prefix="primoro-"))
    try:
        database = Database(folder / "cache.db", _new_key())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return OpenCache(database, lasting=False, told=(NoKeyringError(),))


_KEY = re.compile("[0-9a-f]{64}")


def _new_key() -> str:
    return os.urandom(32).hex()
