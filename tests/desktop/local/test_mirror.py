"""The server's copies: a cut leaves them as of some moment, never between two."""

import subprocess
import sys
from pathlib import Path

import pytest

from primoro_campaigns.desktop.local import schema
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.mirror import ForeignColumnsError, Mirror
from primoro_campaigns.desktop.local.standing import PersonStore
from primoro_campaigns.desktop.sync.plan import HeldSnapshot
from primoro_campaigns.desktop.sync.rows import Answered, Check, RowBatch, SnapshotHead
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.ids import PatientId
from tests.fakes.reception import KEY, Reception, Row, a_patient, a_restriction

HEAD = SnapshotHead("snapshot", 7, 3, 5, "all")


def batch(room: str, *rows: Row, first_seq: int = 1, gone: tuple[str, ...] = ()) -> RowBatch:
    columns = ["seq", *schema.COLUMNS[room]]
    plain = [
        [first_seq + number, *(row.get(name) for name in columns[1:])] for number, row in enumerate(rows)
    ]
    return RowBatch(room, columns, plain, gone)


def people(*names: str, first_seq: int = 1) -> RowBatch:
    return batch("patient", *(a_patient(each, each.title(), "Ash") for each in names), first_seq=first_seq)


def names(desk: Reception) -> list[str]:
    return [row.patient_id for row in desk.context.patients.search("", 100)]


def checks(desk: Reception) -> dict[str, tuple[int, int]]:
    return {each.room: (each.count, each.seq_sum) for each in desk.mirror.checks() if each.count}


# Rounds.


def test_rows_come_change_and_go(desk: Reception) -> None:
    desk.mirror.take_round([], [people("ann", "bob")], 2, complete=True)
    assert names(desk) == ["ann", "bob"]
    changed = batch("patient", a_patient("ann", "Zoe", "Young"), first_seq=3, gone=("bob",))
    told = desk.mirror.take_round([], [changed], 4, complete=True)
    assert names(desk) == ["ann"]
    assert told.touches("patient", "bob")
    assert desk.mirror.held().cursor == 4
    assert checks(desk) == {"patient": (1, 3)}


def test_rows_known_by_several_columns_go_by_their_id(desk: Reception) -> None:
    row = a_restriction("ann", "promotions", desk.clock.now(), "staff")
    desk.mirror.take_round([], [batch("restriction", row)], 1, complete=True)
    assert checks(desk) == {"restriction": (1, 1)}
    desk.mirror.take_round([], [batch("restriction", gone=("ann:promotions", "odd"))], 2, complete=True)
    assert checks(desk) == {}


def test_columns_may_stand_in_another_order_and_more_may_come(desk: Reception) -> None:
    row = {**a_patient("ann", "Ann", "Ash"), "of_later": "x"}
    columns = sorted(["seq", "of_later", *schema.COLUMNS["patient"]])
    plain = [[9 if name == "seq" else row.get(name) for name in columns]]
    desk.mirror.take_round([], [RowBatch("patient", columns, plain)], 9, complete=True)
    found = desk.context.patients.get(PatientId("ann"))
    assert found is not None
    assert found.name == "Ann Ash"


def test_rooms_of_a_later_server_are_passed_over(desk: Reception) -> None:
    desk.mirror.take_round([], [RowBatch("loyalty", ["seq", "id"], [[1, "x"]], ["y"])], 5, complete=True)
    assert desk.mirror.held().cursor == 5


def test_a_column_that_this_program_shows_must_come(desk: Reception) -> None:
    with pytest.raises(ForeignColumnsError, match="time_zone"):
        desk.mirror.take_round([], [RowBatch("location", ["seq", "id", "name"], [[1, "x", "y"]])], 1, True)
    assert desk.mirror.held().cursor == 0


def test_many_changed_rows_are_told_as_a_change_of_the_room(desk: Reception) -> None:
    told = desk.mirror.take_round([], [people(*(f"p{number}" for number in range(501)))], 501, True)
    assert told.rooms == {"patient"}
    assert told.ids == frozenset()


ROUND = """
import os, signal, sys
from pathlib import Path
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.mirror import Mirror
from primoro_campaigns.desktop.sync.rows import Answered, RowBatch

def batches():
    yield RowBatch("practitioner", ["seq", "id", "name", "active"], [[5, "oak", "Dr Oak", True]])
    if sys.argv[3] == "before":
        os.kill(os.getpid(), signal.SIGKILL)

mirror = Mirror(Database(Path(sys.argv[1]), sys.argv[2]), "user-jo")
mirror.take_round([Answered(sys.argv[4], "applied")], batches(), 5, complete=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nobody can be killed like that there")
@pytest.mark.parametrize("when", ["before", "after"])
def test_rows_answers_and_cursor_are_there_together_or_not_at_all(desk: Reception, when: str) -> None:
    """Killed in the middle of the transaction, or right after its commit."""
    event_id = desk.outbox.restrict(PatientId("ann"), Purpose.PROMOTIONS, on=True)
    desk.mirror.take_events(1)
    path = str(desk.database.path)
    desk.close()
    killed = subprocess.run([sys.executable, "-c", ROUND, path, KEY, when, event_id], check=False)
    assert killed.returncode == -9
    database = Database(Path(path), KEY)
    mirror = Mirror(database, "user-jo")
    found = (mirror.held().cursor, mirror.checks()[1], mirror.pending_counts()[0])
    database.close()
    if when == "before":
        assert found == (0, Check("practitioner", 0, 0), 1)
    else:
        assert found == (5, Check("practitioner", 1, 5), 0)


# A first fill.


def test_a_fill_goes_on_where_it_was_cut(desk: Reception) -> None:
    desk.mirror.begin_snapshot(HEAD, None)
    desk.mirror.take_chunk(1, people("cat", "dan"), None)
    path = desk.database.path
    desk.close()
    database = Database(path, KEY)
    mirror = Mirror(database, "user-jo")
    held = mirror.held()
    assert not held.filled
    assert held.snapshot == HeldSnapshot(HEAD, frozenset({1}))
    assert held.snapshot.missing == (0, 2)
    mirror.take_chunk(0, people("ann", "bob", first_seq=3), None)
    mirror.take_chunk(0, people("ann", "bob", first_seq=3), None)
    mirror.take_chunk(2, people("eve", first_seq=5), None)
    mirror.finish_snapshot(HEAD, None)
    held = mirror.held()
    assert (held.filled, held.cursor, held.scope, held.snapshot) == (True, 7, "all", None)
    patient = next(each for each in mirror.checks() if each.room == "patient")
    assert patient == Check("patient", 5, 15)
    database.close()


def test_starting_over_drops_the_copies_and_keeps_what_waits(desk: Reception) -> None:
    desk.fill({"patient": [a_patient("ann", "Ann", "Ash")]})
    desk.outbox.restrict(PatientId("ann"), Purpose.PROMOTIONS, on=True)
    desk.mirror.begin_snapshot(HEAD, None)
    assert names(desk) == []
    assert desk.context.patients.search("ann", 10) == []
    assert (desk.mirror.held().filled, desk.mirror.held().cursor) == (False, 0)
    assert desk.mirror.pending_counts() == (1, 0)
    assert [row.pending for row in desk.context.patients.restrictions(PatientId("ann"))] == [True]


def test_rooms_pulled_again_are_swept_and_what_came_later_stays(desk: Reception) -> None:
    desk.mirror.take_round([], [people("ann", "ghost", "bob", first_seq=3)], 5, complete=True)
    desk.mirror.take_round([], [people("late", first_seq=9)], 9, complete=True)
    desk.mirror.begin_snapshot(HEAD, frozenset({"patient"}))
    assert names(desk) == ["ann", "bob", "ghost", "late"]
    desk.mirror.take_chunk(0, batch("practitioner", {"id": "oak", "name": "Oak", "active": True}), HEAD_ROOMS)
    desk.mirror.take_chunk(1, people("ann", "bob", "new", first_seq=3), HEAD_ROOMS)
    assert desk.mirror.patients_swept(HEAD) == (1, 5)
    desk.mirror.finish_snapshot(HEAD, HEAD_ROOMS)
    assert names(desk) == ["ann", "bob", "late", "new"]
    assert "practitioner" not in checks(desk)


HEAD_ROOMS = frozenset({"patient"})


def test_what_changed_since_an_older_snapshot_comes_once_more(desk: Reception) -> None:
    """The snapshot was ready before the cursor: it brings back rows as they were then."""
    desk.fill({"patient": [a_patient("ann", "Ann", "Ash")]})
    desk.mirror.take_round([], [people("ann", first_seq=20)], 20, complete=True)
    desk.mirror.begin_snapshot(HEAD, HEAD_ROOMS)
    desk.mirror.take_chunk(0, people("ann", first_seq=1), HEAD_ROOMS)
    desk.mirror.finish_snapshot(HEAD, HEAD_ROOMS)
    assert desk.mirror.held().cursor == HEAD.cursor


def test_a_snapshot_newer_than_the_cursor_does_not_skip_other_rooms(desk: Reception) -> None:
    desk.fill({"patient": [a_patient("ann", "Ann", "Ash")]})
    desk.mirror.take_round([], [people("ann", first_seq=3)], 3, complete=True)
    desk.mirror.begin_snapshot(HEAD, HEAD_ROOMS)
    desk.mirror.finish_snapshot(HEAD, HEAD_ROOMS)
    assert desk.mirror.held().cursor == 3


def test_a_snapshot_that_is_gone_leaves_the_copy_as_it_is(desk: Reception) -> None:
    desk.fill({"patient": [a_patient("ann", "Ann", "Ash")]})
    desk.mirror.begin_snapshot(HEAD, HEAD_ROOMS)
    desk.mirror.take_chunk(0, people("bob"), HEAD_ROOMS)
    desk.mirror.abandon_snapshot()
    assert desk.mirror.held().snapshot is None
    assert desk.mirror.held().filled
    assert names(desk) == ["ann", "bob"]


def test_who_the_cache_belongs_to_is_kept_in_it(desk: Reception) -> None:
    store = PersonStore(desk.database)
    assert store.read() is None
    store.write("somebody")
    desk.mirror.begin_snapshot(HEAD, None)
    assert store.read() == "somebody"
    desk.mirror.take_round([Answered("nobody's", "applied")], [], 1, complete=True)
    assert store.read() == "somebody"
