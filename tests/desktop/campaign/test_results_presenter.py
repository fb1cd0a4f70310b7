"""The results without widgets: the account always adds up in words, and acts follow the state."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.desktop.campaign.doubts import Question
from primoro_campaigns.desktop.campaign.progress import Sending
from primoro_campaigns.desktop.campaign.results_presenter import (
    CampaignResults,
    Pace,
    ResultsState,
    account_words,
)
from primoro_campaigns.desktop.kit.rows import PageSource
from primoro_campaigns.desktop.local.campaigns import CampaignRow, RecipientRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.campaign.model import Kind, State
from primoro_campaigns.domain.consent.model import Channel, Refusal
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId, DeliveryId, PatientId
from primoro_campaigns.domain.schedule.window import SendWindow
from tests.desktop.campaign.campaign_rows import AT, campaign
from tests.fakes.inline_runner import InlineRunner

amounts = st.integers(0, 5000)


class Source:
    def __init__(self, row: CampaignRow | None) -> None:
        self.row = row
        self.unsure: list[RecipientRow] = []
        self.holding = 0
        self.left = 0
        self.paced = Pace(0, 0)
        self.asked: list[tuple[frozenset[DeliveryState], frozenset[Refusal] | None]] = []

    def campaign(self, campaign_id: CampaignId) -> CampaignRow | None:
        del campaign_id
        return self.row

    def skipped_by_reason(self, campaign_id: CampaignId) -> Mapping[Refusal, int]:
        del campaign_id
        return {Refusal.UNKNOWN: 2}

    def doubts(self, campaign_id: CampaignId) -> Sequence[RecipientRow]:
        del campaign_id
        return self.unsure

    def held(self, campaign_id: CampaignId) -> int:
        del campaign_id
        return self.holding

    def sending(self) -> Sending:
        return Sending(SendWindow(ZoneInfo("Europe/London"), time(10), time(18)), 500)

    def not_reached(self, campaign_id: CampaignId) -> int:
        del campaign_id
        return self.left

    def pace(self, campaign_id: CampaignId) -> Pace:
        del campaign_id
        return self.paced

    def results(
        self,
        campaign_id: CampaignId,
        limit: int,
        offset: int,
        states: frozenset[DeliveryState],
        reasons: frozenset[Refusal] | None,
    ) -> Sequence[RecipientRow]:
        del campaign_id, limit, offset
        self.asked.append((states, reasons))
        return []

    def results_count(
        self, campaign_id: CampaignId, states: frozenset[DeliveryState], reasons: frozenset[Refusal] | None
    ) -> int:
        del campaign_id, states, reasons
        return 0


class Acts:
    def __init__(self) -> None:
        self.done: list[str] = []

    def pause(self, campaign_id: CampaignId) -> object:
        self.done.append(f"pause {campaign_id}")
        return None

    def resume(self, campaign_id: CampaignId) -> object:
        self.done.append(f"resume {campaign_id}")
        return None

    def cancel(self, campaign_id: CampaignId) -> object:
        self.done.append(f"cancel {campaign_id}")
        return None

    def decide_doubt(self, campaign_id: CampaignId, line_ids: Sequence[DeliveryId], choice: Choice) -> object:
        self.done.append(f"{choice} {campaign_id}: {' '.join(line_ids)}")
        return None

    def resend(self, campaign_id: CampaignId, fingerprint: str) -> object:
        self.done.append(f"resend {campaign_id} {fingerprint}")
        return None


class View:
    def __init__(self) -> None:
        self.state = ResultsState()
        self.errors: list[PrimoroError] = []
        self.source: PageSource[RecipientRow] | None = None
        self.questions: list[str] = []
        self.doubted: list[Question] = []
        self.answer: Callable[[Choice], None] = lambda _choice: None

    def show_state(self, state: ResultsState) -> None:
        self.state = state

    def show_people(self, source: PageSource[RecipientRow]) -> None:
        self.source = source

    def refresh_people(self) -> None:
        pass

    def ask(self, title: str, words: str, yes: str, then: Callable[[], None]) -> None:
        self.questions.append(f"{title} {words} [{yes}]")
        then()

    def ask_doubt(self, question: Question, then: Callable[[Choice], None]) -> None:
        self.doubted.append(question)
        self.answer = then

    def say_error(self, error: PrimoroError) -> None:
        self.errors.append(error)


class Desk:
    def __init__(
        self,
        row: CampaignRow | None,
        *unsure: RecipientRow,
        rights: frozenset[Right] = ROLE_RIGHTS[Role.OWNER],
        online: bool = True,
    ) -> None:
        self.view = View()
        self.now = AT
        self.source = Source(row)
        self.source.unsure.extend(unsure)
        self.acts = Acts()
        self.results = CampaignResults(
            self.view,
            self.source,
            self.acts,
            InlineRunner(),
            CampaignId("c1"),
            may=rights.__contains__,
            online=lambda: online,
            when=lambda moment: instant_words(moment, "Europe/London"),
            now=lambda: self.now,
        )
        self.results.start()


@given(amounts, amounts, amounts, amounts, amounts)
def test_the_account_in_words_adds_up(
    sent: int, failed: int, skipped: int, unknown: int, planned: int
) -> None:
    total = sent + failed + skipped + unknown + planned
    row = campaign(
        recipients=total, sent=sent, failed=failed, skipped=skipped, unknown=unknown, planned=planned
    )
    words = account_words(row)
    if not total:
        assert words == "The recipients are chosen when the sending begins."
        return
    left, right = words.replace(",", "").split(" = ")
    parts = [int(part.split()[0]) for part in right.split(" + ")]
    assert int(left.split()[0]) == sum(parts) == total


@pytest.mark.parametrize(
    ("state", "allowed"),
    [
        (State.SCHEDULED, {"pause", "cancel"}),
        (State.SENDING, {"pause", "cancel"}),
        (State.PAUSED, {"resume", "cancel"}),
        (State.COMPLETED, set()),
        (State.CANCELLED, set()),
    ],
)
def test_what_may_be_done_follows_the_state(state: State, allowed: set[str]) -> None:
    shown = Desk(campaign(state=state)).view.state
    found = {
        name
        for name, may in (
            ("pause", shown.may_pause),
            ("resume", shown.may_resume),
            ("cancel", shown.may_cancel),
        )
        if may
    }
    assert found == allowed


def test_nothing_can_be_asked_twice_while_the_server_has_not_answered() -> None:
    shown = Desk(campaign(state=State.SENDING, asked=(EventKind.PAUSE,))).view.state
    assert not shown.may_pause
    assert shown.state_words == "Pausing"


def test_without_the_right_to_manage_it_says_why() -> None:
    shown = Desk(campaign(state=State.SENDING), rights=ROLE_RIGHTS[Role.RECEPTION]).view.state
    assert not shown.may_pause
    assert shown.why_not == "Your role does not include managing campaigns."


def test_cancelling_asks_and_says_what_stays() -> None:
    desk = Desk(campaign(state=State.SENDING, recipients=10, sent=4, planned=6))
    desk.results.cancel()
    assert "6 messages still waiting will not go out" in desk.view.questions[0]
    assert desk.acts.done == ["cancel c1"]


def unsure(number: int, channel: Channel | None = Channel.EMAIL) -> RecipientRow:
    return RecipientRow(
        delivery_id=DeliveryId(f"r{number}"),
        patient_id=PatientId(f"p{number}"),
        name=f"Patient {number}",
        channel=channel,
        address="+447700900101" if channel is Channel.SMS else f"p{number}@example.org",
        state=DeliveryState.UNKNOWN,
        reason=None,
        detail="",
        why_channel="",
        provider_status="",
        at=AT,
        decided=None,
    )


DONE = campaign(state=State.COMPLETED, recipients=4, sent=2, unknown=2)


def refused(question: Question) -> dict[Choice, str]:
    return {each.choice: each.why_not for each in question.options if each.why_not}


def test_what_is_not_certain_is_named_and_decided_about_at_once() -> None:
    desk = Desk(DONE, unsure(1), unsure(2, Channel.SMS))
    assert desk.view.state.doubt_words == "2 messages are not certain."
    assert desk.view.state.may_decide
    desk.results.decide()
    (question,) = desk.view.doubted
    assert question.title == "What became of 2 messages?"
    assert question.people == (
        "Patient 1, by e-mail to p1@example.org",
        "Patient 2, by SMS to 07700 900101",
    )
    ask, sent, again = question.options
    assert ask.ok == "Ask about 1 text"
    assert "The 1 e-mail among them stay" in ask.does
    assert sent.ok == "Count 2 messages as sent"
    assert "gets it twice" in again.does
    assert refused(question) == {}
    assert desk.acts.done == [], "nothing is decided before the person has answered"
    desk.view.answer(Choice.SENT)
    assert desk.acts.done == ["sent c1: r1 r2"]


def test_one_decides_about_the_chosen_ones_only() -> None:
    desk = Desk(DONE, unsure(1), unsure(2))
    certain = replace(unsure(3), state=DeliveryState.SENT)
    assert desk.results.why_not_decide([]) == "Select a patient whose message is not certain."
    assert desk.results.why_not_decide([certain]) == "Select a patient whose message is not certain."
    desk.results.decide([certain])
    assert desk.view.doubted == []
    assert desk.results.why_not_decide([unsure(2), certain]) == ""
    desk.results.decide([unsure(2), certain])
    assert desk.view.doubted[0].title == "What became of this message?"
    desk.view.answer(Choice.AGAIN)
    assert desk.acts.done == ["again c1: r2"]


def test_each_answer_says_why_it_is_not_open() -> None:
    away = Desk(DONE, unsure(1), online=False)
    away.results.decide()
    assert refused(away.view.doubted[0]) == {
        Choice.ASK: "A mail server cannot be asked what it took.",
        Choice.AGAIN: "The server cannot be reached, and only the server sends."
        " You can choose this when it is back.",
    }
    counting = Desk(DONE, unsure(1, Channel.SMS), rights=frozenset({Right.VIEW, Right.MANAGE}))
    counting.results.decide()
    assert refused(counting.view.doubted[0]) == {
        Choice.AGAIN: "Your role does not include approving campaigns for sending."
    }


def test_who_may_not_decide_is_told_so_and_asked_nothing() -> None:
    desk = Desk(DONE, unsure(1), rights=ROLE_RIGHTS[Role.RECEPTION])
    shown = desk.view.state
    assert shown.doubt_words == "1 message is not certain."
    assert not shown.may_decide
    assert shown.doubt_advice.endswith("Your role does not include managing campaigns.")
    desk.results.decide()
    assert desk.view.doubted == []


def test_of_many_the_first_are_named() -> None:
    desk = Desk(DONE, *(unsure(number) for number in range(20)))
    desk.results.decide()
    (question,) = desk.view.doubted
    assert len(question.people) == 6
    assert question.more == "and 14 more"
    assert len(question.line_ids) == 20


def sending(done: int, **more: object) -> CampaignRow:
    fields = {"recipients": 100, "sent": done, "planned": 100 - done, "state": State.SENDING} | more
    return campaign(**fields)


def watched(desk: Desk, *done: int, each: timedelta = timedelta(seconds=10), **more: object) -> str:
    """What is said after the campaign was seen to come so far, every ``each``."""
    for so_far in done:
        desk.now += each
        desk.source.row = sending(so_far, **more)
        desk.results.refresh()
    return desk.view.state.progress


def test_a_running_campaign_says_how_far_it_is_and_how_long_it_takes() -> None:
    desk = Desk(sending(0))
    assert desk.view.state.progress == "0 of 100 done.", "nobody knows the pace yet"
    assert watched(desk, 5, 10, 15, 20) == "20 of 100 done, about 3 minutes left."
    assert desk.view.state.progress_goes_off


def test_an_estimate_that_nothing_bears_out_any_more_goes() -> None:
    desk = Desk(sending(0))
    watched(desk, 10, 20, 30)
    desk.now += timedelta(seconds=61)
    desk.results.look_again()
    assert desk.view.state.progress == "30 of 100 done."
    assert not desk.view.state.progress_goes_off


def test_who_is_held_back_is_not_waited_for() -> None:
    desk = Desk(sending(0))
    desk.source.holding = 40
    assert watched(desk, 10, 20, 30) == "30 of 100 done, less than a minute left."
    assert watched(desk, 60) == "60 of 100 done. 40 patients are held back for now and asked about each day."


def test_without_the_server_or_with_a_problem_nothing_is_estimated() -> None:
    assert watched(Desk(sending(0), online=False), 10, 20, 30) == "30 of 100 done."
    assert watched(Desk(sending(0)), 10, 20, 30, problem="The mail server is away.") == "30 of 100 done."


def test_batches_are_told_and_not_guessed() -> None:
    desk = Desk(sending(0))
    words = watched(desk, 100, 200, 300, recipients=900, planned=600)
    assert words == "300 of 900 done. It goes in batches of 500 patients, one an hour."


def test_the_sending_hours_are_reckoned_with() -> None:
    desk = Desk(sending(0))
    desk.now = datetime(2026, 3, 3, 17, 59, tzinfo=UTC)
    words = watched(desk, 5, 10, 15)
    assert words == (
        "15 of 100 done, about 3 minutes left. The sending hours end before that; the rest goes from"
        " 4 Mar 2026, 10:00."
    )
    desk.now = datetime(2026, 3, 3, 19, tzinfo=UTC)
    desk.results.look_again()
    assert desk.view.state.progress == "15 of 100 done. The sending hours begin again on 4 Mar 2026, 10:00."


def test_what_is_not_being_sent_says_nothing_of_progress() -> None:
    assert Desk(campaign(state=State.PAUSED, recipients=10, planned=10)).view.state.progress == ""
    assert Desk(campaign(state=State.COMPLETED, recipients=10, sent=10)).view.state.progress == ""


def test_stopping_says_what_is_leaving_at_this_moment() -> None:
    desk = Desk(campaign(state=State.SENDING, recipients=30, sent=4, planned=6, claimed=20))
    desk.results.cancel()
    assert desk.view.questions[0].startswith("Stop this campaign? What has been sent stays sent. 6 messages")
    assert "20 messages are leaving at this moment." in desk.view.questions[0]
    assert desk.view.questions[0].endswith("[Stop and cancel the rest]")


def test_a_filter_asks_for_exactly_those_states_and_that_reason() -> None:
    desk = Desk(campaign())
    desk.results.choose("skipped", Refusal.UNKNOWN)
    assert desk.view.source is not None
    desk.view.source.fetch(0, 100, None)
    assert desk.source.asked[-1] == (
        frozenset({DeliveryState.SKIPPED}),
        frozenset({Refusal.UNKNOWN}),
    )


def test_a_campaign_that_is_gone_is_said_so() -> None:
    assert Desk(None).view.errors[0].code == "campaign.gone"


def left_over(row: CampaignRow, rights: frozenset[Right] = ROLE_RIGHTS[Role.OWNER]) -> Desk:
    desk = Desk(row, rights=rights)
    desk.source.left = 12
    desk.results.refresh()
    return desk


def test_a_completed_campaign_is_sent_again_to_those_it_did_not_reach() -> None:
    desk = left_over(campaign(state=State.COMPLETED, recipients=500, sent=488, failed=12))
    assert desk.view.state.not_reached_words == "12 patients were not reached: it failed, or came back."
    desk.results.resend()
    assert desk.view.questions[0].startswith("Send again to 12 patients?")
    assert desk.acts.done == [f"resend c1 {'f' * 64}"]


def test_sending_again_is_for_who_may_approve() -> None:
    desk = left_over(campaign(state=State.COMPLETED, recipients=12, failed=12), frozenset({Right.MANAGE}))
    assert (desk.view.state.not_reached_words != "", desk.view.state.may_resend) == (True, False)
    desk.results.resend()
    assert desk.acts.done == []


@pytest.mark.parametrize("state", [State.SENDING, State.SCHEDULED, State.CANCELLED, State.DRAFT])
def test_only_what_is_completed_is_sent_again(state: State) -> None:
    assert left_over(campaign(state=state)).view.state.not_reached_words == ""


def test_what_goes_on_by_itself_is_not_sent_again() -> None:
    ongoing = campaign(state=State.COMPLETED, kind=Kind.ONGOING, failed=12)
    assert left_over(ongoing).view.state.not_reached_words == ""


def test_a_paced_campaign_says_how_many_went_today_and_how_many_wait() -> None:
    desk = Desk(campaign(state=State.SENDING, recipients=200, sent=40, planned=160))
    assert desk.view.state.pace == ""
    desk.source.paced = Pace(40, 40)
    desk.results.refresh()
    assert desk.view.state.pace == "At most 40 a day: 40 sent today, 160 wait."
    desk.source.row = campaign(state=State.COMPLETED, recipients=200, sent=200)
    desk.results.refresh()
    assert desk.view.state.pace == ""
