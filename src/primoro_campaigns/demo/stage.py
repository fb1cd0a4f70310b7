"""The stage of a rehearsal: a server process, catchers for mail and texts, and a keeper of secrets.

All on loopback.
"""

import hashlib
import hmac
import json
import os
import random
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

import requests

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.demo.played_desktop import PlayedDesktop
from primoro_campaigns.demo.secret_keeper import SecretKeeper

READY = "Primoro Campaigns server ready at "


class StageError(RuntimeError):
    """A program of the rehearsal did not do what it was started for."""


def free_port() -> int:
    """A port that is free and stays so: it is below those that systems hand out to outgoing connections.

    The server needs the same one again after it was stopped.
    """
    for port in random.sample(range(18_000, 30_000), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise StageError("No port is free on this machine.")


class Stage:
    """Everything but the people. Use it as a context manager; leaving it ends every process it started.

    ``work`` holds the server's data, the desktops' profiles and the logs; ``out`` receives mail/, texts/ and
    screens/.
    """

    def __init__(self, work: Path, out: Path, database: str = "") -> None:
        self.work = work
        self.out = out
        self.data = work / "server"
        self.logs = out / "logs"
        self.database = database
        for folder in (self.data, self.logs, out / "screens"):
            folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        # Made up for this rehearsal, handed to the server in its environment, and forgotten with it.
        self.call_secret = secrets.token_urlsafe(24)
        self._server_key = secrets.token_urlsafe(32)
        self._server: subprocess.Popen[str] | None = None
        self._ends = ExitStack()

    def __enter__(self) -> "Stage":
        self.keeper = SecretKeeper()
        self._ends.callback(self.keeper.close)
        self.mail = self._ends.enter_context(MailCatcher(self.out / "mail"))
        self.texts = self._ends.enter_context(TextCatcher(self.out / "texts"))
        self._ends.callback(self.stop_server)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.close()
        # The desktops' own logs go with their profiles; what broke a story is in them.
        for profile in self.work.glob("desktop-*"):
            if (profile / "logs").is_dir():
                shutil.copytree(profile / "logs", self.logs / profile.name, dirs_exist_ok=True)

    def place(self) -> list[str]:
        """The command-line words that name the server's database."""
        return ["--data", str(self.data), *(["--database", self.database] if self.database else [])]

    def command(self, *words: str, given: str = "", accept: Sequence[int] = (0,)) -> str:
        """Run ``primoro-campaigns`` to its end and give what it said.

        Raises ``StageError`` on any other exit status.
        """
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "primoro_campaigns", *words],
            input=given,
            capture_output=True,
            text=True,
            env=self.environment(),
            check=False,
        )
        if done.returncode not in accept:
            raise StageError(
                f"primoro-campaigns {words[0]} {words[1]} ended with {done.returncode}: {done.stderr[-2000:]}"
            )
        return done.stdout

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **self.keeper.environment(), "PRIMORO_SECRET_KEY": self._server_key}

    def configure(self) -> None:
        """Point the server at the catchers, and open the sending hours all day for the rehearsal."""
        settings = {
            "public_address": self.address,
            "sender_name": "Hillside Dental Care",
            "sender_email": "hello@hillside.example",
            "smtp_host": "127.0.0.1",
            "smtp_port": str(self.mail.port),
            "smtp_security": "none",
            "sms_gateway": "twilio",
            "twilio.base_address": self.texts.base_address,
            "twilio.account_sid": self.texts.account_sid,
            "twilio.auth_token": self.texts.auth_token,
            "sms_from": "+447700900000",
            "call_webhook_secret": self.call_secret,
            "window_opens": "00:00",
            "window_closes": "23:59",
        }
        # Secrets go over standard input: a command line can be read by every user of the machine.
        lines = "".join(f"{key}={value}\n" for key, value in settings.items())
        self.command("server", "configure", *self.place(), "--stdin", given=lines)

    def start_server(self) -> None:
        """Start the server process and wait for the line that says it is ready."""
        log = (self.logs / "server.log").open("a", encoding="utf-8")
        self._server = subprocess.Popen(  # noqa: S603 - our own program
            [
                sys.executable,
                "-m",
                "primoro_campaigns",
                "server",
                *self.place(),
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
            ],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=self.environment(),
        )
        log.close()
        assert self._server.stdout is not None
        for line in self._server.stdout:
            if line.startswith(READY):
                return
        raise StageError(f"The server did not start; see {self.logs / 'server.log'}.")

    def stop_server(self) -> None:
        """Stop the server as its machine would: by asking it."""
        server, self._server = self._server, None
        if server is None:
            return
        server.terminate()
        server.wait(30)
        if server.stdout is not None:
            server.stdout.close()

    def desktop(self, person: str, server: str = "") -> PlayedDesktop:
        """A desktop of its own for that person: its own profile, its own cache."""
        return PlayedDesktop(
            person,
            self.work / f"desktop-{person}",
            server or self.address,
            self.logs / f"desktop-{person}.log",
            self.keeper.environment(),
        )

    def report_call(self, report: Mapping[str, object]) -> int:
        """What the telephone provider does when the phone rings. Returns the HTTP status."""
        body = json.dumps(report).encode()
        stamp = str(int(time.time()))
        signature = hmac.new(
            self.call_secret.encode(), stamp.encode() + b"." + body, hashlib.sha256
        ).hexdigest()
        answer = requests.post(
            f"{self.address}/hooks/calls",
            data=body,
            headers={
                "Content-Type": "application/json",
                "X-Primoro-Timestamp": stamp,
                "X-Primoro-Signature": signature,
            },
            timeout=10,
        )
        return answer.status_code
