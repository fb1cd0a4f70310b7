"""Whatever happens to two desks and their server: nothing is lost or done twice, and a no stays a no."""

import shutil
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from primoro_campaigns.support.clock import FixedClock
from tests.fakes.loopback_server import LoopbackServer
from tests.journeys.two_desks import TwoDesks
from tests.postgresql import Postgresql

STEPS = 50


class FileTown:
    """Each practice on a fresh copy of a migrated SQLite file."""

    def __init__(self, folder: Path, migrated_file: Path) -> None:
        self._folder = folder
        self._migrated_file = migrated_file
        self._numbers = 0
        self._server: LoopbackServer | None = None

    def open(self, clock: FixedClock) -> LoopbackServer:
        self._server = LoopbackServer(self.folder(), self._migrated_file, clock, self._database())
        return self._server

    def folder(self) -> Path:
        self._numbers += 1
        return self._folder / str(self._numbers)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def _database(self) -> str:
        return ""


class PostgresqlTown(FileTown):
    """Each practice in a fresh PostgreSQL database."""

    def __init__(self, folder: Path, migrated_file: Path, postgresql: Postgresql, template: str) -> None:
        super().__init__(folder, migrated_file)
        self._postgresql = postgresql
        self._template = template
        self._name = ""

    def close(self) -> None:
        super().close()
        if self._name:
            self._postgresql.drop(self._name)
            self._name = ""

    def _database(self) -> str:
        self._name = self._postgresql.create(self._template)
        return self._postgresql.url(self._name)


@pytest.fixture
def on_file(tmp_path: Path, _migrated_file: Path) -> FileTown:
    return FileTown(tmp_path / "town", _migrated_file)


@pytest.fixture
def on_postgresql(
    tmp_path: Path, _migrated_file: Path, postgresql: Postgresql, _migrated_template: str
) -> PostgresqlTown:
    return PostgresqlTown(tmp_path / "town", _migrated_file, postgresql, _migrated_template)


def play(town: FileTown, examples: int) -> None:
    chosen = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        # Making a failure shorter takes longer than a test may run. To look at one, add Phase.shrink.
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )

    def opened() -> TwoDesks:
        return TwoDesks(town)

    run_state_machine_as_test(cast("type[TwoDesks]", opened), settings=chosen)


def test_on_sqlite(on_file: FileTown) -> None:
    play(on_file, examples=16)


def test_on_postgresql(on_postgresql: PostgresqlTown) -> None:
    play(on_postgresql, examples=8)
