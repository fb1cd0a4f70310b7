"""How the desktop starts: little is loaded before patients are listed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import keyring as keyring_library
import pytest

from primoro_campaigns.demo.secret_keeper import LentKeyring, SecretKeeper
from primoro_campaigns.desktop import start
from primoro_campaigns.desktop.account.profile import Account, ProfileFolder, key_name
from primoro_campaigns.support.keyring_secrets import KeyringSecrets
from primoro_campaigns.support.secrets import Secrets

LATER = (
    *("apscheduler", "importlib.metadata", "keyring", "phonenumbers", "pydantic", "requests", "sqlalchemy"),
    *(
        f"primoro_campaigns.{each}"
        for each in (
            *(
                "desktop.account.view",
                "desktop.call",
                "desktop.campaign",
                "desktop.changes",
                "desktop.consent",
            ),
            *("desktop.context", "desktop.local.mirror", "desktop.local.outbox", "desktop.local.patients"),
            *("desktop.remote", "desktop.reply", "desktop.rooms", "desktop.sync.engine", "domain.audience"),
            *("domain.campaign", "domain.delivery", "domain.message", "domain.schedule", "wire"),
        )
    ),
)
"""Not needed to list patients; each would make everybody wait (docs/decisions/0032)."""


def test_only_what_lists_patients_is_loaded_before_the_window() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import importlib, sys\n"
            "from primoro_campaigns import __main__ as command\n"
            "importlib.import_module(command.DESKTOP)\n"
            "importlib.import_module('primoro_campaigns.desktop.main')\n"
            "print(*sys.modules)",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    loaded = done.stdout.split()
    assert "primoro_campaigns.desktop.patient.list_view" in loaded
    assert [each for each in LATER if each in loaded] == []


@pytest.fixture
def unchosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyringSecrets]:
    """A keyring that this process and those it starts share; nobody has said which one to take."""
    keeper = SecretKeeper()
    try:
        for name, value in keeper.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
        keyring_library.set_keyring(LentKeyring())  # type: ignore[no-untyped-call]  # keyring leaves it untyped
        yield KeyringSecrets()
    finally:
        keeper.close()


def test_the_keyring_that_answered_is_the_first_to_be_asked_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unchosen: KeyringSecrets
) -> None:
    account = Account("org", "user", "ann")
    ProfileFolder(tmp_path).sign_in_as(account)
    unchosen.put(key_name(account), "the key")
    opened: list[str] = []
    heard: list[str | None] = []

    class Shown:
        """In place of the window: what the desktop asks for first."""

        @contextmanager
        def open_desktop(self, _folder: Path, _server: str, secrets: Secrets) -> Iterator[None]:
            heard.append(secrets.get(key_name(account)))
            yield

    def open_here() -> Secrets:
        opened.append("here")
        return unchosen

    monkeypatch.setattr(start, "_desktop", Shown)
    monkeypatch.setattr(start, "_open_secrets", open_here)
    # One that is no more: another is looked for, and remembered.
    (tmp_path / "keyring").write_text("no.such.Keyring")
    for _ in range(3):
        with start.open_desktop(["--profile", str(tmp_path)]):
            pass
    assert heard == ["the key"] * 3
    assert opened == ["here"]
    assert (tmp_path / "keyring").read_text("utf-8").strip() == unchosen.backend
