"""Migrations: they build what the program's tables say, keep data, and refuse a database of the future."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.migrate import DatabaseTooNewError, upgrade
from primoro_campaigns.server.schema import metadata


# Alembic cannot read an index over an expression back from SQLite; on PostgreSQL it can.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_the_migrations_build_the_tables_the_program_knows(server_database: str) -> None:
    upgrade(server_database)
    engine = open_engine(server_database)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        differences = compare_metadata(context, metadata)
        assert latest(connection) == 0
    engine.dispose()
    assert differences == []


def test_a_second_start_changes_nothing(server_database: str) -> None:
    upgrade(server_database)
    engine = open_engine(server_database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE change_counter SET value = 41"))
    upgrade(server_database)
    with engine.connect() as connection:
        assert latest(connection) == 41
    engine.dispose()


def test_a_database_of_a_newer_program_is_left_alone(server_database: str) -> None:
    upgrade(server_database)
    engine = open_engine(server_database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseTooNewError) as caught:
        upgrade(server_database)
    assert "newer version" in caught.value.title
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    engine.dispose()
