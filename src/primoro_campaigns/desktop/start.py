"""``primoro-campaigns``: how the desktop starts. What needs no Qt comes first, and the keyring is asked while
Qt loads.
"""

import argparse
import builtins
import gc
import importlib
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from primoro_campaigns.desktop.account.asked_secrets import AskedSecrets, Question
from primoro_campaigns.desktop.account.profile import kept_profile, key_name, refresh_name
from primoro_campaigns.support.paths import data_folder, private_folder
from primoro_campaigns.support.secrets import Secrets

if TYPE_CHECKING:
    from primoro_campaigns.desktop.main import Desktop

_KEYRING_FILE = "keyring"
"""Names the keyring that was used last; it holds no secret."""


class DesktopModule(Protocol):
    """``desktop/main.py``."""

    def open_desktop(
        self, folder: Path, server: str, secrets: Secrets
    ) -> "AbstractContextManager[Desktop]": ...


class LateModule(Protocol):
    """``desktop/late.py``."""

    def open_secrets(self) -> Secrets: ...


@dataclass(frozen=True)
class Wishes:
    """Of the command line."""

    profile: Path | None
    server: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the desktop until its window is closed; the exit status."""
    with open_desktop(arguments) as desktop:
        return desktop.run()


@contextmanager
def open_desktop(arguments: Sequence[str] | None = None) -> "Iterator[Desktop]":
    """The desktop, with its first window shown; closed at the end with everything it started.

    Raises ``ModuleNotFoundError`` when Qt is not installed.
    """
    wishes = _wishes(arguments)
    folder = private_folder(wishes.profile or data_folder())
    secrets = AskedSecrets(_question(folder), _open_secrets)
    # What is made now is there for good: looking for rings of garbage among it finds none.
    gc.disable()
    try:
        with _desktop().open_desktop(folder, wishes.server, secrets) as desktop:
            gc.enable()
            yield desktop
    finally:
        gc.enable()
        secrets.close()
        _remember(folder, secrets.backend)


def _wishes(arguments: Sequence[str] | None) -> Wishes:
    parser = argparse.ArgumentParser(prog="primoro-campaigns", description="The desktop.")
    parser.add_argument("--profile", type=Path, metavar="DIR", help="where this computer's copy is kept")
    parser.add_argument("--server", default="", metavar="ADDRESS", help="the server to offer at sign-in")
    given = parser.parse_args(arguments)
    return Wishes(given.profile, given.server)


def _question(folder: Path) -> Question | None:
    """Of the person who was here last; nobody has to be asked about when somebody has to sign in."""
    try:
        profile = kept_profile(folder)
    except OSError:
        return None
    if profile is None or profile.account is None:
        return None
    names = [refresh_name(profile, profile.account), key_name(profile.account)]
    return Question(names, _remembered(folder))


def _remembered(folder: Path) -> str:
    try:
        name = (folder / _KEYRING_FILE).read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
    return name if all(part.isidentifier() for part in name.split(".")) else ""


def _remember(folder: Path, backend: str) -> None:
    # It only saves time: who cannot keep it looks for the keyring again.
    with suppress(OSError):
        if backend and backend != _remembered(folder):
            (folder / _KEYRING_FILE).write_text(f"{backend}\n", "utf-8")


def _open_secrets() -> Secrets:
    return cast("LateModule", importlib.import_module("primoro_campaigns.desktop.late")).open_secrets()


def _desktop() -> DesktopModule:
    # PySide puts an import of its own in place of Python's, which reads the source of every module that is
    # imported later, to see whether it uses ``__feature__``. Nothing here does.
    plain = builtins.__import__
    importlib.import_module("PySide6.QtCore")
    builtins.__import__ = plain
    return cast("DesktopModule", importlib.import_module("primoro_campaigns.desktop.main"))
