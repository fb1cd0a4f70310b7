"""Restrictions without the dialog (domain.md E03, E04, E07): over a real cache."""

import pytest

from primoro_campaigns.desktop.consent import words
from primoro_campaigns.desktop.consent.restrictions_presenter import (
    Asked,
    Restrictions,
    RestrictionsState,
)
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId
from tests.desktop.conftest import OpenReception
from tests.fakes.inline_runner import InlineRunner
from tests.fakes.reception import Reception

PROMOTIONS, NEWSLETTERS = Purpose.PROMOTIONS, Purpose.NEWSLETTERS
MAY_PERMIT = ROLE_RIGHTS[Role.MANAGER]
FULL = PrimoroError("The disk is full.", "Make room, then try again.", "cache.disk_full")


class Dialog:
    """What the presenter showed, and how it closed the dialog."""

    def __init__(self) -> None:
        self.state: RestrictionsState | None = None
        self.closed: list[str] = []

    def show_state(self, state: RestrictionsState) -> None:
        self.state = state

    def finish(self, said: str) -> None:
        self.closed.append(said)


class Question:
    def __init__(self, reception: Reception, patient: str) -> None:
        self.reception = reception
        self.patient_id = PatientId(patient)
        context = reception.context
        file = context.patients.get(self.patient_id)
        assert file is not None
        asked = Asked(
            file,
            context.patients.restrictions(self.patient_id),
            context.patients.permissions(self.patient_id),
        )
        self.dialog = Dialog()
        self.presenter = Restrictions(
            self.dialog, asked, context.outbox, context.runner, context.person, context.sync
        )
        self.presenter.follow_status()

    @property
    def state(self) -> RestrictionsState:
        assert self.dialog.state is not None
        return self.dialog.state

    def ticked(self) -> dict[Purpose, bool]:
        return {each.purpose: each.on for each in self.state.ticks}

    def in_force(self) -> set[Purpose]:
        return {each.purpose for each in self.reception.context.patients.restrictions(self.patient_id)}

    def recorded(self) -> list[dict[str, object]]:
        return [dict(each.payload) for each in self.reception.outbox.events()]


@pytest.fixture
def manager(open_reception: OpenReception, runner: InlineRunner) -> Reception:
    return open_reception(runner, lambda function: function(), rights=MAY_PERMIT)


def test_the_boxes_show_what_is_in_force_since_when_and_from_whom(reception: Reception) -> None:
    assert Question(reception, "priya").ticked() == {PROMOTIONS: False, NEWSLETTERS: False}
    mei = Question(reception, "mei").state
    assert mei.tick(PROMOTIONS).on
    assert mei.tick(PROMOTIONS).under.startswith("Since 28 Feb 2026, 10:30, ")
    zoe = Question(reception, "zoe").state
    assert "by Sam Reed" in zoe.tick(NEWSLETTERS).under


def test_a_tick_holds_at_once_when_ok_is_pressed(reception: Reception) -> None:
    question = Question(reception, "priya")
    question.presenter.turn(PROMOTIONS)
    assert question.in_force() == set(), "nothing is recorded before OK"
    question.presenter.ok()
    assert question.in_force() == {PROMOTIONS}
    assert question.dialog.closed == ["No more promotions, on any channel, from now on."]
    assert question.recorded() == [{"patient_id": "priya", "purpose": "promotions", "on": True, "why": ""}]
    (row,) = reception.context.patients.search("anand", 10)
    assert row.restricted


def test_ticking_works_without_the_server(reception: Reception) -> None:
    reception.offline()
    question = Question(reception, "priya")
    question.presenter.turn(PROMOTIONS)
    question.presenter.turn(NEWSLETTERS)
    question.presenter.ok()
    assert question.in_force() == {PROMOTIONS, NEWSLETTERS}
    assert question.dialog.closed == ["No more promotions or newsletters, on any channel, from now on."]
    again = Question(reception, "priya")
    assert "Waiting to be sent to the server." in again.state.tick(PROMOTIONS).under


def test_ok_without_a_change_records_nothing(reception: Reception) -> None:
    question = Question(reception, "mei")
    question.presenter.ok()
    assert question.dialog.closed == [""]
    assert question.recorded() == []


def test_a_tick_can_be_taken_back_before_ok(reception: Reception) -> None:
    reception.offline()
    question = Question(reception, "priya")
    question.presenter.turn(PROMOTIONS)
    question.presenter.turn(PROMOTIONS)
    assert question.ticked()[PROMOTIONS] is False
    question.presenter.ok()
    assert question.recorded() == []


def test_unticking_needs_the_right_and_says_so(reception: Reception) -> None:
    question = Question(reception, "mei")
    question.presenter.turn(PROMOTIONS)
    assert question.ticked()[PROMOTIONS] is True
    assert question.state.problem == question.state.tick(PROMOTIONS).locked == words.MAY_NOT_PERMIT
    question.presenter.ok()
    assert question.in_force() == {PROMOTIONS}


def test_unticking_needs_the_server_and_says_so(manager: Reception) -> None:
    manager.offline()
    question = Question(manager, "mei")
    question.presenter.turn(PROMOTIONS)
    assert question.ticked()[PROMOTIONS] is True
    assert question.state.problem == words.NEEDS_SERVER
    manager.online()
    question.presenter.turn(PROMOTIONS)
    assert question.ticked()[PROMOTIONS] is False
    assert question.state.problem == ""


def test_unticking_needs_to_know_who_asked_and_how(manager: Reception) -> None:
    question = Question(manager, "zoe")
    before = question.state
    question.presenter.turn(NEWSLETTERS)
    assert not before.asks_why
    assert question.state.asks_why
    question.presenter.say_why("   ")
    question.presenter.ok()
    assert question.state.problem == "Say who asked for messages again, and how."
    assert question.recorded() == []
    question.presenter.say_why(" The patient, on the telephone ")
    assert question.state.problem == ""
    question.presenter.ok()
    assert question.recorded() == [
        {
            "patient_id": "zoe",
            "purpose": "newsletters",
            "on": False,
            "why": "The patient, on the telephone",
        }
    ]
    assert question.dialog.closed == ["Recorded: newsletters are wanted again. The server has the last word."]


def test_the_line_cut_between_unticking_and_ok(manager: Reception) -> None:
    question = Question(manager, "zoe")
    question.presenter.turn(NEWSLETTERS)
    question.presenter.say_why("The patient")
    manager.offline()
    question.presenter.ok()
    assert question.state.problem == words.NEEDS_SERVER
    assert question.recorded() == []
    assert question.dialog.closed == []


def test_one_is_set_and_the_other_lifted_in_one_go(manager: Reception) -> None:
    question = Question(manager, "zoe")
    question.presenter.turn(NEWSLETTERS)
    question.presenter.turn(PROMOTIONS)
    question.presenter.say_why("The patient")
    question.presenter.ok()
    assert question.in_force() == {PROMOTIONS}
    assert [each["why"] for each in question.recorded()] == ["", "The patient"]


def test_what_still_stops_messages_is_told_when_a_tick_goes(manager: Reception) -> None:
    question = Question(manager, "mei")
    assert question.state.note == ""
    question.presenter.turn(PROMOTIONS)
    assert words.STOPPED in question.state.note, "a STOP is not undone by staff (domain.md L10)"
    assert "Opt-outs by channel stay as they are: SMS, e-mail." in question.state.note


def test_setting_a_restriction_needs_its_right(open_reception: OpenReception, runner: InlineRunner) -> None:
    reception = open_reception(runner, lambda function: function(), rights=[Right.VIEW])
    question = Question(reception, "priya")
    question.presenter.turn(PROMOTIONS)
    assert question.state.problem == words.MAY_NOT_RESTRICT
    assert question.ticked()[PROMOTIONS] is False


def test_ok_pressed_twice_records_once(reception: Reception, runner: InlineRunner) -> None:
    question = Question(reception, "priya")
    question.presenter.turn(PROMOTIONS)
    runner.holding = True
    question.presenter.ok()
    assert question.state.saving
    question.presenter.turn(NEWSLETTERS)
    question.presenter.ok()
    runner.release()
    assert [each["purpose"] for each in question.recorded()] == ["promotions"]
    assert len(question.dialog.closed) == 1


def test_what_could_not_be_recorded_is_said_and_the_dialog_stays(
    reception: Reception, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = Question(reception, "priya")
    question.presenter.turn(PROMOTIONS)

    def full(*_args: object, **_named: object) -> None:
        raise FULL

    with monkeypatch.context() as patched:
        patched.setattr(reception.outbox, "restrict", full)
        question.presenter.ok()
    assert question.state.problem == "The disk is full. Make room, then try again."
    assert question.dialog.closed == []
    question.presenter.ok()
    assert question.in_force() == {PROMOTIONS}


def test_a_restriction_never_touches_what_was_said_by_channel(reception: Reception) -> None:
    before = reception.context.patients.permissions(PatientId("priya"))
    question = Question(reception, "priya")
    question.presenter.turn(PROMOTIONS)
    question.presenter.ok()
    assert reception.context.patients.permissions(PatientId("priya")) == before
    assert (Channel.EMAIL, PermissionState.OPTED_IN) in {(each.channel, each.state) for each in before}


def test_only_promotions_and_newsletters_can_be_restricted(reception: Reception) -> None:
    assert [each.purpose for each in Question(reception, "priya").state.ticks] == [PROMOTIONS, NEWSLETTERS]


def test_the_kind_of_event_is_what_the_server_knows(reception: Reception) -> None:
    question = Question(reception, "priya")
    question.presenter.turn(PROMOTIONS)
    question.presenter.ok()
    assert [each.kind for each in reception.outbox.events()] == [EventKind.RESTRICT]
