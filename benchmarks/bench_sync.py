"""The first sync of a new desktop from a real server process, until its encrypted cache can be searched.

The floor is the same rows written by plain sqlite3 into an unencrypted file with FTS5. The server prepares
the copy beforehand; that is measured by itself, against reading and packing the same rows without more ado.
``PRIMORO_BENCH_PATIENTS`` says how many patients (100,000).
"""

import gzip
import json
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from statistics import median

from benchmarks import floor
from benchmarks.measure import Measurement, seconds
from benchmarks.practice import Desk, desk, filled_cache, folder, patients, server, server_data
from primoro_campaigns.server.main import ROOMS
from primoro_campaigns.server.settings import DATABASE_FILE
from primoro_campaigns.storage.synced import column_names

ROUNDS = 3


def run() -> Iterable[Measurement]:
    count = patients()
    data = server_data(count)
    with server(count) as process, desk(process.address) as at:
        made, packed = [], []
        for _ in range(ROUNDS):
            made.append(_prepare(data, at))
            packed.append(seconds(lambda: _pack(data)))
        ours, reference, rows = _fill(count, at)
    yield Measurement("first sync", median(ours), median(reference), "s", rows)
    yield Measurement("first sync, server's copy", median(made), median(packed), "s", rows)


def _prepare(data: Path, at: Desk) -> float:
    """Have the server make its copy anew."""
    shutil.rmtree(data / "snapshots", ignore_errors=True)
    return seconds(at.api.snapshot)


def _pack(data: Path) -> None:
    """The same rows, read in one go a table and packed into one file each."""
    out = folder() / "packed"
    out.mkdir(exist_ok=True)
    with closing(sqlite3.connect(data / DATABASE_FILE)) as connection:
        for room, table in ROOMS.items():
            columns = ", ".join(f'"{name}"' for name in column_names(room))
            rows = connection.execute(f'SELECT {columns} FROM "{table.name}"').fetchall()  # noqa: S608 - our own names
            (out / room.value).write_bytes(gzip.compress(json.dumps(rows).encode(), 1))
    shutil.rmtree(out)


def _fill(count: int, at: Desk) -> tuple[list[float], list[float], int]:
    """Seconds of each first sync and of each plain writing, in turns, and how many rows it was."""
    ours: list[float] = []
    reference: list[float] = []
    rows = 0
    for number in range(ROUNDS):
        path = folder() / f"sync-{count}-{number}.db"
        plain_path = folder() / f"plain-sync-{count}-{number}.db"
        cache = filled_cache(path, at)
        ours.append(cache.seconds)
        rooms = floor.rows_of(cache)
        rows = sum(len(room.rows) for room in rooms.values())
        reference.append(floor.write(plain_path, rooms))
        del rooms
        for each in (path, plain_path):
            each.unlink()
    return ours, reference, rows
