"""The composer without widgets: drafts are kept, problems stand at their fields, counts are live."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from primoro_campaigns.desktop.campaign.composer_presenter import Composer
from primoro_campaigns.desktop.campaign.composer_state import AudienceCount, ComposerState, OpenDraft
from primoro_campaigns.desktop.campaign.rule_rows import RowGroups
from primoro_campaigns.desktop.campaign.rule_subjects import RuleRow
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.domain.campaign.review import ReviewFacts
from primoro_campaigns.domain.errors import PrimoroError
from tests.fakes.inline_runner import InlineRunner

FACTS = ReviewFacts(datetime(2026, 3, 3, 10, tzinfo=UTC), date(2026, 3, 3), "Hillside Dental Care")
GOOD = Content(
    name="Spring",
    subject="A brighter smile",
    email_body="Dear {first_name|patient}, come and see us in spring.",
)


class Drafts:
    def __init__(self, *drafts: OpenDraft) -> None:
        self.drafts = {draft.campaign_id: draft for draft in drafts}
        self.kept: list[tuple[str, int, Content]] = []
        self.full = False

    def open(self, campaign_id: str) -> OpenDraft | None:
        return self.drafts.get(campaign_id)

    def keep(self, campaign_id: str, base_revision: int, content: Content) -> None:
        if self.full:
            raise PrimoroError("The disk is full.", "Make room.", "cache.disk_full")
        self.kept.append((campaign_id, base_revision, content))

    def take_over(self, campaign_id: str) -> None:
        self.drafts[campaign_id] = replace(self.drafts[campaign_id], owner_id="me")


class Counting:
    def __init__(self) -> None:
        self.asked: list[RowGroups] = []

    def count(self, groups: RowGroups, content: Content, ticket: Ticket) -> AudienceCount:
        del content, ticket
        self.asked.append(groups)
        return AudienceCount(1240, 3000, {(0, 0): 1500}, "as of 14:05")

    def names(self) -> Mapping[str, str]:
        return {}


class View:
    def __init__(self) -> None:
        self.states: list[ComposerState] = []
        self.errors: list[PrimoroError] = []

    def show_state(self, state: ComposerState) -> None:
        self.states.append(state)

    def say_error(self, error: PrimoroError) -> None:
        self.errors.append(error)


class Desk:
    """A composer with everything it needs, and what it asked for."""

    def __init__(self, *drafts: OpenDraft, may_take_over: bool = False) -> None:
        self.view = View()
        self.drafts = Drafts(*drafts)
        self.counting = Counting()
        self.runner = InlineRunner()
        self.waits: list[str] = []
        self.composer = Composer(
            self.view,
            self.drafts,
            self.counting,
            self.runner,
            lambda: FACTS,
            lambda: "14:05",
            ("me", may_take_over),
            lambda: self.waits.append("keep"),
            lambda: self.waits.append("count"),
        )


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.composer.start("c1", is_new=True)
    return desk


def test_what_is_typed_is_kept_after_a_pause_and_said(desk: Desk) -> None:
    desk.composer.change(name="Spring")
    assert "keep" in desk.waits
    assert desk.composer.state.saved_words == "Not saved yet"
    desk.composer.keep()
    assert [kept[2].name for kept in desk.drafts.kept] == ["Spring"]
    assert desk.composer.state.saved_words == "Saved on this computer, 14:05"


def test_nothing_is_lost_when_it_cannot_be_kept(desk: Desk) -> None:
    desk.composer.change(name="Spring")
    desk.drafts.full = True
    desk.composer.keep()
    assert desk.view.errors[0].code == "cache.disk_full"
    assert desk.composer.state.content.name == "Spring"
    desk.drafts.full = False
    desk.composer.keep()
    assert len(desk.drafts.kept) == 1, "the next try keeps it"


def test_problems_appear_at_touched_fields_only_until_everything_is_checked(desk: Desk) -> None:
    desk.composer.change(subject="Hi")
    assert "subject" in desk.composer.state.problems
    assert "email_body" not in desk.composer.state.problems
    assert not desk.composer.check_everything()
    assert {"name", "subject", "email_body"} <= set(desk.composer.state.problems)


def test_a_good_draft_may_be_reviewed(desk: Desk) -> None:
    for name in ("name", "subject", "email_body"):
        desk.composer.change(**{name: getattr(GOOD, name)})
    assert desk.composer.check_everything()


def test_an_unfinished_rule_blocks_the_review_and_the_count(desk: Desk) -> None:
    for name in ("name", "subject", "email_body"):
        desk.composer.change(**{name: getattr(GOOD, name)})
    desk.composer.add_row(0)
    desk.composer.change_row(0, 0, RuleRow("tag", "any", ()))
    desk.composer.count()
    assert desk.counting.asked == []
    assert desk.composer.state.count_words == "Finish the rules to see how many patients they find."
    assert not desk.composer.check_everything()


def test_contradicting_rules_are_marked_at_their_row(desk: Desk) -> None:
    desk.composer.add_row(0)
    desk.composer.change_row(0, 0, RuleRow("last_visit", "known"))
    desk.composer.add_row(0)
    desk.composer.change_row(0, 1, RuleRow("last_visit", "unknown"))
    assert (0, 1) in desk.composer.state.row_problems


def test_the_count_is_live_and_says_its_age(desk: Desk) -> None:
    desk.composer.add_row(0)
    assert desk.waits[-1] == "count"
    desk.composer.count()
    assert desk.composer.state.count_words == "1,240 of 3,000 patients, as of 14:05"
    assert desk.composer.state.shares == {(0, 0): "1,500"}


def test_a_count_that_is_overtaken_is_never_shown(desk: Desk) -> None:
    desk.composer.add_row(0)
    desk.runner.holding = True
    desk.composer.count()
    desk.composer.count()
    desk.runner.release()
    assert len(desk.counting.asked) == 1


def test_the_sms_counter_counts_what_is_added(desk: Desk) -> None:
    desk.composer.change(channel_policy=ChannelPolicy.SMS, sms_body="See you in spring.")
    assert desk.composer.state.sms_words.startswith("62 of 260 characters, 1 text")


def test_letters_outside_the_alphabet_can_be_replaced(desk: Desk) -> None:
    desk.composer.change(channel_policy=ChannelPolicy.SMS, sms_body="It’s spring, come and see us.")
    assert desk.composer.state.sms_replaceable
    desk.composer.replace_letters()
    assert desk.composer.state.content.sms_body == "It's spring, come and see us."
    assert not desk.composer.state.sms_replaceable


def test_somebody_elses_draft_is_read_only_until_taken_over() -> None:
    draft = OpenDraft("c2", GOOD, 3, "riley", "Riley", False)
    desk = Desk(draft, may_take_over=True)
    desk.composer.start("c2", is_new=False)
    assert desk.composer.state.read_only == "This draft belongs to Riley."
    desk.composer.change(name="Mine now")
    assert desk.composer.state.content.name == "Spring"
    desk.composer.take_over()
    desk.composer.change(name="Mine now")
    assert desk.composer.state.content.name == "Mine now"


def test_a_sync_never_overwrites_what_is_being_typed() -> None:
    desk = Desk(OpenDraft("c3", GOOD, 3, "me", "Me", False))
    desk.composer.start("c3", is_new=False)
    desk.composer.change(subject="A much brighter smile")
    desk.composer.synced(OpenDraft("c3", replace(GOOD, subject="From elsewhere"), 4, "me", "Me", False))
    assert desk.composer.state.content.subject == "A much brighter smile"


def test_a_sync_brings_the_servers_word_that_it_has_the_draft() -> None:
    desk = Desk(OpenDraft("c4", GOOD, 0, "me", "Me", True))
    desk.composer.start("c4", is_new=False)
    assert desk.composer.state.saved_words == "Saved on this computer"
    desk.composer.synced(OpenDraft("c4", GOOD, 1, "me", "Me", False))
    assert desk.composer.state.saved_words == "Saved, also on the server"


def test_a_draft_that_is_gone_is_said_so() -> None:
    desk = Desk()
    desk.composer.start("nowhere", is_new=False)
    assert desk.view.errors[0].code == "campaign.gone"


def test_nothing_can_be_typed_or_reviewed_before_the_draft_has_been_read() -> None:
    desk = Desk(OpenDraft("c-1", GOOD, 1, "me", "Jo", False))
    desk.runner.holding = True
    desk.composer.start("c-1", is_new=False)
    opening = desk.composer.state
    desk.composer.change(name="Typed too early")
    desk.runner.release()
    opened = desk.composer.state
    assert (opening.opened, bool(opening.read_only)) == (False, True)
    assert (opened.opened, opened.read_only, opened.content) == (True, "", GOOD)


def test_what_is_typed_while_an_earlier_state_is_written_is_not_called_saved(desk: Desk) -> None:
    desk.composer.change(name="Spring")
    desk.runner.holding = True
    desk.composer.keep()
    desk.composer.change(name="Spring check-up")
    desk.runner.release()
    assert desk.composer.state.saved_words == "Not saved yet"
    desk.composer.keep()
    assert desk.composer.state.saved_words == "Saved on this computer, 14:05"
    assert [kept[2].name for kept in desk.drafts.kept] == ["Spring", "Spring check-up"]
