"""A migrated database with one organisation's locations, for the tests of this room."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert

from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.support.clock import FixedClock


@pytest.fixture
def database(migrated_database: str, clock: FixedClock) -> Iterator[Database]:
    """Two locations: "leeds" (London time) and "boston" (New York time)."""
    opened = Database(open_engine(migrated_database), clock)
    with opened.write() as uow:
        uow.connection.execute(
            insert(location),
            [
                {"id": "leeds", "name": "Leeds", "time_zone": "Europe/London"},
                {"id": "boston", "name": "Boston", "time_zone": "America/New_York"},
            ],
        )
    yield opened
    opened.close()
