"""The one place for faults of the program: a report without patients' data, and a sentence for the person."""

import json
import logging
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType

from primoro_campaigns.support.clock import Clock
from primoro_campaigns.support.logs import frames

_log = logging.getLogger(__name__)

KEPT = 20
"""Reports kept; older ones are deleted."""


class CrashDesk:
    """Takes every exception that nobody expected, from any thread.

    ``version`` is asked when a report is written. ``tell`` is called on the thread that reports; it must hand
    over to the screens' thread by itself.
    """

    def __init__(self, folder: Path, version: Callable[[], str], clock: Clock) -> None:
        self._folder = folder
        self._version = version
        self._clock = clock
        self.tell: Callable[[], None] = lambda: None
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Hear of what no ``except`` caught: on the screens' thread and on any other."""
        sys.excepthook = self._of_main
        threading.excepthook = self._of_thread

    def remove(self) -> None:
        sys.excepthook, threading.excepthook = self._before

    def report(self, error: BaseException) -> None:
        """Keep what is needed to mend it. Only types and places: a message may quote a patient's data."""
        now = self._clock.now()
        _log.error("a fault of the program: %s", type(error).__qualname__)
        try:
            self._write(error, now)
        except OSError:
            # The disk is full or closed to us: the log has the type, and the person is told all the same.
            _log.error("the crash report could not be written")
        self.tell()

    def _write(self, error: BaseException, now: datetime) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        chain: list[dict[str, object]] = []
        at: BaseException | None = error
        while at is not None:
            chain.append({"type": type(at).__qualname__, "trace": frames(at.__traceback__)})
            at = at.__cause__ or at.__context__
        content = {"at": now.isoformat(), "version": self._version(), "python": sys.version, "errors": chain}
        name = f"crash-{now:%Y%m%d-%H%M%S-%f}.json"
        (self._folder / name).write_text(json.dumps(content, indent=2), encoding="utf-8")
        for old in sorted(self._folder.glob("crash-*.json"))[:-KEPT]:
            old.unlink(missing_ok=True)

    def _of_main(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        self.report(error)

    def _of_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self.report(arguments.exc_value)
