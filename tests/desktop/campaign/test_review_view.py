"""The review: who gets it, who does not and why, what they would read, and the approval."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton, QRadioButton, QTableView, QWidget

from primoro_campaigns.desktop.campaign.review_view import ReviewPage
from primoro_campaigns.desktop.kit.search_field import SearchField
from primoro_campaigns.desktop.routes import ResultsRoute, ReviewRoute
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.domain.audience.rule import Group, UnscheduledTreatmentRule
from primoro_campaigns.domain.campaign.model import LawfulBasis, State
from primoro_campaigns.domain.ids import CampaignId
from tests.desktop.accessible import tab_order, unusable
from tests.desktop.campaign.campaign_desk import WRITTEN, CampaignDesk, a_campaign
from tests.fakes.reception import a_patient, a_restriction

DRAFT = ReviewRoute(CampaignId("draft"))


def preview(desk: CampaignDesk) -> list[str]:
    found = desk.find(QWidget, "review.preview")
    return [each.text() for each in found.findChildren(QLabel) if each.isVisible()]


def names(desk: CampaignDesk) -> list[str]:
    return [row[0] for row in desk.rows("review.people")]


def test_the_numbers_and_the_reasons_are_there(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    assert desk.says("review.would") == "2 patients would get it"
    assert desk.says("review.would_not") == "6 patients would not"
    assert desk.rows("review.reasons")[0] == ["Would get it", "2"]
    assert ["Asked for no messages of this kind", "2"] in desk.rows("review.reasons")
    assert sum(int(row[1]) for row in desk.rows("review.reasons")[1:]) == 6
    assert desk.says("review.listed") == "Would get it: 2 patients"
    assert names(desk) == ["Morgan, Ben", "Morgan, Cai"], "by name"
    assert [row[1] for row in desk.rows("review.people")] == ["ben@example.org", "07700 900239"]


def test_a_reason_lists_those_it_leaves_out(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    desk.select("review.reasons", "Asked for no messages")
    assert desk.says("review.listed") == "Asked for no messages of this kind: 2 patients"
    assert set(names(desk)) == {"Morgan, Dot", "Llywelyn, Mei"}
    people = desk.find(QTableView, "review.people")
    assert people.isColumnHidden(1), "nobody here has an address to be written to"
    desk.select("review.reasons", "Would get it")
    assert not people.isColumnHidden(1)
    assert "ben@example.org" in {row[1] for row in desk.rows("review.people")}


def test_l18_the_review_shows_why_health_data_may_be_used_or_waits_for_it(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    assert not desk.has("review.basis")
    clinical = replace(WRITTEN, audience=Group(members=(UnscheduledTreatmentRule(False),)))
    desk.front.bring(
        "campaign", [a_campaign("draft", clinical, State.DRAFT, desk.front.clock.now(), revision=2)]
    )
    desk.queue.settle()
    assert not desk.find(QPushButton, "review.approve").property("allowed")
    assert "why that is lawful is not on record" in desk.says("review.notice")
    chosen = replace(clinical, lawful_basis=LawfulBasis.HEALTH_CARE, lawful_basis_note="Dr Hall")
    desk.front.bring(
        "campaign", [a_campaign("draft", chosen, State.DRAFT, desk.front.clock.now(), revision=3)]
    )
    desk.queue.settle()
    assert desk.says("review.basis").startswith("Uses data on patients' health: It is part of their care;")
    assert desk.says("review.basis").endswith("; UK GDPR art. 9(2)(h); Dr Hall")
    assert desk.says("review.notice") == ""


def test_l20_a_child_is_listed_with_the_guardian_who_gets_it(desk: CampaignDesk) -> None:
    home = {"household_id": "home"}
    ben = a_patient("ben", "Ben", "Morgan", email="ben@example.org", born_on="1984-05-04", **home)
    desk.front.bring("patient", [a_patient("kit", "Kit", "Morgan", born_on="2016-01-02", **home), ben])
    desk.go(DRAFT)
    desk.select("review.reasons", "Is under 18")
    rows = {row[0]: row[2] for row in desk.rows("review.people")}
    assert rows["Morgan, Kit"] == "Is under 18: the message goes to the guardian, Morgan, Ben"
    assert desk.says("review.would") == "2 patients would get it"


def test_the_message_is_shown_as_the_chosen_patient_would_get_it(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    assert "Choose a patient to see the message." in preview(desk)
    desk.select("review.people", "Morgan, Ben")
    shown = preview(desk)
    assert "For Morgan, Ben, by e-mail to ben@example.org" in shown
    assert "Ben, a brighter smile this autumn" in shown
    assert not any("Reply STOP" in each for each in shown), "Ben gets no text"
    desk.select("review.people", "Morgan, Cai")
    shown = preview(desk)
    assert any(each.startswith("Cai, 20 per cent off") and "Reply STOP" in each for each in shown)
    assert not any("a brighter smile" in each for each in shown), "Cai gets no e-mail"


def test_what_was_chosen_stays_chosen_when_something_changes(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    desk.select("review.reasons", "Asked for no messages")
    desk.front.bring("restriction", [a_restriction("ben", "promotions", desk.front.clock.now(), "staff")])
    desk.queue.settle()
    assert desk.says("review.would") == "1 patient would get it"
    assert desk.says("review.listed") == "Asked for no messages of this kind: 3 patients"
    assert "Morgan, Ben" in names(desk)


def test_a_change_does_not_scroll_the_list_away(desk: CampaignDesk) -> None:
    now = desk.front.clock.now()
    leads = [a_patient(f"x{number:03}", "Xan", f"Young{number:03}") for number in range(150)]
    desk.front.bring("patient", leads)
    desk.go(DRAFT)
    desk.select("review.reasons", "No address or number")
    people = desk.find(QTableView, "review.people")
    people.verticalScrollBar().setValue(100)
    desk.queue.settle()
    first = people.model().index(people.rowAt(0), 0).data()
    desk.front.bring("restriction", [a_restriction("ben", "promotions", now, "staff")])
    desk.queue.settle()
    assert people.model().index(people.rowAt(0), 0).data() == first
    desk.select("review.reasons", "Would get it")
    assert people.verticalScrollBar().value() == 0


def test_a_reason_that_no_longer_holds_gives_way_to_those_who_get_it(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    desk.select("review.reasons", "Asked for no messages")
    desk.front.bring("restriction", gone=["dot:promotions", "mei:promotions"])
    desk.queue.settle()
    assert desk.says("review.listed").startswith("Would get it")


def approve(desk: CampaignDesk) -> QPushButton:
    return desk.find(QPushButton, "review.approve")


def test_approving_asks_once_more_and_leads_to_the_results(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    desk.press("review.when_now")
    desk.press("review.approve")
    assert desk.find(QPushButton, "dialog.ok").text() == "Send to 2 patients"
    desk.press("dialog.ok")
    assert desk.front.footsteps.gone == [ResultsRoute(CampaignId("draft"))]
    (event,) = desk.context.outbox.events()
    assert event.kind is EventKind.APPROVE
    assert event.payload["timing"] == "instant"


def test_escape_at_the_question_sends_nothing(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    desk.press("review.approve")
    QTest.keyClick(desk.find(QPushButton, "dialog.ok"), Qt.Key.Key_Escape)
    desk.queue.settle()
    assert desk.context.outbox.events() == []
    assert desk.front.footsteps.gone == []


def test_a_later_time_is_chosen_and_asked_about(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    when = desk.find(QWidget, "review.when_at")
    assert not when.isEnabled()
    QTest.keyClick(desk.find(QRadioButton, "review.when_later"), Qt.Key.Key_Space)
    assert when.isEnabled()
    desk.press("review.approve")
    assert desk.find(QPushButton, "dialog.ok").text() == "Approve"
    desk.press("dialog.ok")
    (event,) = desk.context.outbox.events()
    assert event.payload["timing"] == "scheduled"
    # Ten o'clock at the practice, whatever the computer's own zone is.
    assert str(event.payload["scheduled_at"]).startswith("2026-03-04T10:00")


def test_without_the_server_one_cannot_approve_and_is_told_so(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    desk.front.offline()
    assert not approve(desk).isEnabled()
    assert "only the server sends" in desk.says("review.notice")
    assert approve(desk).accessibleDescription() == desk.says("review.notice")
    desk.front.online()
    assert approve(desk).isEnabled()
    assert desk.says("review.notice") == ""


def test_a_receptionist_asks_for_approval(reception_desk: CampaignDesk) -> None:
    reception_desk.go(DRAFT)
    assert not reception_desk.has("review.when_now")
    reception_desk.press("review.submit")
    assert reception_desk.find(QPushButton, "dialog.ok").text() == "Ask for approval"
    reception_desk.press("dialog.ok")
    (event,) = reception_desk.context.outbox.events()
    assert event.kind is EventKind.SUBMIT


def test_where_nobody_would_get_it_nothing_can_be_approved(desk: CampaignDesk) -> None:
    nobody = replace(WRITTEN, name="Nobody", location_ids=("elsewhere",))
    desk.front.bring("campaign", [a_campaign("nobody", nobody, State.DRAFT, desk.front.clock.now())])
    desk.go(ReviewRoute(CampaignId("nobody")))
    assert desk.says("review.would") == "0 patients would get it"
    assert not approve(desk).isEnabled()
    assert desk.says("review.notice").startswith("Nobody would get it.")


def test_what_the_server_refused_is_said_and_can_be_put_away(desk: CampaignDesk) -> None:
    page = desk.go(DRAFT)
    desk.press("review.approve")
    desk.press("dialog.ok")
    desk.front.refuse("Somebody changed the campaign.", "Review it again.")
    desk.queue.settle()
    assert isinstance(page, ReviewPage)
    (notice,) = page.notices.notices()
    assert notice.title == "Somebody changed the campaign."
    assert unusable(page) == []
    QTest.keyClick(notice.action, Qt.Key.Key_Return)
    desk.queue.settle()
    assert page.notices.notices() == ()
    assert desk.context.outbox.events() == []


def test_everything_is_named_and_tab_goes_from_the_reasons_to_the_approval(desk: CampaignDesk) -> None:
    page = desk.go(DRAFT)
    assert unusable(page) == []
    order = tab_order(page)
    start = order.index("review.reasons")
    assert order[start:] + order[:start] == [
        "review.reasons",
        "review.explain",
        "review.people",
        "review.preview",
        "review.when_now",
        "review.approve",
    ]


@pytest.mark.parametrize(("width", "beside"), [(1250, True), (900, False)])
def test_nothing_is_covered_however_wide_the_page_is(desk: CampaignDesk, width: int, beside: bool) -> None:
    page = desk.go(DRAFT)
    page.resize(width, 700)
    desk.queue.settle()
    parts = [desk.find(QWidget, name) for name in ("review.reasons", "review.people", "review.preview")]
    places = [part.rect().translated(part.mapTo(page, part.rect().topLeft())) for part in parts]
    assert not any(
        first.intersects(second) for number, first in enumerate(places) for second in places[number + 1 :]
    )
    assert all(page.rect().contains(place) for place in places)
    reasons, people, _preview = places
    assert (reasons.right() < people.left()) is beside
    assert (reasons.bottom() < people.top()) is not beside


def test_a_patient_is_explained_by_the_rules_and_the_channels(desk: CampaignDesk) -> None:
    page = desk.go(DRAFT)
    desk.select("review.people", "Morgan, Cai")
    desk.press("review.explain")
    assert desk.says("explain.name") == "Cai Morgan"
    assert desk.says("explain.said") == "Would get it, by SMS to 07700 900239."
    said = told(page)
    assert "In the audience: these rules select this patient" in said
    assert "Chosen, to 07700 900239: the channel this patient prefers" in said
    assert "Possible, to cai@example.org" in said
    desk.press("dialog.ok")


def test_another_patient_is_found_by_keyboard_and_told_why_not(desk: CampaignDesk) -> None:
    page = desk.go(DRAFT)
    desk.press("review.explain")
    assert desk.focus() == "explain.search"
    desk.write("explain.search", "dot")
    desk.find(SearchField, "explain.search").fire()
    desk.queue.settle()
    QTest.keyClick(desk.find(QWidget, "explain.search"), Qt.Key.Key_Down)
    assert desk.focus() == "explain.hits"
    QTest.keyClick(desk.find(QWidget, "explain.hits"), Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.says("explain.name") == "Dot Morgan"
    assert desk.says("explain.said") == "Would not get it: asked for no messages of this kind."
    assert "No: asked for no messages of this kind" in told(page)
    desk.write("explain.search", "xyzzy")
    desk.find(SearchField, "explain.search").fire()
    desk.queue.settle()
    assert desk.find(QListWidget, "explain.hits").item(0).text() == "Nobody by that name."
    desk.press("dialog.ok")


def test_who_is_not_in_the_audience_is_told_which_rule_leaves_them_out(desk: CampaignDesk) -> None:
    page = desk.go(DRAFT)
    desk.press("review.explain")
    desk.write("explain.search", "ivy")
    desk.find(SearchField, "explain.search").fire()
    desk.queue.settle()
    hits = desk.find(QListWidget, "explain.hits")
    where = hits.visualItemRect(hits.item(0)).center()
    QTest.mouseClick(hits.viewport(), Qt.MouseButton.LeftButton, pos=where)
    desk.queue.settle()
    assert desk.says("explain.said") == "Is not among the patients whom this campaign selects."
    assert "Not in the audience: these rules leave this patient out" in told(page)
    desk.press("dialog.ok")


def told(page: QWidget) -> list[str]:
    """What stands in the explanation."""
    return [each.text() for each in page.findChildren(QLabel) if each.isVisible()]
