"""What the whole suite is strict about: log records nobody announced, threads and windows nobody cleaned up.

Warnings, unclosed files and unclosed sockets are the other half; pytest turns those into failures by its
settings in ``pyproject.toml``.
"""

import gc
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterable
from types import TracebackType

GRACE_SECONDS = 2.0
"""How long a thread that has been told to stop may take to end before it counts as leaked."""


class ExpectedLog:
    """One announcement. It holds to the end of the test or, as a context manager, of the block.

    It fails the test if what it announces never comes.
    """

    def __init__(self, logger: str, level: int, pattern: str, must_come: bool = True) -> None:
        self.must_come = must_come
        self.logger = logger
        self.level = level
        self.pattern = pattern
        self.records: list[logging.LogRecord] = []
        self.closed = False

    def takes(self, record: logging.LogRecord) -> bool:
        """Whether the record is the announced one; if so it is kept in ``records``."""
        named = record.name == self.logger or record.name.startswith(f"{self.logger}.")
        if self.closed or not named or record.levelno != self.level:
            return False
        if re.search(self.pattern, record.getMessage()) is None:
            return False
        self.records.append(record)
        return True

    def check(self) -> None:
        self.closed = True
        if self.must_come and not self.records:
            level = logging.getLevelName(self.level)
            raise AssertionError(
                f"expected a log record {level} {self.logger}: /{self.pattern}/, and none came"
            )

    def __enter__(self) -> "ExpectedLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed = True
        if error is None:
            self.check()


class LogWatch:
    """Sees every record at WARNING and above when it is made: no handler, filter or ``propagate`` hides it.

    Calling it announces a record: ``expect_log(logger, level, regex)``. A logger's children count too.
    """

    def __init__(self) -> None:
        self._expected: list[ExpectedLog] = []
        self._surprises: list[logging.LogRecord] = []
        self._made = logging.getLogRecordFactory()

    def __call__(self, logger: str, level: int, pattern: str) -> ExpectedLog:
        expected = ExpectedLog(logger, level, pattern)
        self._expected.append(expected)
        return expected

    def allow(self, logger: str, level: int, pattern: str) -> None:
        """Let a record pass that may come or not, where chance decides: how a library reads random bytes."""
        self._expected.append(ExpectedLog(logger, level, pattern, must_come=False))

    def start(self) -> None:
        logging.setLogRecordFactory(self._record)

    def finish(self) -> list[str]:
        """Stop watching. Returns what was wrong, one line each."""
        logging.setLogRecordFactory(self._made)
        wrong = [
            f"unannounced log record {record.levelname} {record.name}: {record.getMessage()}"
            for record in self._surprises
        ]
        for expected in self._expected:
            if not expected.closed:
                try:
                    expected.check()
                except AssertionError as error:
                    wrong.append(str(error))
        return wrong

    def _record(self, *args: object, **named: object) -> logging.LogRecord:
        make: Callable[..., logging.LogRecord] = self._made
        record = make(*args, **named)
        if record.levelno >= logging.WARNING and not any(
            expected.takes(record) for expected in self._expected
        ):
            self._surprises.append(record)
        return record


def leaked_threads(before: Iterable[threading.Thread]) -> list[str]:
    """One line for each thread that is not in ``before`` and does not end by itself within the grace time."""
    known = set(before)
    fresh = [
        thread
        for thread in threading.enumerate()
        # A dummy stands for a thread that Python did not start; before 3.13 it outlives that thread.
        if thread not in known and not isinstance(thread, threading._DummyThread)
    ]
    for thread in fresh:
        if thread is not threading.current_thread():
            thread.join(GRACE_SECONDS)
    return [f"leaked thread: {thread.name}" for thread in fresh if thread.is_alive()]


def leaked_of_qt() -> list[str]:
    """One line for each window on the screen and each running timer, without loading Qt where nobody did."""
    widgets, core = sys.modules.get("PySide6.QtWidgets"), sys.modules.get("PySide6.QtCore")
    if widgets is None or core is None or widgets.QApplication.instance() is None:
        return []
    # What pytest-qt has told to delete itself is gone only after this.
    core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete)
    is_alive = sys.modules["shiboken6"].isValid
    windows = [window for window in widgets.QApplication.topLevelWidgets() if window.isVisible()]
    timers = [
        timer
        for timer in gc.get_objects()
        if type(timer) is core.QTimer and is_alive(timer) and timer.isActive()
    ]
    return [
        *(f"leaked window: {type(window).__name__} {window.windowTitle()!r}" for window in windows),
        *(f"leaked timer: every {timer.interval()} ms, of {timer.parent()}" for timer in timers),
    ]
