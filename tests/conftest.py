"""Fixtures shared by every test, and the strictness of the suite (see ``tests/strict.py``)."""

import importlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

# The environment comes before every other import: Qt, keyring and platformdirs read it when they load.
_HOME = Path(tempfile.mkdtemp(prefix="primoro-home-"))
for _name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
    os.environ[_name] = str(_HOME)
for _name, _folder in (("CONFIG", "config"), ("DATA", "data"), ("CACHE", "cache"), ("STATE", "state")):
    os.environ[f"XDG_{_name}_HOME"] = str(_HOME / _folder)
_RUNTIME = _HOME / "run"
_RUNTIME.mkdir(mode=0o700)
os.environ["XDG_RUNTIME_DIR"] = str(_RUNTIME)
os.environ["QT_QPA_PLATFORM"] = "offscreen"
for _name in (
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
    "QT_STYLE_OVERRIDE",
    "QT_SCALE_FACTOR",
):
    os.environ.pop(_name, None)
# Programs that a test starts never see the person's own keyring. Within the suite it is the fixture ``keyrin
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
# Neither UTC nor the practice's zone, and no whole number of hours from either: a stray local time shows.
os.environ["TZ"] = "Asia/Kathmandu"
if hasattr(time, "tzset"):
    time.tzset()

import hypothesis
import keyring as keyring_library
import pytest

from primoro_campaigns.support.clock import FixedClock
from tests.fakes.keyring import MemoryKeyring
from tests.postgresql import Postgresql, postgresql_server
from tests.strict import LogWatch, leaked_of_qt, leaked_threads

NOW = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
"""The present of the fixture ``clock``: a Tuesday morning, winter time in London."""

hypothesis.settings.register_profile("dev", max_examples=50, deadline=None)
hypothesis.settings.register_profile("ci", max_examples=50, deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def expect_log(request: pytest.FixtureRequest) -> Iterator[LogWatch]:
    """Announce a log record at WARNING or above: ``with expect_log("logger", logging.WARNING, "regex"):``.

    Without ``with`` it holds to the end of the test. What fails the test: a record nobody announced, an
    announcement that does not come true, a thread, a window or a timer that outlives it.
    """
    shows = "qapp" in request.fixturenames or "qtbot" in request.fixturenames
    threads = threading.enumerate()
    watch = LogWatch()
    watch.start()
    yield watch
    wrong = leaked_threads(threads) + (leaked_of_qt() if shows else []) + watch.finish()
    if wrong:
        pytest.fail("\n".join(wrong), pytrace=False)


@pytest.fixture(autouse=True)
def keyring() -> MemoryKeyring:
    """The keyring of this test, empty; the library uses it."""
    fresh = MemoryKeyring()
    keyring_library.set_keyring(fresh)
    return fresh


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at ``NOW`` until the test sets its ``instant``."""
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """The suite's own PostgreSQL, started when the first test needs it."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def server_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The SQLAlchemy address of a fresh database without tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'server.db'}"
        return
    postgresql: Postgresql = request.getfixturevalue("postgresql")
    name = postgresql.create()
    yield postgresql.url(name)
    postgresql.drop(name)


def _migrate(url: str) -> None:
    # Loaded when the first test needs it: nobody who tests a rule or a screen waits for Alembic.
    importlib.import_module("primoro_campaigns.server.database.migrate").upgrade(url)


@pytest.fixture(scope="session")
def _migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "server.db"
    _migrate(f"sqlite:///{path}")
    if Path(f"{path}-wal").exists():
        raise AssertionError("the migration left its SQLite connection open")
    return path


@pytest.fixture(scope="session")
def _migrated_template(postgresql: Postgresql) -> str:
    name = postgresql.create()
    _migrate(postgresql.url(name))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """As ``server_database``, with the server's tables in it: a copy of one migrated once per session."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("_migrated_file")
        path = tmp_path / "server.db"
        shutil.copyfile(template, path)
        yield f"sqlite:///{path}"
        return
    postgresql: Postgresql = request.getfixturevalue("postgresql")
    name = postgresql.create(template=request.getfixturevalue("_migrated_template"))
    yield postgresql.url(name)
    postgresql.drop(name)
