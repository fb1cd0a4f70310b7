"""A real worker in a process of its own (``server worker``)."""

import signal
import subprocess
import sys
from types import TracebackType

from primoro_campaigns.server.delivery.worker_cli import READY
from primoro_campaigns.server.opening import Place

STOP_SECONDS = 30


class WorkerProcess:
    """Sends from ``start`` to ``stop`` or ``kill`` (or in a ``with``)."""

    def __init__(self, place: Place, lease_seconds: float) -> None:
        self._command = [
            *(sys.executable, "-m", "primoro_campaigns", "server", "worker"),
            *("--data", str(place.data_dir), "--database", place.database_url),
            *("--lease", str(lease_seconds)),
        ]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "WorkerProcess":
        """Return when it looks for what is due."""
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.strip() == READY, "the worker did not start"
        return self

    def send(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)

    def kill(self) -> None:
        """As a power cut does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to stop; 0 is a clean stop."""
        return self._end(signal.SIGTERM)

    def __enter__(self) -> "WorkerProcess":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            assert self.stop() == 0
        else:
            self.kill()

    def _end(self, what: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(what)
        try:
            status = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None
        return status
