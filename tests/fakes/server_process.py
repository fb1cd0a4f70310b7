"""A real server in a process of its own, on a free port."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

from primoro_campaigns.server.main import READY

START_SECONDS = 60.0
STOP_SECONDS = 10.0


class ServerDiedError(Exception):
    """The server ended, or said nothing, before it was ready; carries what it wrote to standard error."""


class ServerProcess:
    """``address`` is where it listens, ``port`` stays the same over ``restart``. ``set_up_code`` is what it
    showed, if it did.

    ``log`` is everything it wrote to standard error so far.
    """

    def __init__(
        self,
        data_dir: Path,
        database_url: str | None = None,
        *,
        port: int = 0,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data_dir = data_dir
        self.port = port
        self.address = ""
        self.set_up_code: str | None = None
        self.log: list[str] = []
        self._database_url = database_url
        self._options = options
        self._environment = environment or {}
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []

    def start(self) -> "ServerProcess":
        """Return when it listens. Raises ``ServerDiedError``."""
        command = [sys.executable, "-m", "primoro_campaigns", "server", "--data", str(self.data_dir)]
        if self._database_url is not None:
            command += ["--database", self._database_url]
        process = subprocess.Popen(
            [*command, "--port", str(self.port), *self._options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, **self._environment},
        )
        self._process = process
        if process.stdout is None or process.stderr is None:
            raise ServerDiedError("no pipes")
        said: queue.Queue[str | None] = queue.Queue()
        self._read(process.stdout, said.put)
        self._read(process.stderr, self._keep)
        while True:
            try:
                line = said.get(timeout=START_SECONDS)
            except queue.Empty:
                line = None
            if line is None:
                self.stop()
                raise ServerDiedError("".join(self.log))
            if line.startswith("Set-up code: "):
                self.set_up_code = line.removeprefix("Set-up code: ").strip()
            if line.startswith(READY):
                self.address = line.removeprefix(READY).strip()
                self.port = int(self.address.rpartition(":")[2])
                return self

    def stop(self) -> int:
        """Ask it to stop (SIGTERM) and return its exit status; 0 is a clean stop."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def restart(self) -> "ServerProcess":
        """Start again on the same port and data."""
        self._end(signal.SIGTERM)
        return self.start()

    def __enter__(self) -> "ServerProcess":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(signal.SIGTERM)

    def _end(self, sig: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(sig)
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            for reader in self._readers:
                reader.join()
            self._readers.clear()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            self._process = None
        return status

    def _keep(self, line: str | None) -> None:
        if line is not None:
            self.log.append(line)

    def _read(self, pipe: IO[str], take: Callable[[str | None], None]) -> None:
        def read() -> None:
            for line in pipe:
                take(line)
            take(None)

        reader = threading.Thread(target=read, name="server output", daemon=True)
        reader.start()
        self._readers.append(reader)
