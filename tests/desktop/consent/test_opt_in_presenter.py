"""Recording an opt-in without the dialog (domain.md L04, L05, L10): over a real cache."""

import pytest

from primoro_campaigns.desktop.consent import words
from primoro_campaigns.desktop.consent.opt_in_presenter import CHANNELS, ChannelBox, OptIn, OptInState
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.ids import PatientId
from tests.desktop.conftest import OpenReception
from tests.fakes.inline_runner import InlineRunner
from tests.fakes.reception import Reception, a_patient

WHO, HOW, TOLD = "The patient", "At reception", "May we send you offers?"


class Dialog:
    def __init__(self) -> None:
        self.state: OptInState | None = None
        self.closed: list[str] = []

    def show_state(self, state: OptInState) -> None:
        self.state = state

    def finish(self, said: str) -> None:
        self.closed.append(said)


class Question:
    def __init__(self, reception: Reception, patient: str, purpose: Purpose = Purpose.PROMOTIONS) -> None:
        self.reception = reception
        self.patient_id = PatientId(patient)
        context = reception.context
        file = context.patients.get(self.patient_id)
        assert file is not None
        self.dialog = Dialog()
        self.presenter = OptIn(
            self.dialog,
            file,
            context.patients.permissions(self.patient_id),
            purpose,
            context.outbox,
            context.runner,
            context.person,
            context.sync,
        )
        self.presenter.follow_status()

    @property
    def state(self) -> OptInState:
        assert self.dialog.state is not None
        return self.dialog.state

    def box(self, channel: Channel) -> ChannelBox:
        return next(each for each in self.state.boxes if each.channel is channel)

    def fill(self, *channels: Channel) -> None:
        for channel in channels:
            self.presenter.turn(channel)
        self.presenter.write(who=WHO, how=HOW, wording=TOLD)
        self.presenter.turn_confirmed()

    def recorded(self) -> list[dict[str, object]]:
        return [dict(each.payload) for each in self.reception.outbox.events()]


@pytest.fixture
def manager(open_reception: OpenReception, runner: InlineRunner) -> Reception:
    return open_reception(runner, lambda function: function(), rights=ROLE_RIGHTS[Role.MANAGER])


def test_every_box_starts_unticked_and_the_words_to_read_out_stand_there(manager: Reception) -> None:
    state = Question(manager, "zoe").state
    assert [each.channel for each in state.boxes] == list(CHANNELS)
    assert not any(each.on for each in state.boxes)
    assert not state.confirmed
    assert (state.who, state.how) == ("", "")
    assert state.wording.startswith("May Hillside Dental Care send you ")
    assert "You can say no at any time" in state.wording


@pytest.mark.parametrize(
    ("purpose", "part"),
    [
        (Purpose.PROMOTIONS, "offers"),
        (Purpose.NEWSLETTERS, "newsletters"),
        (Purpose.IMPORTANT, "important notifications"),
    ],
)
def test_the_words_name_what_is_agreed_to(manager: Reception, purpose: Purpose, part: str) -> None:
    assert part in Question(manager, "zoe", purpose).state.wording


def test_each_channel_is_agreed_to_by_itself_with_its_evidence(manager: Reception) -> None:
    question = Question(manager, "zoe")
    question.fill(Channel.EMAIL, Channel.WHATSAPP)
    question.presenter.ok()
    assert question.recorded() == [
        {
            "patient_id": "zoe",
            "channel": channel,
            "purpose": "promotions",
            "state": "opted_in",
            "how": "The patient asked: At reception",
            "wording": TOLD,
        }
        for channel in ("email", "whatsapp")
    ]
    assert question.dialog.closed == ["Opt-in recorded for E-mail, WhatsApp. The server has the last word."]
    on_record = manager.context.patients.permissions(PatientId("zoe"))
    assert {each.channel for each in on_record} == {Channel.EMAIL, Channel.WHATSAPP}
    assert all(each.state is PermissionState.OPTED_IN and each.pending for each in on_record)


def test_what_is_missing_is_said_field_by_field(manager: Reception) -> None:
    question = Question(manager, "zoe")
    question.presenter.write(who=" ", how="", wording="\n")
    question.presenter.ok()
    missing = {field for field, _ in question.state.errors}
    assert missing == {"channels", "who", "how", "wording", "confirmed"}
    assert question.recorded() == []
    question.presenter.write(who=WHO, how="", wording="\n")
    assert question.state.errors == (), "what is being put right is not scolded"


@pytest.mark.parametrize("left_out", ["channels", "who", "how", "wording", "confirmed"])
def test_no_part_of_the_evidence_can_be_left_out(manager: Reception, left_out: str) -> None:
    question = Question(manager, "zoe")
    if left_out != "channels":
        question.presenter.turn(Channel.EMAIL)
    fields = {"who": WHO, "how": HOW, "wording": TOLD} | (
        {left_out: ""} if left_out in ("who", "how", "wording") else {}
    )
    question.presenter.write(**fields)
    if left_out != "confirmed":
        question.presenter.turn_confirmed()
    question.presenter.ok()
    assert [field for field, _ in question.state.errors] == [left_out]
    assert question.state.error(left_out)
    assert question.recorded() == []


def test_without_the_server_nothing_can_be_ticked_and_the_reason_is_given(manager: Reception) -> None:
    manager.offline()
    question = Question(manager, "zoe")
    question.presenter.turn(Channel.EMAIL)
    assert not question.box(Channel.EMAIL).on
    assert question.state.problem == words.NEEDS_SERVER
    manager.online()
    question.presenter.turn(Channel.EMAIL)
    assert question.box(Channel.EMAIL).on


def test_the_line_cut_before_ok_refuses_in_words_and_keeps_what_was_written(manager: Reception) -> None:
    question = Question(manager, "zoe")
    question.fill(Channel.EMAIL)
    manager.offline()
    question.presenter.ok()
    assert question.state.problem == words.NEEDS_SERVER
    assert question.recorded() == []
    assert (question.state.who, question.state.confirmed) == (WHO, True)
    manager.online()
    question.presenter.ok()
    assert len(question.recorded()) == 1


def test_without_the_right_it_is_refused_in_words(reception: Reception) -> None:
    question = Question(reception, "zoe")
    question.fill(Channel.EMAIL)
    question.presenter.ok()
    assert question.state.problem == words.MAY_NOT_PERMIT
    assert question.recorded() == []


def test_what_was_agreed_to_already_is_not_asked_again(manager: Reception) -> None:
    question = Question(manager, "priya")
    assert question.box(Channel.EMAIL).under == "Has opted in already."
    question.presenter.turn(Channel.EMAIL)
    assert not question.box(Channel.EMAIL).on
    assert question.state.problem == "The patient has opted in here already."
    other = Question(manager, "priya", Purpose.NEWSLETTERS)
    assert other.box(Channel.EMAIL).under == "priya.anand@example.org", "consent is for one purpose"


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP, Channel.APP])
def test_a_number_that_answered_stop_comes_back_by_start_alone(manager: Reception, channel: Channel) -> None:
    question = Question(manager, "mei")
    question.presenter.turn(channel)
    assert not question.box(channel).on
    assert question.state.problem == words.STOPPED


def test_an_address_that_must_not_be_used_cannot_be_agreed_to(manager: Reception) -> None:
    manager.bring(
        "patient", [a_patient("zoe", "Zoë", "Marjoribanks", email="z@example.org", email_suppressed=True)]
    )
    question = Question(manager, "zoe")
    question.presenter.turn(Channel.EMAIL)
    assert not question.box(Channel.EMAIL).on
    assert "e-mail address must not be used" in question.state.problem


def test_channels_without_an_address_say_so_and_can_be_agreed_to(manager: Reception) -> None:
    question = Question(manager, "omar")
    assert question.box(Channel.EMAIL).under == "No e-mail address on file yet."
    assert question.box(Channel.SMS).under == "No mobile number on file yet."
    assert question.box(Channel.EMAIL).locked == ""


def test_ok_pressed_twice_records_once(manager: Reception, runner: InlineRunner) -> None:
    question = Question(manager, "zoe")
    question.fill(Channel.EMAIL)
    runner.holding = True
    question.presenter.ok()
    question.presenter.turn(Channel.SMS)
    question.presenter.ok()
    runner.release()
    assert [each["channel"] for each in question.recorded()] == ["email"]
    assert len(question.dialog.closed) == 1
