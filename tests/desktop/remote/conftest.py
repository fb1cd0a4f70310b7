"""A server on loopback, and requests to it over a line that can be cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.support.clock import FixedClock
from tests.fakes.line import Line
from tests.fakes.loopback_server import LoopbackServer


@pytest.fixture
def server(tmp_path: Path, _migrated_file: Path, clock: FixedClock) -> Iterator[LoopbackServer]:
    """A practice with one location and one person, ``reception``."""
    made = LoopbackServer(tmp_path / "server", _migrated_file, clock)
    try:
        made.add_practice()
        made.add_user("reception", Role.RECEPTION)
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def http(server: LoopbackServer, line: Line) -> Iterator[Http]:
    made = Http(server.address, line)
    yield made
    made.close()
