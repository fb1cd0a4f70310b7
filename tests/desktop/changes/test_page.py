"""The list of waiting changes as a person uses it, over a real cache."""

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QPushButton, QWidget

from primoro_campaigns.desktop.changes import room as changes_room
from primoro_campaigns.desktop.changes.presenter import ChangeRow
from primoro_campaigns.desktop.changes.view import ChangesPage
from primoro_campaigns.desktop.kit.table import DataTable
from primoro_campaigns.desktop.routes import (
    CallsRoute,
    ChangesRoute,
    ComposerRoute,
    PatientRoute,
    PatientsRoute,
    PatientTab,
    ResultsRoute,
)
from primoro_campaigns.desktop.sync.pending import EventKind, PendingState
from primoro_campaigns.desktop.sync.rows import Answered
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.ids import CallId, CampaignId, DeliveryId, PatientId
from tests.desktop.accessible import unusable
from tests.desktop.conftest import Show
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Reception, a_patient

PRIYA, MEI = PatientId("priya"), PatientId("mei")
DRAFT = CampaignId("draft-1")
CONTENT = """{"name": "Spring", "purpose": "promotions", "kind": "one_off", "channel_policy": "email",
 "location_ids": [], "scheduled_at": null}"""


class Hands:
    def __init__(self, page: QWidget, settle: Callable[[], None]) -> None:
        assert isinstance(page, ChangesPage)
        self.page = page
        self.settle = settle

    def child(self, name: str) -> QWidget:
        found: QWidget | None = self.page.findChild(QWidget, name)
        assert found is not None, name
        return found

    @property
    def table(self) -> DataTable[ChangeRow]:
        found = self.child("changes.table")
        assert isinstance(found, DataTable)
        return found

    def rows(self) -> list[ChangeRow]:
        rows = [self.table.rows().row_at(row) for row in range(self.table.rows().count)]
        return [row for row in rows if row is not None]

    def told(self) -> list[tuple[str, str, str]]:
        return [(row.what, row.about, row.state) for row in self.rows()]

    def says(self, name: str) -> str:
        found = self.child(name)
        assert isinstance(found, QLabel)
        return found.text() if found.isVisible() else ""

    def allowed(self, name: str) -> bool:
        return self.child(name).isEnabled()

    def click(self, name: str) -> None:
        button = self.child(name)
        assert isinstance(button, QPushButton)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        self.settle()

    def dialogs(self) -> list[QDialog]:
        return [each for each in self.page.findChildren(QDialog) if each.isVisible()]

    def asked(self) -> str:
        (dialog,) = self.dialogs()
        return "\n".join(each.text() for each in dialog.findChildren(QLabel))


@pytest.fixture
def hands(front: Reception, queue: QueuedRunner, show: Show) -> Iterator[Hands]:
    page = changes_room.create(front.context).page_for(ChangesRoute())
    show(page)
    assert page is not None
    hands = Hands(page, queue.settle)
    yield hands
    for dialog in hands.dialogs():
        dialog.reject()


def refuse(front: Reception, hands: Hands, outcome: str = "refused") -> None:
    """The server says no to everything that waits."""
    waiting = front.mirror.take_events(100)
    front.bring(
        answers=[
            Answered(each.event_id, outcome, "It was refused.", "Nothing was changed.", "test.no")
            for each in waiting
        ]
    )
    hands.settle()


def test_before_anything_is_read_nothing_can_be_pressed(front: Reception, show: Show) -> None:
    page = changes_room.create(front.context).page_for(ChangesRoute())
    assert page is not None
    pressed = [each for each in page.findChildren(QPushButton) if each.isEnabled()]
    show(page)
    assert pressed == []


def test_nothing_waits(hands: Hands) -> None:
    assert hands.rows() == []
    assert hands.says("changes.lead") == "Nothing waits."
    for name in ("changes.again", "changes.dismiss", "changes.open"):
        assert not hands.allowed(name)
        assert hands.child(name).toolTip()


def test_what_was_done_is_listed_the_latest_first(hands: Hands, front: Reception) -> None:
    front.outbox.restrict(PRIYA, Purpose.PROMOTIONS, on=True)
    front.outbox.permit(MEI, Channel.SMS, Purpose.NEWSLETTERS, PermissionState.OPTED_OUT)
    front.outbox.match_call(CallId("k1"), PRIYA)
    hands.settle()
    assert hands.told() == [
        ("Call matched to a patient", "+447700900777", "Waiting to be sent"),
        ("Opted out: SMS, Newsletters", "Mei Llywelyn", "Waiting to be sent"),
        (
            "Restriction set: Product and service information or promotions",
            "Priya Anand",
            "Waiting to be sent",
        ),
    ]
    assert hands.rows()[0].made == "3 Mar 2026, 10:30"
    assert hands.says("changes.lead") == (
        "3 wait to be sent. What waits is safe on this computer and is sent by itself."
    )


def test_what_has_arrived_vanishes(hands: Hands, front: Reception) -> None:
    front.outbox.restrict(PRIYA, Purpose.PROMOTIONS, on=True)
    hands.settle()
    refuse(front, hands, outcome="applied")
    assert hands.rows() == []


def test_what_waits_can_only_be_looked_at(hands: Hands, front: Reception) -> None:
    front.outbox.restrict(PRIYA, Purpose.PROMOTIONS, on=True)
    hands.settle()
    hands.table.selectRow(0)
    assert not hands.allowed("changes.again")
    assert "sent by themselves" in hands.child("changes.dismiss").toolTip()
    assert not hands.child("changes.why").isVisible()


def test_what_was_refused_says_why_and_can_be_sent_again(hands: Hands, front: Reception) -> None:
    front.outbox.restrict(PRIYA, Purpose.PROMOTIONS, on=True)
    refuse(front, hands)
    assert hands.says("changes.lead") == "1 was refused and needs you."
    hands.table.selectRow(0)
    assert hands.says("changes.why") == "It was refused."
    assert front.context.patients.restrictions(PRIYA) == [], "what was refused does not hold"
    hands.click("changes.again")
    (event,) = front.outbox.events()
    assert (event.kind, event.state) == (EventKind.RESTRICT, PendingState.WAITING)
    assert [row.state for row in hands.rows()] == ["Waiting to be sent"]
    assert [each.purpose for each in front.context.patients.restrictions(PRIYA)] == [Purpose.PROMOTIONS]


def test_what_was_refused_is_dismissed_after_a_question(hands: Hands, front: Reception) -> None:
    front.outbox.restrict(PRIYA, Purpose.PROMOTIONS, on=True)
    refuse(front, hands)
    hands.table.selectRow(0)
    hands.click("changes.dismiss")
    assert "It stays undone." in hands.asked()
    (dialog,) = hands.dialogs()
    dialog.reject()
    hands.settle()
    assert len(front.outbox.events()) == 1
    hands.click("changes.dismiss")
    hands.click("dialog.ok")
    assert front.outbox.events() == []
    assert hands.rows() == []
    assert hands.says("changes.why") == ""


def test_a_draft_that_was_changed_elsewhere_asks_whose_version_stays(hands: Hands, front: Reception) -> None:
    front.outbox.save_draft(DRAFT, 0, CONTENT)
    refuse(front, hands, outcome="conflict")
    (row,) = hands.rows()
    assert (row.what, row.about, row.state) == ("Draft saved", "Spring", "Changed elsewhere too")
    hands.table.selectRow(0)
    hands.click("changes.again")
    assert "“Spring” was changed elsewhere too. Your version takes the place of that one." in hands.asked()
    hands.click("dialog.ok")
    assert [each.state for each in front.outbox.events()] == [PendingState.WAITING]


def test_giving_up_a_draft_says_what_is_lost(hands: Hands, front: Reception) -> None:
    front.outbox.save_draft(DRAFT, 0, CONTENT)
    refuse(front, hands, outcome="conflict")
    hands.table.selectRow(0)
    hands.click("changes.dismiss")
    assert "Your version of the draft is given up." in hands.asked()


def test_what_somebody_else_decided_first_is_no_other_version_of_a_draft(
    hands: Hands, front: Reception
) -> None:
    front.outbox.decide_doubt(DRAFT, [DeliveryId("r1")], Choice.SENT)
    refuse(front, hands, outcome="conflict")
    hands.table.selectRow(0)
    hands.click("changes.open")
    assert front.footsteps.gone == [ResultsRoute(DRAFT)]
    hands.click("changes.dismiss")
    assert "draft" not in hands.asked()
    hands.click("dialog.ok")
    assert front.outbox.events() == []


def test_each_change_leads_to_what_it_is_about(hands: Hands, front: Reception) -> None:
    front.outbox.restrict(PRIYA, Purpose.PROMOTIONS, on=True)
    front.outbox.ignore_call(CallId("k1"))
    front.outbox.save_draft(DRAFT, 0, CONTENT)
    hands.settle()
    for row in range(3):
        hands.table.selectRow(row)
        hands.click("changes.open")
    assert front.footsteps.gone == [
        ComposerRoute(DRAFT),
        CallsRoute(),
        PatientRoute(PRIYA, PatientTab.CONTACTS),
    ]
    hands.table.setFocus()
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, Qt.Key.Key_Return)
    assert front.footsteps.gone[-1] == PatientRoute(PRIYA, PatientTab.CONTACTS)


def test_the_place_in_a_long_list_survives_what_comes_and_goes(hands: Hands, front: Reception) -> None:
    for _ in range(60):
        front.outbox.restrict(PRIYA, Purpose.PROMOTIONS, on=True)
    hands.settle()
    bar = hands.table.verticalScrollBar()
    bar.setValue(25)
    top = hands.table.rows().key_at(hands.table.rowAt(0))
    chosen = hands.rows()[30].event_id
    assert hands.table.select_key(chosen)
    front.outbox.restrict(MEI, Purpose.NEWSLETTERS, on=True)
    hands.settle()
    assert hands.table.rows().key_at(hands.table.rowAt(0)) == top
    assert [each.event_id for each in hands.table.selected()] == [chosen]


def test_a_name_can_be_long(hands: Hands, front: Reception) -> None:
    front.outbox.restrict(PatientId("zoe"), Purpose.PROMOTIONS, on=True)
    front.bring("patient", [a_patient("mei", "", "")])
    front.outbox.restrict(MEI, Purpose.PROMOTIONS, on=True)
    hands.settle()
    nameless, long = hands.rows()
    assert nameless.about == ""
    assert long.about.endswith("Featherstonehaugh-Cholmondeley-Marjoribanks")


def test_every_control_has_a_name_and_can_be_reached(hands: Hands, front: Reception) -> None:
    assert unusable(hands.page) == []
    front.outbox.restrict(PRIYA, Purpose.PROMOTIONS, on=True)
    refuse(front, hands)
    hands.table.selectRow(0)
    assert unusable(hands.page) == []


def test_the_room_has_no_button_and_pages_of_its_own_route_alone(front: Reception) -> None:
    room = changes_room.create(front.context)
    assert room.icon == ""
    assert room.page_for(PatientsRoute()) is None
