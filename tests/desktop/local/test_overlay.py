"""Whatever was recorded, sent and answered: as long as it is in force, the screens show it over the copy."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.desktop.local.events import read
from primoro_campaigns.desktop.sync import project
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.desktop.sync.rows import Answered
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from primoro_campaigns.domain.call.model import WAITING
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.ids import CallId, CampaignId, DeliveryId, PatientId
from primoro_campaigns.support.clock import FixedClock
from tests.conftest import NOW
from tests.desktop.local.test_outbox import a_campaign, content
from tests.fakes.inline_runner import InlineRunner
from tests.fakes.reception import Reception, a_call, a_patient, a_permission, a_restriction

PATIENTS = [PatientId("ann"), PatientId("bob")]
CALLS = [CallId(each) for each in ("k1", "k2", "k3")]
SPRING = CampaignId("spring")
LINES = [DeliveryId(each) for each in ("r1", "r2", "r3")]
NUMBERS = {"k1": "+447700900001", "k2": "+447700900001", "k3": None}

Act = Callable[[Reception], object]

patients = st.sampled_from(PATIENTS)
calls = st.sampled_from(CALLS)
purposes = st.sampled_from([Purpose.PROMOTIONS, Purpose.NEWSLETTERS])


def _restrict(patient_id: PatientId, purpose: Purpose, on: bool) -> Act:
    return lambda desk: desk.outbox.restrict(patient_id, purpose, on, "Asked.")


def _permit(patient_id: PatientId, state: PermissionState) -> Act:
    return lambda desk: desk.outbox.permit(
        patient_id, Channel.EMAIL, Purpose.PROMOTIONS, state, "how", "words"
    )


def _match(call_id: CallId, patient_id: PatientId, add_number: bool) -> Act:
    return lambda desk: desk.outbox.match_call(call_id, patient_id, add_number)


def _save(subject: str) -> Act:
    return lambda desk: desk.outbox.save_draft(SPRING, 1, content(subject=subject))


def _decide(line_ids: list[DeliveryId], choice: Choice) -> Act:
    return lambda desk: desk.outbox.decide_doubt(SPRING, line_ids, choice)


def _send(limit: int) -> Act:
    return lambda desk: desk.mirror.take_events(limit)


def _answer(outcome: str, complete: bool) -> Act:
    def answer(desk: Reception) -> None:
        sent = [each for each in desk.outbox.events() if each.state is PendingState.SENT]
        answers = [Answered(each.event_id, outcome, "T.", "A.", "c") for each in sent[:2]]
        desk.mirror.take_round(answers, (), 0, complete)

    return answer


def _server_matches(call_id: CallId, state: str) -> Act:
    row = a_call(call_id, NOW, "raw", NUMBERS[call_id], state, patient_id="bob")
    return lambda desk: desk.bring("call", [row])


def _look(again: bool) -> Act:
    def look(desk: Reception) -> None:
        for each in desk.outbox.events():
            if each.state in (PendingState.REFUSED, PendingState.CONFLICT):
                if again:
                    desk.outbox.retry(each.event_id)
                else:
                    desk.outbox.dismiss(each.event_id)
                return

    return look


acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(_decide, st.lists(st.sampled_from(LINES), min_size=1, unique=True), st.sampled_from(Choice)),
    st.builds(_restrict, patients, purposes, st.booleans()),
    st.builds(_permit, patients, st.sampled_from(PermissionState)),
    st.builds(_match, calls, patients, st.booleans()),
    calls.map(lambda call_id: lambda desk: desk.outbox.ignore_call(call_id)),
    st.sampled_from(["one", "two"]).map(_save),
    st.just(lambda desk: desk.outbox.delete_draft(SPRING, 1)),
    st.just(lambda desk: desk.outbox.take_over_draft(SPRING)),
    st.just(lambda desk: desk.outbox.submit(SPRING, "print")),
    st.integers(1, 5).map(_send),
    st.builds(_answer, st.sampled_from(["applied", "refused", "conflict"]), st.booleans()),
    st.builds(_server_matches, calls, st.sampled_from(["unmatched", "auto_matched", "ambiguous"])),
    st.booleans().map(_look),
)


def fill(desk: Reception) -> None:
    desk.fill(
        {
            "patient": [a_patient(each, each.title(), "Ash") for each in PATIENTS],
            "restriction": [a_restriction("ann", "promotions", NOW, "staff")],
            "permission": [a_permission("bob", "email", "promotions", "opted_in", NOW)],
            "call": [a_call(each, NOW, "raw", NUMBERS[each], "unmatched") for each in CALLS],
            "campaign": [a_campaign(1, "theirs")],
        }
    )


def in_force(desk: Reception) -> list[PendingEvent]:
    with desk.database.read() as connection:
        return read(connection, "state IN ('waiting', 'sent', 'applied')")


def test_the_overlay_is_what_the_projection_says(tmp_path: Path) -> None:
    numbers = iter(range(10**6))

    @given(st.lists(acts, max_size=25))
    def agree(done: list[Act]) -> None:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        clock = FixedClock(NOW)
        desk = Reception(folder, clock, InlineRunner(), lambda act: act(), ROLE_RIGHTS[Role.MANAGER])
        try:
            fill(desk)
            for act in done:
                clock.instant += timedelta(minutes=1)
                act(desk)
            events = in_force(desk)
            _restrictions_agree(desk, events)
            _permissions_agree(desk, events)
            _campaign_agrees(desk, events)
            _calls_agree(desk, events)
            _doubts_agree(desk, events)
        finally:
            desk.close()

    agree()


def _doubts_agree(desk: Reception, events: list[PendingEvent]) -> None:
    """The last decision in force about a line is the one that shows."""
    wanted: dict[object, object] = {}
    for event in events:
        if event.kind is EventKind.DECIDE_DOUBT:
            lines = event.payload["line_ids"]
            assert isinstance(lines, list)
            wanted.update(dict.fromkeys(lines, event.payload["choice"]))
    with desk.database.read() as connection:
        shown = dict(connection.execute("SELECT recipient_id, choice FROM overlay_recipient").fetchall())
    assert shown == wanted


def _restrictions_agree(desk: Reception, events: list[PendingEvent]) -> None:
    for patient_id in PATIENTS:
        shown = {row.purpose: row.pending for row in desk.context.patients.restrictions(patient_id)}
        for purpose in Purpose:
            over = project.restriction(
                each
                for each in events
                if each.kind is EventKind.RESTRICT
                and (each.payload["patient_id"], each.payload["purpose"]) == (patient_id, purpose)
            )
            there = patient_id == "ann" and purpose is Purpose.PROMOTIONS
            expected = there if over is None else over.on
            assert (purpose in shown) is expected
            assert not expected or shown[purpose] is (over is not None)


def _permissions_agree(desk: Reception, events: list[PendingEvent]) -> None:
    for patient_id in PATIENTS:
        over = project.permission(
            each
            for each in events
            if each.kind is EventKind.PERMIT and each.payload["patient_id"] == patient_id
        )
        shown = {row.state for row in desk.context.patients.permissions(patient_id)}
        there = {PermissionState.OPTED_IN} if patient_id == "bob" else set()
        assert shown == (there if over is None else {over.state})


def _campaign_agrees(desk: Reception, events: list[PendingEvent]) -> None:
    over = project.campaign(
        (each for each in events if each.kind.value.startswith("campaign.")), desk.person.user_id
    )
    shown = desk.context.campaigns.get(SPRING)
    if over is not None and over.deleted:
        assert shown is None
        return
    assert shown is not None
    theirs = content(subject="theirs")
    assert json.loads(shown.content) == json.loads(theirs if over is None else over.content or theirs)
    assert shown.row.asked == (() if over is None else over.asked)
    assert shown.row.pending is (over is not None)
    assert shown.base_revision == (1 if over is None else over.base_revision or 1)


def _calls_agree(desk: Reception, events: list[PendingEvent]) -> None:
    with desk.database.read() as connection:
        rows = connection.execute("SELECT id, state, patient_id FROM call").fetchall()
    expected = {str(call_id): (str(state), patient_id, False) for call_id, state, patient_id in rows}
    for event in events:
        if not event.kind.value.startswith("call."):
            continue
        over = project.call(event)
        alike = [over.call_id]
        if over.number_too:
            alike += [
                each
                for each, (state, _, _) in expected.items()
                if each != over.call_id
                and NUMBERS[each] is not None
                and NUMBERS[each] == NUMBERS[over.call_id]
                and state in WAITING
            ]
        for each in alike:
            expected[each] = (over.state, over.patient_id, True)
    shown = {row.call_id: (row.state, row.patient_id, row.pending) for row in desk.context.calls.page(10)}
    assert shown == expected


def test_a_number_added_here_also_covers_a_call_that_comes_later(desk: Reception) -> None:
    fill(desk)
    desk.outbox.match_call(CALLS[0], PATIENTS[0], add_number=True)
    desk.bring("call", [a_call("k4", NOW, "raw", NUMBERS["k1"], "unmatched")])
    row = desk.context.calls.get(CallId("k4"))
    assert row is not None
    assert (row.state, row.patient_id, row.pending) == ("matched_by_hand", "ann", True)


def test_a_fresh_copy_of_the_calls_keeps_what_waits(desk: Reception) -> None:
    fill(desk)
    desk.outbox.match_call(CALLS[0], PATIENTS[0], add_number=True)
    fill(desk)
    shown = {row.call_id: row.pending for row in desk.context.calls.page(10)}
    assert shown == {"k1": True, "k2": True, "k3": False}


def test_a_lift_that_waits_hides_the_restriction_and_no_more(desk: Reception) -> None:
    fill(desk)
    desk.outbox.restrict(PATIENTS[0], Purpose.PROMOTIONS, on=False, why="Asked.")
    assert desk.context.patients.restrictions(PATIENTS[0]) == []
    assert [row.restricted for row in desk.context.patients.search("", 10)] == [False, False]
    (event,) = desk.mirror.take_events(1)
    desk.bring(answers=[Answered(event.event_id, "conflict", "T.", "A.", "consent.newer_opt_out")])
    assert [row.purpose for row in desk.context.patients.restrictions(PATIENTS[0])] == [Purpose.PROMOTIONS]
