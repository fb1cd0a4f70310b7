# ruff: noqa: S608 - names of tables and columns are the cache's own
"""The floor: the same rows in an unencrypted file with FTS5, written and asked in the plainest way."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks.practice import Cache
from primoro_campaigns.desktop.local import schema
from primoro_campaigns.desktop.local.database import Database

SEARCHED = ("given_name", "family_name", "number", "born_on", "mobile_e164", "landline_e164", "email")


@dataclass(frozen=True)
class Rows:
    """One room's rows, patients in the order of their names."""

    columns: Sequence[str]
    rows: Sequence[tuple[object, ...]]


def rows_of(cache: Cache) -> Mapping[str, Rows]:
    """Everything the server sent, out of a filled cache."""
    database = Database(cache.path, cache.key)
    try:
        with database.read() as connection:
            found = {}
            for room, names in schema.COLUMNS.items():
                columns = (*names, "seq")
                listed = ", ".join(f'"{name}"' for name in columns)
                order = "place" if room == "patient" else "rowid" if _has_rowid(room) else "patient_id"
                found[room] = Rows(
                    columns, connection.execute(f'SELECT {listed} FROM "{room}" ORDER BY {order}').fetchall()
                )
            return found
    finally:
        database.close()


def _has_rowid(room: str) -> bool:
    return room not in ("restriction", "permission")


def write(path: Path, rooms: Mapping[str, Rows]) -> float:
    """Seconds it takes to write all of it into a new file at ``path``: one transaction, no index but the
    ids' and FTS5's own.
    """
    begin = time.perf_counter()
    with closing(sqlite3.connect(path)) as connection:
        for room, rows in rooms.items():
            columns = ", ".join(f'"{name}"{" PRIMARY KEY" if name == "id" else ""}' for name in rows.columns)
            connection.execute(f'CREATE TABLE "{room}" ({columns})')
            marks = ", ".join("?" * len(rows.columns))
            connection.executemany(f'INSERT INTO "{room}" VALUES ({marks})', rows.rows)
        patients = rooms["patient"]
        places = [patients.columns.index(name) for name in SEARCHED]
        connection.execute(f"CREATE VIRTUAL TABLE patient_search USING fts5({', '.join(SEARCHED)})")
        marks = ", ".join("?" * (len(SEARCHED) + 1))
        connection.executemany(
            f"INSERT INTO patient_search (rowid, {', '.join(SEARCHED)}) VALUES ({marks})",
            (
                (number, *(row[place] for place in places))
                for number, row in enumerate(patients.rows, start=1)
            ),
        )
        connection.commit()
    return time.perf_counter() - begin


class Search:
    """The plainest query over that file."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)

    def __call__(self, text: str, limit: int) -> list[tuple[object, ...]]:
        words = "".join(each if each.isalnum() else " " for each in text).split()
        expression = " ".join(f'"{word}"*' for word in words)
        if not expression:
            return self._connection.execute("SELECT * FROM patient LIMIT ?", (limit,)).fetchall()
        return self._connection.execute(
            "SELECT p.* FROM patient_search s JOIN patient p ON p.rowid = s.rowid"
            " WHERE s.patient_search MATCH ? LIMIT ?",
            (expression, limit),
        ).fetchall()

    def close(self) -> None:
        self._connection.close()
