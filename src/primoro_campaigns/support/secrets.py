"""Tokens and keys live in the keyring of the operating system, or, where there is none, in memory for this
run alone. The keyring's library is loaded by ``support/keyring_secrets.py``, which takes as long as Qt.
"""

from typing import Protocol

SERVICE = "Primoro Campaigns"


class SecretsRefusedError(Exception):
    """The keyring is there and says no: it is locked, or the person did not let us."""


class Secrets(Protocol):
    """``lasting`` is False when what is put here is forgotten at the program's end: the person is told.
    ``backend`` names the class of the keyring, and is empty where there is none.

    Each call raises ``SecretsRefusedError`` when the keyring refuses it.
    """

    @property
    def lasting(self) -> bool: ...

    @property
    def backend(self) -> str: ...

    def get(self, name: str) -> str | None:
        """The secret, None when there is none."""
        ...

    def put(self, name: str, value: str) -> None: ...

    def forget(self, name: str) -> None:
        """Remove the secret; nothing happens when there is none."""
        ...


class SessionSecrets:
    """In memory, until the program ends."""

    lasting = False
    backend = ""

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._secrets.get(name)

    def put(self, name: str, value: str) -> None:
        self._secrets[name] = value

    def forget(self, name: str) -> None:
        self._secrets.pop(name, None)
