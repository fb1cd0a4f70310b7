"""The server's database, opened, for every room's tests."""

from collections.abc import Iterator

import pytest

from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.support.clock import FixedClock


@pytest.fixture
def database(migrated_database: str, clock: FixedClock) -> Iterator[Database]:
    """A migrated, empty database, once on SQLite and once on PostgreSQL; its present is that of ``clock``."""
    opened = Database(open_engine(migrated_database), clock)
    yield opened
    opened.close()
