"""A keyring for rehearsals: secrets stay in the memory of the process that plays the demo, and are lent to
its desktops.

A bare machine has no password store, and a rehearsal must neither use the person's own nor leave a secret in
a file.
"""

import os
import secrets
import threading
from multiprocessing.connection import Client, Connection, Listener

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

ADDRESS_VARIABLE = "PRIMORO_DEMO_KEYRING"
"""``port:authentication key in hex`` of the keeper, handed to child processes only."""


class SecretKeeper:
    """Holds secrets for child processes that use ``LentKeyring``. Close it to forget them all."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._secrets: dict[tuple[str, str], str] = {}
        self._listener = Listener(("127.0.0.1", 0), authkey=self._key)
        self._thread = threading.Thread(target=self._serve, name="demo-secret-keeper")
        self._thread.start()

    def environment(self) -> dict[str, str]:
        """What a child process needs in its environment to use this keeper as its keyring."""
        address = self._listener.address
        assert isinstance(address, tuple)
        return {
            ADDRESS_VARIABLE: f"{address[1]}:{self._key.hex()}",
            "PYTHON_KEYRING_BACKEND": f"{LentKeyring.__module__}.{LentKeyring.__qualname__}",
        }

    def close(self) -> None:
        """Forget every secret and stop answering."""
        address = self._listener.address
        with Client(address, authkey=self._key) as connection:
            connection.send(("close", "", "", ""))
        self._thread.join()
        self._listener.close()
        self._secrets.clear()

    def _serve(self) -> None:
        # Until it is told by a connection: whoever closes waits for that one to be answered.
        while True:
            try:
                with self._listener.accept() as connection:
                    if not self._answer(connection):
                        return
            except (EOFError, OSError):
                # The child died between connecting and asking: the next one is served all the same.
                continue

    def _answer(self, connection: Connection) -> bool:
        """False when nothing more is to be answered."""
        verb, service, username, password = connection.recv()
        if verb == "get":
            connection.send(self._secrets.get((service, username)))
        elif verb == "set":
            self._secrets[service, username] = password
            connection.send(None)
        elif verb == "delete":
            connection.send(self._secrets.pop((service, username), None))
        return bool(verb != "close")


class LentKeyring(KeyringBackend):
    """The keyring backend of a desktop that is played by the demo."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return _ask("get", service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        _ask("set", service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        if _ask("delete", service, username) is None:
            raise PasswordDeleteError("There is no such secret.")


def _ask(verb: str, service: str, username: str, password: str = "") -> str | None:
    port, key = os.environ[ADDRESS_VARIABLE].split(":")
    with Client(("127.0.0.1", int(port)), authkey=bytes.fromhex(key)) as connection:
        connection.send((verb, service, username, password))
        answer: str | None = connection.recv()
        return answer
