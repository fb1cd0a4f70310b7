"""The results: an account that adds up, the reasons, every patient, and what can still be done."""

from dataclasses import replace
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton, QRadioButton, QWidget

from primoro_campaigns.desktop.campaign.results_view import ResultsPage
from primoro_campaigns.desktop.kit.bar_chart import BarChart, StackedBar
from primoro_campaigns.desktop.routes import (
    ComposerRoute,
    PatientRoute,
    PatientTab,
    ResultsRoute,
    ReviewRoute,
)
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.domain.campaign.model import State
from primoro_campaigns.domain.ids import CampaignId, PatientId
from tests.desktop.accessible import tab_order, unusable
from tests.desktop.campaign.campaign_desk import WRITTEN, CampaignDesk, a_campaign

DONE = ResultsRoute(CampaignId("done"))


def choose(desk: CampaignDesk, answer: str) -> None:
    QTest.keyClick(desk.find(QRadioButton, answer), Qt.Key.Key_Space)


def names(desk: CampaignDesk) -> list[str]:
    return [row[0] for row in desk.rows("results.table")]


def test_the_account_is_one_sentence_and_one_bar(desk: CampaignDesk) -> None:
    page = desk.go(DONE)
    assert desk.says("results.state") == "Completed"
    assert desk.says("results.account") == "4 recipients = 1 sent + 1 failed + 1 not sent + 1 not certain"
    bar, reasons = page.findChildren(StackedBar)[0], page.findChildren(BarChart)[0]
    assert bar.accessibleDescription() == "Sent 1, Not sent 1, Failed 1, Not certain 1, Waiting 0"
    assert reasons.accessibleDescription() == "Asked for no messages of this kind 1"


def test_every_patient_is_there_with_the_state_and_why(desk: CampaignDesk) -> None:
    desk.go(DONE)
    assert [[row[0], row[1], row[4]] for row in desk.rows("results.table")] == [
        ["Priya Anand", "Sent", ""],
        ["Ben Morgan", "Failed", "The mailbox does not exist."],
        ["Cai Morgan", "Not certain", ""],
        ["Dot Morgan", "Not sent", "Asked for no messages of this kind"],
    ]


@pytest.mark.parametrize(
    ("choice", "shown"),
    [
        ("Sent", ["Priya Anand"]),
        ("Failed", ["Ben Morgan"]),
        ("Not certain", ["Cai Morgan"]),
        ("Waiting", []),
        ("Not sent: asked for no messages of this kind", ["Dot Morgan"]),
    ],
)
def test_one_can_look_at_some_only(desk: CampaignDesk, choice: str, shown: list[str]) -> None:
    desk.go(DONE)
    desk.choose("results.filter", choice)
    assert names(desk) == shown
    desk.front.bring("campaign", [])
    desk.queue.settle()
    assert desk.find(QComboBox, "results.filter").currentText() == choice, "it stays after a change"
    assert names(desk) == shown


def test_enter_opens_the_patients_contacts(desk: CampaignDesk) -> None:
    desk.go(DONE)
    desk.select("results.table", "Ben Morgan")
    QTest.keyClick(desk.find(QWidget, "results.table"), Qt.Key.Key_Return)
    assert desk.front.footsteps.gone == [PatientRoute(PatientId("ben"), PatientTab.CONTACTS)]


def test_what_goes_on_can_be_paused_at_once(desk: CampaignDesk) -> None:
    desk.go(ResultsRoute(CampaignId("sending")))
    assert desk.says("results.account").endswith("+ 6 waiting")
    assert not desk.has("results.resume")
    desk.press("results.pause")
    assert [event.kind for event in desk.context.outbox.events()] == [EventKind.PAUSE]
    assert desk.says("results.state") == "Pausing"
    assert not desk.has("results.pause"), "asked once is enough"


def test_what_is_paused_says_what_holds_it_up_and_can_go_on(desk: CampaignDesk) -> None:
    now = desk.front.clock.now()
    desk.front.bring(
        "campaign",
        [a_campaign("held", WRITTEN, State.PAUSED, now, recipients=3, planned=3, problem="The line is cut.")],
    )
    page = desk.go(ResultsRoute(CampaignId("held")))
    assert isinstance(page, ResultsPage)
    (notice,) = page.notices.notices()
    assert (notice.title, notice.advice) == ("The sending is held up.", "The line is cut.")
    desk.press("results.resume")
    assert [event.kind for event in desk.context.outbox.events()] == [EventKind.RESUME]


def test_cancelling_is_asked_about_and_enter_is_a_no(desk: CampaignDesk) -> None:
    desk.go(ResultsRoute(CampaignId("sending")))
    desk.press("results.cancel")
    QTest.keyClick(desk.find(QPushButton, "dialog.cancel"), Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.context.outbox.events() == []
    desk.press("results.cancel")
    desk.press("dialog.ok")
    assert [event.kind for event in desk.context.outbox.events()] == [EventKind.CANCEL]


def test_what_is_not_certain_is_decided_about_by_name(desk: CampaignDesk) -> None:
    page = desk.go(DONE)
    assert isinstance(page, ResultsPage)
    (notice,) = page.notices.notices()
    assert notice.title == "1 message is not certain."
    assert not desk.find(QPushButton, "results.decide").isEnabled(), "nobody is chosen"
    desk.press("results.decide_all")
    assert names(desk) == ["Cai Morgan"], "behind the question stands whom it is about"
    assert desk.says("doubt.people") == "Cai Morgan, by e-mail to cai@example.org"
    ok = desk.find(QPushButton, "dialog.ok")
    assert not ok.isEnabled(), "no answer is taken beforehand"
    assert not desk.find(QRadioButton, "doubt.ask").isEnabled()
    assert desk.focus() == "doubt.sent"
    choose(desk, "doubt.sent")
    assert ok.text() == "Count 1 message as sent"
    desk.press("dialog.ok")
    (event,) = desk.context.outbox.events()
    assert (event.kind, event.about) == (EventKind.DECIDE_DOUBT, "Spring check-up")
    assert event.payload == {"campaign_id": "done", "line_ids": ["r4"], "choice": "sent"}
    assert page.notices.notices() == ()
    assert desk.rows("results.table")[0][4] == "Counted as sent; waiting for the server."


def test_the_chosen_ones_are_decided_about_from_the_list(desk: CampaignDesk) -> None:
    desk.go(DONE)
    desk.select("results.table", "Ben Morgan")
    assert not desk.find(QPushButton, "results.decide").isEnabled()
    desk.select("results.table", "Cai Morgan")
    desk.press("results.decide")
    choose(desk, "doubt.again")
    assert desk.find(QPushButton, "dialog.ok").text() == "Send 1 message again"
    desk.press("dialog.cancel")
    assert desk.context.outbox.events() == []


def test_without_the_server_nothing_is_sent_again(desk: CampaignDesk) -> None:
    desk.front.offline()
    desk.go(DONE)
    desk.press("results.decide_all")
    assert not desk.find(QRadioButton, "doubt.again").isEnabled()
    assert desk.find(QRadioButton, "doubt.sent").isEnabled()
    desk.press("dialog.cancel")


def test_a_refused_decision_is_open_again(desk: CampaignDesk) -> None:
    page = desk.go(DONE)
    assert isinstance(page, ResultsPage)
    desk.press("results.decide_all")
    choose(desk, "doubt.sent")
    desk.press("dialog.ok")
    desk.front.refuse("These messages have been decided about already.", "Look again.")
    desk.queue.settle()
    assert [notice.title for notice in page.notices.notices()] == ["1 message is not certain."]


def test_who_may_not_decide_sees_who_it_is_and_why(reception_desk: CampaignDesk) -> None:
    page = reception_desk.go(DONE)
    assert isinstance(page, ResultsPage)
    (notice,) = page.notices.notices()
    assert notice.advice.endswith("Your role does not include managing campaigns.")
    assert not reception_desk.has("results.decide_all")
    reception_desk.select("results.table", "Cai Morgan")
    button = reception_desk.find(QPushButton, "results.decide")
    assert not button.isEnabled()
    assert button.toolTip() == "Your role does not include managing campaigns."


def test_who_may_not_manage_sees_why(reception_desk: CampaignDesk) -> None:
    reception_desk.go(ResultsRoute(CampaignId("sending")))
    pause = reception_desk.find(QPushButton, "results.pause")
    assert not pause.isEnabled()
    assert pause.toolTip() == "Your role does not include managing campaigns."


def test_the_account_follows_the_sending(desk: CampaignDesk) -> None:
    desk.go(ResultsRoute(CampaignId("sending")))
    done = a_campaign("sending", WRITTEN, State.COMPLETED, desk.front.clock.now(), recipients=10, sent=10)
    desk.front.bring("campaign", [done])
    desk.queue.settle()
    assert desk.says("results.state") == "Completed"
    assert desk.says("results.account").startswith("10 recipients = 10 sent")
    assert not desk.has("results.pause")


def test_while_it_is_sent_it_says_how_far_it_is(desk: CampaignDesk) -> None:
    page = desk.go(ResultsRoute(CampaignId("sending")))
    assert isinstance(page, ResultsPage)
    assert desk.says("results.progress") == "4 of 10 done."
    assert desk.find(QPushButton, "results.cancel").text() == "&Stop"
    for sent in (40, 60, 80):
        desk.front.clock.instant += timedelta(seconds=15)
        row = {"recipients": 200, "sent": sent, "planned": 200 - sent}
        now = desk.front.clock.now()
        desk.front.bring("campaign", [a_campaign("sending", WRITTEN, State.SENDING, now, **row)])
        desk.queue.settle()
    assert desk.says("results.progress") == "80 of 200 done, about 2 minutes left."
    desk.front.clock.instant += timedelta(minutes=2)
    page.estimate_pause.stop()
    page.estimate_pause.timeout.emit()
    desk.queue.settle()
    assert desk.says("results.progress") == "80 of 200 done.", "there was no news for a while"


def test_a_campaign_that_is_not_there_is_said_so(desk: CampaignDesk) -> None:
    page = desk.go(ResultsRoute(CampaignId("nowhere")))
    assert isinstance(page, ResultsPage)
    assert [notice.title for notice in page.notices.notices()] == ["This campaign is no longer here."]


@pytest.mark.parametrize("campaign_id", ["done", "sending", "held"])
def test_everything_is_named_and_reached_by_tab(desk: CampaignDesk, campaign_id: str) -> None:
    page = desk.go(ResultsRoute(CampaignId(campaign_id)))
    assert unusable(page) == []


def test_tab_goes_from_the_acts_to_the_patients(desk: CampaignDesk) -> None:
    page = desk.go(ResultsRoute(CampaignId("sending")))
    order = tab_order(page)
    start = order.index("results.pause")
    assert order[start:] + order[:start] == [
        "results.pause",
        "results.cancel",
        "results.explain",
        "results.filter",
        "results.table",
    ]


def test_a_reason_that_is_none_any_more_is_not_filtered_by(desk: CampaignDesk) -> None:
    desk.go(DONE)
    desk.choose("results.filter", "Not sent: asked for no messages of this kind")
    desk.front.bring("recipient", gone=["r3"])
    desk.queue.settle()
    assert desk.find(QComboBox, "results.filter").currentText() == "Everybody"
    assert names(desk) == ["Priya Anand", "Ben Morgan", "Cai Morgan"]


def test_it_is_sent_again_to_those_it_did_not_reach(desk: CampaignDesk) -> None:
    desk.go(DONE)
    assert desk.says("results.not_reached") == "1 patient was not reached: it failed, or came back."
    desk.press("results.send_again")
    desk.press("dialog.ok")
    (event,) = desk.context.outbox.events()
    assert event.kind is EventKind.RESEND
    assert desk.says("results.state") == "Sent again, waiting for the server"
    assert not desk.find(QPushButton, "results.send_again").isEnabled()


def test_it_can_be_changed_before_it_is_sent_again(desk: CampaignDesk) -> None:
    desk.go(DONE)
    desk.press("results.change")
    assert desk.front.footsteps.gone == [ComposerRoute(CampaignId("done"))]


def test_the_review_of_a_changed_one_asks_only_about_those_it_did_not_reach(desk: CampaignDesk) -> None:
    again = a_campaign(
        "done", replace(WRITTEN, name="Spring check-up"), State.DRAFT, desk.front.clock.now(), recipients=4
    )
    desk.front.bring("campaign", [again])
    desk.go(ReviewRoute(CampaignId("done")))
    assert desk.says("review.would") == "1 patient would get it"


def test_the_results_say_of_each_patient_what_became_of_it_and_why(desk: CampaignDesk) -> None:
    desk.go(DONE)
    desk.select("results.table", "Ben Morgan")
    desk.press("results.explain")
    assert desk.says("explain.name") == "Ben Morgan"
    assert desk.says("explain.said") == (
        "Failed, 27 Feb 2026, 10:30, by e-mail to ben@example.org: The mailbox does not exist."
    )
    desk.press("dialog.ok")
    desk.press("results.explain")
    desk.press("dialog.ok")
