"""A desk with a real cache on which campaign pages stand, and campaigns in every state."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from primoro_campaigns.desktop.audiences import LateAudiences
from primoro_campaigns.desktop.campaign.room import CampaignPages
from primoro_campaigns.desktop.kit.form import Field
from primoro_campaigns.desktop.kit.table import DataTable
from primoro_campaigns.desktop.local.text import instant_text
from primoro_campaigns.desktop.routes import Route
from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.audience.rule import Group, LeadRule, Match
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content, State
from primoro_campaigns.wire.campaign import content_to_json
from tests.desktop.conftest import OpenReception, Show
from tests.fakes.queued_runner import QueuedRunner
from tests.fakes.reception import Row, a_patient, a_permission, a_practice, a_restriction

OWNER = ROLE_RIGHTS[Role.OWNER]
DRAFTER = ROLE_RIGHTS[Role.RECEPTION]
ME = "user-jo"
W = TypeVar("W", bound=QWidget)

WRITTEN = Content(
    name="Autumn whitening offer",
    channel_policy=ChannelPolicy.PREFERRED,
    audience=Group(Match.ALL, (LeadRule(False),)),
    subject="{first_name|Hello}, a brighter smile this autumn",
    email_body="Dear {first_name|patient},\n\n20 per cent off whitening until the end of December.",
    sms_body="{first_name|Hello}, 20 per cent off whitening at {practice_name} until the end of December.",
)


def a_campaign(campaign_id: str, content: Content, state: State, at: datetime, **more: object) -> Row:
    row: dict[str, object] = {
        "id": campaign_id,
        "owner_id": ME,
        "owner_name": "Jo Bell",
        "name": content.name,
        "revision": 1,
        "state": state.value,
        "purpose": content.purpose.value,
        "kind": content.kind.value,
        "channel_policy": content.channel_policy.value,
        "location_ids": "[]",
        "content": content_to_json(content),
        "fingerprint": "f" * 64,
        "approved_by_name": "",
        "created_at": instant_text(at),
        "updated_at": instant_text(at),
        "archived": False,
        "problem": "",
        **dict.fromkeys(("recipients", "planned", "claimed", "sent", "failed", "skipped", "unknown"), 0),
    }
    return row | more  # type: ignore[return-value]  # tests give cells


def a_recipient(number: int, patient_id: str, state: str, at: datetime, **more: object) -> Row:
    """Of the campaign "done"."""
    row: dict[str, object] = {
        "id": f"r{number}",
        "campaign_id": "done",
        "run_id": "run",
        "patient_id": patient_id,
        "channel": "email",
        "address": f"{patient_id}@example.org",
        "state": state,
        "reason": None,
        "detail": "",
        "why_channel": "",
        "provider_status": "",
        "at": instant_text(at),
    }
    return row | more  # type: ignore[return-value]  # tests give cells


def a_busy_practice(now: datetime) -> dict[str, list[Row]]:
    """Campaigns in every state, and patients of whom some may be written to."""
    rooms = {room: list(rows) for room, rows in a_practice(now).items()}
    for name, preferred in (("ben", "email"), ("cai", "sms"), ("dot", None)):
        rooms["patient"].append(
            a_patient(
                name,
                name.title(),
                "Morgan",
                email=f"{name}@example.org",
                mobile=f"07700 9002{len(name)}{ord(name[0]) % 10}",
                preferred_channel=preferred,
            )
        )
        for channel in ("email", "sms"):
            rooms["permission"].append(
                a_permission(name, channel, "promotions", "opted_in", now - timedelta(days=90))
            )
    rooms["restriction"].append(a_restriction("dot", "promotions", now - timedelta(days=9), "staff", "Sam"))
    day = timedelta(days=1)
    rooms["campaign"] = [
        a_campaign("draft", WRITTEN, State.DRAFT, now - day),
        a_campaign(
            "theirs",
            replace(WRITTEN, name="Implant day"),
            State.DRAFT,
            now - 2 * day,
            owner_id="user-sam",
            owner_name="Sam Reed",
        ),
        a_campaign("waits", replace(WRITTEN, name="Easter"), State.PENDING_APPROVAL, now - 3 * day),
        a_campaign(
            "done",
            replace(WRITTEN, name="Spring check-up"),
            State.COMPLETED,
            now - 4 * day,
            approved_by_name="Morgan Lee",
            approved_at=instant_text(now - 4 * day),
            recipients=4,
            sent=1,
            failed=1,
            skipped=1,
            unknown=1,
        ),
        a_campaign(
            "sending",
            replace(WRITTEN, name="Summer"),
            State.SENDING,
            now - 5 * day,
            recipients=10,
            planned=6,
            sent=4,
        ),
        a_campaign(
            "held", replace(WRITTEN, name="Winter"), State.PAUSED, now - 6 * day, recipients=3, planned=3
        ),
    ]
    rooms["recipient"] = [
        a_recipient(1, "priya", "sent", now - 4 * day, provider_status="delivered"),
        a_recipient(2, "ben", "failed", now - 4 * day, detail="The mailbox does not exist."),
        a_recipient(3, "dot", "skipped", now - 4 * day, reason="restricted"),
        a_recipient(4, "cai", "unknown", now - 4 * day),
    ]
    return rooms


class CampaignDesk:
    """``go`` shows the page of a route; what follows is done by mouse and keyboard on that page."""

    def __init__(
        self,
        open_reception: OpenReception,
        queue: QueuedRunner,
        show: Show,
        rights: Iterable[Right] = OWNER,
        rows: dict[str, list[Row]] | None = None,
    ) -> None:
        self.queue = queue
        self._show = show
        self.front = open_reception(queue, queue.post, rights, rows)
        audiences = LateAudiences(self.front.database, self.front.person, self.front.clock)
        self.context = replace(self.front.context, audiences=audiences)
        self.front.status.say(replace(self.front.status.status, last_success_at=self.front.clock.now()))
        self.pages = CampaignPages(self.context)
        self.page = QWidget()

    def go(self, route: Route) -> QWidget:
        page = self.pages.page_for(route)
        assert page is not None
        self.page = page
        self._show(page)
        self.pause()
        return page

    def pause(self) -> None:
        """A person pauses: what waits for that is done."""
        for name in ("count_pause", "keep_pause"):
            pause = getattr(self.page, name, None)
            if pause is not None and pause.isActive():
                pause.stop()
                pause.timeout.emit()
        self.queue.settle()

    def find(self, kind: type[W], name: str) -> W:
        """The visible control of that name, on the page or on the dialog over it."""
        for window in (*QApplication.topLevelWidgets(), self.page):
            for found in window.findChildren(kind, name):
                if found.isVisible():
                    return found
        raise AssertionError(f"no visible {kind.__name__} called {name}")

    def has(self, name: str) -> bool:
        return any(each.isVisible() for each in self.page.findChildren(QWidget, name))

    def press(self, name: str) -> None:
        control = self.find(QAbstractButton, name)
        assert control.isEnabled(), name
        QTest.mouseClick(control, Qt.MouseButton.LeftButton)
        self.queue.settle()

    def write(self, name: str, words: str) -> None:
        field = self.find(QWidget, name)
        assert isinstance(field, QLineEdit | QPlainTextEdit)
        field.setFocus()
        field.selectAll()
        for number, line in enumerate(words.split("\n")):
            if number:
                QTest.keyClick(field, Qt.Key.Key_Return)
            QTest.keyClicks(field, line)

    def choose(self, name: str, words: str) -> None:
        """By keyboard: the letters of the entry are typed where the box has the focus."""
        box = self.find(QComboBox, name)
        place = box.findText(words)
        assert place >= 0, f"{name} offers {[box.itemText(at) for at in range(box.count())]}"
        box.setFocus()
        key = Qt.Key.Key_Down if place > box.currentIndex() else Qt.Key.Key_Up
        for _ in range(abs(place - box.currentIndex())):
            # Each step may rebuild the row: the box that is there now goes on.
            QTest.keyClick(self.find(QComboBox, name), key)
            self.queue.settle()

    def says(self, name: str) -> str:
        return self.find(QLabel, name).text()

    def rows(self, name: str) -> list[list[str]]:
        model = self.find(DataTable, name).model()
        return [
            [str(model.index(row, column).data() or "") for column in range(model.columnCount())]
            for row in range(model.rowCount())
        ]

    def select(self, name: str, words: str) -> None:
        """Click the first row that holds the words."""
        table = self.find(DataTable, name)
        place = next(at for at, row in enumerate(self.rows(name)) if any(words in cell for cell in row))
        where = table.visualRect(table.model().index(place, 0)).center()
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
        self.queue.settle()

    def errors(self) -> dict[str, str]:
        return {
            field.control.objectName(): field.error
            for field in self.page.findChildren(Field)
            if field.error and field.isVisible()
        }

    def focus(self) -> str:
        now = QApplication.focusWidget()
        return "" if now is None else now.objectName()
