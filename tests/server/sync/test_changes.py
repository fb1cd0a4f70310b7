"""What changed after a cursor, for one person's locations."""

import pytest

from primoro_campaigns.server.sync.round import RESTORED
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.wire.sync import Round
from tests.server.sync.conftest import Copy, Practice, person


def test_a_person_gets_their_locations_and_what_belongs_to_everyone(practice: Practice) -> None:
    practice.fill()
    at_a, _ = practice.pull(person("a"))
    assert at_a.ids(Room.PATIENT) == {"p0", "p2", "p4", "p6", "p-both"}
    assert at_a.ids(Room.CONTACT) == {"c0", "c2"}
    assert at_a.ids(Room.PRACTITIONER) == {"oak"}
    everywhere, _ = practice.pull(person())
    assert len(everywhere.ids(Room.PATIENT)) == 8


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("places", [(), ("a",), ("a", "b"), ("nowhere",)])
def test_pages_of_any_size_come_to_the_same_and_pass_the_checks(
    practice: Practice, limit: int, places: tuple[str, ...]
) -> None:
    practice.fill()
    practice.remove(Room.CONTACT, "c1", "b")
    practice.leave(Room.PATIENT, "p-both", "b")
    whole, last = practice.pull(person(*places))
    paged, last_page = practice.pull(person(*places), limit=limit)
    assert paged == whole
    assert last_page.cursor == last.cursor
    assert paged.holds(last_page.checks)


def test_days_and_instants_travel_as_text(practice: Practice) -> None:
    practice.fill()
    answer = practice.pull(person())[1]
    by_room = {batch.room: batch for batch in answer.batches}
    patients, contacts = by_room["patient"], by_room["contact"]
    assert patients.columns[0] == "seq"
    assert patients.rows[0][patients.columns.index("born_on")] == "1980-02-29"
    assert patients.rows[0][patients.columns.index("is_lead")] is False
    assert contacts.rows[0][contacts.columns.index("at")] == "2026-03-03T10:30:00.000000+00:00"


def test_only_what_changed_after_the_cursor_comes(practice: Practice) -> None:
    practice.fill()
    copy, answer = practice.pull(person("a"))
    practice.touch(Room.PATIENT, "p2", "a")
    practice.touch(Room.PATIENT, "p1", "b")
    after = practice.pull(person("a"), after=answer.cursor, copy=copy)[1]
    assert [(batch.room, len(batch.rows)) for batch in after.batches] == [("patient", 1)]
    assert copy.holds(after.checks)
    nothing = practice.pull(person("a"), after=after.cursor)[1]
    assert (nothing.batches, nothing.cursor) == ([], after.cursor)


def test_a_row_of_two_locations_comes_once_and_stays_while_one_is_left(practice: Practice) -> None:
    practice.patient("p", "Ash", "a", "b")
    both, answer = practice.pull(person("a", "b"))
    assert [batch.rows[0][0] for batch in answer.batches] == [2]
    practice.leave(Room.PATIENT, "p", "b")
    stays, after = practice.pull(person("a", "b"), after=answer.cursor, copy=both)
    assert stays.ids(Room.PATIENT) == {"p"}
    assert stays.holds(after.checks)
    at_b = Copy({("patient", "p"): (2,)})
    assert practice.pull(person("b"), after=2, copy=at_b)[0].rows == {}
    practice.leave(Room.PATIENT, "p", "a")
    gone, last = practice.pull(person("a", "b"), after=after.cursor, copy=stays)
    assert gone.rows == {}
    assert gone.holds(last.checks)


def test_a_patient_who_moves_leaves_one_desk_and_arrives_at_the_other(practice: Practice) -> None:
    practice.patient("p", "Ash", "a")
    at_a, seen = practice.pull(person("a"))
    with practice.database.write() as uow:
        uow.changes.touched(Room.PATIENT, "p", ["b"])
        uow.changes.gone(Room.PATIENT, "p", ["a"])
    assert practice.pull(person("a"), after=seen.cursor, copy=at_a)[0].rows == {}
    assert practice.pull(person("b"))[0].ids(Room.PATIENT) == {"p"}
    for limit in (1, 10):
        both, answer = practice.pull(person(), after=seen.cursor, limit=limit, copy=Copy())
        assert both.ids(Room.PATIENT) == {"p"}
        assert both.holds(answer.checks)


def test_the_scope_changes_with_the_locations_alone(practice: Practice) -> None:
    practice.fill()
    scopes = [practice.pull(person(*places))[1].scope for places in ((), ("a",), ("b",), ("a", "b"))]
    assert len(set(scopes)) == 4
    assert practice.pull(person("b", "a"))[1].scope == scopes[3]
    assert practice.pull(person("a"))[1].scope == scopes[1]


def test_a_desktop_that_knows_more_than_a_restored_server_starts_over(practice: Practice) -> None:
    practice.fill()
    answer = practice.rounds().answer(person(), Round(device_id="d", cursor=10**6, events=[], verify=True))
    assert answer.scope == RESTORED
    assert answer.checks is None
