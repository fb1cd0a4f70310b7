"""A first fill, part by part: whatever order the parts and the names come in, and wherever it is cut."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.desktop.local import patient_rows, schema
from primoro_campaigns.desktop.local.database import Database, DiskFullError, DiskTroubleError
from primoro_campaigns.desktop.local.mirror import ForeignColumnsError, Mirror
from primoro_campaigns.desktop.local.patients import Patients
from primoro_campaigns.desktop.local.search_index import sort_name
from primoro_campaigns.desktop.sync.rows import Cell, RowBatch, SnapshotHead
from tests.conftest import NOW
from tests.fakes.reception import KEY, Row, a_patient

if sys.platform != "win32":
    from tests.fakes.full_disk import no_file_grows_beyond

COLUMNS = ("seq", *schema.COLUMNS["patient"])


@contextmanager
def a_database(path: Path) -> Iterator[Database]:
    database = Database(path, KEY)
    try:
        yield database
    finally:
        database.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with a_database(tmp_path / "cache.db") as made:
        yield made


def a_batch(people: Sequence[Row], columns: Sequence[str] = COLUMNS) -> RowBatch:
    rows = [[1 if name == "seq" else each.get(name) for name in columns] for each in people]
    return RowBatch("patient", columns, rows)


def a_head(chunks: int) -> SnapshotHead:
    return SnapshotHead("snapshot", 7, chunks, 0, "all")


def listed(database: Database, text: str = "") -> list[str]:
    return [str(row.patient_id) for row in Patients(database, NOW.date).search(text, 1000)]


def told(database: Database, statement: str) -> list[Cell]:
    with database.read() as connection:
        return [row[0] for row in connection.execute(statement).fetchall()]


NAMES = st.sampled_from(
    ["Ash", "ash", "Ashe", "Élan", "elan", "Ęlk", "Lee", "Lee Smith", "O'Neil", "Oak", "Ångström", "Zhou", ""]
)


def test_parts_in_any_order_make_one_alphabet(tmp_path: Path) -> None:
    numbers = iter(range(10**6))

    @given(st.lists(st.lists(NAMES, min_size=1, max_size=6), min_size=2, max_size=4), st.data())
    def in_order(parts: list[list[str]], data: st.DataObject) -> None:
        shuffled = data.draw(st.permutations(range(len(parts))))
        people = {
            f"p{part}-{place}": family
            for part, families in enumerate(parts)
            for place, family in enumerate(families)
        }
        with a_database(tmp_path / f"{next(numbers)}.db") as database:
            mirror = Mirror(database, "user")
            mirror.begin_snapshot(a_head(len(parts)), None)
            for part in shuffled:
                rows = [a_patient(f"p{part}-{place}", "Ann", name) for place, name in enumerate(parts[part])]
                mirror.take_chunk(part, a_batch(rows), None)
            mirror.finish_snapshot(a_head(len(parts)), None)
            found = listed(database)
            assert sorted(found) == sorted(people)
            names = [sort_name(people[each], "Ann") for each in found]
            assert names == sorted(names)
            assert set(listed(database, "ann")) == set(people)
            for family in set(people.values()) - {""}:
                assert {each for each, name in people.items() if name == family} <= set(
                    listed(database, family)
                )

    in_order()


def test_the_last_part_may_come_first(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(2), None)
    mirror.take_chunk(1, a_batch([a_patient("b", "Ann", "Birch"), a_patient("c", "Ann", "Cole")]), None)
    mirror.take_chunk(0, a_batch([a_patient("a", "Ann", "Ash"), a_patient("z", "Ann", "Zhou")]), None)
    mirror.finish_snapshot(a_head(2), None)
    assert listed(database) == listed(database, "ann") == ["a", "b", "c", "z"]


def test_few_out_of_order_are_moved_and_the_others_stay(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(2), None)
    families = [f"Ash{number:03}" for number in range(50)]
    people = [a_patient(f"p{number:03}", "Ann", name) for number, name in enumerate(families)]
    mirror.take_chunk(0, a_batch(people), None)
    mirror.take_chunk(1, a_batch([a_patient("e", "Ann", "Ásh024")]), None)
    database.settle()
    before = told(database, "SELECT place FROM patient WHERE id <> 'e' ORDER BY place")
    mirror.finish_snapshot(a_head(2), None)
    assert told(database, "SELECT place FROM patient WHERE id <> 'e' ORDER BY place") == before
    assert listed(database)[24:27] == ["p024", "e", "p025"]
    assert listed(database, "ash024") == ["p024", "e"]


def test_whom_the_server_sorts_otherwise_is_at_the_right_place_as_soon_as_the_part_is_in(
    database: Database,
) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(2), None)
    people = [("a", "Ash"), ("z", "Zhou"), ("e", "Élan"), ("o", "Ødegaard")]
    mirror.take_chunk(0, a_batch([a_patient(each, "Ann", name) for each, name in people]), None)
    database.settle()
    assert listed(database) == listed(database, "ann") == ["a", "e", "o", "z"]


def test_patients_are_found_while_the_rest_is_still_to_come(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(2), None)
    mirror.take_chunk(0, a_batch([a_patient("a", "Ann", "Ash"), a_patient("b", "Bob", "Birch")]), None)
    database.settle()
    assert listed(database, "birch") == ["b"]
    assert listed(database) == ["a", "b"]


def test_a_part_that_comes_twice_changes_nothing(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(1), None)
    for _ in range(2):
        mirror.take_chunk(0, a_batch([a_patient("a", "Ann", "Ash")]), None)
    mirror.finish_snapshot(a_head(1), None)
    assert listed(database, "ash") == ["a"]
    assert Patients(database, NOW.date).count("ash").number == 1


def test_a_fill_that_was_cut_goes_on_where_it_stopped(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with a_database(path) as database:
        mirror = Mirror(database, "user")
        mirror.begin_snapshot(a_head(2), None)
        mirror.take_chunk(0, a_batch([a_patient("e", "Ann", "Élan"), a_patient("a", "Ann", "Ash")]), None)
    with a_database(path) as database:
        mirror = Mirror(database, "user")
        snapshot = mirror.held().snapshot
        assert snapshot is not None
        assert snapshot.missing == (1,)
        mirror.take_chunk(1, a_batch([a_patient("z", "Ann", "Zhou")]), None)
        mirror.finish_snapshot(a_head(2), None)
        assert listed(database) == listed(database, "ann") == ["a", "e", "z"]
        assert mirror.held().filled


def test_a_second_fill_leaves_nothing_of_the_first(database: Database) -> None:
    mirror = Mirror(database, "user")
    for patient_id, family in (("a", "Ash"), ("b", "Birch")):
        mirror.begin_snapshot(a_head(1), None)
        mirror.take_chunk(0, a_batch([a_patient(patient_id, "Ann", family)]), None)
        mirror.finish_snapshot(a_head(1), None)
    assert listed(database) == listed(database, "ann") == ["b"]
    assert listed(database, "ash") == []


def test_after_the_fill_the_index_is_whole_and_the_usual_way_of_writing_is_back(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(3), None)
    for number in range(3):
        mirror.take_chunk(number, a_batch([a_patient(f"p{number}", "Ann", f"Ash{number}")]), None)
    mirror.finish_snapshot(a_head(3), None)
    with database.write() as connection:
        (cache,) = connection.execute("PRAGMA cache_size").fetchone()
        (pages,) = connection.execute("PRAGMA wal_autocheckpoint").fetchone()
    assert (cache, pages) == (-16000, 1000)
    assert told(database, "SELECT v FROM patient_search_config WHERE k = 'automerge'") == [4]
    assert told(database, "SELECT count(DISTINCT segid) FROM patient_search_idx") == [1]
    indexes = told(database, "SELECT name FROM sqlite_master WHERE type = 'index'")
    assert {*schema.INDEXES, *schema.PATIENT_INDEXES} <= set(indexes)


def test_a_column_of_a_newer_server_is_passed_over_and_a_missing_one_is_told(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(2), None)
    mirror.take_chunk(0, a_batch([a_patient("a", "Ann", "Ash")], ["shoe_size", *reversed(COLUMNS)]), None)
    database.settle()
    assert listed(database, "ash") == ["a"]
    with pytest.raises(ForeignColumnsError, match="postcode"):
        mirror.take_chunk(
            1, a_batch([a_patient("b", "Bob", "Birch")], [c for c in COLUMNS if c != "postcode"]), None
        )
    assert mirror.held().snapshot is not None
    assert listed(database) == ["a"]


def test_yes_no_and_nothing_are_kept_as_such(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(1), None)
    people = [a_patient("a", "Ann", "Ash", is_lead=True), a_patient("b", "Bob", "Birch", is_lead=False)]
    mirror.take_chunk(0, a_batch(people), None)
    database.settle()
    assert told(database, "SELECT is_lead FROM patient ORDER BY place") == [1, 0]
    assert told(database, "SELECT typeof(is_lead) FROM patient") == ["integer", "integer"]
    assert told(database, "SELECT typeof(email) FROM patient") == ["null", "null"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_part_that_found_no_room_on_the_disk_is_told_and_comes_again(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(2), None)
    first = a_batch([a_patient("a", "Ann", "Ash")])
    last = a_batch([a_patient("z", "Ann", "Zhou")])
    with no_file_grows_beyond(0):
        mirror.take_chunk(0, first, None)
        with pytest.raises((DiskTroubleError, DiskFullError)):
            mirror.take_chunk(1, last, None)
    snapshot = mirror.held().snapshot
    assert snapshot is not None
    assert snapshot.missing == (0, 1)
    mirror.take_chunk(0, first, None)
    mirror.take_chunk(1, last, None)
    mirror.finish_snapshot(a_head(2), None)
    assert listed(database) == ["a", "z"]


def test_what_a_person_does_meanwhile_waits_for_the_part_and_is_kept(database: Database) -> None:
    mirror = Mirror(database, "user")
    mirror.begin_snapshot(a_head(1), None)
    mirror.take_chunk(0, a_batch([a_patient("a", "Ann", "Ash")]), None)
    with database.write(durable=True) as connection:
        assert connection.execute("SELECT count(*) FROM patient").fetchone() == (1,)
        connection.execute("INSERT INTO meta VALUES ('act', 'kept')")
    mirror.finish_snapshot(a_head(1), None)
    assert told(database, "SELECT value FROM meta WHERE key = 'act'") == ["kept"]


def test_closing_waits_for_the_part_on_its_way(tmp_path: Path) -> None:
    path = tmp_path / "cache.db"
    with a_database(path) as database:
        mirror = Mirror(database, "user")
        mirror.begin_snapshot(a_head(2), None)
        mirror.take_chunk(0, a_batch([a_patient("a", "Ann", "Ash")]), None)
    with a_database(path) as database:
        snapshot = Mirror(database, "user").held().snapshot
        assert snapshot is not None
        assert snapshot.done == {0}


def test_more_parts_than_any_practice_has_still_have_room() -> None:
    last = (99_999 * patient_rows._CHUNK + 5000) * patient_rows._GAP
    assert last < patient_rows._ASIDE
    assert patient_rows._ASIDE + last < 1 << 63
