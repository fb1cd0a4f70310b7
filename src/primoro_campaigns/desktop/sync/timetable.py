"""When the engine runs: every half minute, at once when told to, and when the server's stream says so."""

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from apscheduler.schedulers.background import (  # type: ignore[import-untyped]  # it ships no types
    BackgroundScheduler,
)

from primoro_campaigns.desktop.sync.engine import Engine
from primoro_campaigns.desktop.sync.failure import SignedOutError
from primoro_campaigns.domain.errors import PrimoroError

_log = logging.getLogger(__name__)

EVERY_SECONDS = 30
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 8.0
_PAUSE_AFTER_A_FAULT = 30.0


class Stream(Protocol):
    """The server's change stream; each number is the server's counter. It ends or raises when the line is
    cut.
    """

    def changes(self, after: int, stopped: Callable[[], bool], /) -> Iterator[int]: ...


class Timetable:
    """Two threads: one runs the engine, one listens to the stream. ``start`` and ``stop`` once each.

    ``crashed`` is told of a fault of the program in either thread, on that thread.
    """

    def __init__(self, engine: Engine, stream: Stream, crashed: Callable[[BaseException], None]) -> None:
        self._engine = engine
        self._stream = stream
        self._crashed = crashed
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        self._threads = [
            threading.Thread(target=self._run_engine, name="primoro-sync", daemon=True),
            threading.Thread(target=self._listen, name="primoro-stream", daemon=True),
        ]

    def start(self) -> None:
        self._scheduler.add_job(self.poke, "interval", seconds=EVERY_SECONDS, id="poke")
        self._scheduler.start()
        for thread in self._threads:
            thread.start()
        self.poke()

    def poke(self) -> None:
        """Have the engine run now, or once more after its present run. Returns at once."""
        self._wanted.set()

    def stop(self) -> None:
        """End both threads: within about a second, or when the request under way has ended."""
        self._stopping.set()
        self._engine.stop()
        self._wanted.set()
        self._scheduler.shutdown(wait=True)
        for thread in self._threads:
            thread.join()

    def _run_engine(self) -> None:
        while True:
            self._wanted.wait()
            if self._stopping.is_set():
                return
            self._wanted.clear()
            try:
                self._engine.run()
            except Exception as error:  # noqa: BLE001 - the worker loop: the next run may work
                self._crashed(error)

    def _listen(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            try:
                for _ in self._stream.changes(0, self._stopping.is_set):
                    pause = _FIRST_PAUSE
                    self.poke()
            except SignedOutError:
                pause = _PAUSE_AFTER_A_FAULT
            except PrimoroError as error:
                _log.debug("the change stream ended: %s", error.code)
            except Exception as error:  # noqa: BLE001 - the worker loop: the next connection may work
                self._crashed(error)
                pause = _PAUSE_AFTER_A_FAULT
            # The line may have been cut: the engine finds out at once, and the person is told.
            self.poke()
            self._stopping.wait(pause)
            pause = min(max(pause, _FIRST_PAUSE) * 2, _LONGEST_PAUSE)
