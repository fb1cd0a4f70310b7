"""A server's database for the tests of made-up practices."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from primoro_campaigns.server.account import password
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.support.clock import FixedClock


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real argon2 with parameters that take no time: each made-up practice has three people in it."""
    monkeypatch.setattr(password, "_HASHER", PasswordHasher(time_cost=1, memory_cost=256, parallelism=1))


@pytest.fixture
def database(migrated_database: str, clock: FixedClock) -> Iterator[Database]:
    """A migrated, empty database, once on SQLite and once on PostgreSQL; its present is that of ``clock``."""
    opened = Database(open_engine(migrated_database), clock)
    yield opened
    opened.close()
