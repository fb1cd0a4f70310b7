"""Calls come in: whose they are as far as the number tells, once each, in any order (domain.md 4.4, 4.7)."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import insert

from primoro_campaigns.server.patient.tables import appointment
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from tests.server.call.conftest import NUMBER, Calls
from tests.server.practice import ContactLine, add_contact, contacts_of


def test_t1_a_number_in_one_file_matches_and_stands_in_the_contacts_tab(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.ring("c1", answered=True, duration_s=95)
    shown = calls.shown("c1")
    assert (shown.state, shown.method, shown.patient_id) == ("auto_matched", "unique_number", "ann")
    assert (shown.from_raw, shown.from_e164, shown.to_e164) == ("07700 900123", NUMBER, "+442079460000")
    assert (shown.matched_at, shown.matched_by_name) == (calls.database.clock.now(), "")
    assert contacts_of(calls.database, "ann") == [
        ContactLine("phone", "in", "Phone call", "From 07700 900123. Answered, 1 min 35 s.", "received", "")
    ]
    assert calls.seen_from(Room.CALL, shown.id) == {"loc-1": False}
    assert calls.seen_from(Room.CONTACT, shown.contact_id) == {"loc-1": False}


@pytest.mark.parametrize("field", ["mobile_e164", "landline_e164"])
def test_t1_in_whichever_field_it_stands(calls: Calls, field: str) -> None:
    calls.patient("ann", **{field: NUMBER})
    calls.ring("c1")
    assert calls.shown("c1").patient_id == "ann"


def test_t2_a_number_in_no_file_waits(calls: Calls) -> None:
    calls.patient("ann")
    calls.ring("c1")
    shown = calls.shown("c1")
    assert (shown.state, shown.patient_id, shown.matched_at) == ("unmatched", None, None)
    assert contacts_of(calls.database, "ann") == []


def test_t3_a_shared_number_is_credited_to_nobody(calls: Calls) -> None:
    for who in ("ann", "bob"):
        calls.patient(who, mobile_e164=NUMBER)
    calls.ring("c1")
    shown = calls.shown("c1")
    assert (shown.state, shown.patient_id, shown.method) == ("ambiguous", None, "")
    assert json.loads(shown.candidates) == [
        {"patient_id": "ann", "reason": "Has this number on file."},
        {"patient_id": "bob", "reason": "Has this number on file."},
    ]
    assert contacts_of(calls.database, "ann") == contacts_of(calls.database, "bob") == []


def test_candidates_come_best_first_with_what_speaks_for_them(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.patient("bob", landline_e164=NUMBER, is_head_of_household=True)
    calls.patient("cat", mobile_e164=NUMBER)
    calls.patient("dan", mobile_e164=NUMBER)
    now = calls.database.clock.now()
    with calls.database.write() as uow:
        add_contact(uow, "cat", now - timedelta(days=3), kind="sms")
        add_contact(uow, "dan", now - timedelta(days=3), status="failed")
        add_contact(uow, "dan", now - timedelta(days=60))
        uow.connection.execute(
            insert(appointment).values(
                id="a1",
                patient_id="dan",
                location_id="loc-1",
                status="booked",
                starts_at=now + timedelta(days=9),
                booked_at=now - timedelta(days=1),
            )
        )
    calls.ring("c1")
    assert [(each["patient_id"], each["reason"]) for each in json.loads(calls.shown("c1").candidates)] == [
        ("cat", "The only one we wrote to in the last 30 days."),
        ("bob", "Head of the household."),
        ("dan", "Has the latest change of an appointment."),
        ("ann", "Has this number on file."),
    ]


@pytest.mark.parametrize(
    ("from_number", "presentation", "kept"),
    [
        ("+447700900123", "withheld", ""),
        ("07700 900123", "unavailable", ""),
        ("anonymous", "available", "anonymous"),
        ("", "available", ""),
    ],
)
def test_t4_withheld_is_never_matched_and_a_hidden_number_is_not_kept(
    calls: Calls, from_number: str, presentation: str, kept: str
) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.ring("c1", from_number, presentation=presentation)
    shown = calls.shown("c1")
    assert (shown.state, shown.from_raw, shown.from_e164, shown.patient_id) == ("withheld", kept, None, None)


def test_t5_one_call_in_several_events_is_one_row_whatever_their_order(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    begun = calls.database.clock.now()
    ended = begun + timedelta(seconds=95)
    events: list[dict[str, Any]] = [
        {"received_at": begun},
        {"received_at": begun, "answered": True},
        {"received_at": begun, "answered": True, "ended_at": ended, "duration_s": 90},
    ]
    for number, order in enumerate(permutations(events)):
        key = f"c{number}"
        for event in (*order, order[0]):
            calls.ring(key, **event)
        shown = calls.shown(key)
        assert (shown.answered, shown.duration_s, shown.received_at, shown.ended_at) == (
            True,
            90,
            begun,
            ended,
        )
        assert (shown.state, shown.patient_id) == ("auto_matched", "ann")
    lines = contacts_of(calls.database, "ann")
    assert len(lines) == len(calls.states()) == 6
    assert {(line.title, line.detail) for line in lines} == {
        ("Phone call", "From 07700 900123. Answered, 1 min 30 s.")
    }


def test_an_event_that_says_nothing_new_changes_nothing(calls: Calls) -> None:
    calls.ring("c1", answered=True)
    before = calls.seq("c1")
    calls.ring("c1", answered=True)
    calls.ring("c1")
    assert calls.seq("c1") == before
    calls.ring("c1", duration_s=4)
    assert calls.seq("c1") > before


def test_a_missed_call_says_so_until_it_is_answered(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.ring("c1")
    (line,) = contacts_of(calls.database, "ann")
    assert (line.title, line.detail) == ("Missed phone call", "From 07700 900123. Not answered.")
    calls.ring("c1", answered=True, duration_s=4)
    (line,) = contacts_of(calls.database, "ann")
    assert (line.title, line.detail) == ("Phone call", "From 07700 900123. Answered, 4 s.")


def test_a_caller_who_is_told_late_is_matched_then(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.ring("c1", "", to_number="")
    assert (calls.shown("c1").state, calls.shown("c1").location_id) == ("withheld", "loc-1")
    calls.ring("c1", to_number="020 7946 0002")
    shown = calls.shown("c1")
    assert (shown.state, shown.patient_id, shown.from_e164) == ("auto_matched", "ann", NUMBER)
    assert (shown.location_id, shown.to_e164) == ("loc-2", "+442079460002")
    assert calls.seen_from(Room.CALL, shown.id) == {"loc-1": True, "loc-2": False}
    assert len(contacts_of(calls.database, "ann")) == 1


@pytest.mark.parametrize(
    "raw", ["07700 900123", "+44 7700 900123", "0044 7700 900123", "sip:+447700900123@trunk.example"]
)
def test_t11_one_number_however_it_arrives(calls: Calls, raw: str) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.ring("c1", raw)
    assert (calls.shown("c1").patient_id, calls.shown("c1").from_raw) == ("ann", raw)


@pytest.mark.parametrize(
    ("to_number", "location_id"),
    [
        ("020 7946 0002", "loc-2"),
        ("+442079460002", "loc-2"),
        ("020 7946 0999", "loc-1"),
        ("204", "loc-1"),
        ("", "loc-1"),
    ],
)
def test_the_number_that_was_called_says_where(calls: Calls, to_number: str, location_id: str) -> None:
    calls.ring("c1", to_number=to_number)
    assert calls.shown("c1").location_id == location_id


def test_a_call_before_there_is_a_location_is_everybodys(calls: Calls) -> None:
    with calls.database.write() as uow:
        uow.connection.exec_driver_sql("DELETE FROM location")
    calls.ring("c1")
    assert calls.shown("c1").location_id == EVERYWHERE


def test_events_that_arrive_at_the_same_moment_are_one_row(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    together = Barrier(4)

    def ring(seconds: int) -> None:
        together.wait()
        calls.ring("c1", duration_s=seconds)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(ring, [1, 2, 3, 4]))
    assert (calls.states(), calls.shown("c1").duration_s) == ({"c1": "auto_matched"}, 4)
    assert len(contacts_of(calls.database, "ann")) == 1
