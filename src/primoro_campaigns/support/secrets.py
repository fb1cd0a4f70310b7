"""Tokens and keys live in the keyring of the operating system, or, where there is none, in memory for this
run alone.
"""

from typing import Protocol

import keyring
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

SERVICE = "Primoro Campaigns"


class Secrets(Protocol):
    """``lasting`` is False when what is put here is forgotten at the program's end: the person is told."""

    @property
    def lasting(self) -> bool: ...

    def get(self, name: str) -> str | None:
        """The secret, None when there is none."""
        ...

    def put(self, name: str, value: str) -> None: ...

    def forget(self, name: str) -> None:
        """Remove the secret; nothing happens when there is none."""
        ...


class KeyringSecrets:
    """In the operating system's keyring.

    Each call raises ``keyring.errors.KeyringError`` when the keyring refuses it.
    """

    lasting = True

    def __init__(self, service: str = SERVICE) -> None:
        self._service = service

    def get(self, name: str) -> str | None:
        return keyring.get_password(self._service, name)

    def put(self, name: str, value: str) -> None:
        keyring.set_password(self._service, name, value)

    def forget(self, name: str) -> None:
        try:
            keyring.delete_password(self._service, name)
        except PasswordDeleteError:
            return


class SessionSecrets:
    """In memory, until the program ends."""

    lasting = False

    def __init__(self) -> None:
        self._secrets: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self._secrets.get(name)

    def put(self, name: str, value: str) -> None:
        self._secrets[name] = value

    def forget(self, name: str) -> None:
        self._secrets.pop(name, None)


def open_secrets(service: str = SERVICE) -> Secrets:
    """The keyring when this machine has one, else memory (``lasting`` says which).

    One that is locked is one: there may be something in it.
    """
    secrets = KeyringSecrets(service)
    try:
        secrets.get("is there a keyring")
    except KeyringLocked:
        return secrets
    except KeyringError:
        return SessionSecrets()
    return secrets
