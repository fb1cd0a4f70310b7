"""Secrets that a starting desktop needs at once: a process of its own asks the keyring for them, while this
one loads Qt.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from primoro_campaigns.support.secrets import Secrets, SecretsRefusedError, SessionSecrets

_PROGRAM = "primoro_campaigns.support.keyring_secrets"
_BACKEND = "PYTHON_KEYRING_BACKEND"
"""With this variable the library takes the keyring that it names, and looks for no other."""


@dataclass(frozen=True)
class Answer:
    """What the keyring gave out; ``refused`` are the names for which it said no."""

    lasting: bool
    backend: str
    secrets: dict[str, str | None] = field(repr=False)
    refused: frozenset[str]


class Question:
    """Put to the keyring when it is made; to the one that answered the last time, ``backend``, where that is
    known: looking for all that a machine has takes as long as everything else. ``close`` it.
    """

    def __init__(self, names: Sequence[str], backend: str = "") -> None:
        self._remembered = bool(backend) and _BACKEND not in os.environ
        self._process: subprocess.Popen[str] | None = None
        try:
            self._process = process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", _PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                env={**os.environ, _BACKEND: backend} if self._remembered else None,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
            assert process.stdin is not None
            with process.stdin as told:
                json.dump(list(names), told)
        except OSError:
            self.close()

    def answer(self) -> Answer | None:
        """Waits for it, as long as the person takes to unlock the keyring. None: nothing was found out.

        What the keyring of the last time does not have, another one may: it is left out.
        """
        process = self._process
        if process is None or process.stdout is None:
            return None
        said = process.stdout.read()
        self.close()
        try:
            plain = json.loads(said)
            secrets, refused = dict(plain["secrets"]), frozenset(plain["refused"])
            lasting, backend = bool(plain["lasting"]), str(plain["backend"])
        except (ValueError, TypeError, KeyError):
            return None
        if self._remembered:
            if not lasting:
                return None
            secrets = {name: secret for name, secret in secrets.items() if secret is not None}
        return Answer(lasting, backend, secrets, refused)

    def close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


class AskedSecrets:
    """``support.secrets.Secrets``: from the answer what was asked for, until it changes; all else from what
    ``open_secrets`` opens when it is first needed.
    """

    def __init__(self, question: Question | None, open_secrets: Callable[[], Secrets]) -> None:
        self._question = question
        self._open = open_secrets
        self._lock = threading.RLock()
        self._answer: Answer | None = None
        self._known: dict[str, str | None] = {}
        self._refused: set[str] = set()
        self._opened: Secrets | None = None

    @property
    def lasting(self) -> bool:
        with self._lock:
            self._hear()
            return self._keyring().lasting if self._answer is None else self._answer.lasting

    @property
    def backend(self) -> str:
        """The keyring that was found and used last; nobody is asked for this. Empty too where the person has
        chosen one.
        """
        with self._lock:
            if _BACKEND in os.environ:
                return ""
            if self._opened is not None:
                return self._opened.backend
            return "" if self._answer is None else self._answer.backend

    def get(self, name: str) -> str | None:
        with self._lock:
            self._hear()
            if name in self._refused:
                # Once. The next time the keyring is asked again: it may have been unlocked since.
                self._refused.discard(name)
                raise SecretsRefusedError
            if name in self._known:
                return self._known[name]
            return self._keyring().get(name)

    def put(self, name: str, value: str) -> None:
        with self._lock:
            self._hear()
            self._known.pop(name, None)
            self._keyring().put(name, value)

    def forget(self, name: str) -> None:
        with self._lock:
            self._hear()
            self._known.pop(name, None)
            self._keyring().forget(name)

    def close(self) -> None:
        """Nobody waits for the answer any more."""
        if self._question is not None:
            self._question.close()

    def _hear(self) -> None:
        question, self._question = self._question, None
        if question is None:
            return
        self._answer = answer = question.answer()
        if answer is None:
            return
        if answer.lasting:
            self._known, self._refused = dict(answer.secrets), set(answer.refused)
        else:
            self._opened = SessionSecrets()

    def _keyring(self) -> Secrets:
        if self._opened is None:
            self._opened = self._open()
        return self._opened
