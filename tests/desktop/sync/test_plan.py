"""What comes next, and when something is out of order."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.desktop.sync import plan
from primoro_campaigns.desktop.sync.plan import (
    AskSnapshot,
    FetchChunks,
    FinishSnapshot,
    Held,
    HeldSnapshot,
    RunRound,
    Step,
    Wishes,
)
from primoro_campaigns.desktop.sync.rows import Check, SnapshotHead
from tests.conftest import NOW

HEAD = SnapshotHead("s", 5, 3, 30, "all")
PATIENTS = frozenset({"patient"})


def filling(*done: int, rooms: frozenset[str] | None = None) -> HeldSnapshot:
    return HeldSnapshot(HEAD, frozenset(done), rooms)


@pytest.mark.parametrize(
    ("held", "wishes", "step"),
    [
        (Held(), Wishes(), AskSnapshot(None)),
        (Held(snapshot=filling()), Wishes(), FetchChunks(HEAD, (0, 1, 2), None)),
        (Held(snapshot=filling(0, 2)), Wishes(), FetchChunks(HEAD, (1,), None)),
        (Held(snapshot=filling(0, 1, 2)), Wishes(), FinishSnapshot(HEAD, None)),
        (Held(filled=True, cursor=7), Wishes(), RunRound(7, False)),
        (Held(filled=True, cursor=7), Wishes(verify=True), RunRound(7, True)),
        (Held(filled=True), Wishes(pull_again=PATIENTS), AskSnapshot(PATIENTS)),
        (
            Held(filled=True, snapshot=filling(rooms=PATIENTS)),
            Wishes(),
            FetchChunks(HEAD, (0, 1, 2), PATIENTS),
        ),
        (Held(filled=True, snapshot=filling(0)), Wishes(start_over=True), AskSnapshot(None)),
    ],
)
def test_what_was_begun_is_finished_before_anything_new(held: Held, wishes: Wishes, step: Step) -> None:
    assert plan.next_step(held, wishes) == step


def test_rooms_are_compared_by_count_and_sum() -> None:
    ours = [Check("patient", 2, 9), Check("contact", 1, 4), Check("call", 0, 0)]
    theirs = [Check("patient", 2, 9), Check("contact", 1, 5), Check("call", 1, 1), Check("of_later", 3, 3)]
    assert plan.rooms_that_differ(ours, theirs) == {"contact", "call"}
    assert plan.rooms_that_differ(ours, []) == frozenset()


@pytest.mark.parametrize(
    ("gone", "held", "too_many"),
    [(0, 0, False), (50, 50, False), (51, 255, False), (51, 254, True), (20_000, 100_000, False)],
)
def test_a_fifth_of_the_patients_and_more_than_fifty(gone: int, held: int, too_many: bool) -> None:
    assert plan.deletes_too_many(gone, held) is too_many


@given(st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_a_clock_within_five_minutes_is_right(off: timedelta) -> None:
    told = plan.clock_off(NOW + off, NOW)
    assert told == (round(off.total_seconds()) if abs(off) > timedelta(minutes=5) else 0)


@pytest.mark.parametrize(
    ("verified_at", "due"),
    [
        (None, True),
        (NOW, False),
        (NOW - timedelta(minutes=9, seconds=59), False),
        (NOW - timedelta(minutes=10), True),
        (NOW + timedelta(seconds=1), True),
    ],
)
def test_sums_are_due_after_ten_minutes_or_a_clock_that_went_back(
    verified_at: datetime | None, due: bool
) -> None:
    assert plan.verify_is_due(verified_at, NOW) is due
