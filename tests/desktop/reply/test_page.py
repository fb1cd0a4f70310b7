"""The page of replies as a person uses it: by mouse and by keyboard, over a real cache."""

from collections.abc import Callable, Mapping

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.kit.notice import Notice
from primoro_campaigns.desktop.kit.table import DataTable
from primoro_campaigns.desktop.reply import room as reply_room
from primoro_campaigns.desktop.reply import words
from primoro_campaigns.desktop.reply.listed import FILTERS, ListedReply
from primoro_campaigns.desktop.reply.view import RepliesPage
from primoro_campaigns.desktop.routes import (
    PatientRoute,
    PatientsRoute,
    PatientTab,
    RepliesRoute,
    SendingRoute,
)
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.desktop.sync.rows import Cell
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.ids import PatientId, ReplyId
from tests.desktop.accessible import spoken, tab_order, unusable
from tests.desktop.conftest import OpenReception, Show, Threads
from tests.desktop.reply.reply_rows import NO, a_reply, some_replies
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception, Row, a_practice


class Restrictions:
    """Notes for whom the Restrictions dialog was asked; the room of consent has the real one."""

    def __init__(self) -> None:
        self.asked: list[PatientId] = []

    def open_restrictions(self, over: QWidget, patient_id: PatientId) -> None:
        assert over.isVisible()
        self.asked.append(patient_id)


class Hands:
    """Uses the page by the names of its controls; ``settle`` lets everything arrive."""

    def __init__(self, page: QWidget, settle: Callable[[], None]) -> None:
        assert isinstance(page, RepliesPage)
        self.page = page
        self.settle = settle

    def child(self, name: str) -> QWidget:
        found: QWidget | None = self.page.findChild(QWidget, name)
        assert found is not None, name
        return found

    @property
    def replies(self) -> DataTable[ListedReply]:
        return self.page.table

    def look_at(self, reply_id: str) -> None:
        assert self.replies.select_key(reply_id), reply_id
        self.settle()

    def listed(self) -> list[str]:
        rows = [self.replies.rows().row_at(row) for row in range(self.replies.rows().count)]
        return [row.reply.reply_id for row in rows if row is not None]

    def cells(self, row: int) -> list[str]:
        model = self.replies.rows()
        return [str(model.data(model.index(row, column))) for column in range(model.columnCount())]

    def says(self, name: str) -> str:
        found = self.child(name)
        assert isinstance(found, QLabel | QPlainTextEdit)
        assert found.isVisible(), name
        return found.toPlainText() if isinstance(found, QPlainTextEdit) else found.text()

    def words(self) -> list[str]:
        """All that the panel says."""
        return [each.text() for each in self.page.panel.findChildren(QLabel) if each.isVisible()]

    def click(self, name: str) -> None:
        button = self.child(name)
        assert isinstance(button, QPushButton)
        assert button.isVisible(), name
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.settle()

    def press(self, key: Qt.Key) -> None:
        """On whatever has the focus."""
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)
        self.settle()

    def focus(self) -> str:
        focus = QApplication.focusWidget()
        assert focus is not None
        return focus.objectName()


@pytest.fixture
def restrictions() -> Restrictions:
    return Restrictions()


OpenPage = Callable[[Reception], Hands]


@pytest.fixture
def open_page(queue: QueuedRunner, show: Show, restrictions: Restrictions) -> OpenPage:
    def open_one(reception: Reception) -> Hands:
        page = reply_room.create(reception.context, restrictions).page_for(RepliesRoute())
        show(page)
        assert page is not None
        return Hands(page, queue.settle)

    return open_one


@pytest.fixture
def hands(front: Reception, open_page: OpenPage) -> Hands:
    front.bring("reply", some_replies(front))
    return open_page(front)


def recorded(reception: Reception) -> list[tuple[EventKind, Mapping[str, object]]]:
    return [(each.kind, each.payload) for each in reception.outbox.events()]


def test_what_is_unread_is_listed_first_the_latest_on_top(hands: Hands) -> None:
    assert hands.listed() == ["r1", "r2", "r3", "r4"]
    assert hands.cells(0) == ["3 Mar 2026, 10:27", "07700 900101", "Priya Anand", NO, "Unread"]
    assert [hands.cells(row)[1:4] for row in (1, 2, 3)] == [
        ["07700 900103", "Mei Llywelyn, Tom Llywelyn", "Yes"],
        ["07700 900555", words.IN_NO_FILE, "Who is this?"],
        ["Alerts", words.IN_NO_FILE, "Your parcel is late"],
    ]


def test_a_reply_is_read_whole_and_marked_by_mouse(hands: Hands, front: Reception) -> None:
    hands.look_at("r1")
    assert hands.says("replies.text") == NO
    assert hands.says("replies.state") == "Unread"
    hands.click("replies.handled")
    assert hands.says("replies.state") == "Handled"
    assert hands.listed() == ["r1", "r2", "r3", "r4"], "it does not vanish under one's hands"
    assert words.WAITING in hands.words()
    assert any(each.startswith("Marked as handled by Jo Bell, 3 Mar 2026, 10:30") for each in hands.words())
    assert recorded(front) == [(EventKind.HANDLE_REPLY, {"reply_id": "r1", "handled": True})]
    hands.click("replies.unread")
    assert hands.says("replies.state") == "Unread"
    hands.click("replies.filter.handled")
    assert hands.listed() == ["r5"]


def test_by_keyboard_alone(hands: Hands) -> None:
    assert hands.focus() == "replies.table"
    hands.press(Qt.Key.Key_Down)
    hands.press(Qt.Key.Key_Return)
    assert hands.focus() == "replies.text"
    for _ in range(3):
        hands.press(Qt.Key.Key_Tab)
    assert hands.focus() == "replies.handled"
    hands.press(Qt.Key.Key_Return)
    assert hands.says("replies.state") == "Handled"
    assert hands.focus() == "replies.table"
    hands.press(Qt.Key.Key_Down)
    assert [each.reply.reply_id for each in hands.replies.selected()] == ["r2"]


def test_a_no_in_other_words_is_one_click_from_the_restrictions(
    hands: Hands, restrictions: Restrictions, front: Reception
) -> None:
    hands.look_at("r2")
    assert hands.says("replies.holders").startswith("2 files hold this number.")
    hands.click("replies.restrict.1")
    hands.click("replies.restrict.0")
    assert restrictions.asked == ["tom", "mei"]
    hands.click("replies.open.1")
    assert front.footsteps.gone == [PatientRoute(PatientId("tom"), PatientTab.CONTACTS)]


@pytest.mark.parametrize(
    ("reply_id", "said"), [("r3", "No file held this number"), ("r4", "The sender shows no telephone number")]
)
def test_a_number_of_nobody_says_so_and_can_still_be_dealt_with(
    hands: Hands, reply_id: str, said: str
) -> None:
    hands.look_at(reply_id)
    assert hands.says("replies.holders").startswith(said)
    hands.click("replies.handled")
    assert hands.says("replies.state") == "Handled"


def test_a_patient_out_of_sight_has_no_name_and_no_buttons(hands: Hands) -> None:
    hands.click("replies.filter.all")
    hands.look_at("r5")
    assert "Marked as handled by Sam Reed, 1 Mar 2026, 10:30." in hands.words()
    assert words.NOT_SEEN in hands.words()
    for name in ("replies.open.1", "replies.restrict.1"):
        assert not hands.child(name).isEnabled()
        assert hands.child(name).accessibleDescription() == words.OUT_OF_SIGHT
    assert hands.child("replies.open.0").isEnabled()


def test_without_the_right_the_button_says_why(
    open_reception: OpenReception, queue: QueuedRunner, open_page: OpenPage
) -> None:
    reception = open_reception(queue, queue.post, rights=[Right.VIEW, Right.MATCH_CALLS])
    reception.bring("reply", some_replies(reception))
    hands = open_page(reception)
    hands.look_at("r1")
    assert not hands.child("replies.handled").isEnabled()
    assert hands.child("replies.handled").accessibleDescription() == words.MAY_NOT
    assert words.MAY_NOT in hands.words()


def test_what_the_server_refused_stays_at_its_reply_until_dismissed(hands: Hands, front: Reception) -> None:
    hands.look_at("r1")
    hands.click("replies.handled")
    front.refuse("This reply is no longer there.", "Nothing was changed.")
    hands.settle()
    (notice,) = hands.page.panel.notices.notices()
    assert hands.says("replies.state") == "Unread"
    hands.look_at("r2")
    assert hands.page.panel.notices.notices() == ()
    hands.look_at("r1")
    (notice,) = hands.page.panel.notices.notices()
    assert isinstance(notice, Notice)
    QTest.mouseClick(notice.action, Qt.MouseButton.LeftButton)
    hands.settle()
    assert hands.page.panel.notices.notices() == ()
    assert front.outbox.events() == []


def test_a_colleague_deals_with_what_is_looked_at(hands: Hands, front: Reception) -> None:
    hands.look_at("r2")
    first = some_replies(front)[1]
    front.bring("reply", [{**first, "state": "handled", "handled_by_name": "Sam Reed"}])
    hands.settle()
    assert hands.says("replies.state") == "Handled"
    assert "Marked as handled by Sam Reed." in hands.words()
    front.bring("reply", gone=["r2"])
    hands.settle()
    assert not hands.child("replies.text").isVisible()
    assert hands.listed() == ["r1", "r3", "r4"]


def the_mailbox(**more: Cell) -> Row:
    return {
        "id": "mailbox",
        "title": "Mailbox at mx.example",
        "channel": "",
        "last_success_at": "2026-03-03T10:12:00.000000+00:00",
        "last_failure_at": "2026-03-03T10:20:00.000000+00:00",
        "failure": "The mailbox does not let us in.",
    } | more


def said_of_the_mailbox(page: QWidget) -> list[Notice]:
    return [each for each in page.findChildren(Notice) if each.isVisible()]


def test_a_manager_sees_that_mail_is_not_read(
    open_reception: OpenReception, queue: QueuedRunner, open_page: OpenPage
) -> None:
    front = open_reception(queue, queue.post, rights=ROLE_RIGHTS[Role.MANAGER])
    hands = open_page(front)
    assert said_of_the_mailbox(hands.page) == []
    front.bring("provider", [the_mailbox(), the_mailbox(id="email", channel="email", failure="x")])
    queue.settle()
    (notice,) = said_of_the_mailbox(hands.page)
    assert notice.title == "Answers and returned e-mails have not been read since 3 Mar 2026, 10:12."
    assert notice.advice.startswith(
        "The mailbox does not let us in. Nothing is lost: they wait in the mailbox"
    )
    front.bring("provider", [the_mailbox(last_failure_at="2026-03-03T10:25:00.000000+00:00")])
    queue.settle()
    assert said_of_the_mailbox(hands.page) == [notice], "it is not read out again"
    front.bring("provider", [the_mailbox(last_success_at="2026-03-03T10:29:00.000000+00:00")])
    queue.settle()
    assert said_of_the_mailbox(hands.page) == []


def test_a_mailbox_that_was_never_read_says_since_when_it_was_tried(
    open_reception: OpenReception, queue: QueuedRunner, open_page: OpenPage
) -> None:
    front = open_reception(queue, queue.post, rights=ROLE_RIGHTS[Role.MANAGER])
    front.bring("provider", [the_mailbox(last_success_at=None)])
    (notice,) = said_of_the_mailbox(open_page(front).page)
    assert notice.title.endswith("since 3 Mar 2026, 10:20.")
    QTest.mouseClick(notice.action, Qt.MouseButton.LeftButton)
    assert front.footsteps.gone == [SendingRoute()]


def test_a_receptionist_is_not_troubled_with_the_mailbox(front: Reception, open_page: OpenPage) -> None:
    front.bring("provider", [the_mailbox()])
    assert said_of_the_mailbox(open_page(front).page) == []


def test_filters_show_numbers_and_say_them(hands: Hands) -> None:
    chips = {each.key: spoken(hands.child(f"replies.filter.{each.key}")) for each in FILTERS}
    assert chips == {"unread": "Unread, 4", "handled": "Handled, 1", "all": "All, 5"}
    hands.click("replies.filter.all")
    assert hands.listed() == ["r1", "r2", "r3", "r4", "r5"]


def test_no_replies_at_all(front: Reception, open_page: OpenPage) -> None:
    hands = open_page(front)
    assert not hands.replies.isVisible()
    assert any(
        each.text() == "No replies yet" and each.isVisible() for each in hands.page.findChildren(QLabel)
    )
    front.bring("reply", some_replies(front))
    hands.settle()
    assert hands.listed() == ["r1", "r2", "r3", "r4"]


def test_a_campaign_it_seems_to_answer_and_a_mails_subject_are_shown(
    front: Reception, open_page: OpenPage
) -> None:
    mail = a_reply(
        "m1", front.clock.now(), "mei@example.org", "Not for me", "mei", channel="email", subject="Re: Spring"
    )
    front.bring("reply", [mail])
    hands = open_page(front)
    assert hands.cells(0)[1:4] == ["mei@example.org", "Mei Llywelyn", "Re: Spring Not for me"]
    hands.look_at("m1")
    assert "Re: Spring" in hands.words()
    assert hands.says("replies.holders") == "This address is in the file of"


def test_every_control_has_a_name_and_can_be_reached(hands: Hands) -> None:
    assert unusable(hands.page) == []
    hands.look_at("r2")
    assert unusable(hands.page) == []
    hands.replies.setFocus()
    assert tab_order(hands.page) == [
        "replies.text",
        "replies.open.0",
        "replies.restrict.0",
        "replies.open.1",
        "replies.restrict.1",
        "replies.handled",
        "replies.filter.unread",
        "replies.table",
    ]


def test_the_counter_tells_how_many_are_unread(
    front: Reception, queue: QueuedRunner, restrictions: Restrictions
) -> None:
    told: list[int] = []
    room = reply_room.create(front.context, restrictions)
    assert room.watch_counter is not None
    front.bring("reply", some_replies(front))
    queue.settle()
    watched = room.watch_counter(told.append)
    queue.settle()
    front.outbox.mark_reply(ReplyId("r1"), True)
    queue.settle()
    assert told == [4, 3]
    watched.close()
    front.bring("reply", gone=["r2"])
    queue.settle()
    assert told == [4, 3], "whoever let go hears nothing more"


def test_the_room_makes_pages_of_its_own_routes_alone(front: Reception, restrictions: Restrictions) -> None:
    room = reply_room.create(front.context, restrictions)
    assert (room.name, room.title, room.icon, room.home) == (
        "replies",
        "Repl&ies",
        "replies",
        RepliesRoute(),
    )
    assert room.page_for(PatientsRoute()) is None


def test_with_real_threads_a_mark_shows_without_waiting_for_the_server(
    threads: Threads, open_reception: OpenReception, show: Show, qtbot: QtBot, restrictions: Restrictions
) -> None:
    reception = open_reception(threads.runner, threads.bridge.post)
    reception.bring("reply", some_replies(reception))
    page = reply_room.create(reception.context, restrictions).page_for(RepliesRoute())
    assert isinstance(page, RepliesPage)
    show(page)
    hands = Hands(page, lambda: None)
    qtbot.waitUntil(lambda: len(hands.listed()) == 4)
    hands.look_at("r2")
    hands.click("replies.handled")
    qtbot.waitUntil(lambda: hands.says("replies.state") == "Handled")


def test_replies_survive_a_fresh_copy_with_what_waits(front: Reception, queue: QueuedRunner) -> None:
    front.bring("reply", some_replies(front))
    front.outbox.mark_reply(ReplyId("r1"), True)
    front.outbox.mark_reply(ReplyId("r5"), False)
    front.fill({**a_practice(front.clock.now()), "reply": some_replies(front)})
    queue.settle()
    shown = {str(row.reply_id): (row.state.value, row.pending) for row in front.context.replies.page(10)}
    assert shown["r1"] == ("handled", True)
    assert shown["r5"] == ("unread", True)
    assert shown["r2"] == ("unread", False)
