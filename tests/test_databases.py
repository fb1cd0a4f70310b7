"""The database fixtures: fresh each time, on both systems."""

import pytest
from sqlalchemy import create_engine, inspect, text


@pytest.mark.parametrize("turn", [1, 2])
def test_server_database_is_fresh_and_empty(server_database: str, turn: int) -> None:
    engine = create_engine(server_database)
    try:
        with engine.begin() as connection:
            assert inspect(connection).get_table_names() == []
            connection.execute(text(f"CREATE TABLE left_over (turn_{turn} INTEGER)"))
    finally:
        engine.dispose()


@pytest.mark.parametrize("turn", [1, 2])
def test_migrated_database_has_the_tables_and_no_rows_of_an_earlier_test(
    migrated_database: str, turn: int
) -> None:
    engine = create_engine(migrated_database)
    try:
        with engine.begin() as connection:
            names = inspect(connection).get_table_names()
            assert "patient" in names
            assert "left_over" not in names
            connection.execute(text(f"CREATE TABLE left_over (turn_{turn} INTEGER)"))
    finally:
        engine.dispose()
