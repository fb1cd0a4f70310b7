"""People say who called: once, where they may, and a number that they add settles what waits with it."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select

from primoro_campaigns.desktop.sync import pending, project
from primoro_campaigns.domain.account.right import Right, Role
from primoro_campaigns.domain.call.match import CallSettledError, NumberHiddenError
from primoro_campaigns.domain.consent.model import ConsentSource
from primoro_campaigns.domain.errors import NotAllowedError, NotFoundError
from primoro_campaigns.domain.ids import EventId
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.patient.service import holders_of
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.ids import new_id
from tests.server.call.conftest import NUMBER, Calls
from tests.server.practice import ContactLine, actor, actor_with, contacts_of
from tests.server.sender import consent_service

LANDLINE = "+441134960123"


def numbers(calls: Calls, patient_id: str) -> tuple[str | None, str | None, str | None, str | None]:
    with calls.database.read() as connection:
        row = connection.execute(select(patient).where(patient.c.id == patient_id)).one()
    return row.mobile, row.mobile_e164, row.landline, row.landline_e164


def test_this_call_only(calls: Calls) -> None:
    calls.patient("ann")
    calls.ring("c1", answered=True)
    calls.ring("c2")
    calls.match("c1", "ann")
    shown = calls.shown("c1")
    assert (shown.state, shown.method, shown.patient_id, shown.matched_by_name, shown.matched_by) == (
        "matched_by_hand",
        "manual_once",
        "ann",
        "Jo Bell",
        "user-Jo Bell",
    )
    assert shown.matched_at == calls.database.clock.now()
    assert calls.states()["c2"] == "unmatched"
    assert contacts_of(calls.database, "ann") == [
        ContactLine("phone", "in", "Phone call", "From 07700 900123. Answered.", "received", "Jo Bell")
    ]
    assert numbers(calls, "ann") == (None, None, None, None)


def test_a_number_added_goes_into_the_file_and_matches_what_waits_with_it_at_once(calls: Calls) -> None:
    calls.patient("ann")
    for key in ("c1", "c2", "c3"):
        calls.ring(key)
    calls.ring("other", "07700 900777")
    calls.ignore("c3")
    calls.match("c1", "ann", add_number=True)
    assert calls.states() == {
        "c1": "matched_by_hand",
        "c2": "matched_by_hand",
        "c3": "ignored",
        "other": "unmatched",
    }
    assert {calls.shown(key).method for key in ("c1", "c2")} == {"number_added_to_file"}
    assert numbers(calls, "ann") == ("07700 900123", NUMBER, None, None)
    assert calls.seen_from(Room.PATIENT, "ann") == {"loc-1": False}
    assert [(line.kind, line.title) for line in contacts_of(calls.database, "ann")] == [
        ("note", "Telephone number added"),
        ("phone", "Missed phone call"),
        ("phone", "Missed phone call"),
    ]
    calls.ring("c4")
    assert (calls.shown("c4").state, calls.shown("c4").patient_id) == ("auto_matched", "ann")


@pytest.mark.parametrize(
    ("standing", "called_from", "after"),
    [
        ({}, LANDLINE, (None, None, "0113 496 0123", LANDLINE)),
        (
            {"mobile": "07700 900555", "mobile_e164": "+447700900555"},
            NUMBER,
            ("07700 900555", "+447700900555", "07700 900123", NUMBER),
        ),
        (
            {"mobile": "07700 900555", "mobile_e164": "+447700900555", "landline": "ask for Pam"},
            NUMBER,
            ("07700 900555", "+447700900555", "ask for Pam", None),
        ),
        ({"landline": "ask for Pam"}, LANDLINE, (None, None, "ask for Pam", None)),
        ({}, "+16175550134", ("+1 617-555-0134", "+16175550134", None, None)),
    ],
)
def test_a_number_overwrites_nothing_and_is_known_in_each_case(
    calls: Calls,
    standing: dict[str, str],
    called_from: str,
    after: tuple[str | None, str | None, str | None, str | None],
) -> None:
    calls.patient("ann", **standing)
    calls.ring("c1", called_from)
    calls.match("c1", "ann", add_number=True)
    assert numbers(calls, "ann") == after
    with calls.database.read() as connection:
        assert [each.patient_id for each in holders_of(connection, called_from)] == ["ann"]
    calls.ring("c2", called_from)
    assert calls.shown("c2").patient_id == "ann"


def test_a_number_that_said_stop_is_added_as_one_that_nobody_may_use(calls: Calls) -> None:
    calls.patient("ann")
    calls.ring("c1")
    with calls.database.write() as uow:
        consent_service().suppress(uow, AddressKind.MOBILE, NUMBER, source=ConsentSource.STOP_TEXT)
    calls.match("c1", "ann", add_number=True)
    with calls.database.read() as connection:
        row = connection.execute(select(patient)).one()
    assert (row.mobile_e164, row.mobile_state, row.mobile_suppressed) == (NUMBER, "ok", True)


def test_a_number_that_is_in_the_file_already_is_not_added_again(calls: Calls) -> None:
    for who in ("ann", "bob"):
        calls.patient(who, mobile="07700900123", mobile_e164=NUMBER)
    for key in ("c1", "c2"):
        calls.ring(key)
    calls.match("c1", "ann", add_number=True)
    assert numbers(calls, "ann") == ("07700900123", NUMBER, None, None)
    assert [calls.shown(key).patient_id for key in ("c1", "c2")] == ["ann", "ann"]
    assert {line.kind for line in contacts_of(calls.database, "ann")} == {"phone"}
    calls.ring("c3")
    assert calls.states()["c3"] == "ambiguous"


def overlay_of(calls: Calls, kind: pending.EventKind, payload: Mapping[str, object]) -> project.CallOverlay:
    """What a desk shows of the act as long as the server has not answered."""
    made_at = calls.database.clock.now()
    return project.call(pending.PendingEvent(EventId(new_id()), kind, made_at, payload, by_name="Jo Bell"))


def like(shown: Any) -> tuple[object, ...]:
    return (shown.state, shown.method, shown.patient_id, shown.matched_by_name, shown.matched_at)


@pytest.mark.parametrize("add_number", [False, True])
def test_a_match_is_what_the_desk_shows_before_the_server_has_answered(
    calls: Calls, add_number: bool
) -> None:
    calls.patient("ann")
    for key in ("c1", "c2"):
        calls.ring(key)
    payload = {"call_id": calls.shown("c1").id, "patient_id": "ann", "add_number": add_number}
    overlay = overlay_of(calls, pending.EventKind.MATCH_CALL, payload)
    calls.match("c1", "ann", add_number=add_number)
    expected = (overlay.state, overlay.method, overlay.patient_id, overlay.by_name, overlay.at)
    assert like(calls.shown("c1")) == expected
    assert (like(calls.shown("c2")) == expected) is overlay.number_too


def test_ignoring_is_what_the_desk_shows_before_the_server_has_answered(calls: Calls) -> None:
    calls.ring("c1")
    overlay = overlay_of(calls, pending.EventKind.IGNORE_CALL, {"call_id": calls.shown("c1").id})
    calls.ignore("c1")
    expected = (overlay.state, overlay.method, overlay.patient_id, overlay.by_name, overlay.at)
    assert like(calls.shown("c1")) == expected


def test_the_first_decision_stands(calls: Calls) -> None:
    for who in ("ann", "bob"):
        calls.patient(who)
    calls.ring("c1")
    calls.match("c1", "ann")
    with pytest.raises(CallSettledError, match="Matched by hand"):
        calls.match("c1", "bob")
    with pytest.raises(CallSettledError, match="Matched by hand"):
        calls.match("c1", "bob", add_number=True)
    with pytest.raises(CallSettledError, match="Matched by hand"):
        calls.ignore("c1")
    assert calls.shown("c1").patient_id == "ann"
    assert contacts_of(calls.database, "bob") == []
    assert numbers(calls, "bob") == (None, None, None, None)


def test_two_people_who_decide_at_the_same_moment(calls: Calls) -> None:
    people = [f"p{number}" for number in range(4)]
    for who in people:
        calls.patient(who)
    keys = [f"c{number}" for number in range(4)]
    for key in keys:
        calls.ring(key)
    together = Barrier(4)

    def decide(number: int) -> bool:
        together.wait()
        try:
            calls.match(keys[number], people[number], add_number=True)
        except CallSettledError:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        won = list(threads.map(decide, range(4)))
    assert won.count(True) == 1
    winner = people[won.index(True)]
    assert {calls.shown(key).patient_id for key in keys} == {winner}
    assert [len(contacts_of(calls.database, who)) for who in people].count(0) == 3


def test_a_match_by_the_number_alone_can_be_put_right(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.patient("bob")
    calls.ring("c1", answered=True)
    calls.match("c1", "bob")
    assert (calls.shown("c1").state, calls.shown("c1").patient_id) == ("matched_by_hand", "bob")
    (wrong,), (right,) = (contacts_of(calls.database, who) for who in ("ann", "bob"))
    assert wrong.title == "Phone call from somebody else"
    assert "Jo Bell put it right" in wrong.detail
    assert right.title == "Phone call"
    calls.ring("c1", answered=True, duration_s=60)
    assert contacts_of(calls.database, "ann") == [wrong]
    assert contacts_of(calls.database, "bob")[0].detail.endswith("Answered, 1 min 0 s.")


def test_a_match_by_the_number_can_be_confirmed(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.ring("c1")
    calls.match("c1", "ann")
    assert calls.shown("c1").state == "matched_by_hand"
    assert len(contacts_of(calls.database, "ann")) == 1


def test_somebody_who_is_not_a_patient(calls: Calls) -> None:
    calls.patient("ann", mobile_e164=NUMBER)
    calls.ring("c1")
    calls.ignore("c1")
    shown = calls.shown("c1")
    assert (shown.state, shown.method, shown.patient_id, shown.matched_by_name, shown.candidates) == (
        "ignored",
        "",
        None,
        "Jo Bell",
        "[]",
    )
    assert contacts_of(calls.database, "ann")[0].title == "Phone call from somebody else"
    calls.ring("c1", answered=True, duration_s=3)
    assert (calls.shown("c1").state, calls.shown("c1").duration_s) == ("ignored", 3)


def test_a_hidden_number_cannot_be_added(calls: Calls) -> None:
    calls.patient("ann")
    calls.ring("c1", "anonymous")
    with pytest.raises(NumberHiddenError):
        calls.match("c1", "ann", add_number=True)
    calls.match("c1", "ann")
    assert calls.shown("c1").patient_id == "ann"
    assert contacts_of(calls.database, "ann")[0].detail == "The caller did not show a number. Not answered."


def test_who_may_decide(calls: Calls) -> None:
    calls.patient("ann")
    calls.patient("bob", location_id="loc-2")
    calls.ring("c1")
    with pytest.raises(NotAllowedError):
        calls.match("c1", "ann", who=actor_with(Right.VIEW))
    with pytest.raises(NotAllowedError):
        calls.ignore("c1", who=actor_with(Right.VIEW))
    elsewhere, here = actor(Role.RECEPTION, "loc-2"), actor(Role.RECEPTION, "loc-1")
    with pytest.raises(NotFoundError):
        calls.ignore("c1", who=elsewhere)
    for patient_id, who in (("bob", elsewhere), ("bob", here), ("nobody", here)):
        with pytest.raises(NotFoundError):
            calls.match("c1", patient_id, who=who)
    assert calls.states() == {"c1": "unmatched"}
    calls.match("c1", "ann", who=here)


def test_what_is_out_of_sight_is_settled_by_the_rule_and_not_by_hand(calls: Calls) -> None:
    calls.patient("ann")
    calls.ring("c1")
    calls.ring("c2", to_number="020 7946 0002")
    calls.match("c1", "ann", add_number=True, who=actor(Role.RECEPTION, "loc-1"))
    assert calls.states() == {"c1": "matched_by_hand", "c2": "auto_matched"}
    assert calls.shown("c2").patient_id == "ann"


def test_a_call_that_is_not_there(calls: Calls) -> None:
    with pytest.raises(NotFoundError, match="no longer there"), calls.database.write() as uow:
        calls.service.ignore(uow, actor(), "none")


def test_decisions_are_written_down_without_a_patients_data(calls: Calls) -> None:
    calls.patient("ann")
    calls.ring("c1")
    calls.ring("c2", "07700 900777")
    calls.match("c1", "ann", add_number=True)
    calls.ignore("c2")
    with calls.database.read() as connection:
        rows = connection.execute(select(audit_entry).order_by(audit_entry.c.number)).all()
    assert [(row.what, row.by_name, row.entity_id) for row in rows] == [
        ("call.matched", "Jo Bell", calls.shown("c1").id),
        ("call.ignored", "Jo Bell", calls.shown("c2").id),
    ]
    assert not any("900" in row.words or "Ann" in row.words for row in rows)
