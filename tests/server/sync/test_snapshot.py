"""The prepared copy: complete, in order, scoped, and used again while it is fresh."""

import gzip
from datetime import timedelta
from pathlib import Path

import pytest

from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.sync import snapshot
from primoro_campaigns.server.sync.rooms import Scope
from primoro_campaigns.server.sync.snapshot import (
    KEPT_FOR,
    Manifest,
    ServerStoppingError,
    SnapshotGoneError,
    Snapshots,
)
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.sync import RowBatch
from tests.server.sync.conftest import Copy, Practice, person

ALL = Scope(None)


def fetched(snapshots: Snapshots, scope: Scope, made: Manifest) -> list[RowBatch]:
    return [
        RowBatch.model_validate_json(gzip.decompress(snapshots.chunk(scope, made.snapshot_id, number)))
        for number in range(made.chunks)
    ]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "ROWS_A_CHUNK", 3)


@pytest.mark.parametrize("places", [(), ("a",), ("a", "b"), ("nowhere",)])
def test_a_snapshot_is_what_all_changes_come_to(
    practice: Practice, tmp_path: Path, places: tuple[str, ...]
) -> None:
    practice.fill()
    practice.remove(Room.CONTACT, "c1", "b")
    practice.leave(Room.PATIENT, "p-both", "b")
    scope = Scope(frozenset(places) if places else None)
    snapshots = practice.snapshots(tmp_path)
    made = snapshots.prepared(scope)
    batches = fetched(snapshots, scope, made)
    copy = Copy().take(batches)
    rolled, answer = practice.pull(person(*places))
    assert copy == rolled
    assert copy.holds(answer.checks)
    assert made.rows == len(copy.rows)
    assert all(len(batch.rows) <= 3 for batch in batches)


def test_increments_continue_where_the_snapshot_ends(practice: Practice, tmp_path: Path) -> None:
    practice.fill()
    snapshots = practice.snapshots(tmp_path)
    made = snapshots.prepared(ALL)
    practice.patient("late", "Late", "a")
    practice.remove(Room.CONTACT, "c0", "a")
    copy = Copy().take(fetched(snapshots, ALL, made))
    practice.pull(person(), after=made.cursor, copy=copy)
    assert copy == practice.pull(person())[0]


def test_patients_come_in_the_order_of_their_names(practice: Practice, tmp_path: Path) -> None:
    for number, name in enumerate(["oak", "Ash", "ASH", "birch", "Oak"]):
        practice.patient(f"p{number}", name, "a")
    snapshots = practice.snapshots(tmp_path)
    batches = fetched(snapshots, ALL, snapshots.prepared(ALL))
    names = [str(row[batch.columns.index("family_name")]) for batch in batches for row in batch.rows]
    assert [name.lower() for name in names] == ["ash", "ash", "birch", "oak", "oak"]


def test_a_snapshot_is_used_again_for_a_day(practice: Practice, tmp_path: Path, clock: FixedClock) -> None:
    practice.fill()
    snapshots = practice.snapshots(tmp_path)
    first = snapshots.prepared(ALL)
    practice.touch(Room.PATIENT, "p0", "a")
    clock.instant += KEPT_FOR - timedelta(seconds=1)
    assert snapshots.prepared(ALL) == first
    assert practice.snapshots(tmp_path).prepared(ALL) == first
    clock.instant += timedelta(seconds=1)
    second = snapshots.prepared(ALL)
    assert second.snapshot_id != first.snapshot_id
    assert second.cursor == first.cursor + 1


def test_a_snapshot_far_behind_is_made_anew(
    practice: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_FEW_CHANGES", 2)
    practice.fill()
    snapshots = practice.snapshots(tmp_path)
    first = snapshots.prepared(ALL)
    for number in range(2):
        practice.touch(Room.PATIENT, f"p{number}", "a")
    assert snapshots.prepared(ALL) == first
    practice.touch(Room.PATIENT, "p2", "a")
    assert snapshots.prepared(ALL) != first


def test_l07_a_snapshot_that_names_an_erased_patient_is_neither_used_nor_kept(
    practice: Practice, tmp_path: Path
) -> None:
    practice.fill()
    snapshots = practice.snapshots(tmp_path)
    first = snapshots.prepared(ALL)
    snapshots.sweep()
    assert snapshots.chunk(ALL, first.snapshot_id, 0)
    practice.remove(Room.PATIENT, "p0", "a")
    second = snapshots.prepared(ALL)
    assert second != first
    names = [row for batch in fetched(snapshots, ALL, second) for row in batch.rows if "Oak" in row]
    assert names == []
    snapshots.sweep()
    with pytest.raises(SnapshotGoneError):
        snapshots.chunk(ALL, first.snapshot_id, 0)
    assert snapshots.prepared(ALL) == second


def test_the_one_before_can_still_be_fetched_and_older_ones_are_deleted(
    practice: Practice, tmp_path: Path, clock: FixedClock
) -> None:
    practice.fill()
    snapshots = practice.snapshots(tmp_path)
    made = []
    for _ in range(3):
        made.append(snapshots.prepared(ALL))
        clock.instant += KEPT_FOR
    assert snapshots.chunk(ALL, made[2].snapshot_id, 0)
    assert snapshots.chunk(ALL, made[1].snapshot_id, 0)
    with pytest.raises(SnapshotGoneError):
        snapshots.chunk(ALL, made[0].snapshot_id, 0)
    clock.instant += timedelta(days=30)
    snapshots.sweep()
    assert list((tmp_path / "snapshots" / ALL.key).iterdir()) == []


def test_another_scopes_snapshot_does_not_exist(practice: Practice, tmp_path: Path) -> None:
    practice.fill()
    snapshots = practice.snapshots(tmp_path)
    made = snapshots.prepared(ALL)
    for scope, snapshot_id, number in (
        (Scope(frozenset("a")), made.snapshot_id, 0),
        (ALL, made.snapshot_id, 99),
        (ALL, new_id(), 0),
        (ALL, "../" + made.snapshot_id, 0),
        (ALL, "..", 0),
    ):
        with pytest.raises(SnapshotGoneError):
            snapshots.chunk(scope, snapshot_id, number)


def test_a_stopping_server_gives_up_and_leaves_nothing(practice: Practice, tmp_path: Path) -> None:
    practice.fill()
    snapshots = practice.snapshots(tmp_path)
    snapshots.stop()
    with pytest.raises(ServerStoppingError):
        snapshots.prepared(ALL)
    assert list((tmp_path / "snapshots" / ALL.key).iterdir()) == []


def test_what_a_crash_left_half_made_is_neither_used_nor_kept(
    practice: Practice, database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    practice.fill()
    half = tmp_path / "snapshots" / ALL.key / f"{new_id()}.making"
    half.mkdir(parents=True)
    (half / "00000.json.gz").write_bytes(b"")
    snapshots = practice.snapshots(tmp_path)
    made = snapshots.prepared(ALL)
    assert Copy().take(fetched(snapshots, ALL, made)) == practice.pull(person())[0]
    clock.instant = clock.instant.replace(year=2100)
    snapshots.sweep()
    assert not half.exists()
    assert database.clock.now().year == 2100
