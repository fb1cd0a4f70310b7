"""The results without widgets: the account always adds up in words, and acts follow the state."""

from collections.abc import Callable, Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.desktop.campaign.results_presenter import (
    CampaignResults,
    ResultsState,
    account_words,
)
from primoro_campaigns.desktop.kit.rows import PageSource
from primoro_campaigns.desktop.local.campaigns import CampaignRow, RecipientRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.domain.campaign.model import State
from primoro_campaigns.domain.consent.model import Refusal
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId
from tests.desktop.campaign.campaign_rows import campaign
from tests.fakes.inline_runner import InlineRunner

amounts = st.integers(0, 5000)


class Source:
    def __init__(self, row: CampaignRow | None) -> None:
        self.row = row
        self.asked: list[tuple[frozenset[DeliveryState], frozenset[Refusal] | None]] = []

    def campaign(self, campaign_id: CampaignId) -> CampaignRow | None:
        del campaign_id
        return self.row

    def skipped_by_reason(self, campaign_id: CampaignId) -> Mapping[Refusal, int]:
        del campaign_id
        return {Refusal.UNKNOWN: 2}

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


class View:
    def __init__(self) -> None:
        self.state = ResultsState()
        self.errors: list[PrimoroError] = []
        self.source: PageSource[RecipientRow] | None = None
        self.questions: list[str] = []

    def show_state(self, state: ResultsState) -> None:
        self.state = state

    def show_people(self, source: PageSource[RecipientRow]) -> None:
        self.source = source

    def refresh_people(self) -> None:
        pass

    def ask(self, title: str, words: str, yes: str, then: Callable[[], None]) -> None:
        self.questions.append(f"{title} {words} [{yes}]")
        then()

    def say_error(self, error: PrimoroError) -> None:
        self.errors.append(error)


class Desk:
    def __init__(self, row: CampaignRow | None, *, may_manage: bool = True) -> None:
        self.view = View()
        self.source = Source(row)
        self.acts = Acts()
        self.results = CampaignResults(
            self.view,
            self.source,
            self.acts,
            InlineRunner(),
            CampaignId("c1"),
            may_manage=may_manage,
            when=lambda moment: instant_words(moment, "Europe/London"),
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
    shown = Desk(campaign(state=State.SENDING), may_manage=False).view.state
    assert not shown.may_pause
    assert shown.why_not == "Your role does not include managing campaigns."


def test_cancelling_asks_and_says_what_stays() -> None:
    desk = Desk(campaign(state=State.SENDING, recipients=10, sent=4, planned=6))
    desk.results.cancel()
    assert "6 messages still waiting will not go out" in desk.view.questions[0]
    assert desk.acts.done == ["cancel c1"]


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
