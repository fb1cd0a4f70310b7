"""The suite's own strictness, shown to fail what it must: a small suite runs inside this one."""

from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

INNER = """
import logging
import threading
import warnings

from PySide6.QtCore import QTimer, qWarning
from PySide6.QtWidgets import QWidget

halt = threading.Event()
kept = []

def test_log():
    logging.getLogger("a.b").warning("odd %s", 1)

def test_no_log(expect_log):
    expect_log("a", logging.WARNING, "never comes")

def test_no_log_in_block(expect_log):
    with expect_log("a", logging.WARNING, "in vain"):
        pass

def test_thread():
    threading.Thread(target=halt.wait, name="left", daemon=True).start()

def test_file(tmp_path):
    open(tmp_path / "x", "w")

def test_window(qapp):
    kept.append(QWidget())
    kept[0].show()

def test_after_window(qapp):
    kept[0].hide()

def test_timer(qapp):
    kept.append(QTimer())
    kept[1].start(1000)

def test_after_timer(qapp):
    kept[1].stop()

def test_qt_message(qapp):
    qWarning("oh dear")

def test_warning():
    warnings.warn("old")

def test_announced_log(expect_log):
    expect_log("a", logging.WARNING, "odd")
    logging.getLogger("a").warning("odd")

def test_allowed_log_that_never_comes(expect_log):
    expect_log.allow("a", logging.WARNING, "odd")

def test_allowed_log(expect_log):
    expect_log.allow("a", logging.WARNING, "odd")
    logging.getLogger("a").warning("odd")

def test_announced_log_in_block(expect_log):
    with expect_log("a", logging.ERROR, "odd"):
        logging.getLogger("a.b").error("odd")
"""


@pytest.fixture
def inner(pytester: pytest.Pytester, request: pytest.FixtureRequest) -> pytest.Pytester:
    """A suite with this suite's settings and conftest, and nothing else."""
    root = request.config.rootpath
    pytester.makefile(".toml", pyproject=(root / "pyproject.toml").read_text())
    tests = pytester.mkdir("tests")
    for name in ("conftest.py", "strict.py", "postgresql.py", "fakes/keyring.py"):
        target = tests / name
        target.parent.mkdir(exist_ok=True)
        target.write_text((root / "tests" / name).read_text())
    return pytester


def run(inner: pytest.Pytester, code: str) -> pytest.RunResult:
    Path(inner.path, "tests", "test_inner.py").write_text(code)
    return inner.runpytest_subprocess("-p", "no:cacheprovider", "-rA")


def test_what_is_unannounced_or_left_behind_fails(inner: pytest.Pytester) -> None:
    result = run(inner, INNER)
    for said in (
        "*unannounced log record WARNING a.b: odd 1*",
        "*expected a log record WARNING a: /never comes/, and none came*",
        "*expected a log record WARNING a: /in vain/, and none came*",
        "*leaked thread: left*",
        "*unclosed file*",
        "*leaked window: QWidget*",
        "*leaked timer: every 1000 ms*",
        "*oh dear*",
        "*UserWarning: old*",
    ):
        result.stdout.fnmatch_lines_random([said])
    bad = {
        line.split("::")[1].split()[0]
        for line in result.outlines
        if line.startswith(("FAILED tests/", "ERROR tests/"))
    }
    assert bad == {
        "test_log",
        "test_no_log",
        "test_no_log_in_block",
        "test_thread",
        "test_file",
        "test_window",
        "test_timer",
        "test_qt_message",
        "test_warning",
    }


def test_an_unknown_marker_stops_the_run(inner: pytest.Pytester) -> None:
    result = run(inner, "import pytest\n\n@pytest.mark.unheard\ndef test():\n    pass\n")
    assert result.ret == pytest.ExitCode.INTERRUPTED
