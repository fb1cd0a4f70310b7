# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
"""Patients in the cache: each row has a ``place`` in the alphabet, which is also its row in the search
index.

So the index answers in alphabetical order, and a list stops reading when the page is full. Between
neighbours there is room for newcomers; when it is used up all places are given out anew.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local import schema
from primoro_campaigns.desktop.local.search_index import index_terms, sort_name
from primoro_campaigns.desktop.sync.rows import Cell

if TYPE_CHECKING:
    import sqlite3

_GAP = 1 << 31
_CHUNK = 1 << 14
"""More than the rows of a part of a snapshot."""
_ASIDE = 1 << 62
"""From here on, until the end of a load, are those whom the server sorted otherwise (by accents, say)."""

_NAMES = ("seq", *schema.COLUMNS["patient"])
_AT = {name: place for place, name in enumerate(_NAMES)}
_ID, _GIVEN, _FAMILY, _NUMBER = _AT["id"], _AT["given_name"], _AT["family_name"], _AT["number"]
_BORN, _EMAIL = _AT["born_on"], _AT["email"]
_PHONES = tuple(
    (_AT[e164], _AT[raw]) for e164, raw in (("mobile_e164", "mobile"), ("landline_e164", "landline"))
)

_INSERT = (
    f"INSERT INTO patient (place, {', '.join(_NAMES)}, sort_name)"
    f" VALUES ({', '.join('?' * (len(_NAMES) + 2))})"
)
_INDEX = "INSERT INTO patient_search (rowid, terms) VALUES (?, ?)"

# While many rows come, what was written of the search index is not merged again and again; at the end, once.
_MERGE_LATER = {"automerge": 0, "crisismerge": 1000}
_MERGE_AS_USUAL = {"automerge": 4, "crisismerge": 16}

Spelled = tuple[Sequence[Cell], str, str]
"""A row, the name it is sorted by, and its words for the search index."""

_Placed = tuple[int, Sequence[Cell]]
"""A place and the row that belongs there."""


def begin_load(connection: "sqlite3.Connection") -> None:
    """Empty the search index, after the rows were deleted."""
    _empty_search(connection)


def spelled(names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[Spelled]:
    """Rows with what is made of their words, by the name they are listed by; takes as long as writing them,
    and needs no database.
    """
    _check(names)
    return sorted(((row, _sort_name(row), _terms(row)) for row in rows), key=itemgetter(1))


def append(connection: "sqlite3.Connection", rows: Sequence[Spelled], chunk: int) -> None:
    """Part ``chunk`` of a snapshot, in the server's order. Needs no index."""
    first = (chunk * _CHUNK + 1) * _GAP
    latest, limit = _around(connection, first)
    whole: list[tuple[Cell, ...]] = []
    indexed: list[tuple[int, str]] = []
    for place, (row, name, terms) in zip(range(first, first + len(rows) * _GAP, _GAP), rows, strict=True):
        if latest <= name and (limit is None or name <= limit):
            latest = name
            indexed.append((place, terms))
            whole.append((place, *row, name))
        else:
            whole.append((_ASIDE + place, *row, name))
    connection.executemany(_INSERT, whole)
    connection.executemany(_INDEX, indexed)


def finish_load(connection: "sqlite3.Connection") -> None:
    """Bring those who were set aside to their places, and tidy the search index."""
    connection.execute(schema.PATIENT_INDEXES["ix_patient_sort_name"])
    (everybody,) = connection.execute("SELECT count(*) FROM patient").fetchone()
    (aside,) = connection.execute("SELECT count(*) FROM patient WHERE place >= ?", (_ASIDE,)).fetchone()
    if aside * 5 > everybody:
        _renumber(connection)
    else:
        _place_aside(connection)
    connection.execute("INSERT INTO patient_search (patient_search) VALUES ('optimize')")
    _set_merging(connection, _MERGE_AS_USUAL)


def upsert(connection: "sqlite3.Connection", names: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Rows one by one, each to its place."""
    _check(names)
    for row in rows:
        name = _sort_name(row)
        found = connection.execute(
            "SELECT place, sort_name FROM patient WHERE id = ?", (row[_ID],)
        ).fetchone()
        if found is not None:
            _remove(connection, found[0])
        place = found[0] if found is not None and found[1] == name else _free_place(connection, name)
        connection.execute(_INSERT, (place, *row, name))
        connection.execute(_INDEX, (place, _terms(row)))


def delete(connection: "sqlite3.Connection", patient_ids: Iterable[str]) -> None:
    for patient_id in patient_ids:
        found = connection.execute("SELECT place FROM patient WHERE id = ?", (patient_id,)).fetchone()
        if found is not None:
            _remove(connection, found[0])


def _check(names: Sequence[str]) -> None:
    if tuple(names) != _NAMES:
        raise ValueError("patients come with other columns than the cache keeps")


def _put(connection: "sqlite3.Connection", placed: Sequence[_Placed]) -> None:
    connection.executemany(_INSERT, [(place, *row, _sort_name(row)) for place, row in placed])
    _index(connection, placed)


def _index(connection: "sqlite3.Connection", placed: Iterable[_Placed]) -> None:
    connection.executemany(_INDEX, [(place, _terms(row)) for place, row in placed])


def _remove(connection: "sqlite3.Connection", place: int) -> None:
    connection.execute("DELETE FROM patient_search WHERE rowid = ?", (place,))
    connection.execute("DELETE FROM patient WHERE place = ?", (place,))


def _around(connection: "sqlite3.Connection", first: int) -> tuple[str, str | None]:
    """The names just before and just after the part that begins at ``first``."""
    before = connection.execute(
        "SELECT sort_name FROM patient WHERE place < ? ORDER BY place DESC LIMIT 1", (first,)
    ).fetchone()
    after = connection.execute(
        "SELECT sort_name FROM patient WHERE place >= ? AND place < ? ORDER BY place LIMIT 1",
        (first + _CHUNK * _GAP, _ASIDE),
    ).fetchone()
    return "" if before is None else str(before[0]), None if after is None else str(after[0])


def _place_aside(connection: "sqlite3.Connection") -> None:
    """Those that go between the same two share the room there evenly."""
    waiting = deque(
        connection.execute(
            f"SELECT sort_name, {', '.join(_NAMES)} FROM patient WHERE place >= ? ORDER BY sort_name, place",
            (_ASIDE,),
        ).fetchall()
    )
    connection.execute("DELETE FROM patient WHERE place >= ?", (_ASIDE,))
    placed: list[_Placed] = []
    crowded: list[Sequence[Cell]] = []
    while waiting:
        before, after, limit = _neighbours(connection, waiting[0][0])
        together: list[Sequence[Cell]] = []
        while waiting and (limit is None or waiting[0][0] < limit):
            together.append(waiting.popleft()[1:])
        first = before if before is not None else (after or _GAP) - _GAP
        last = after if after is not None else first + _GAP * (len(together) + 1)
        step = (last - first) // (len(together) + 1)
        if step:
            placed.extend((first + number * step, row) for number, row in enumerate(together, 1))
        else:
            crowded.extend(together)
    _put(connection, placed)
    upsert(connection, _NAMES, crowded)


def _free_place(connection: "sqlite3.Connection", name: str) -> int:
    """A place after everybody of this name or an earlier one, before everybody of a later one."""
    before, after, _ = _neighbours(connection, name)
    if before is not None and after is not None and after - before < 2:
        _renumber(connection)
        before, after, _ = _neighbours(connection, name)
    if before is None:
        return _GAP if after is None else after - _GAP
    return before + _GAP if after is None else (before + after) // 2


def _neighbours(connection: "sqlite3.Connection", name: str) -> tuple[int | None, int | None, str | None]:
    """The places of the last one of this name or an earlier one and of the first of a later one, and that
    name.
    """
    before = connection.execute(
        "SELECT place FROM patient WHERE sort_name <= ? ORDER BY sort_name DESC, place DESC LIMIT 1", (name,)
    ).fetchone()
    after = connection.execute(
        "SELECT place, sort_name FROM patient WHERE sort_name > ? ORDER BY sort_name, place LIMIT 1", (name,)
    ).fetchone()
    return (
        None if before is None else int(before[0]),
        None if after is None else int(after[0]),
        None if after is None else str(after[1]),
    )


def _renumber(connection: "sqlite3.Connection") -> None:
    """Give every row a place anew, beyond all the old ones, and fill the search index again."""
    connection.execute("CREATE TEMP TABLE ranked (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)")
    connection.execute(
        """INSERT INTO ranked
        SELECT place, (SELECT max(place) FROM patient) + row_number() OVER (ORDER BY sort_name, place) * ?
        FROM patient""",
        (_GAP,),
    )
    connection.execute("UPDATE patient SET place = (SELECT new FROM ranked WHERE old = place)")
    connection.execute("DROP TABLE ranked")
    _empty_search(connection)
    rows = connection.execute(f"SELECT place, {', '.join(_NAMES)} FROM patient ORDER BY place")
    while part := rows.fetchmany(1000):
        _index(connection, [(row[0], row[1:]) for row in part])
    _set_merging(connection, _MERGE_AS_USUAL)


def _empty_search(connection: "sqlite3.Connection") -> None:
    """The search index anew, ready for many rows."""
    connection.execute("DROP TABLE patient_search")
    connection.execute(schema.SEARCH)
    _set_merging(connection, _MERGE_LATER)


def _set_merging(connection: "sqlite3.Connection", merging: Mapping[str, int]) -> None:
    connection.executemany(
        "INSERT INTO patient_search (patient_search, rank) VALUES (?, ?)", list(merging.items())
    )


def _sort_name(row: Sequence[Cell]) -> str:
    return sort_name(str(row[_FAMILY]), str(row[_GIVEN]))


def _terms(row: Sequence[Cell]) -> str:
    born, email = row[_BORN], row[_EMAIL]
    return index_terms(
        (str(row[_GIVEN]), str(row[_FAMILY]), str(row[_NUMBER])),
        None if born is None else str(born),
        [str(row[e164] or row[raw]) for e164, raw in _PHONES if row[e164] or row[raw]],
        None if email is None else str(email),
    )
