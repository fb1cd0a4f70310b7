"""Rules by keyboard: chosen, completed, removed, without ever losing the place; wrong ones say so."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDateEdit, QLabel, QLineEdit, QPushButton, QSpinBox

from primoro_campaigns.desktop.campaign.composer_view import ComposerPage
from primoro_campaigns.desktop.campaign.rule_subjects import SUBJECTS, Operator, RuleRow, Subject, ValueKind
from primoro_campaigns.desktop.routes import ComposerRoute
from primoro_campaigns.domain.audience.rule import (
    AgeRule,
    BetweenRule,
    DateFact,
    DaysRule,
    Group,
    LeadRule,
    Match,
    PractitionerRule,
    Segment,
    SegmentRule,
    TagOperator,
    TagRule,
)
from primoro_campaigns.domain.campaign.model import State
from primoro_campaigns.domain.ids import CampaignId
from tests.desktop.accessible import spoken, unusable
from tests.desktop.campaign.campaign_desk import WRITTEN, CampaignDesk, a_campaign

_TWO = (ValueKind.AGES, ValueKind.TWO_DAYS)
EVERY_OPERATOR = [(subject, operator) for subject in SUBJECTS for operator in subject.operators]


@pytest.fixture
def new(desk: CampaignDesk) -> CampaignDesk:
    """A desk with a new campaign open and one rule begun."""
    desk.go(ComposerRoute())
    desk.press("composer.audience.add")
    return desk


def composer(desk: CampaignDesk) -> ComposerPage:
    assert isinstance(desk.page, ComposerPage)
    return desk.page


def audience(desk: CampaignDesk) -> Group:
    return composer(desk).presenter.state.content.audience


def problem(desk: CampaignDesk, place: str = "0.0") -> str:
    found = composer(desk).findChildren(QLabel, f"composer.rule.{place}.problem")
    return next((each.text() for each in found if each.isVisible()), "")


def test_a_new_rule_asks_what_practices_ask_most_and_has_the_focus(new: CampaignDesk) -> None:
    assert new.focus() == "composer.rule.0.0.subject"
    assert new.find(QComboBox, "composer.rule.0.0.subject").currentText() == "Last visit"
    assert new.find(QSpinBox, "composer.rule.0.0.value").value() == 180
    assert isinstance(audience(new).members[0], DaysRule)


def test_choosing_by_keyboard_keeps_the_focus_where_it_is(new: CampaignDesk) -> None:
    new.choose("composer.rule.0.0.subject", "Age")
    assert new.focus() == "composer.rule.0.0.subject"
    new.choose("composer.rule.0.0.subject", "Tags")
    new.choose("composer.rule.0.0.operator", "include none of")
    assert new.focus() == "composer.rule.0.0.operator"
    new.write("composer.rule.0.0.value", "implant, whitening")
    assert new.focus() == "composer.rule.0.0.value", "typing does not rebuild the row"
    assert audience(new) == Group(Match.ALL, (TagRule(TagOperator.NONE, ("implant", "whitening")),))
    new.pause()


def test_a_rule_that_is_not_whole_says_what_is_missing_and_is_not_counted(new: CampaignDesk) -> None:
    new.choose("composer.rule.0.0.subject", "Age")
    new.pause()
    assert problem(new) == "Type at least one age."
    assert new.find(QLineEdit, "composer.rule.0.0.value").accessibleDescription() == "Type at least one age."
    assert new.says("composer.audience.count") == "Finish the rules to see how many patients they find."
    new.write("composer.rule.0.0.value", "18")
    new.pause()
    assert problem(new) == ""
    assert audience(new) == Group(Match.ALL, (AgeRule(18, None),))
    assert "of 9 patients" in new.says("composer.audience.count")


def test_each_rule_says_how_many_it_finds(new: CampaignDesk) -> None:
    new.choose("composer.rule.0.0.subject", "Kind of person")
    new.press("composer.audience.add")
    new.choose("composer.rule.0.1.subject", "Was here")
    new.choose("composer.rule.0.1.operator", "in the last 12 months")
    new.pause()
    shares = [each.text() for each in composer(new).findChildren(QLabel) if each.text().endswith(" match")]
    assert shares == ["6 match", "1 match"]
    assert new.says("composer.audience.count") == "1 of 9 patients"
    assert audience(new) == Group(Match.ALL, (LeadRule(False), SegmentRule(Segment.YEAR_TO_DATE)))


def test_removing_goes_on_at_the_next_rule_and_in_the_end_at_the_button(new: CampaignDesk) -> None:
    new.press("composer.audience.add")
    new.press("composer.audience.add")
    new.choose("composer.rule.0.1.subject", "Age")
    new.press("composer.rule.0.0.remove")
    assert new.focus() == "composer.rule.0.0.remove"
    assert new.find(QComboBox, "composer.rule.0.0.subject").currentText() == "Age"
    QTest.keyClick(new.find(QPushButton, "composer.audience.add"), Qt.Key.Key_Return)
    new.queue.settle()
    assert new.focus() == "composer.rule.0.2.subject"
    for _ in range(3):
        new.press("composer.rule.0.0.remove")
    assert new.focus() == "composer.audience.add"
    assert audience(new) == Group()
    new.pause()


def test_another_group_is_another_way_in(new: CampaignDesk) -> None:
    new.press("composer.audience.or")
    assert new.focus() == "composer.rule.1.0.subject"
    new.choose("composer.rule.1.0.subject", "Kind of person")
    new.press("composer.audience.add.1")
    assert new.focus() == "composer.rule.1.1.subject"
    found = audience(new)
    assert found.match is Match.ANY
    assert [len(branch.members) for branch in found.members if isinstance(branch, Group)] == [1, 2]
    names = {spoken(each) for each in composer(new).findChildren(QComboBox) if each.isVisible()}
    assert "Rule 2 of group 2: what it asks about" in names
    new.press("composer.rule.0.0.remove")
    assert audience(new).match is Match.ALL, "an empty group goes with its last rule"
    new.pause()


def test_several_are_ticked_in_one_menu(new: CampaignDesk) -> None:
    new.choose("composer.rule.0.0.subject", "Practitioner")
    new.pause()
    assert problem(new) == "Choose at least one practitioner."
    choice = new.find(QPushButton, "composer.rule.0.0.value")
    assert choice.text() == "Choose …"
    menu = choice.menu()
    menu.setActiveAction(menu.actions()[0])
    QTest.keyClick(menu, Qt.Key.Key_Space)
    assert choice.text() == "Dr Ngozi Okafor"
    assert audience(new) == Group(Match.ALL, (PractitionerRule(("dr-okafor",)),))
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert choice.text() == "Choose …"
    new.pause()


def test_days_begin_with_today_and_are_what_is_asked(new: CampaignDesk) -> None:
    new.choose("composer.rule.0.0.operator", "between")
    first = new.find(QDateEdit, "composer.rule.0.0.value")
    second = new.find(QDateEdit, "composer.rule.0.0.value2")
    assert first.date() == second.date() == QDate.currentDate()
    first.setDate(QDate(2025, 1, 1))
    second.setDate(QDate(2025, 12, 31))
    (rule,) = audience(new).members
    assert isinstance(rule, BetweenRule)
    assert (rule.fact, str(rule.first), str(rule.last)) == (DateFact.LAST_VISIT, "2025-01-01", "2025-12-31")
    new.pause()


def test_rules_nested_deeper_than_the_form_are_kept_until_one_begins_again(desk: CampaignDesk) -> None:
    nested = Group(Match.ALL, (Group(Match.ANY, (LeadRule(True), AgeRule(18, None))), LeadRule(False)))
    deep = replace(WRITTEN, name="Deep", audience=nested)
    desk.front.bring("campaign", [a_campaign("deep", deep, State.DRAFT, desk.front.clock.now())])
    page = desk.go(ComposerRoute(CampaignId("deep")))
    assert unusable(page) == []
    desk.write("composer.name", "Deeper")
    desk.pause()
    assert audience(desk) == nested, "what the form cannot show is not lost"
    assert not desk.has("composer.audience.add")
    begin = next(each for each in page.findChildren(QPushButton) if each.text() == "Begin again")
    QTest.mouseClick(begin, Qt.MouseButton.LeftButton)
    desk.queue.settle()
    desk.pause()
    assert audience(desk) == Group()
    assert desk.has("composer.audience.add")
    assert desk.says("composer.audience.count") == "7 of 9 patients (2 more said no to this)"


@pytest.mark.parametrize(
    ("subject", "operator"), EVERY_OPERATOR, ids=lambda each: str(getattr(each, "key", each))
)
def test_every_way_of_asking_can_be_used_without_a_mouse(
    new: CampaignDesk, subject: Subject, operator: Operator
) -> None:
    page = composer(new)
    page.presenter.change_row(0, 0, RuleRow(subject.key, operator.key, ()))
    new.queue.settle()
    assert unusable(page) == []
    assert new.find(QComboBox, "composer.rule.0.0.operator").currentText() == operator.words
    wanted = 0 if operator.value is ValueKind.NONE else 2 if operator.value in _TWO else 1
    names = [f"composer.rule.0.0.{key}" for key in ("value", "value2")]
    assert sum(new.has(name) for name in names) == wanted
    new.pause()
