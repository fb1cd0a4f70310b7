"""The keyring of the operating system.

As a program it is asked for secrets on standard input and answers on standard output, so that a desktop that
starts can have it looked for meanwhile: the library and its search for backends take as long as Qt.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import keyring
from keyring.errors import KeyringError, KeyringLocked, PasswordDeleteError

from primoro_campaigns.support.secrets import SERVICE, Secrets, SecretsRefusedError, SessionSecrets


class KeyringSecrets:
    """In the operating system's keyring."""

    lasting = True

    def __init__(self, service: str = SERVICE) -> None:
        self._service = service

    @property
    def backend(self) -> str:
        kind = type(keyring.get_keyring())
        return f"{kind.__module__}.{kind.__qualname__}"

    def get(self, name: str) -> str | None:
        with _refused():
            return keyring.get_password(self._service, name)

    def put(self, name: str, value: str) -> None:
        with _refused():
            keyring.set_password(self._service, name, value)

    def forget(self, name: str) -> None:
        with _refused():
            try:
                keyring.delete_password(self._service, name)
            except PasswordDeleteError:
                return


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except KeyringError as error:
        raise SecretsRefusedError from error


def open_secrets(service: str = SERVICE) -> Secrets:
    """The keyring when this machine has one, else memory (``lasting`` says which).

    One that is locked is one: there may be something in it.
    """
    secrets = KeyringSecrets(service)
    try:
        keyring.get_password(service, "is there a keyring")
    except KeyringLocked:
        return secrets
    except KeyringError:
        return SessionSecrets()
    return secrets


def answer(asked: TextIO, told: TextIO, service: str = SERVICE) -> None:
    """In comes ``["name", …]``, and out ``{"lasting": …, "backend": …, "secrets": {name: secret or null},
    "refused": [name, …]}``.
    """
    opened = open_secrets(service)
    secrets: dict[str, str | None] = {}
    refused: list[str] = []
    for name in json.load(asked):
        try:
            secrets[name] = opened.get(name)
        except SecretsRefusedError:
            refused.append(name)
    found = {"lasting": opened.lasting, "backend": opened.backend, "secrets": secrets, "refused": refused}
    json.dump(found, told)


if __name__ == "__main__":
    answer(sys.stdin, sys.stdout)
