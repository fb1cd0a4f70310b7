"""Waiting calls are looked at again when a number comes into a file; what is settled stays (T2, T9, T10)."""

from collections.abc import Iterator

import pytest
from sqlalchemy import event, insert

from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.call import matching
from primoro_campaigns.server.intake.incoming import Incoming
from primoro_campaigns.server.intake.service import IntakeService, run_import
from primoro_campaigns.server.patient.tables import patient_number
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.wire.intake import Outcome
from tests.server.call.conftest import NUMBER, Calls
from tests.server.practice import contacts_of
from tests.server.sender import consent_service


def take_in(calls: Calls, *rows: dict[str, str]) -> None:
    intake = IntakeService(consent_service())
    incoming = (
        Incoming("rows", line, {"kind": "patient", "location": "Bridge Street", **row})
        for line, row in enumerate(rows)
    )
    tally = run_import(calls.database, intake, SERVER, incoming, source="pms", door="test")
    assert tally.counts[Outcome.REFUSED] == 0


@pytest.mark.parametrize("field", ["mobile", "landline"])
def test_t2_a_patient_who_comes_in_by_an_import_matches_what_waits(calls: Calls, field: str) -> None:
    calls.ring("c1", answered=True)
    calls.ring("c2", "07700 900777")
    take_in(calls, {"external_id": "1", "family_name": "Ash", field: "07700 900123"})
    shown = calls.shown("c1")
    assert (shown.state, shown.method) == ("auto_matched", "unique_number")
    assert [line.title for line in contacts_of(calls.database, shown.patient_id)] == ["Phone call"]
    assert calls.seen_from(Room.CALL, shown.id) == {"loc-1": False}
    assert calls.states()["c2"] == "unmatched"


def test_t2_a_number_that_is_put_right_by_an_import_matches_what_waits(calls: Calls) -> None:
    take_in(calls, {"external_id": "1", "mobile": "07700 900124"})
    calls.ring("c1")
    take_in(calls, {"external_id": "1", "mobile": "07700 900123"})
    assert calls.states() == {"c1": "auto_matched"}


def test_a_second_holder_makes_it_several_and_one_who_leaves_makes_it_one(calls: Calls) -> None:
    take_in(calls, {"external_id": "1", "mobile": "07700 900123"}, {"external_id": "2", "mobile": NUMBER})
    calls.ring("c1")
    assert calls.states() == {"c1": "ambiguous"}
    before = calls.seq("c1")
    take_in(calls, {"external_id": "1", "mobile": "07700 900123", "title": "Mrs"})
    assert calls.seq("c1") == before
    take_in(calls, {"external_id": "3", "landline": NUMBER})
    assert calls.shown("c1").candidates.count("patient_id") == 3
    before = calls.seq("c1")
    assert matching.catch_up(calls.database) == 0
    assert calls.seq("c1") == before
    take_in(calls, {"external_id": "2", "mobile": "07700 900555"}, {"external_id": "3", "landline": ""})
    assert calls.states() == {"c1": "auto_matched"}


def test_t9_t10_what_is_settled_stays_when_the_number_moves(calls: Calls) -> None:
    take_in(calls, {"external_id": "1", "mobile": "07700 900123"})
    calls.patient("bob")
    for key in ("auto", "hand", "nobody"):
        calls.ring(key)
    calls.match("hand", "bob")
    calls.ignore("nobody")
    calls.ring("hidden", presentation="withheld")
    before = {key: (calls.shown(key).state, calls.shown(key).patient_id) for key in calls.states()}
    take_in(calls, {"external_id": "1", "mobile": ""}, {"external_id": "2", "mobile": "07700 900123"})
    assert matching.catch_up(calls.database) == 0
    assert {key: (calls.shown(key).state, calls.shown(key).patient_id) for key in calls.states()} == before


def test_a_later_pass_finds_what_fell_between_an_import_and_a_call(calls: Calls) -> None:
    calls.patient("ann")
    calls.ring("c1")
    calls.ring("c2", "07700 900777")
    calls.ring("c3", "anonymous")
    with calls.database.write() as uow:
        # As if the number had been written by a transaction that did not see the call yet.
        row = {"patient_id": "ann", "e164": NUMBER, "added_at": uow.now, "by_name": ""}
        uow.connection.execute(insert(patient_number).values(row))
    assert matching.catch_up(calls.database) == 1
    assert calls.states() == {"c1": "auto_matched", "c2": "unmatched", "c3": "withheld"}
    assert matching.catch_up(calls.database) == 0


@pytest.fixture
def statements(calls: Calls) -> Iterator[list[str]]:
    """The statements about calls, as they are run."""
    heard: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM call " in statement or "UPDATE call " in statement:
            heard.append(statement)

    event.listen(calls.database.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(calls.database.engine, "before_cursor_execute", hear)


def test_an_import_asks_once_for_some_hundred_numbers(calls: Calls, statements: list[str]) -> None:
    calls.ring("c1")
    statements.clear()
    rows = [
        {
            "external_id": str(number),
            "mobile": f"07700 {900200 + number}",
            "landline": f"0113 496 0{number:03}",
        }
        for number in range(500)
    ]
    take_in(calls, *rows)
    assert 1 <= len(statements) <= 3
