"""Logs a machine can read and a patient need not fear: one JSON object a line, no bodies, no query strings.

Of an exception only its type and where it came from are kept: its message may quote a patient's data.
"""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

FIELDS = "fields"
"""The key of ``extra`` under which a record carries further values:

``log.info("…", extra={FIELDS: {"run": run_id}})``.
"""


class JsonFormatter(logging.Formatter):
    """``at``, ``level``, ``logger``, ``message``, the record's own fields, where an exception came from."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        fields = getattr(record, FIELDS, None)
        if isinstance(fields, Mapping):
            line.update(fields)
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = record.exc_info[0].__qualname__
            line["trace"] = frames(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def frames(trace: TracebackType | None) -> list[str]:
    """``file:line function`` of each frame, outermost first: no values, no source lines."""
    return [
        f"{'/'.join(Path(frame.filename).parts[-3:])}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]


def start_logging(stream: TextIO | None = None, level: int = logging.INFO) -> logging.Handler:
    """Send every record at ``level`` and above to ``stream`` (standard error), formatted as JSON.

    Returns the handler.
    """
    handler = logging.StreamHandler(stream if stream is not None else sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # Libraries that tell of each step at INFO; what matters of them we tell ourselves.
    for noisy in ("alembic", "apscheduler", "httpx", "uvicorn"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
    return handler
