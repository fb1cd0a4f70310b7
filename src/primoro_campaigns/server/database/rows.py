"""One statement for many rows: each row in turn (SQLite), or all of them at once, by column (PostgreSQL).

Handed to the toolkit row by row, a statement costs several times what the database needs to answer it.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Dialect,
    Insert,
    Text,
    Update,
    bindparam,
    cast,
    column,
    func,
)
from sqlalchemy.types import TypeEngine

Row = Mapping[str, object]
Statement = Insert | Update
_NOTHING: Row = {}


def given(types: Mapping[str, TypeEngine[Any]]) -> Mapping[str, ColumnElement[Any]]:
    """The columns of rows that are handed over with a statement, to update from them (PostgreSQL alone).

    The statement is executed with ``by_column`` of the rows.
    """
    arrays = [cast(bindparam(name, type_=Text()), ARRAY(each)) for name, each in types.items()]
    columns = [column(name, each) for name, each in types.items()]
    rows = func.unnest(*arrays).table_valued(*columns, name="given").render_derived()
    return {name: rows.c[name] for name in types}


def taken_in_turn(types: Mapping[str, TypeEngine[Any]]) -> Mapping[str, ColumnElement[Any]]:
    """The same for a statement that is executed ``for_each`` of the rows."""
    return {name: bindparam(name, type_=each) for name, each in types.items()}


def by_column(rows: Sequence[Row]) -> dict[str, str]:
    """What ``given`` takes. Every row has the columns of the first, and there is a first.

    An array in PostgreSQL's own words: the driver takes ten times as long to say the same.
    """
    return {name: "{" + ",".join([_element(row[name]) for row in rows]) + "}" for name in rows[0]}


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def for_each(
    connection: Connection, statement: Statement, rows: Sequence[Row], common: Row = _NOTHING
) -> int:
    """Execute ``statement``, made once and kept, with each of ``rows``, and with ``common`` for all of them.

    They give every value that the statement has no constant for: no column takes its default. Returns how
    many rows of the table that made or changed.
    """
    if not rows:
        return 0
    made = _made(statement, connection.dialect, (*rows[0], *common))
    return connection.exec_driver_sql(made.sql, made.values(rows, common)).rowcount


class _Made:
    """A statement as the driver takes it, the values in their places."""

    def __init__(self, statement: Statement, dialect: Dialect, names: tuple[str, ...]) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=names)
        if compiled.positiontup is None:
            raise AssertionError("the driver takes values by name")
        self.sql = str(compiled)
        self._names = compiled.positiontup
        self._constants = {name: compiled.params[name] for name in self._names if name not in names}
        found = {name: _processor(compiled.binds[name].type, dialect) for name in self._names}
        self._processors = {name: each for name, each in found.items() if each is not None}

    def values(self, rows: Sequence[Row], common: Row) -> list[tuple[object, ...]]:
        same = {name: self._processed(name, value) for name, value in {**self._constants, **common}.items()}
        own = [name for name in self._processors if name not in same]
        in_order = itemgetter(*self._names)
        made = []
        for row in rows:
            values = {**same, **row}
            for name in own:
                values[name] = self._processors[name](values[name])
            made.append(in_order(values))
        return made

    def _processed(self, name: str, value: object) -> object:
        process = self._processors.get(name)
        return value if process is None else process(value)


@lru_cache(maxsize=64)
def _made(statement: Statement, dialect: Dialect, names: tuple[str, ...]) -> _Made:
    return _Made(statement, dialect, names)


def _processor(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    return type_.dialect_impl(dialect).bind_processor(dialect)
