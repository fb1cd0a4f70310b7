"""The list of campaigns as one uses it: counters that follow, tabs, search, and where a row leads."""

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QPushButton

from primoro_campaigns.desktop.campaign.list_view import CampaignListPage
from primoro_campaigns.desktop.kit.search_field import SearchField
from primoro_campaigns.desktop.routes import (
    CampaignsRoute,
    CampaignStatus,
    ComposerRoute,
    ResultsRoute,
    ReviewRoute,
)
from primoro_campaigns.domain.campaign.model import Kind, State
from primoro_campaigns.domain.ids import CampaignId
from tests.desktop.accessible import spoken, tab_order, unusable
from tests.desktop.campaign.campaign_desk import DRAFTER, WRITTEN, CampaignDesk, a_campaign
from tests.desktop.conftest import OpenReception, Show
from tests.fakes.queued_runner import QueuedRunner


def names(desk: CampaignDesk) -> list[str]:
    return [row[0] for row in desk.rows("campaigns.table")]


def counters(desk: CampaignDesk) -> list[str]:
    page = desk.page
    assert isinstance(page, CampaignListPage)
    return [spoken(tile) for tile in page.counters.findChildren(QAbstractButton)]


def tile(desk: CampaignDesk, number: int) -> QAbstractButton:
    page = desk.page
    assert isinstance(page, CampaignListPage)
    return page.counters.findChildren(QAbstractButton)[number]


def chip(desk: CampaignDesk, words: str) -> QPushButton:
    page = desk.page
    assert isinstance(page, CampaignListPage)
    return next(each for each in page.tabs.findChildren(QPushButton) if spoken(each) == words)


def search(desk: CampaignDesk, words: str) -> None:
    field = desk.find(SearchField, "campaigns.search")
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, words)
    QTest.keyClick(field, Qt.Key.Key_Return)
    desk.queue.settle()


def test_the_latest_change_stands_first_with_its_state_in_words(desk: CampaignDesk) -> None:
    desk.go(CampaignsRoute())
    assert [row[:3] for row in desk.rows("campaigns.table")] == [
        ["Autumn whitening offer", "Draft", "E-mail or SMS"],
        ["Implant day", "Draft", "E-mail or SMS"],
        ["Easter", "Waiting for approval", "E-mail or SMS"],
        ["Spring check-up", "Completed", "E-mail or SMS"],
        ["Summer", "Sending", "E-mail or SMS"],
        ["Winter", "Paused", "E-mail or SMS"],
    ]
    assert counters(desk) == ["Active, 1", "Completed, 1", "Paused, 1", "Draft, 3"]


def test_counters_follow_the_search_and_the_tab(desk: CampaignDesk) -> None:
    desk.front.bring(
        "campaign",
        [
            a_campaign(
                "births",
                WRITTEN,
                State.LIVE,
                desk.front.clock.now(),
                kind=Kind.ONGOING.value,
                name="Birthdays",
            )
        ],
    )
    desk.go(CampaignsRoute())
    search(desk, "sum")
    assert names(desk) == ["Summer"]
    assert counters(desk) == ["Active, 1", "Completed, 0", "Paused, 0", "Draft, 0"]
    search(desk, "reed")
    assert names(desk) == ["Implant day"]
    desk.find(SearchField, "campaigns.search").setFocus()
    QTest.keyClick(desk.find(SearchField, "campaigns.search"), Qt.Key.Key_Escape)
    QTest.mouseClick(chip(desk, "Ongoing"), Qt.MouseButton.LeftButton)
    desk.queue.settle()
    assert names(desk) == ["Birthdays"]
    assert counters(desk) == ["Active, 1", "Completed, 0", "Paused, 0", "Draft, 0"]


def test_a_counter_filters_and_does_not_filter_the_others(desk: CampaignDesk) -> None:
    desk.go(CampaignsRoute())
    QTest.mouseClick(tile(desk, 3), Qt.MouseButton.LeftButton)
    desk.queue.settle()
    assert names(desk) == ["Autumn whitening offer", "Implant day", "Easter"]
    assert counters(desk) == ["Active, 1", "Completed, 1", "Paused, 1", "Draft, 3"]
    QTest.mouseClick(tile(desk, 3), Qt.MouseButton.LeftButton)
    desk.queue.settle()
    assert len(names(desk)) == 6


def test_one_can_come_with_a_counter_pressed(desk: CampaignDesk) -> None:
    desk.go(CampaignsRoute(CampaignStatus.PAUSED))
    assert names(desk) == ["Winter"]
    assert tile(desk, 2).isChecked()


def test_a_change_is_shown_and_the_selection_stays(desk: CampaignDesk) -> None:
    desk.go(CampaignsRoute())
    desk.select("campaigns.table", "Easter")
    now = desk.front.clock.now()
    desk.front.bring(
        "campaign", [a_campaign("new", WRITTEN, State.DRAFT, now + timedelta(hours=1), name="New")]
    )
    desk.queue.settle()
    assert names(desk)[0] == "New"
    assert counters(desk)[3] == "Draft, 4"
    page = desk.page
    assert isinstance(page, CampaignListPage)
    assert [row.name for row in page.table.selected()] == ["Easter"]


@pytest.mark.parametrize(
    ("name", "route"),
    [
        ("Autumn whitening offer", ComposerRoute(CampaignId("draft"))),
        ("Easter", ReviewRoute(CampaignId("waits"))),
        ("Spring check-up", ResultsRoute(CampaignId("done"))),
        ("Winter", ResultsRoute(CampaignId("held"))),
    ],
)
def test_enter_leads_where_one_goes_on(desk: CampaignDesk, name: str, route: object) -> None:
    page = desk.go(CampaignsRoute())
    assert isinstance(page, CampaignListPage)
    desk.select("campaigns.table", name)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert desk.front.footsteps.gone == [route]


def test_by_keyboard_from_the_search_to_the_campaign(desk: CampaignDesk) -> None:
    page = desk.go(CampaignsRoute())
    assert isinstance(page, CampaignListPage)
    search(desk, "winter")
    QTest.keyClick(page.search, Qt.Key.Key_Down)
    assert page.table.hasFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert desk.front.footsteps.gone == [ResultsRoute(CampaignId("held"))]


def test_everything_is_named_and_tab_goes_down_the_page(desk: CampaignDesk) -> None:
    page = desk.go(CampaignsRoute())
    assert unusable(page) == []
    order = tab_order(page)
    start = order.index("campaigns.new")
    assert order[start:] + order[:start] == [
        "campaigns.new",
        "Active, 1",
        "Completed, 1",
        "Paused, 1",
        "Draft, 3",
        "One-off",
        "campaigns.search",
        "campaigns.table",
    ]


def test_a_search_that_finds_nothing_says_so(desk: CampaignDesk) -> None:
    page = desk.go(CampaignsRoute())
    assert isinstance(page, CampaignListPage)
    search(desk, "zzz")
    assert page.table.empty_text.startswith("No campaign with these words")
    assert page.table.isVisible()


def test_where_there_is_nothing_one_can_begin(
    open_reception: OpenReception, queue: QueuedRunner, show: Show
) -> None:
    desk = CampaignDesk(open_reception, queue, show, rows={"campaign": []})
    desk.go(CampaignsRoute())
    assert desk.has("campaigns.nothing")
    assert not desk.has("campaigns.table")
    desk.press("campaigns.begin")
    assert desk.front.footsteps.gone == [ComposerRoute()]
    desk.front.bring("campaign", [a_campaign("c", WRITTEN, State.DRAFT, desk.front.clock.now())])
    queue.settle()
    assert desk.has("campaigns.table")
    assert not desk.has("campaigns.nothing")


def test_who_may_not_draft_is_told_why(
    open_reception: OpenReception, queue: QueuedRunner, show: Show
) -> None:
    rights = DRAFTER - {next(right for right in DRAFTER if right.value == "draft")}
    desk = CampaignDesk(open_reception, queue, show, rights, {"campaign": []})
    desk.go(CampaignsRoute())
    new = desk.find(QPushButton, "campaigns.new")
    assert not new.isEnabled()
    assert new.toolTip() == "Your role does not include drafting campaigns."
    assert not desk.has("campaigns.begin"), "no dead button"
