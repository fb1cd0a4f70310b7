"""The page of what carries the messages, as a person uses it, over a real cache (domain.md M18)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from primoro_campaigns.desktop.campaign import room as campaign_room
from primoro_campaigns.desktop.kit.notice import Notice
from primoro_campaigns.desktop.kit.table import DataTable
from primoro_campaigns.desktop.local.text import instant_text
from primoro_campaigns.desktop.routes import CampaignsRoute, SendingRoute
from primoro_campaigns.desktop.sending import room as sending_room
from primoro_campaigns.desktop.sending.address_dialog import AddressDialog
from primoro_campaigns.desktop.sending.presenter import SendingLine
from primoro_campaigns.desktop.sending.view import SendingPage
from primoro_campaigns.desktop.sync.failure import UnreachableError
from primoro_campaigns.desktop.trial import OwnAddresses, TrialTold
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from tests.desktop.accessible import unusable
from tests.desktop.conftest import OpenReception, Show
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception, Row

WORKED = instant_text(datetime(2026, 3, 3, 9, 0, tzinfo=UTC))
FAILED = instant_text(datetime(2026, 3, 3, 10, 15, tzinfo=UTC))
AWAY = "The text gateway cannot be reached. Nothing is lost: the messages wait."


def provider(name: str, title: str, channel: str, **more: str) -> Row:
    return {
        "id": name,
        "title": title,
        "channel": channel,
        "last_success_at": None,
        "last_failure_at": None,
        "failure": "",
        **more,
    }


MAIL = provider("smtp", "Mail server mail.practice.example", "email", last_success_at=WORKED)
TEXTS = provider(
    "twilio",
    "Text gateway Twilio",
    "sms",
    last_success_at=WORKED,
    last_failure_at=FAILED,
    failure=AWAY,
)
MAILBOX = provider("mailbox", "Mailbox for answers at imap.practice.example", "")


class Hands:
    def __init__(self, page: QWidget, settle: Callable[[], None]) -> None:
        assert isinstance(page, SendingPage)
        self.page = page
        self.settle = settle

    @property
    def table(self) -> DataTable[SendingLine]:
        found = self.page.findChild(QWidget, "sending.table")
        assert isinstance(found, DataTable)
        return found

    def rows(self) -> list[tuple[str, str, str, str]]:
        rows = [self.table.rows().row_at(row) for row in range(self.table.rows().count)]
        return [(row.title, row.state, row.worked, row.failed) for row in rows if row is not None]

    def choose(self, row: int) -> None:
        self.table.selectRow(row)
        self.settle()

    @property
    def test(self) -> QPushButton:
        found = self.page.findChild(QPushButton, "sending.test")
        assert isinstance(found, QPushButton)
        return found

    def why(self) -> str:
        found = self.page.findChild(QLabel, "sending.why")
        assert isinstance(found, QLabel)
        return found.text() if found.isVisible() else ""

    def press_test(self) -> None:
        QTest.mouseClick(self.test, Qt.MouseButton.LeftButton)
        self.settle()

    def dialog(self) -> AddressDialog:
        (found,) = [each for each in self.page.findChildren(AddressDialog) if each.isVisible()]
        return found

    def answer(self, typed: str) -> None:
        dialog = self.dialog()
        field = dialog.findChild(QLineEdit, "sending.address")
        assert isinstance(field, QLineEdit)
        field.setText(typed)
        QTest.keyClick(dialog, Qt.Key.Key_Return)
        self.settle()

    def notices(self) -> list[tuple[str, str]]:
        return [(each.title, each.advice) for each in self.page.notices.notices()]


@pytest.fixture
def hands(front: Reception, queue: QueuedRunner, show: Show) -> Iterator[Hands]:
    front.bring("provider", [MAIL, TEXTS, MAILBOX])
    page = sending_room.create(front.context).page_for(SendingRoute())
    show(page)
    assert page is not None
    hands = Hands(page, queue.settle)
    hands.settle()
    yield hands
    for dialog in page.findChildren(AddressDialog):
        dialog.reject()


def test_each_provider_stands_there_with_how_it_last_went(hands: Hands) -> None:
    assert hands.rows() == [
        ("Mail server mail.practice.example", "Working", "3 Mar 2026, 09:00", "Never"),
        ("Mailbox for answers at imap.practice.example", "Not used yet", "Never yet", "Never"),
        ("Text gateway Twilio", "Not working", "3 Mar 2026, 09:00", "3 Mar 2026, 10:15"),
    ]
    assert unusable(hands.page) == []


def test_the_reason_stands_below_the_table(hands: Hands) -> None:
    hands.choose(2)
    assert hands.why() == f"It does not work now: {AWAY}"
    hands.choose(0)
    assert hands.why() == ""


def test_it_follows_what_the_server_tells(hands: Hands, front: Reception) -> None:
    later = instant_text(datetime(2026, 3, 3, 10, 20, tzinfo=UTC))
    front.bring("provider", [{**TEXTS, "last_success_at": later}])
    hands.settle()
    assert hands.rows()[2][1] == "Working"
    hands.choose(2)
    assert hands.why() == f"When it last failed: {AWAY}"


def test_a_test_goes_where_the_last_one_went_or_elsewhere(hands: Hands, front: Reception) -> None:
    front.trials.own = OwnAddresses("max@practice.example", "")
    hands.choose(0)
    hands.press_test()
    field = hands.dialog().findChild(QLineEdit, "sending.address")
    assert isinstance(field, QLineEdit)
    assert field.text() == "max@practice.example"
    hands.answer(" other@practice.example ")
    assert front.trials.asked == [("smtp", "other@practice.example")]
    assert hands.notices() == [("The test was sent.", "It is on its way.")]


def test_nothing_is_asked_without_an_address(hands: Hands, front: Reception) -> None:
    hands.choose(2)
    hands.press_test()
    hands.answer("  ")
    assert hands.dialog().isVisible()
    assert front.trials.asked == []
    hands.answer("07700 900555")
    assert front.trials.asked == [("twilio", "07700 900555")]


def test_a_test_that_does_not_leave_says_why(hands: Hands, front: Reception) -> None:
    front.trials.told = TrialTold(False, AWAY)
    hands.choose(2)
    hands.press_test()
    hands.answer("07700 900555")
    assert hands.notices() == [("The test could not be sent.", AWAY)]


def test_without_the_server_it_says_so_and_can_be_tried_again(hands: Hands, front: Reception) -> None:
    front.trials.error = UnreachableError()
    hands.choose(0)
    hands.press_test()
    assert [title for title, _ in hands.notices()] == ["The server cannot be reached."]
    assert hands.test.isEnabled()
    front.trials.error = None
    hands.press_test()
    assert hands.notices() == []
    assert hands.dialog().isVisible()


def test_what_carries_nothing_out_cannot_be_tested(hands: Hands) -> None:
    assert not hands.test.isEnabled()
    hands.choose(1)
    assert not hands.test.isEnabled()
    assert "carries no messages out" in hands.test.toolTip()
    hands.choose(0)
    assert hands.test.isEnabled()


def trouble(page: QWidget) -> list[str]:
    return [each.title for each in page.findChildren(Notice) if each.isVisible()]


@pytest.mark.parametrize(
    ("role", "said"),
    [(Role.MANAGER, ["Not working at the moment: Text gateway Twilio."]), (Role.RECEPTION, [])],
)
def test_the_campaigns_page_tells_those_who_can_do_something(
    open_reception: OpenReception, queue: QueuedRunner, show: Show, role: Role, said: list[str]
) -> None:
    front = open_reception(queue, queue.post, ROLE_RIGHTS[role])
    front.bring("provider", [MAIL, TEXTS])
    page = campaign_room.create(front.context).page_for(CampaignsRoute())
    show(page)
    assert page is not None
    queue.settle()
    assert trouble(page) == said
    for notice in [each for each in page.findChildren(Notice) if each.isVisible()]:
        front.bring("provider", [TEXTS])
        queue.settle()
        assert notice.isVisible(), "nothing new, so nothing is said anew"
        QTest.mouseClick(notice.action, Qt.MouseButton.LeftButton)
        assert front.footsteps.gone == [SendingRoute()]
    later = instant_text(datetime(2026, 3, 3, 10, 20, tzinfo=UTC))
    front.bring("provider", [{**TEXTS, "last_success_at": later}])
    queue.settle()
    assert trouble(page) == []
