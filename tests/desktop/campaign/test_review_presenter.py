"""The review without widgets: who and why are the gate's own answers; nothing is approved by accident."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from primoro_campaigns.desktop.campaign.held import Holding
from primoro_campaigns.desktop.campaign.review_presenter import (
    OUTSIDE_WINDOW,
    CampaignReview,
    Person,
    Reviewed,
    ReviewState,
)
from primoro_campaigns.desktop.context import Review
from primoro_campaigns.desktop.kit.rows import PageSource
from primoro_campaigns.desktop.local.campaigns import CampaignRow
from primoro_campaigns.desktop.local.listed import PatientRow
from primoro_campaigns.desktop.local.patients import PatientFile
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.domain.campaign.model import Content, Kind, State, Timing
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose, Refusal
from primoro_campaigns.domain.consent.rules import Cleared, Standing, clear
from primoro_campaigns.domain.delivery.plan import Planned, Skipped
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId, EventId, PatientId
from primoro_campaigns.domain.message.template import Field
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy
from primoro_campaigns.domain.schedule.window import SendWindow
from tests.desktop.campaign.campaign_rows import campaign
from tests.fakes.inline_runner import InlineRunner

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)


def planned(number: int) -> Planned:
    standing = Standing(
        PatientId(f"p{number}"),
        Channel.EMAIL,
        Purpose.PROMOTIONS,
        PatientStatus.ACTIVE,
        date(1980, 1, 1),
        f"p{number}@example.org",
        AddressState.OK,
        PermissionState.OPTED_IN,
    )
    answer = clear(standing, NOW, NOW.date(), FrequencyPolicy())
    assert isinstance(answer, Cleared)
    return Planned(answer, "E-mail: the channel of this campaign")


def skipped(number: int, reason: Refusal) -> Skipped:
    return Skipped(PatientId(f"s{number}"), Channel.EMAIL, reason, reason.value)


REVIEW = Review(
    tuple(planned(number) for number in range(3)),
    (skipped(1, Refusal.UNKNOWN), skipped(2, Refusal.RESTRICTED), skipped(3, Refusal.UNKNOWN)),
)


HOLDING = Holding(SendWindow(ZoneInfo("Europe/London"), time(10), time(18)), 7, NOW)


def resting(number: int, until: date) -> Skipped:
    return Skipped(
        PatientId(f"s{number}"),
        Channel.EMAIL,
        Refusal.RESTING,
        "Was written to or booked recently",
        until=until,
    )


class Source:
    def __init__(self, row: CampaignRow, review: Review = REVIEW, problem: str = "") -> None:
        self.row = row
        self.found = review
        self.problem = problem
        self.content = Content(name=row.name, subject="Hello")
        self.events: list[PendingEvent] = []

    def open(self, campaign_id: CampaignId) -> Reviewed | None:
        del campaign_id
        return Reviewed(self.row, self.content, self.problem, HOLDING)

    def review(self, campaign: Reviewed, stopped: Callable[[], bool]) -> Review:
        del campaign, stopped
        return self.found

    def names(self, patient_ids: Sequence[PatientId]) -> Sequence[PatientRow]:
        del patient_ids
        return []

    def patient(self, patient_id: PatientId) -> PatientFile | None:
        del patient_id
        return None

    def merge(self, patient: PatientFile) -> Mapping[Field, str]:
        raise AssertionError(patient)

    def refused(self, campaign_id: CampaignId) -> Sequence[PendingEvent]:
        del campaign_id
        return self.events


class Acts:
    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []

    def approve(
        self,
        campaign_id: CampaignId,
        fingerprint: str,
        timing: Timing,
        scheduled_at: datetime | None = None,
        outside_window: bool = False,
    ) -> object:
        self.done.append(("approve", campaign_id, fingerprint, timing, scheduled_at, outside_window))
        return None

    def submit(self, campaign_id: CampaignId, fingerprint: str) -> object:
        self.done.append(("submit", campaign_id, fingerprint))
        return None

    def dismiss(self, event_id: EventId) -> None:
        self.done.append(("dismiss", event_id))


class View:
    def __init__(self) -> None:
        self.state = ReviewState()
        self.people: list[Person] = []
        self.questions: list[tuple[str, str]] = []
        self.agrees = True

    def show_state(self, state: ReviewState) -> None:
        self.state = state

    def show_people(
        self, source: PageSource[Person], empty: str, *, with_addresses: bool, again: bool
    ) -> None:
        del empty
        self.again = again
        self.with_addresses = with_addresses
        self.people = list(source.fetch(0, 100, None))

    def ask(self, title: str, words: str, yes: str, then: Callable[[], None]) -> None:
        self.questions.append((title, f"{words} [{yes}]"))
        if self.agrees:
            then()

    def say_error(self, error: PrimoroError) -> None:
        raise AssertionError(error)


class Desk:
    def __init__(self, source: Source, *, may_approve: bool = True, online: bool = True) -> None:
        self.view = View()
        self.acts = Acts()
        self.online = online
        self.went_on: list[str] = []
        self.review = CampaignReview(
            self.view,
            source,
            self.acts,
            InlineRunner(),
            may_approve=may_approve,
            online=lambda: self.online,
            age=lambda: "as of 14:05",
            done=self.went_on.append,
            when=lambda moment: instant_words(moment, "Europe/London"),
        )
        self.review.open(CampaignId("c1"))


def test_the_numbers_are_the_gates_answers_and_add_up() -> None:
    desk = Desk(Source(campaign()))
    state = desk.view.state
    assert (state.would, state.would_not) == ("3 patients would get it", "3 patients would not")
    assert [(reason, count) for reason, _, count in state.reasons] == [
        (Refusal.UNKNOWN, 2),
        (Refusal.RESTRICTED, 1),
    ]
    assert state.planned + sum(count for _, _, count in state.reasons) == 6


def test_choosing_a_reason_lists_exactly_those_left_out_for_it() -> None:
    desk = Desk(Source(campaign()))
    desk.review.choose_reason(Refusal.UNKNOWN)
    assert [(person.patient_id, person.gets_it) for person in desk.view.people] == [
        ("s1", False),
        ("s3", False),
    ]
    desk.review.choose_reason(None)
    assert [person.address for person in desk.view.people] == [f"p{n}@example.org" for n in range(3)]


def test_who_is_held_is_told_until_when_and_what_comes_then() -> None:
    shared = Skipped(PatientId("s9"), Channel.EMAIL, Refusal.SAME_ADDRESS, "Shares", instead=PatientId("p1"))
    source = Source(
        campaign(fingerprint="f"),
        Review(
            (planned(1),),
            (
                resting(1, date(2026, 3, 6)),
                resting(2, date(2026, 4, 3)),
                skipped(3, Refusal.FREQUENCY_CAP),
                skipped(4, Refusal.UNKNOWN),
                shared,
            ),
        ),
    )
    desk = Desk(source)
    assert desk.view.state.held == "3 held back for now; 2 may still get it within 7 days of the sending."
    desk.review.choose_reason(Refusal.RESTING)
    assert [each.why for each in desk.view.people] == [
        "Was written to or booked recently; rests until 6 Mar 2026, and gets it then",
        "Was written to or booked recently; rests until 3 Apr 2026, after this campaign's time",
    ]
    desk.review.choose_reason(Refusal.FREQUENCY_CAP)
    assert [each.why for each in desk.view.people] == ["frequency_cap; asked again each day"]
    desk.review.choose_reason(Refusal.SAME_ADDRESS)
    assert [each.why for each in desk.view.people] == ["Shares; it goes to Record no longer here"]
    desk.review.choose_reason(Refusal.RESTING)
    desk.review.choose_time(datetime(2026, 3, 30, 11, tzinfo=UTC))
    assert desk.view.state.held == "3 held back for now; 3 may still get it within 7 days of the sending."
    assert desk.view.people[1].why.endswith("rests until 3 Apr 2026, and gets it then")


def test_an_approval_is_asked_once_more_with_the_number_and_binds_to_the_fingerprint() -> None:
    desk = Desk(Source(campaign()))
    desk.review.act()
    assert "3 patients" in desk.view.questions[0][1]
    assert desk.acts.done == [("approve", "c1", "f" * 64, Timing.INSTANT, None, False)]
    assert desk.went_on == ["c1"]


def test_saying_no_to_the_question_sends_nothing() -> None:
    desk = Desk(Source(campaign()))
    desk.view.agrees = False
    desk.review.act()
    assert desk.acts.done == []


def test_a_scheduled_approval_carries_its_time() -> None:
    desk = Desk(Source(campaign()))
    moment = datetime(2026, 3, 9, 10, tzinfo=UTC)
    desk.review.choose_time(moment)
    desk.review.act()
    assert desk.acts.done == [("approve", "c1", "f" * 64, Timing.SCHEDULED, moment, False)]


def test_without_the_right_to_approve_one_asks_for_approval() -> None:
    desk = Desk(Source(campaign()), may_approve=False)
    desk.review.act()
    assert desk.acts.done == [("submit", "c1", "f" * 64)]


@pytest.mark.parametrize(
    ("source", "online", "words"),
    [
        (Source(campaign()), False, "only the server sends"),
        (Source(campaign(fingerprint="")), True, "on their way to the server"),
        (Source(campaign(), Review((), REVIEW.skipped)), True, "Nobody would get it"),
        (Source(campaign(), problem="The subject is too short."), True, "The subject is too short."),
        (Source(campaign(asked=(EventKind.APPROVE,))), True, "asked of the server already"),
        (Source(campaign(state=State.COMPLETED)), True, "approved already"),
    ],
)
def test_what_cannot_be_approved_says_why_and_does_nothing(source: Source, online: bool, words: str) -> None:
    desk = Desk(source, online=online)
    assert not desk.view.state.may_act
    assert words in desk.view.state.why_not
    desk.review.act()
    assert desk.acts.done == []


def test_the_button_comes_alive_when_the_server_is_back() -> None:
    desk = Desk(Source(campaign()), online=False)
    desk.online = True
    desk.review.connection_changed()
    assert desk.view.state.may_act


def test_outside_the_sending_hours_a_person_can_send_all_the_same() -> None:
    source = Source(campaign())
    refused = PendingEvent(
        EventId("e1"), EventKind.APPROVE, NOW, {}, state=PendingState.REFUSED, code=OUTSIDE_WINDOW
    )
    source.events = [refused]
    desk = Desk(source)
    desk.review.send_all_the_same(refused)
    assert desk.acts.done == [
        ("dismiss", "e1"),
        ("approve", "c1", "f" * 64, Timing.INSTANT, None, True),
    ]


def test_an_ongoing_campaign_goes_live_and_may_begin_with_nobody() -> None:
    source = Source(campaign(state=State.DRAFT, kind=Kind.ONGOING), Review((), ()))
    source.content = replace(source.content, kind=Kind.ONGOING)
    desk = Desk(source)
    desk.review.open(CampaignId("c1"))
    assert desk.view.state.may_act
    desk.review.act()
    title, words = desk.view.questions[0]
    assert title == "Approve and go live?"
    assert words.startswith("It goes live now: to 0 patients at first, and from then on, each day")
    assert [done[0] for done in desk.acts.done] == ["approve"]


def test_a_paced_campaign_says_so_before_it_is_approved() -> None:
    source = Source(campaign(state=State.DRAFT))
    source.content = replace(source.content, most_a_day=40)
    desk = Desk(source)
    desk.review.open(CampaignId("c1"))
    desk.review.act()
    assert "It is sent now to 3 patients. At most 40 go on one day." in desk.view.questions[0][1]
