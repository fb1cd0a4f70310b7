"""A server on loopback and workstations that sync with it over lines that can be cut."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.support.clock import Clock, FixedClock
from tests.fakes.desk import Desk
from tests.fakes.line import Line
from tests.fakes.loopback_server import LoopbackServer

MakeDesk = Callable[..., Desk]


@pytest.fixture
def server(tmp_path: Path, _migrated_file: Path, clock: FixedClock) -> Iterator[LoopbackServer]:
    """A practice with one location and two people: ``reception`` and ``manager``."""
    made = LoopbackServer(tmp_path / "server", _migrated_file, clock)
    try:
        made.add_practice()
        made.add_user("reception", Role.RECEPTION)
        made.add_user("manager", Role.MANAGER)
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def make_desk(tmp_path: Path, server: LoopbackServer, clock: FixedClock) -> Iterator[MakeDesk]:
    """``make_desk("reception")``: a workstation where that person has signed in, nothing synced yet."""
    desks: list[Desk] = []

    def make(name: str = "reception", line: Line | None = None, its_clock: Clock = clock) -> Desk:
        folder = tmp_path / f"desk-{len(desks)}"
        desk = Desk(name, folder, server.address, its_clock, line, server.signed_in)
        desks.append(desk)
        return desk

    yield make
    for desk in desks:
        desk.close()
