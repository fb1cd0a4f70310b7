"""A campaign's message sent to oneself from the composer, over a real cache."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QPushButton

from primoro_campaigns.desktop.campaign.own_copy import NobodyCarriesError, NothingToSendError, written
from primoro_campaigns.desktop.campaign.own_copy_view import NotSentError, OwnCopyDialog
from primoro_campaigns.desktop.routes import ComposerRoute
from primoro_campaigns.desktop.sync.failure import UnreachableError
from primoro_campaigns.desktop.trial import OwnAddresses, TrialTold
from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.ids import CampaignId
from tests.desktop.campaign.campaign_desk import WRITTEN, CampaignDesk
from tests.fakes.reception import Row

DRAFT = ComposerRoute(CampaignId("draft"))


def provider(name: str, title: str, channel: str) -> Row:
    row: Row = {"id": name, "title": title, "channel": channel, "failure": ""}
    return {**row, "last_success_at": None, "last_failure_at": None}


MAIL, TEXTS = provider("smtp", "Mail server", "email"), provider("vonage", "Text gateway", "sms")


@pytest.fixture
def composing(desk: CampaignDesk) -> Iterator[CampaignDesk]:
    """The draft that goes by e-mail or SMS, open in the composer; both can be carried."""
    desk.front.bring("provider", [MAIL, TEXTS])
    desk.go(DRAFT)
    yield desk
    for dialog in desk.page.findChildren(OwnCopyDialog):
        dialog.reject()


def answer(desk: CampaignDesk, **typed: str) -> None:
    (dialog,) = [each for each in desk.page.findChildren(OwnCopyDialog) if each.isVisible()]
    for channel, words in typed.items():
        desk.find(QLineEdit, f"own_copy.{channel}").setText(words)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    desk.queue.settle()


def test_it_goes_where_one_says_with_what_is_written_now(composing: CampaignDesk) -> None:
    trials = composing.front.trials
    trials.own = OwnAddresses("jo@practice.example", "")
    composing.write("composer.subject", "A brighter smile")
    composing.press("composer.to_myself")
    assert composing.find(QLineEdit, "own_copy.email").text() == "jo@practice.example"
    answer(composing, sms=" 07700 900555 ")
    assert trials.asked == [("smtp", "jo@practice.example"), ("vonage", "07700 900555")]
    assert {each.subject for each in trials.contents if each is not None} == {"A brighter smile"}
    assert composing.front.notices.told == ["The test was sent. It is on its way. It is on its way."]


def test_a_channel_left_empty_is_left_out(composing: CampaignDesk) -> None:
    composing.press("composer.to_myself")
    answer(composing, email="jo@practice.example")
    assert composing.front.trials.asked == [("smtp", "jo@practice.example")]


def test_somewhere_it_has_to_go(composing: CampaignDesk) -> None:
    composing.press("composer.to_myself")
    answer(composing)
    assert composing.front.trials.asked == []
    assert composing.errors() == {"own_copy.email": "Type where it is to go."}


def test_what_cannot_be_carried_is_not_asked_for(composing: CampaignDesk) -> None:
    composing.front.bring("provider", gone=["smtp"])
    composing.press("composer.to_myself")
    (dialog,) = composing.page.findChildren(OwnCopyDialog)
    assert [each.objectName() for each in dialog.findChildren(QLineEdit)] == ["own_copy.sms"]
    dialog.reject()
    composing.front.bring("provider", gone=["vonage"])
    composing.press("composer.to_myself")
    assert [type(each) for each in composing.front.notices.problems] == [NobodyCarriesError]


def test_one_that_did_not_leave_is_a_problem_in_the_servers_words(composing: CampaignDesk) -> None:
    composing.front.trials.told = TrialTold(False, "The mail server cannot be reached.")
    composing.press("composer.to_myself")
    answer(composing, email="jo@practice.example")
    (problem,) = composing.front.notices.problems
    assert isinstance(problem, NotSentError)
    assert problem.advice == "The mail server cannot be reached."


def test_without_the_server_it_says_so_and_can_be_tried_again(composing: CampaignDesk) -> None:
    composing.front.trials.error = UnreachableError()
    composing.press("composer.to_myself")
    assert [each.code for each in composing.front.notices.problems] == ["remote.unreachable"]
    assert composing.find(QPushButton, "composer.to_myself").isEnabled()


def test_nothing_written_is_nothing_to_send(composing: CampaignDesk) -> None:
    for name in ("composer.email_body", "composer.sms_body"):
        composing.find(QPlainTextEdit, name).clear()
    composing.press("composer.to_myself")
    assert [type(each) for each in composing.front.notices.problems] == [NothingToSendError]


def test_reception_is_not_offered_what_would_be_refused(reception_desk: CampaignDesk) -> None:
    reception_desk.go(DRAFT)
    assert not reception_desk.has("composer.to_myself")


@pytest.mark.parametrize(
    ("policy", "channels"),
    [
        (ChannelPolicy.EMAIL, [Channel.EMAIL]),
        (ChannelPolicy.SMS, [Channel.SMS]),
        (ChannelPolicy.PREFERRED, [Channel.EMAIL, Channel.SMS]),
    ],
)
def test_only_the_channels_of_the_campaign(policy: ChannelPolicy, channels: list[Channel]) -> None:
    assert written(replace(WRITTEN, channel_policy=policy)) == channels
    assert written(replace(WRITTEN, channel_policy=policy, email_body=" ", sms_body="")) == []
