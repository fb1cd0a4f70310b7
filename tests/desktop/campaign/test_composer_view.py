"""The composer as its user meets it: written by keyboard, kept by itself, counted live."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from primoro_campaigns.desktop.campaign.composer_view import ComposerPage
from primoro_campaigns.desktop.local.campaigns import CampaignFilter
from primoro_campaigns.desktop.local.standing import OutboxCounts
from primoro_campaigns.desktop.routes import CampaignsRoute, ComposerRoute, ReviewRoute
from primoro_campaigns.desktop.sync.rows import Answered
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content, Kind, Receives, State
from primoro_campaigns.domain.ids import CampaignId
from primoro_campaigns.wire.campaign import content_from_json
from tests.desktop.accessible import tab_order, unusable
from tests.desktop.campaign.campaign_desk import OWNER, WRITTEN, CampaignDesk, a_busy_practice, a_campaign
from tests.desktop.conftest import OpenReception, Show
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import a_restriction

REASON = "Product and service information or promotions"
BOTH = "E-mail or SMS, whichever the patient prefers"
DRAFT = ComposerRoute(CampaignId("draft"))


def write_it(desk: CampaignDesk) -> None:
    """What the demo's story writes, by the names it uses."""
    desk.write("composer.name", "Winter whitening offer")
    desk.choose("composer.reason", REASON)
    desk.choose("composer.channel", BOTH)
    desk.press("composer.audience.add")
    desk.choose("composer.rule.0.0.subject", "Kind of person")
    desk.choose("composer.rule.0.0.operator", "is a patient")
    desk.write("composer.subject", WRITTEN.subject)
    desk.write("composer.email_body", WRITTEN.email_body)
    desk.write("composer.sms_body", WRITTEN.sms_body)
    desk.pause()


def kept(desk: CampaignDesk) -> dict[str, object]:
    """What this computer holds of the campaign that was begun last."""
    listed = desk.context.campaigns.page(CampaignFilter(), 100)
    found = desk.context.campaigns.get(listed[0].campaign_id)
    assert found is not None
    content = content_from_json(found.content)
    return {"name": content.name, "subject": content.subject, "policy": content.channel_policy}


def test_a_campaign_is_written_counted_and_kept(desk: CampaignDesk) -> None:
    desk.go(ComposerRoute())
    assert desk.says("composer.audience.count") == "7 of 9 patients (2 more said no to this)"
    write_it(desk)
    assert desk.says("composer.audience.count") == "6 of 9 patients (2 more said no to this)"
    assert desk.says("composer.sms_counter").startswith("105 of 260 characters, 1 text")
    assert desk.says("composer.saved").startswith("Saved on this computer, ")
    assert kept(desk) == {
        "name": "Winter whitening offer",
        "subject": WRITTEN.subject,
        "policy": ChannelPolicy.PREFERRED,
    }
    assert desk.errors() == {}


def test_saved_says_when_the_server_has_it_too(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    assert desk.says("composer.saved") == "Saved, also on the server"
    desk.write("composer.name", "Winter")
    assert desk.says("composer.saved") == "Not saved yet"
    desk.pause()
    assert desk.says("composer.saved").startswith("Saved on this computer")
    waiting = desk.front.mirror.take_events(10)
    desk.front.bring(
        "campaign",
        [
            a_campaign(
                "draft", replace(WRITTEN, name="Winter"), State.DRAFT, desk.front.clock.now(), revision=2
            )
        ],
        answers=[Answered(each.event_id, "applied") for each in waiting],
    )
    desk.pause()
    assert desk.says("composer.saved") == "Saved, also on the server"


def test_leaving_the_page_keeps_what_was_typed(desk: CampaignDesk) -> None:
    page = desk.go(ComposerRoute())
    desk.write("composer.name", "Half a th")
    page.hide()
    desk.queue.settle()
    assert kept(desk)["name"] == "Half a th"


def test_a_page_that_was_only_looked_at_writes_nothing(desk: CampaignDesk) -> None:
    page = desk.go(ComposerRoute())
    page.hide()
    desk.queue.settle()
    assert desk.context.outbox.counts() == OutboxCounts(0, 0)


def test_review_says_what_is_missing_at_the_fields_and_saves(desk: CampaignDesk) -> None:
    page = desk.go(ComposerRoute())
    assert desk.errors() == {}, "nothing is called wrong before one has begun"
    desk.press("composer.review")
    assert list(desk.errors()) == ["composer.name", "composer.subject", "composer.email_body"]
    assert desk.focus() == "composer.name"
    assert isinstance(page, ComposerPage)
    assert [notice.title for notice in page.notices.notices()] == ["Some things need your attention first."]
    assert desk.front.footsteps.gone == []
    desk.write("composer.name", "Winter")
    desk.pause()
    assert list(desk.errors()) == ["composer.subject", "composer.email_body"], "put right, it is gone at once"
    desk.write("composer.subject", WRITTEN.subject)
    assert len(page.notices.notices()) == 1
    desk.write("composer.email_body", WRITTEN.email_body)
    assert desk.errors() == {}
    assert page.notices.notices() == (), "and so is the notice, with the last of them"
    desk.pause()


def test_what_is_whole_goes_to_its_review_after_it_was_kept(desk: CampaignDesk) -> None:
    page = desk.go(ComposerRoute())
    write_it(desk)
    desk.write("composer.name", "Winter whitening")
    desk.press("composer.review")
    (route,) = desk.front.footsteps.gone
    assert isinstance(route, ReviewRoute)
    assert kept(desk)["name"] == "Winter whitening"
    assert isinstance(page, ComposerPage)
    assert page.notices.notices() == ()


def test_l18_a_rule_over_health_data_asks_why_that_is_lawful(desk: CampaignDesk) -> None:
    desk.go(ComposerRoute())
    write_it(desk)
    assert not desk.has("composer.lawful_basis"), "other rules need none"
    desk.press("composer.audience.add")
    desk.choose("composer.rule.0.1.subject", "Planned treatment")
    desk.pause()
    assert desk.has("composer.lawful_basis")
    desk.press("composer.review")
    assert desk.errors().keys() == {"composer.lawful_basis"}
    desk.choose("composer.lawful_basis", "Another reason that the law allows; the note says which")
    assert desk.errors().keys() == {"composer.lawful_basis_note"}
    desk.write("composer.lawful_basis_note", "Art. 9(2)(i), agreed with our adviser")
    assert desk.errors() == {}
    desk.press("composer.review")
    (route,) = desk.front.footsteps.gone
    assert isinstance(route, ReviewRoute)


def test_only_the_messages_of_the_channel_are_asked_for(desk: CampaignDesk) -> None:
    desk.go(ComposerRoute())
    assert (desk.has("composer.subject"), desk.has("composer.sms_body")) == (True, False)
    desk.choose("composer.channel", "SMS")
    assert (desk.has("composer.subject"), desk.has("composer.sms_body")) == (False, True)
    desk.choose("composer.channel", BOTH)
    assert (desk.has("composer.subject"), desk.has("composer.sms_body")) == (True, True)


def test_the_preview_shows_the_words_with_the_fields_filled(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    preview = desk.find(QWidget, "composer.preview")
    words = [each.text() for each in preview.findChildren(QLabel) if each.isVisible()]
    assert "Ann, a brighter smile this autumn" in words
    assert any("at Hillside Dental Care until" in each for each in words), "the practice's own name"
    assert any(each.endswith("Reply STOP to opt out") for each in words)
    assert "A link to stop these messages is added below." in words


def test_an_empty_preview_says_what_it_is_for(desk: CampaignDesk) -> None:
    desk.go(ComposerRoute())
    preview = desk.find(QWidget, "composer.preview")
    words = [each.text() for each in preview.findChildren(QLabel) if each.isVisible()]
    assert words == [
        "How it will look",
        "For a patient such as Mrs Ann Smith",
        "What you write appears here.",
    ]


@pytest.mark.parametrize(
    ("field", "words", "inside"),
    [("First name", "{first_name|}", True), ("Name of the practice", "{practice_name}", False)],
)
def test_a_field_is_put_where_the_cursor_stands(
    desk: CampaignDesk, field: str, words: str, inside: bool
) -> None:
    desk.go(ComposerRoute())
    body = desk.find(QPlainTextEdit, "composer.email_body")
    desk.write("composer.email_body", "Dear ,")
    QTest.keyClick(body, Qt.Key.Key_Left)
    menu = desk.find(QPushButton, "composer.insert_field").menu()
    next(action for action in menu.actions() if action.text() == field).trigger()
    assert body.toPlainText() == f"Dear {words},"
    assert desk.focus() == "composer.email_body"
    if inside:
        QTest.keyClicks(body, "patient")
        assert body.toPlainText() == "Dear {first_name|patient},"
    desk.pause()


def test_a_field_is_put_into_the_subject_too(desk: CampaignDesk) -> None:
    desk.go(ComposerRoute())
    subject = desk.find(QLineEdit, "composer.subject")
    desk.write("composer.subject", ", a brighter smile")
    subject.setCursorPosition(0)
    menu = desk.find(QPushButton, "composer.insert_subject_field").menu()
    next(action for action in menu.actions() if action.text() == "First name").trigger()
    assert desk.focus() == "composer.subject"
    QTest.keyClicks(subject, "Hello")
    desk.pause()
    assert subject.text() == "{first_name|Hello}, a brighter smile"
    assert kept(desk)["subject"] == subject.text()


def test_dear_letters_can_be_replaced(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    assert not desk.has("composer.replace_letters")
    body = desk.find(QPlainTextEdit, "composer.sms_body")
    body.selectAll()
    body.insertPlainText("“Come and see us” – 20 per cent off whitening")
    desk.pause()
    assert "outside the plain alphabet" in desk.says("composer.sms_counter")
    desk.press("composer.replace_letters")
    assert body.toPlainText().startswith('"Come and see us" - 20')
    assert not desk.has("composer.replace_letters")
    desk.pause()


def test_what_cannot_be_sent_is_not_offered(desk: CampaignDesk) -> None:
    page = desk.go(DRAFT)
    spoken_words = " ".join(
        f"{each.text()} {each.accessibleName()}" for each in page.findChildren(QAbstractButton)
    ).lower()
    assert "attach" not in spoken_words
    assert "test" not in spoken_words


def test_everything_is_named_and_tab_goes_down_the_form(desk: CampaignDesk) -> None:
    page = desk.go(DRAFT)
    assert unusable(page) == []
    order = tab_order(page)
    start = order.index("composer.name")
    assert order[start:] + order[:start] == [
        "composer.name",
        "composer.reason",
        "composer.channel",
        "composer.rule.0.0.subject",
        "composer.rule.0.0.operator",
        "composer.rule.0.0.remove",
        "composer.audience.add",
        "composer.audience.or",
        "composer.often",
        "composer.most_a_day",
        "composer.insert_subject_field",
        "composer.subject",
        "composer.preview_text",
        "composer.insert_field",
        "composer.email_body",
        "composer.insert_sms_field",
        "composer.sms_body",
        "composer.preview",
        "composer.delete",
        "composer.to_myself",
        "composer.review",
    ]


def test_somebody_elses_draft_is_read_and_can_be_taken_over(desk: CampaignDesk) -> None:
    page = desk.go(ComposerRoute(CampaignId("theirs")))
    assert isinstance(page, ComposerPage)
    (notice,) = page.notices.notices()
    assert notice.title == "This draft belongs to Sam Reed."
    assert desk.find(QLineEdit, "composer.name").isReadOnly()
    assert not desk.find(QComboBox, "composer.channel").isEnabled()
    assert not desk.find(QPushButton, "composer.insert_field").isEnabled()
    assert not desk.has("composer.delete")
    desk.press("composer.take_over")
    assert page.notices.notices() == ()
    assert not desk.find(QLineEdit, "composer.name").isReadOnly()
    assert desk.has("composer.delete")


def test_who_may_not_take_over_is_not_offered_it(reception_desk: CampaignDesk) -> None:
    reception_desk.go(ComposerRoute(CampaignId("theirs")))
    assert not reception_desk.has("composer.take_over")
    assert reception_desk.find(QPushButton, "composer.review").isEnabled()


def test_a_draft_is_deleted_only_after_a_yes_and_enter_is_a_no(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    desk.press("composer.delete")
    QTest.keyClick(desk.find(QPushButton, "dialog.cancel"), Qt.Key.Key_Return)
    desk.queue.settle()
    assert desk.context.campaigns.get(CampaignId("draft")) is not None
    desk.press("composer.delete")
    desk.press("dialog.ok")
    assert desk.context.campaigns.get(CampaignId("draft")) is None
    assert desk.front.footsteps.gone == [CampaignsRoute()]


def test_a_draft_that_is_gone_is_said_and_nothing_can_be_typed(desk: CampaignDesk) -> None:
    page = desk.go(ComposerRoute(CampaignId("nowhere")))
    assert isinstance(page, ComposerPage)
    assert [notice.title for notice in page.notices.notices()] == ["This draft is no longer here."]
    assert not desk.find(QPushButton, "composer.review").isEnabled()


def test_l17_who_said_no_is_out_of_the_count_at_once(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    desk.front.bring("restriction", [a_restriction("ben", "promotions", desk.front.clock.now(), "staff")])
    desk.queue.settle()
    desk.pause()
    assert desk.says("composer.audience.count") == "5 of 9 patients (3 more said no to this)"
    desk.choose("composer.reason", "Important notifications")
    desk.pause()
    assert desk.says("composer.audience.count") == "8 of 9 patients"


def test_patients_who_change_are_counted_again(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    assert desk.says("composer.audience.count") == "6 of 9 patients (2 more said no to this)"
    desk.front.bring("patient", [], gone=["ben"])
    desk.queue.settle()
    desk.pause()
    assert desk.says("composer.audience.count") == "5 of 8 patients (2 more said no to this)"


def test_locations_are_asked_for_only_where_there_are_several(
    desk: CampaignDesk, open_reception: OpenReception, queue: QueuedRunner, show: Show
) -> None:
    desk.go(DRAFT)
    assert not desk.has("composer.locations")
    desk.page.hide()
    rows = a_busy_practice(desk.front.clock.now())
    rows["location"].append({**rows["location"][0], "id": "loc-mill", "name": "Mill Lane"})
    two = CampaignDesk(open_reception, queue, show, OWNER, rows)
    page = two.go(DRAFT)
    assert two.has("composer.locations")
    assert unusable(page) == []
    choice = two.find(QPushButton, "composer.locations")
    assert choice.text() == "Every location"
    next(action for action in choice.menu().actions() if action.text() == "Mill Lane").trigger()
    two.pause()
    assert choice.text() == "Mill Lane"
    assert two.says("composer.audience.count") == "0 of 0 patients"


@pytest.mark.parametrize(("width", "shown"), [(1250, True), (900, False)])
def test_the_preview_gives_way_to_the_form(desk: CampaignDesk, width: int, shown: bool) -> None:
    page = desk.go(DRAFT)
    page.resize(width, 700)
    desk.queue.settle()
    assert desk.has("composer.preview") is shown


def test_an_ongoing_campaign_is_chosen_with_its_cool_down_and_pace(desk: CampaignDesk) -> None:
    desk.go(DRAFT)
    assert not desk.has("composer.cool_down_days")
    desk.choose("composer.often", "Ongoing: each time that a patient comes to fit the rules")
    desk.find(QSpinBox, "composer.cool_down_days").setValue(60)
    desk.find(QSpinBox, "composer.most_a_day").setValue(40)
    desk.pause()
    kept = kept_content(desk)
    assert (kept.kind, kept.receives) == (Kind.ONGOING, Receives.EVERY_TIME)
    assert (kept.cool_down_days, kept.most_a_day) == (60, 40)
    desk.choose("composer.often", "Once, to everybody who fits the rules then")
    desk.pause()
    assert kept_content(desk).kind is Kind.ONE_OFF
    assert not desk.has("composer.cool_down_days")


def kept_content(desk: CampaignDesk) -> Content:
    found = desk.context.campaigns.get(CampaignId("draft"))
    assert found is not None
    return content_from_json(found.content)
