"""The questions about consent as a person answers them: over a page, by mouse and by keyboard."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QDialog,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QRadioButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.consent import room as consent_room
from primoro_campaigns.desktop.consent import words
from primoro_campaigns.desktop.consent.room import ConsentQuestions
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from primoro_campaigns.domain.consent.model import PermissionState, Purpose
from primoro_campaigns.domain.ids import PatientId
from tests.desktop.accessible import spoken, tab_order, unusable
from tests.desktop.conftest import OpenReception, Show
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception

PRIYA, MEI, ZOE = PatientId("priya"), PatientId("mei"), PatientId("zoe")


class Asking:
    """A page, and the questions that are asked over it."""

    def __init__(self, reception: Reception, page: QWidget, settle: Callable[[], None]) -> None:
        self.reception = reception
        self.page = page
        self.settle = settle
        self.questions: ConsentQuestions = consent_room.create(reception.context)

    def restrictions(self, patient_id: PatientId) -> None:
        self.questions.open_restrictions(self.page, patient_id)
        self.settle()

    def opt_in(self, patient_id: PatientId, purpose: Purpose = Purpose.PROMOTIONS) -> None:
        self.questions.open_opt_in(self.page, patient_id, purpose)
        self.settle()

    def dialogs(self) -> list[QDialog]:
        return [each for each in self.page.findChildren(QDialog) if each.isVisible()]

    @property
    def dialog(self) -> QDialog:
        (found,) = self.dialogs()
        return found

    def child(self, name: str) -> QWidget:
        found: QWidget | None = self.dialog.findChild(QWidget, name)
        assert found is not None, name
        return found

    def box(self, name: str) -> QCheckBox:
        found = self.child(name)
        assert isinstance(found, QCheckBox)
        return found

    def click(self, name: str) -> None:
        control = self.child(name)
        assert isinstance(control, QPushButton | QCheckBox | QRadioButton)
        # A tick box answers to its box and words, not to the empty space beside them.
        at = (
            control.rect().center() if isinstance(control, QPushButton) else QPoint(12, control.height() // 2)
        )
        QTest.mouseClick(control, Qt.MouseButton.LeftButton, pos=at)
        self.settle()

    def press(self, key: Qt.Key) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, key)
        self.settle()

    def type(self, name: str, text: str) -> None:
        field = self.child(name)
        assert isinstance(field, QLineEdit | QPlainTextEdit)
        assert field.isVisible(), name
        QTest.keyClicks(field, text)
        self.settle()

    def says(self, name: str) -> str:
        found = self.child(name)
        assert isinstance(found, QLabel)
        return found.text() if found.isVisible() else ""

    def words(self) -> str:
        return "\n".join(each.text() for each in self.dialog.findChildren(QLabel) if each.isVisible())

    def in_force(self, patient_id: PatientId) -> set[Purpose]:
        return {each.purpose for each in self.reception.context.patients.restrictions(patient_id)}


Ask = Callable[[Reception], Asking]


@pytest.fixture
def ask(queue: QueuedRunner, show: Show) -> Iterator[Ask]:
    asked: list[Asking] = []

    def start(reception: Reception) -> Asking:
        page = QWidget()
        show(page)
        asked.append(Asking(reception, page, queue.settle))
        return asked[-1]

    yield start
    for asking in asked:
        for dialog in asking.dialogs():
            dialog.reject()


@pytest.fixture
def asking(ask: Ask, front: Reception) -> Asking:
    return ask(front)


@pytest.fixture
def manager(ask: Ask, open_reception: OpenReception, queue: QueuedRunner) -> Asking:
    return ask(open_reception(queue, queue.post, rights=ROLE_RIGHTS[Role.MANAGER]))


def test_tick_ok_and_it_is_in_force(asking: Asking) -> None:
    asking.restrictions(PRIYA)
    asking.click("restrictions.promotions")
    assert asking.box("restrictions.promotions").isChecked()
    assert asking.in_force(PRIYA) == set()
    asking.click("restrictions.ok")
    assert asking.dialogs() == []
    assert asking.in_force(PRIYA) == {Purpose.PROMOTIONS}
    assert asking.reception.notices.told == ["No more promotions, on any channel, from now on."]


def test_cancel_discards_what_was_ticked(asking: Asking) -> None:
    asking.restrictions(PRIYA)
    asking.click("restrictions.promotions")
    asking.click("restrictions.cancel")
    assert asking.dialogs() == []
    assert asking.in_force(PRIYA) == set()
    assert asking.reception.outbox.events() == []
    assert asking.reception.notices.told == []
    asking.restrictions(PRIYA)
    assert not asking.box("restrictions.promotions").isChecked()


def test_three_keys_are_enough(asking: Asking) -> None:
    asking.restrictions(PRIYA)
    assert QApplication.focusWidget() is asking.box("restrictions.promotions")
    asking.press(Qt.Key.Key_Space)
    asking.press(Qt.Key.Key_Return)
    assert asking.in_force(PRIYA) == {Purpose.PROMOTIONS}


def test_escape_discards(asking: Asking) -> None:
    asking.restrictions(PRIYA)
    asking.press(Qt.Key.Key_Space)
    asking.press(Qt.Key.Key_Escape)
    assert asking.dialogs() == []
    assert asking.in_force(PRIYA) == set()


def test_offline_a_tick_holds_and_the_dialog_says_it_waits(asking: Asking) -> None:
    asking.reception.offline()
    asking.restrictions(PRIYA)
    asking.click("restrictions.newsletters")
    asking.click("restrictions.ok")
    assert asking.in_force(PRIYA) == {Purpose.NEWSLETTERS}
    asking.restrictions(PRIYA)
    assert "Waiting to be sent to the server." in asking.words()


def test_unticking_without_the_right_says_why_and_changes_nothing(asking: Asking) -> None:
    asking.restrictions(MEI)
    box = asking.box("restrictions.promotions")
    assert words.MAY_NOT_PERMIT in box.accessibleDescription()
    asking.click("restrictions.promotions")
    assert box.isChecked()
    assert asking.says("restrictions.problem") == words.MAY_NOT_PERMIT
    asking.click("restrictions.ok")
    assert asking.in_force(MEI) == {Purpose.PROMOTIONS}


def test_unticking_with_the_right_asks_who_asked(manager: Asking) -> None:
    manager.restrictions(ZOE)
    assert not manager.child("restrictions.why").isVisible()
    manager.click("restrictions.newsletters")
    assert QApplication.focusWidget() is manager.child("restrictions.why"), "one can type on"
    manager.click("restrictions.ok")
    assert manager.says("restrictions.problem") == "Say who asked for messages again, and how."
    manager.type("restrictions.why", "The patient, at reception")
    assert manager.says("restrictions.problem") == ""
    manager.press(Qt.Key.Key_Return)
    assert manager.in_force(ZOE) == set()
    (event,) = manager.reception.outbox.events()
    assert event.payload["why"] == "The patient, at reception"


def test_unticking_while_the_server_is_away_says_so_until_it_is_back(manager: Asking) -> None:
    manager.reception.offline()
    manager.restrictions(ZOE)
    manager.click("restrictions.newsletters")
    assert manager.says("restrictions.problem") == words.NEEDS_SERVER
    manager.reception.online()
    manager.click("restrictions.newsletters")
    assert not manager.box("restrictions.newsletters").isChecked()


def test_an_opt_in_starts_unticked_and_is_recorded_with_its_evidence(manager: Asking) -> None:
    manager.opt_in(ZOE)
    boxes = [each for each in manager.dialog.findChildren(QCheckBox) if each.isVisible()]
    assert len(boxes) == 5
    assert not any(each.isChecked() for each in boxes), "domain.md L04"
    manager.click("opt_in.channel.email")
    manager.type("opt_in.who", "The patient")
    manager.type("opt_in.how", "At reception")
    manager.click("opt_in.confirmed")
    manager.click("opt_in.ok")
    assert manager.dialogs() == []
    (permission,) = manager.reception.context.patients.permissions(ZOE)
    assert permission.state is PermissionState.OPTED_IN
    assert permission.how == "The patient asked: At reception"
    assert permission.wording.startswith("May Hillside Dental Care send you")
    assert manager.reception.notices.told == ["Opt-in recorded for E-mail. The server has the last word."]


def test_an_opt_in_says_at_each_field_what_is_missing(manager: Asking) -> None:
    manager.opt_in(ZOE)
    manager.click("opt_in.ok")
    said = manager.words()
    for part in ("Tick each channel", "Say who asked", "Say how", "Tick this once the patient has said yes"):
        assert part in said
    assert (
        manager.child("opt_in.who").accessibleDescription()
        == "Say who asked: the patient, a parent, a carer."
    )
    manager.type("opt_in.who", "A carer")
    assert "Say who asked" not in manager.words()


def test_l02_a_soft_opt_in_is_captured_with_all_four_conditions(manager: Asking) -> None:
    manager.opt_in(ZOE)
    manager.click("opt_in.soft")
    ticks = [each for each in manager.dialog.findChildren(QCheckBox) if each.isVisible()]
    assert len(ticks) == 8
    assert not any(each.isChecked() for each in ticks)
    assert not manager.child("opt_in.confirmed").isVisible()
    manager.click("opt_in.channel.email")
    manager.type("opt_in.who", "The patient")
    manager.type("opt_in.how", "booking a check-up on 2 March")
    for each in ("own_sale", "similar", "offered"):
        manager.click(f"opt_in.condition.{each}")
    manager.click("opt_in.ok")
    assert manager.dialogs(), "three are not enough"
    assert "All four are needed." in manager.words()
    manager.click("opt_in.condition.every_message")
    manager.click("opt_in.ok")
    assert manager.dialogs() == []
    (event,) = manager.reception.outbox.events()
    assert event.payload["state"] == "unknown"
    assert event.payload["soft_opt_in"] == ["every_message", "offered", "own_sale", "similar"]
    assert event.payload["how"] == "The patient gave it: booking a check-up on 2 March"
    assert str(event.payload["wording"]).startswith("We may write to you about treatments like this one.")
    assert manager.reception.notices.told == [
        "Soft opt-in recorded for E-mail. The server has the last word."
    ]


def test_going_back_to_a_yes_asks_for_the_yes(manager: Asking) -> None:
    manager.opt_in(ZOE)
    manager.click("opt_in.soft")
    manager.click("opt_in.yes")
    assert manager.child("opt_in.confirmed").isVisible()
    manager.click("opt_in.ok")
    assert "Tick this once the patient has said yes" in manager.words()
    assert "All four" not in manager.words()


def test_an_opt_in_without_the_server_is_refused_in_words(manager: Asking) -> None:
    manager.reception.offline()
    manager.opt_in(ZOE)
    manager.click("opt_in.channel.email")
    assert not manager.box("opt_in.channel.email").isChecked()
    assert manager.says("opt_in.problem") == words.NEEDS_SERVER
    manager.click("opt_in.ok")
    assert manager.dialogs()
    assert manager.reception.outbox.events() == []


def test_cancel_of_an_opt_in_records_nothing(manager: Asking) -> None:
    manager.opt_in(ZOE)
    manager.click("opt_in.channel.email")
    manager.click("opt_in.cancel")
    assert manager.reception.outbox.events() == []


def test_a_stopped_number_says_how_it_comes_back(manager: Asking) -> None:
    manager.opt_in(MEI)
    assert words.STOPPED in manager.words()
    manager.click("opt_in.channel.sms")
    assert manager.says("opt_in.problem") == words.STOPPED


@pytest.mark.parametrize("question", [Asking.restrictions, Asking.opt_in])
def test_every_control_has_a_name_and_can_be_reached(
    manager: Asking, question: Callable[[Asking, PatientId], None]
) -> None:
    question(manager, ZOE)
    assert unusable(manager.dialog) == []
    assert spoken(manager.dialog)


def test_tab_goes_through_the_restrictions_in_order(asking: Asking) -> None:
    asking.restrictions(PRIYA)
    assert tab_order(asking.dialog) == [
        "restrictions.newsletters",
        "restrictions.ok",
        "restrictions.cancel",
        "restrictions.promotions",
    ]


@pytest.mark.parametrize("question", [Asking.restrictions, Asking.opt_in])
def test_a_long_name_does_not_widen_the_dialog_beyond_the_page(
    manager: Asking, question: Callable[[Asking, PatientId], None]
) -> None:
    question(manager, ZOE)
    assert "Featherstonehaugh-Cholmondeley-Marjoribanks" in manager.words()
    assert manager.dialog.width() <= 640
    for label in manager.dialog.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_one_question_at_a_time(asking: Asking) -> None:
    asking.questions.open_restrictions(asking.page, PRIYA)
    asking.questions.open_restrictions(asking.page, MEI)
    asking.settle()
    assert "Priya" in asking.words()
    asking.questions.open_restrictions(asking.page, MEI)
    asking.settle()
    asking.click("restrictions.cancel")
    asking.restrictions(MEI)
    assert "Mei" in asking.words()


def test_a_record_that_has_gone_is_told_and_one_can_ask_again(asking: Asking) -> None:
    asking.restrictions(PatientId("nobody"))
    assert asking.dialogs() == []
    (problem,) = asking.reception.notices.problems
    assert problem.title == "This patient's record is no longer on this computer."
    asking.restrictions(PRIYA)
    assert asking.dialogs()


def test_no_question_opens_over_a_page_that_was_left_meanwhile(asking: Asking) -> None:
    asking.questions.open_restrictions(asking.page, PRIYA)
    asking.page.hide()
    asking.settle()
    assert asking.dialogs() == []
    asking.page.show()
    asking.restrictions(PRIYA)
    assert asking.dialogs()


def test_a_closed_question_listens_no_more(asking: Asking, qtbot: QtBot) -> None:
    before = asking.reception.status.listeners
    asking.restrictions(PRIYA)
    assert asking.reception.status.listeners == before + 1
    asking.click("restrictions.cancel")
    qtbot.waitUntil(lambda: asking.reception.status.listeners == before)
