"""A keyring for one start of the desktop: it answers from the environment, and keeps nothing new."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

SECRETS = "PRIMORO_BENCH_SECRETS"
"""Names and what the keyring holds under them, as JSON."""


class LentKeyring(KeyringBackend):
    """Comes before any keyring of the machine, which are looked for all the same, as at any first start."""

    priority = 1000

    def get_password(self, service: str, username: str) -> str | None:
        del service
        lent: dict[str, str] = json.loads(os.environ[SECRETS])
        return lent.get(username)

    def set_password(self, service: str, username: str, password: str) -> None:
        """Nothing new is kept."""


def install(folder: Path) -> None:
    """Make a package there that offers this keyring, for whoever has the folder on ``PYTHONPATH``."""
    package = folder / "lent_keyring-1.dist-info"
    package.mkdir(parents=True, exist_ok=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: lent-keyring\nVersion: 1\n")
    (package / "entry_points.txt").write_text(f"[keyring.backends]\nlent = {__name__}\n")
