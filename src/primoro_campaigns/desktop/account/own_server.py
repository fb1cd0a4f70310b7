"""This computer as the server: the server runs as a child of the desktop, for as long as the desktop does."""

import os
import queue
import secrets
import subprocess
import sys
import threading
from pathlib import Path

from primoro_campaigns.domain.errors import PrimoroError

_READY = "Primoro Campaigns server ready at "
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


class OwnServerError(PrimoroError):
    """The server did not start."""

    def __init__(self, why: str) -> None:
        super().__init__(
            "The server did not start on this computer.",
            f"{why} Nothing was changed. Close other windows of this program and try again.".strip(),
            "account.own_server",
        )


class OwnServer:
    """``start`` and ``stop`` from any thread, one at a time."""

    def __init__(self, data_folder: Path, port: int | None = None) -> None:
        """``port`` None is the server's usual one, or a free one where that is taken; 0 is a free one."""
        self._folder = data_folder
        self._port = port
        self._process: subprocess.Popen[str] | None = None
        self._readers: list[threading.Thread] = []
        self._said: list[str] = []
        self.set_up_code = ""
        self.address = ""

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> str:
        """The server's address, once it listens: on its usual port, or on a free one where that is taken.

        Raises ``OwnServerError``.
        """
        self.set_up_code = secrets.token_hex(16).upper()
        try:
            self.address = self._start(self._port)
        except OwnServerError:
            if self._port is not None:
                raise
            self.address = self._start(0)
        return self.address

    def _start(self, port: int | None) -> str:
        command = [sys.executable, "-m", "primoro_campaigns", "server", "--data", str(self._folder)]
        if port is not None:
            command += ["--port", str(port)]
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                env={**os.environ, "PRIMORO_SETUP_CODE": self.set_up_code},
            )
        except OSError as error:
            raise OwnServerError(error.strerror or "") from error
        self._process = process
        lines: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read_out, args=(process, lines), name="own server", daemon=True),
            threading.Thread(target=self._read_log, args=(process,), name="own server log", daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        while True:
            try:
                line = lines.get(timeout=_START_SECONDS)
            except queue.Empty:
                line = None
            if line is None:
                self.stop()
                raise OwnServerError(" ".join(self._said[-3:]))
            if line.startswith(_READY):
                return line.removeprefix(_READY).strip()

    def stop(self) -> None:
        """Ask it to end, and wait; it finishes the requests under way."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()

    def _read_out(self, process: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
        if process.stdout is not None:
            for line in process.stdout:
                lines.put(line)
        lines.put(None)

    def _read_log(self, process: "subprocess.Popen[str]") -> None:
        """Read to the end, or the server would wait for room in the pipe; the last lines say why it did not
        start.
        """
        if process.stderr is not None:
            for line in process.stderr:
                self._said = [*self._said[-2:], line.strip()]
