"""Rows handed over by column say what rows handed over one by one say."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, insert, select, update
from sqlalchemy.types import TypeEngine

from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.rows import by_column, for_each, given, taken_in_turn
from primoro_campaigns.storage.types import UtcDateTime

NOW = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
thing = Table(
    "thing",
    MetaData(),
    Column("id", Text, primary_key=True),
    Column("words", Text),
    Column("number", Integer),
    Column("at", UtcDateTime),
)
TYPES: Mapping[str, TypeEngine[Any]] = {
    "new_id": Text(),
    "new_words": Text(),
    "new_number": Integer(),
    "new_at": UtcDateTime(),
}
WORDS = [
    None,
    "",
    "NULL",
    "null",
    '"',
    "\\",
    '\\"',
    "{}",
    "a,b",
    " blank ",
    "zwei\nZeilen",
    "%s %(id)s :x",
    "Zoë 🦷",
]


@pytest.fixture
def connection(server_database: str) -> Iterator[Connection]:
    engine = open_engine(server_database)
    with engine.begin() as connection:
        thing.create(connection)
        yield connection
    engine.dispose()


def rows() -> list[dict[str, object]]:
    return [
        {
            "id": f"{number}",
            "words": words,
            "number": number if number % 3 else None,
            "at": NOW + number * timedelta(seconds=0.1),
        }
        for number, words in enumerate(WORDS)
    ]


def change(connection: Connection, changed: list[dict[str, object]]) -> None:
    """As the database likes it: all at once, or one after the other."""
    together = connection.dialect.name == "postgresql"
    columns = given(TYPES) if together else taken_in_turn(TYPES)
    statement = update(thing).where(thing.c.id == columns["new_id"])
    statement = statement.values({name: columns[f"new_{name}"] for name in ("words", "number", "at")})
    values = [{f"new_{name}": each for name, each in row.items()} for row in changed]
    if together:
        connection.execute(statement, by_column(values))
    else:
        for_each(connection, statement, values)


def test_what_is_handed_over_is_what_is_read(connection: Connection) -> None:
    connection.execute(insert(thing), [{"id": row["id"]} for row in rows()])
    change(connection, rows())
    found = connection.execute(select(thing)).mappings()
    assert sorted((dict(row) for row in found), key=lambda row: int(row["id"])) == rows()


def test_only_the_rows_that_are_named_change(connection: Connection) -> None:
    connection.execute(insert(thing), rows())
    change(connection, [{**rows()[3], "words": "other"}])
    found = {row.id: row.words for row in connection.execute(select(thing))}
    assert found == {str(row["id"]): "other" if row["id"] == "3" else row["words"] for row in rows()}
