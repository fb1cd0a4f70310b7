"""The patient's file as a person uses it, over a real cache: banner, tabs, contacts, permissions."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QDialog, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop.consent import room as consent_room
from primoro_campaigns.desktop.kit.badge import Badge
from primoro_campaigns.desktop.kit.table import DataTable
from primoro_campaigns.desktop.local.patients import ContactRow
from primoro_campaigns.desktop.patient import permission_grid
from primoro_campaigns.desktop.patient import room as patient_room
from primoro_campaigns.desktop.patient.banner import Banner
from primoro_campaigns.desktop.patient.file_view import PatientPage
from primoro_campaigns.desktop.patient.in_force import WAITING_WORDS
from primoro_campaigns.desktop.patient.permission_grid import ChannelLine
from primoro_campaigns.desktop.routes import PatientRoute, PatientTab, ResultsRoute
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.consent.model import PermissionState, Purpose
from primoro_campaigns.domain.ids import CampaignId, PatientId
from tests.desktop.accessible import spoken, unusable
from tests.desktop.conftest import OpenReception, Show, Threads
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception, a_contact, a_patient, a_permission, a_restriction

DETAILS, CONTACTS, PERMISSIONS = PatientTab.DETAILS, PatientTab.CONTACTS, PatientTab.PERMISSIONS


class Hands:
    def __init__(self, page: QWidget, settle: Callable[[], None]) -> None:
        assert isinstance(page, PatientPage)
        self.page = page
        self.settle = settle

    def child(self, name: str) -> QWidget:
        found = [each for each in self.page.findChildren(QWidget) if each.objectName() == name]
        assert len(found) == 1, name
        return found[0]

    def says(self, name: str) -> str:
        found = self.child(name)
        assert isinstance(found, QLabel)
        return found.text() if found.isVisible() else ""

    def words(self) -> str:
        """All that can be read on the page now, badges too."""
        return "\n".join(each.text() for each in self.page.findChildren(QLabel) if each.isVisible())

    def banner(self) -> str:
        found = self.child("patient.banner")
        assert isinstance(found, Banner)
        assert found.isVisible() is bool(found.text())
        return found.text()

    def click(self, name: str) -> None:
        control = self.child(name)
        assert isinstance(control, QPushButton | QCheckBox)
        assert control.isVisible(), name
        at = (
            control.rect().center() if isinstance(control, QPushButton) else QPoint(12, control.height() // 2)
        )
        QTest.mouseClick(control, Qt.MouseButton.LeftButton, pos=at)
        self.settle()

    def tab(self, tab: PatientTab) -> None:
        self.click(f"patient.tab.{tab.value}")

    @property
    def contacts(self) -> DataTable[ContactRow]:
        return self.page.contacts.table

    def titles(self) -> list[str]:
        rows = [self.contacts.rows().row_at(row) for row in range(self.contacts.rows().count)]
        return [row.title for row in rows if row is not None]

    @property
    def grid(self) -> DataTable[ChannelLine]:
        return self.page.permissions.table

    def cell(self, channel: int, column: int) -> str:
        model = self.grid.rows()
        return str(model.data(model.index(channel, column)))

    def dialogs(self) -> list[QDialog]:
        return [each for each in self.page.window().findChildren(QDialog) if each.isVisible()]


OpenFile = Callable[..., Hands]


@pytest.fixture
def open_file(queue: QueuedRunner, show: Show) -> Iterator[OpenFile]:
    opened: list[Hands] = []

    def open_one(reception: Reception, patient: str, tab: PatientTab = DETAILS) -> Hands:
        room = patient_room.create(reception.context, consent_room.create(reception.context))
        page = room.page_for(PatientRoute(PatientId(patient), tab))
        show(page)
        assert page is not None
        opened.append(Hands(page, queue.settle))
        return opened[-1]

    yield open_one
    for hands in opened:
        for dialog in hands.dialogs():
            dialog.reject()


@pytest.fixture
def manager(open_reception: OpenReception, queue: QueuedRunner) -> Reception:
    return open_reception(queue, queue.post, rights=ROLE_RIGHTS[Role.MANAGER])


def test_who_it_is(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya")
    assert hands.says("patient.title") == "Ms Priya Anand"
    assert "Born 4 May 1984 (41)  ·  H-priya  ·  Hillside" in hands.words()
    assert "priya.anand@example.org" in hands.words()
    assert "Dr Ngozi Okafor" in hands.words()


def test_a_record_with_next_to_nothing_on_file(front: Reception, open_file: OpenFile) -> None:
    front.bring("patient", [a_patient("bare", "", "", born_on=None, number="")])
    hands = open_file(front, "bare")
    assert hands.says("patient.title") == "Without a name"
    assert "Date of birth not known" in hands.words()
    assert "None on file" in hands.words()
    hands.tab(CONTACTS)
    assert hands.titles() == []


def test_the_banner_tells_what_is_in_force_on_every_tab(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "mei")
    for tab in (DETAILS, CONTACTS, PERMISSIONS):
        hands.tab(tab)
        assert "Restricted: Product and service information or promotions." in hands.banner()
        assert "answered STOP" in hands.banner()
    assert open_file(front, "ivy").banner() == ""


def test_a_child_and_somebody_who_has_died(front: Reception, open_file: OpenFile) -> None:
    assert "This patient is under 18." in open_file(front, "tom").banner()
    assert "This patient has died." in open_file(front, "omar").banner()


def test_a_tab_is_remembered_for_the_way_back(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya")
    hands.tab(CONTACTS)
    assert hands.contacts.isVisible()
    assert front.footsteps.noted == [PatientRoute(PatientId("priya"), CONTACTS)]
    hands.tab(CONTACTS)
    assert len(front.footsteps.noted) == 1
    assert open_file(front, "priya", PERMISSIONS).grid.isVisible()


def test_tabs_move_by_arrow_keys(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya")
    hands.child("patient.tab.details").setFocus()
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, Qt.Key.Key_Right)
    hands.settle()
    assert hands.contacts.isVisible()


def test_contacts_the_latest_first_and_by_kind(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya", CONTACTS)
    everything = hands.titles()
    assert everything[:2] == ["Autumn whitening offer", "Rang us"]
    assert len(everything) == 6
    hands.click("patient.contacts.filter.sms")
    assert hands.titles() == ["Your appointment", "Spring check-up"]
    hands.click("patient.contacts.filter.all")
    assert hands.titles() == everything


def test_the_filters_count_and_say_their_numbers(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya", CONTACTS)
    assert spoken(hands.child("patient.contacts.filter.all")) == "All, 6"
    assert spoken(hands.child("patient.contacts.filter.sms")) == "Texts, 2"
    assert spoken(hands.child("patient.tab.contacts")) == "Contacts, 6"


def test_the_selected_contact_is_read_whole(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya", CONTACTS)
    hands.contacts.selectRow(1)
    hands.settle()
    assert "The call from 07700 900101 was matched by its number." in hands.words()
    hands.click("patient.contacts.filter.email")
    assert "The call from 07700 900101" not in hands.words()


def test_a_contact_of_a_campaign_leads_to_its_results(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya", CONTACTS)
    hands.contacts.setFocus()
    for row in (0, 1):
        hands.contacts.selectRow(row)
        QTest.keyClick(hands.contacts, Qt.Key.Key_Return)
    assert front.footsteps.gone == [ResultsRoute(CampaignId("camp-1"))]


def test_a_contact_comes_in_while_one_looks(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya", CONTACTS)
    hands.contacts.selectRow(0)
    front.bring(
        "contact", [a_contact("c9", "priya", front.clock.now(), "phone", "Rang again", direction="in")]
    )
    hands.settle()
    assert hands.titles()[0] == "Rang again"
    assert [row.contact_id for row in hands.contacts.selected()] == ["c1"]
    assert spoken(hands.child("patient.tab.contacts")) == "Contacts, 7"


def test_three_clicks_restrict_a_patient(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya", CONTACTS)
    hands.click("patient.restrictions")
    (dialog,) = hands.dialogs()
    box = dialog.findChild(QCheckBox, "restrictions.promotions")
    assert isinstance(box, QCheckBox)
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(12, box.height() // 2))
    ok = dialog.findChild(QPushButton, "restrictions.ok")
    assert isinstance(ok, QPushButton)
    QTest.mouseClick(ok, Qt.MouseButton.LeftButton)
    hands.settle()
    assert hands.dialogs() == []
    assert "Restricted: Product and service information or promotions." in hands.banner()
    assert WAITING_WORDS in hands.banner()


def test_with_real_threads_a_restriction_holds_at_once(
    threads: Threads, open_reception: OpenReception, open_file: OpenFile, qtbot: QtBot
) -> None:
    reception = open_reception(threads.runner, threads.bridge.post)
    hands = open_file(reception, "priya", CONTACTS)
    qtbot.waitUntil(lambda: len(hands.titles()) == 6)
    hands.click("patient.restrictions")
    qtbot.waitUntil(lambda: len(hands.dialogs()) == 1)
    (dialog,) = hands.dialogs()
    QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Space)
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "Restricted:" in hands.banner())
    assert [row.purpose for row in reception.context.patients.restrictions(PatientId("priya"))] == [
        Purpose.PROMOTIONS
    ]
    qtbot.waitUntil(lambda: not hands.contacts.rows().loading)


def test_an_opt_in_from_elsewhere_shows_without_being_asked(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "ivy")
    front.bring("restriction", [a_restriction("ivy", "newsletters", front.clock.now(), "unsubscribe_page")])
    hands.settle()
    assert "Restricted: Newsletters." in hands.banner()
    front.bring("restriction", gone=["ivy:newsletters"])
    hands.settle()
    assert hands.banner() == ""


def test_the_grid_of_permissions(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya", PERMISSIONS)
    assert [hands.cell(0, column) for column in range(5)] == [
        "E-mail",
        "priya.anand@example.org",
        "Opted in",
        "Not known",
        "No opt-in needed",
    ]
    assert hands.cell(1, 2) == "Opted out"
    assert "I would like to hear about offers by e-mail." in hands.words()


def test_the_cards_follow_the_selected_channel(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya", PERMISSIONS)
    assert not hands.child("patient.permissions.opt_in.promotions").isEnabled(), "opted in already"
    hands.grid.setFocus()
    QTest.keyClick(hands.grid, Qt.Key.Key_Down)
    hands.settle()
    assert not hands.child("patient.permissions.opt_out.promotions").isEnabled(), "opted out of texts already"
    badges = [each.text() for each in hands.page.permissions.findChildren(Badge) if each.isVisible()]
    assert badges == ["Opted out", "Not known", "No opt-in needed"]


def test_an_opt_out_is_recorded_at_once_also_offline(front: Reception, open_file: OpenFile) -> None:
    front.offline()
    hands = open_file(front, "priya", PERMISSIONS)
    hands.click("patient.permissions.opt_out.promotions")
    assert hands.cell(0, 2) == "Opted out"
    assert "Waiting to be sent to the server." in hands.words()
    rows = front.context.patients.permissions(PatientId("priya"))
    assert [each.state for each in rows if each.pending] == [PermissionState.OPTED_OUT]
    assert "Opted out: promotions by e-mail." in hands.banner()


def test_opting_in_needs_the_right_and_the_server(
    front: Reception, manager: Reception, open_file: OpenFile
) -> None:
    receptionist = open_file(front, "zoe", PERMISSIONS)
    button = receptionist.child("patient.permissions.opt_in.promotions")
    assert not button.isEnabled()
    assert button.accessibleDescription() == permission_grid.MAY_NOT_PERMIT
    hands = open_file(manager, "zoe", PERMISSIONS)
    assert hands.child("patient.permissions.opt_in.promotions").isEnabled()
    manager.offline()
    hands.settle()
    assert not hands.child("patient.permissions.opt_in.promotions").isEnabled()
    assert permission_grid.NEEDS_SERVER in hands.words()
    manager.online()
    hands.click("patient.permissions.opt_in.promotions")
    (dialog,) = hands.dialogs()
    assert spoken(dialog) == "Record an opt-in"


def test_without_the_right_nothing_can_be_recorded(
    open_reception: OpenReception, queue: QueuedRunner, open_file: OpenFile
) -> None:
    hands = open_file(open_reception(queue, queue.post, rights=[Right.VIEW]), "priya", PERMISSIONS)
    for purpose in ("promotions", "newsletters", "important"):
        assert not hands.child(f"patient.permissions.opt_out.{purpose}").isEnabled()
        assert not hands.child(f"patient.permissions.opt_in.{purpose}").isEnabled()


def test_what_the_server_refused_stays_until_it_was_read(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya")
    front.outbox.restrict(PatientId("priya"), Purpose.PROMOTIONS, on=True)
    front.outbox.restrict(PatientId("mei"), Purpose.NEWSLETTERS, on=True)
    hands.settle()
    front.refuse("You may not do this.", "Nothing was changed.")
    hands.settle()
    assert hands.banner().count("Restricted:") == 0
    (notice,) = hands.page.notices.notices()
    assert (notice.title, notice.advice) == ("You may not do this.", "Nothing was changed.")
    QTest.mouseClick(notice.action, Qt.MouseButton.LeftButton)
    hands.settle()
    assert hands.page.notices.notices() == ()
    (left,) = front.outbox.events()
    assert left.payload["patient_id"] == "mei", "others' refusals stay where they belong"


def test_a_record_that_goes_while_one_looks(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "priya")
    front.bring("patient", gone=["priya"])
    hands.settle()
    assert "This record is not here any more." in hands.words()
    assert hands.says("patient.title") == ""
    assert not hands.child("patient.tab.contacts").isVisible()


def test_a_record_that_comes_back(front: Reception, open_file: OpenFile) -> None:
    hands = open_file(front, "new")
    assert "This record is not here any more." in hands.words()
    front.bring("patient", [a_patient("new", "Noor", "Shah")])
    hands.settle()
    assert hands.says("patient.title") == "Noor Shah"


def test_somebody_elses_change_is_not_looked_at(
    front: Reception, open_file: OpenFile, queue: QueuedRunner
) -> None:
    open_file(front, "priya")
    front.bring("permission", [a_permission("mei", "email", "newsletters", "opted_out", front.clock.now())])
    queue.step()
    assert queue.waiting == 0


@pytest.mark.parametrize("tab", list(PatientTab))
def test_long_names_and_addresses_are_read_whole(
    front: Reception, open_file: OpenFile, tab: PatientTab
) -> None:
    hands = open_file(front, "zoe", tab)
    assert "Featherstonehaugh-Cholmondeley-Marjoribanks" in hands.says("patient.title")
    for label in hands.page.findChildren(QLabel):
        if label.isVisible() and label.wordWrap() and label.text():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


@pytest.mark.parametrize("tab", list(PatientTab))
def test_every_control_has_a_name_and_can_be_reached(
    front: Reception, open_file: OpenFile, tab: PatientTab
) -> None:
    hands = open_file(front, "mei", tab)
    assert unusable(hands.page) == []
