"""The encrypted file, and what a person is told when it cannot be opened, read or written."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from primoro_campaigns.desktop.local.database import (
    CacheBusyError,
    CacheDeniedError,
    CacheUnreadableError,
    Database,
    DiskFullError,
    DiskTroubleError,
    damage_mark,
)
from primoro_campaigns.desktop.work.ticket import Stopped
from primoro_campaigns.domain.errors import PrimoroError

KEY = "0f" * 32
OTHER_KEY = "f0" * 32

if sys.platform != "win32":
    from tests.fakes.full_disk import no_file_grows_beyond


def keep(database: Database, **values: str) -> None:
    with database.write(durable=True) as connection:
        connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


def kept(database: Database) -> dict[str, str]:
    with database.read() as connection:
        return dict(connection.execute("SELECT key, value FROM meta").fetchall())


def in_words(error: PrimoroError) -> None:
    """Says what happened and what is safe, without a word of the machine's."""
    words = f"{error.title} {error.advice}"
    assert "Nothing" in words or "safe" in words
    assert not any(each in words for each in ("SQL", "sqlite", "Error", "errno", "I/O"))


def test_what_was_written_is_there_after_opening_it_again(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    keep(database, name="Ann")
    database.close()
    again = Database(tmp_path / "cache.db", KEY)
    assert kept(again) == {"name": "Ann"}
    again.close()


def test_nothing_of_it_can_be_read_in_the_file(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    keep(database, name="Persephone Featherstonehaugh")
    inside = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    database.close()
    assert inside
    assert b"Persephone" not in inside
    assert b"CREATE TABLE" not in inside
    assert b"SQLite format" not in inside


def test_a_block_that_raises_writes_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    with suppress(LookupError), database.write() as connection:
        connection.execute("INSERT INTO meta VALUES ('a', 'b')")
        raise LookupError
    assert kept(database) == {}
    keep(database, a="c")
    assert kept(database) == {"a": "c"}
    database.close()


def test_a_reader_sees_one_state_while_others_write(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    keep(database, a="1")
    with database.read() as connection:
        before = connection.execute("SELECT value FROM meta").fetchall()
        keep(database, a="2")
        assert connection.execute("SELECT value FROM meta").fetchall() == before
    assert kept(database) == {"a": "2"}
    database.close()


def test_many_threads_write_one_after_the_other(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)

    def count() -> None:
        for _ in range(20):
            with database.write() as connection:
                found = connection.execute("SELECT value FROM meta WHERE key = 'n'").fetchone()
                number = 0 if found is None else int(found[0])
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('n', ?)", (str(number + 1),))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept(database) == {"n": "80"}
    database.close()


def test_a_long_read_ends_when_it_is_told_to(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT sum(x) FROM n"
    looks = iter([False, False, True])
    with pytest.raises(Stopped), database.read(lambda: next(looks)) as connection:
        connection.execute(endless).fetchall()
    assert kept(database) == {}
    database.close()


def test_a_closed_cache_stops_whoever_comes_late(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    database.close()
    database.close()
    with pytest.raises(Stopped), database.read():
        pass
    with pytest.raises(Stopped), database.write():
        pass


def test_an_erased_cache_leaves_nothing(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    keep(database, a="b")
    database.erase()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["", "0f", "zz" * 32, "0f" * 33])
def test_a_key_is_32_bytes_in_hexadecimal(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match=r"hexadecimal|invalid literal"):
        Database(tmp_path / "cache.db", key)
    assert list(tmp_path.iterdir()) == []


# A full disk.


def test_a_full_disk_keeps_what_was_saved_before_and_says_so(tmp_path: Path) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    keep(database, before="safe")
    with database.write() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()
    with pytest.raises(DiskFullError) as full:
        keep(database, **{f"k{number}": "x" * 500 for number in range(200)})
    in_words(full.value)
    assert "Make room on the disk" in full.value.advice
    assert kept(database) == {"before": "safe"}
    with database.write() as connection:
        connection.execute("PRAGMA max_page_count = 1000000").fetchone()
    keep(database, after="room was made")
    database.close()
    again = Database(tmp_path / "cache.db", KEY)
    assert kept(again) == {"before": "safe", "after": "room was made"}
    again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
@pytest.mark.parametrize("size", [0, 20_000, 200_000])
def test_a_write_that_the_system_refuses_changes_nothing(tmp_path: Path, size: int) -> None:
    database = Database(tmp_path / "cache.db", KEY)
    keep(database, before="safe")
    with no_file_grows_beyond(size), pytest.raises((DiskTroubleError, DiskFullError)) as refused:
        keep(database, **{f"k{number}": "x" * 500 for number in range(2000)})
    in_words(refused.value)
    assert kept(database) == {"before": "safe"}
    keep(database, after="room was made")
    database.close()
    again = Database(tmp_path / "cache.db", KEY)
    assert kept(again) == {"before": "safe", "after": "room was made"}
    again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
@pytest.mark.parametrize("size", [0, 1000, 33_000, 100_000])
def test_a_cache_that_has_no_room_to_begin_begins_when_there_is(tmp_path: Path, size: int) -> None:
    with no_file_grows_beyond(size), pytest.raises((DiskTroubleError, DiskFullError)) as refused:
        Database(tmp_path / "cache.db", KEY)
    in_words(refused.value)
    database = Database(tmp_path / "cache.db", KEY)
    keep(database, after="room was made")
    assert kept(database) == {"after": "room was made"}
    database.close()


# A file that cannot be opened.


def test_another_key_does_not_open_it(tmp_path: Path) -> None:
    Database(tmp_path / "cache.db", KEY).close()
    with pytest.raises(CacheUnreadableError) as wrong:
        Database(tmp_path / "cache.db", OTHER_KEY)
    in_words(wrong.value)
    Database(tmp_path / "cache.db", KEY).close()


@pytest.mark.parametrize(
    "garbage", [b"x" * 5000, b"not a database at all" * 500, b"SQLite format 3\0" + b"\0" * 5000]
)
def test_a_file_of_something_else_is_unreadable(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "cache.db").write_bytes(garbage)
    with pytest.raises(CacheUnreadableError):
        Database(tmp_path / "cache.db", KEY)
    assert (tmp_path / "cache.db").read_bytes() == garbage


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache.db").mkdir()
    with pytest.raises(CacheDeniedError) as denied:
        Database(tmp_path / "cache.db", KEY)
    in_words(denied.value)
    assert str(tmp_path / "cache.db") in denied.value.advice


def test_damage_found_at_work_is_remembered_for_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    database = Database(path, KEY)
    with database.write() as connection:
        connection.executemany("INSERT INTO meta VALUES (?, ?)", [(f"k{n}", "x" * 500) for n in range(500)])
    database.close()
    inside = bytearray(path.read_bytes())
    for place in range(len(inside) // 2, len(inside), 64):
        inside[place] ^= 0xFF
    path.write_bytes(inside)
    damaged = Database(path, KEY)
    with pytest.raises(CacheUnreadableError) as found:
        kept(damaged)
    in_words(found.value)
    damaged.close()
    assert damage_mark(path).exists()


LOCK = """
import sys
from primoro_campaigns.desktop.local.database import connect
from pathlib import Path
connection = connect(Path(sys.argv[1]), sys.argv[2])
connection.execute(f"PRAGMA locking_mode = {sys.argv[3]}").fetchone()
connection.execute("BEGIN IMMEDIATE")
connection.execute("DELETE FROM meta WHERE key = 'nothing'")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
connection.close()
"""


@contextmanager
def held_by_another_program(path: Path, how: str) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-c", LOCK, str(path), KEY, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "locked\n"
        yield
        other.communicate("go\n")


def test_a_file_that_another_program_writes_is_told_and_works_later(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    database = Database(path, KEY, busy_seconds=0.1)
    keep(database, before="safe")
    with held_by_another_program(path, "NORMAL"):
        with pytest.raises(CacheBusyError) as busy:
            keep(database, during="no")
        in_words(busy.value)
        assert kept(database) == {"before": "safe"}
    keep(database, after="yes")
    assert kept(database) == {"before": "safe", "after": "yes"}
    database.close()


def test_a_file_that_another_program_holds_alone_is_not_taken_for_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    database = Database(path, KEY)
    keep(database, before="safe")
    database.close()
    with held_by_another_program(path, "EXCLUSIVE"):
        with pytest.raises(CacheBusyError) as busy:
            Database(path, KEY, busy_seconds=0.1)
        in_words(busy.value)
        assert not damage_mark(path).exists()
    database = Database(path, KEY)
    assert kept(database) == {"before": "safe"}
    database.close()
