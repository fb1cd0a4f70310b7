"""Logs: one JSON object a line, and of an exception nothing it says."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from primoro_campaigns.support.logs import FIELDS, start_logging


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    start_logging(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    for name in ("alembic", "apscheduler", "httpx", "uvicorn"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def test_a_record_is_one_line_with_its_fields(stream: io.StringIO) -> None:
    logging.getLogger("primoro_campaigns.x").info(
        "sent\n%s", "Élan", extra={FIELDS: {"run": "r1", "count": 3}}
    )
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert (told["message"], told["run"], told["count"]) == ("sent\nÉlan", "r1", 3)
    assert (told["level"], told["logger"]) == ("INFO", "primoro_campaigns.x")
    assert told["at"].endswith("+00:00")


def test_an_exception_tells_where_and_not_what(stream: io.StringIO) -> None:
    try:
        raise ValueError("Mrs Secret")
    except ValueError:
        info = sys.exc_info()
    logging.getLogger("primoro_campaigns.x").info("it failed", exc_info=info)
    told = json.loads(stream.getvalue())
    assert told["exception"] == "ValueError"
    assert "test_logs.py" in told["trace"][0]
    assert "Secret" not in stream.getvalue()


def test_libraries_tell_only_what_matters(stream: io.StringIO) -> None:
    logging.getLogger("apscheduler.scheduler").info("one more job")
    assert stream.getvalue() == ""
