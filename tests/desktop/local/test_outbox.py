"""What a person did waits safely, goes in the right order, and is answered once."""

import json
from datetime import timedelta

import pytest

from primoro_campaigns.desktop.local.campaigns import CampaignFilter
from primoro_campaigns.desktop.local.database import DiskFullError
from primoro_campaigns.desktop.sync.pending import EventKind, PendingState, Seen
from primoro_campaigns.desktop.sync.rows import Answered
from primoro_campaigns.domain.campaign.model import Timing
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.ids import CallId, CampaignId, EventId, PatientId
from tests.fakes.reception import Reception, a_patient, a_practice

ANN, BOB = PatientId("ann"), PatientId("bob")
SPRING = CampaignId("spring")


def content(name: str = "Spring", subject: str = "") -> str:
    return json.dumps(
        {
            "name": name,
            "purpose": "promotions",
            "kind": "one_off",
            "channel_policy": "email",
            "location_ids": [],
            "subject": subject,
        }
    )


def a_campaign(revision: int, subject: str = "", name: str = "Spring") -> dict[str, str | int | bool | None]:
    return {
        "id": SPRING,
        "owner_id": "user-jo",
        "owner_name": "Jo Bell",
        "name": name,
        "revision": revision,
        "state": "draft",
        "purpose": "promotions",
        "kind": "one_off",
        "channel_policy": "email",
        "location_ids": "[]",
        "content": content(name, subject),
        "fingerprint": f"print of {subject}",
        "scheduled_at": None,
        "approved_by_name": "",
        "approved_at": None,
        "created_at": "2026-01-01T00:00:00.000000+00:00",
        "updated_at": "2026-01-01T00:00:00.000000+00:00",
        "archived": False,
        "problem": "",
        **dict.fromkeys(("recipients", "planned", "claimed", "sent", "failed", "skipped", "unknown"), 0),
    }


def sent(desk: Reception, limit: int = 100) -> list[EventId]:
    return [each.event_id for each in desk.mirror.take_events(limit)]


def answer(desk: Reception, event_id: EventId, outcome: str = "applied") -> None:
    desk.bring(answers=[Answered(event_id, outcome, "Title.", "Advice.", "test.code")])


def bases(desk: Reception) -> list[object]:
    return [each.payload["base_revision"] for each in desk.outbox.events()]


# The order.


def test_acts_go_in_the_order_in_which_they_were_made(desk: Reception) -> None:
    ids = [desk.outbox.match_call(CallId(f"k{number}"), ANN) for number in range(5)]
    assert sent(desk, 3) == ids[:3]
    assert sent(desk) == ids


def test_a_clock_that_is_put_back_does_not_change_the_order(desk: Reception) -> None:
    ids = iter([EventId("b"), EventId("a")])
    desk.outbox._new_id = lambda: next(ids)
    desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=False, why="Asked at the desk.")
    desk.clock.instant -= timedelta(hours=2)
    desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    assert [row.purpose for row in desk.context.patients.restrictions(ANN)] == [Purpose.PROMOTIONS]
    assert sent(desk) == ["b", "a"]
    assert [each.event_id for each in desk.outbox.events()] == ["b", "a"]


def test_withdrawals_go_before_everything_else(desk: Reception) -> None:
    draft = desk.outbox.save_draft(SPRING, 0, content())
    call = desk.outbox.ignore_call(CallId("k1"))
    out = desk.outbox.permit(ANN, Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_OUT)
    stop = desk.outbox.restrict(BOB, Purpose.PROMOTIONS, on=True)
    assert sent(desk) == [out, stop]
    answer(desk, out)
    answer(desk, stop)
    assert sent(desk) == [draft, call]


def test_a_withdrawal_goes_with_what_was_said_before_it_about_the_same(desk: Reception) -> None:
    draft = desk.outbox.save_draft(SPRING, 0, content())
    lift = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=False, why="Asked.")
    other = desk.outbox.restrict(ANN, Purpose.NEWSLETTERS, on=False, why="Asked.")
    stop = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    assert sent(desk) == [lift, stop]
    answer(desk, lift)
    answer(desk, stop)
    assert sent(desk) == [draft, other]


def test_what_was_sent_and_not_answered_is_sent_again(desk: Reception) -> None:
    event_id = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    assert sent(desk) == [event_id]
    assert sent(desk) == [event_id]
    (event,) = desk.outbox.events()
    assert (event.state, event.attempts) == (PendingState.SENT, 2)
    assert desk.outbox.counts().waiting == 1


def test_each_act_says_whom_it_is_about_and_who_did_it(desk: Reception) -> None:
    desk.fill({"patient": [a_patient("ann", "Ann", "Ash")], "call": a_practice(desk.clock.now())["call"]})
    desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    desk.outbox.ignore_call(CallId("k1"))
    desk.outbox.save_draft(SPRING, 0, content("Spring offer"))
    assert [(each.about, each.by_name) for each in desk.outbox.events()] == [
        ("Ann Ash", "Jo Bell"),
        ("+447700900777", "Jo Bell"),
        ("Spring offer", "Jo Bell"),
    ]


# Drafts.


def test_typing_leaves_one_act(desk: Reception) -> None:
    first = desk.outbox.save_draft(SPRING, 0, content(subject="a"))
    assert desk.outbox.save_draft(SPRING, 0, content(subject="ab")) == first
    (event,) = desk.outbox.events()
    assert event.payload["content"] == json.loads(content(subject="ab"))
    assert event.payload["base_revision"] == 0


def test_what_was_sent_is_not_changed_any_more(desk: Reception) -> None:
    first = desk.outbox.save_draft(SPRING, 0, content(subject="a"))
    assert sent(desk) == [first]
    second = desk.outbox.save_draft(SPRING, 0, content(subject="ab"))
    assert second != first
    before, after = desk.outbox.events()
    assert before.payload["content"] == json.loads(content(subject="a"))
    assert (after.payload["base_revision"], after.payload["content"]) == (
        1,
        json.loads(content(subject="ab")),
    )


def test_of_a_draft_one_version_goes_at_a_time(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(4, "theirs")])
    first = desk.outbox.save_draft(SPRING, 4, content(subject="one"))
    sent(desk)
    second = desk.outbox.save_draft(SPRING, 4, content(subject="two"))
    submit = desk.outbox.submit(SPRING, "print")
    other = desk.outbox.save_draft(CampaignId("other"), 0, content("Other"))
    assert sent(desk) == [first, other]
    desk.mirror.take_round([Answered(first, "applied"), Answered(other, "applied")], (), 0, complete=False)
    assert sent(desk) == []
    desk.bring("campaign", [a_campaign(5, "one")])
    assert desk.outbox.events()[0].payload["base_revision"] == 5
    assert sent(desk) == [second, submit]


@pytest.mark.parametrize("outcome", ["conflict", "refused"])
@pytest.mark.parametrize("deletes", [True, False])
def test_what_follows_a_version_that_was_not_taken_does_not_fit_somebody_elses(
    desk: Reception, outcome: str, deletes: bool
) -> None:
    """Both counted on revision 5, and another desk has made it."""
    desk.bring("campaign", [a_campaign(4, "theirs")])
    first = desk.outbox.save_draft(SPRING, 4, content(subject="mine"))
    sent(desk)
    if deletes:
        desk.outbox.delete_draft(SPRING, 4)
    else:
        desk.outbox.save_draft(SPRING, 4, content(subject="mine again"))
    assert desk.outbox.events()[-1].payload["base_revision"] == 5
    desk.bring("campaign", [a_campaign(5, "theirs too")], answers=[Answered(first, outcome, "T.", "A.", "c")])
    assert desk.outbox.events()[-1].payload["base_revision"] == 4


def test_what_follows_a_version_that_brought_a_draft_back_stands_on_its_revision(desk: Reception) -> None:
    first = desk.outbox.save_draft(SPRING, 4, content(subject="mine"))
    sent(desk)
    desk.outbox.save_draft(SPRING, 4, content(subject="mine again"))
    desk.bring("campaign", [a_campaign(207, "mine")], answers=[Answered(first, "applied")])
    assert bases(desk) == [207]


def test_an_open_composer_counts_its_own_saves_in(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(4)])
    for revision in (5, 6, 7):
        saved = desk.outbox.save_draft(SPRING, 4, content(subject="mine"))
        sent(desk)
        desk.bring("campaign", [a_campaign(revision, "mine")], answers=[Answered(saved, "applied")])
    desk.outbox.save_draft(SPRING, 4, content(subject="mine again"))
    assert bases(desk) == [7]


def test_a_save_that_changed_nothing_at_the_server_is_not_counted(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(4, "mine")])
    saved = desk.outbox.save_draft(SPRING, 4, content(subject="mine"))
    sent(desk)
    answer(desk, saved)
    desk.outbox.save_draft(SPRING, 4, content(subject="mine again"))
    assert bases(desk) == [4]


def test_somebody_elses_save_is_not_counted_as_ones_own(desk: Reception) -> None:
    saved = desk.outbox.save_draft(SPRING, 0, content(subject="mine"))
    sent(desk)
    answer(desk, saved)
    desk.bring("campaign", [a_campaign(2, "theirs")])
    desk.outbox.save_draft(SPRING, 1, content(subject="mine again"))
    assert bases(desk) == [1]
    # Opened anew, the composer stands on what it shows.
    desk.outbox.save_draft(CampaignId("spring"), 2, content(subject="after theirs"))
    assert bases(desk) == [1]


def test_a_clash_keeps_this_computers_version_until_it_was_looked_at(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(1, "one")])
    saved = desk.outbox.save_draft(SPRING, 1, content(subject="mine"))
    sent(desk)
    desk.bring("campaign", [a_campaign(2, "theirs")], answers=[Answered(saved, "conflict", "T.", "A.", "c")])
    kept = desk.outbox.conflict(SPRING)
    assert kept is not None
    assert kept.payload["content"] == json.loads(content(subject="mine"))
    shown = desk.context.campaigns.get(SPRING)
    assert shown is not None
    assert json.loads(shown.content)["subject"] == "theirs"
    again = desk.outbox.retry(saved)
    (event,) = desk.outbox.events()
    assert (event.event_id, event.state) == (again, PendingState.WAITING)
    assert event.payload["base_revision"] == 2
    assert desk.outbox.conflict(SPRING) is None


def test_a_draft_the_server_never_heard_of_just_vanishes(desk: Reception) -> None:
    desk.outbox.save_draft(SPRING, 0, content())
    assert desk.outbox.delete_draft(SPRING, 0) is None
    assert desk.outbox.events() == []
    assert desk.context.campaigns.get(SPRING) is None


@pytest.mark.parametrize("how", ["sent", "known"])
def test_a_draft_the_server_may_have_is_deleted_there(desk: Reception, how: str) -> None:
    if how == "known":
        desk.bring("campaign", [a_campaign(3)])
    else:
        desk.outbox.save_draft(SPRING, 0, content())
        sent(desk)
    desk.outbox.save_draft(SPRING, 3, content(subject="unsent"))
    event_id = desk.outbox.delete_draft(SPRING, 3)
    assert event_id is not None
    assert desk.outbox.events()[-1].kind is EventKind.DRAFT_DELETE
    assert desk.outbox.events()[-1].about == "Spring"
    assert desk.context.campaigns.get(SPRING) is None
    assert PendingState.WAITING not in {each.state for each in desk.outbox.events()[:-1]}


def test_taking_a_no_back_says_what_was_known_of_it(desk: Reception) -> None:
    desk.mirror.take_round([], (), 41, complete=True)
    stop = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    desk.outbox.restrict(ANN, Purpose.NEWSLETTERS, on=True)
    desk.outbox.restrict(BOB, Purpose.PROMOTIONS, on=True)
    desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=False, why="Asked.")
    desk.outbox.permit(ANN, Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_IN, "Asked.", "May we?")
    seen = [each.seen for each in desk.outbox.events()]
    assert seen == [None, None, None, Seen(41, (stop,)), Seen(41)]


def test_trying_again_says_what_is_known_by_then(desk: Reception) -> None:
    lift = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=False, why="Asked.")
    sent(desk)
    answer(desk, lift, "conflict")
    desk.mirror.take_round([], (), 7, complete=True)
    desk.outbox.retry(lift)
    assert [each.seen for each in desk.outbox.events()] == [Seen(7)]


# Answers.


def test_what_was_applied_shows_until_its_effect_is_here(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(1, "one")])
    saved = desk.outbox.save_draft(SPRING, 1, content(subject="two"))
    sent(desk)
    desk.mirror.take_round([Answered(saved, "applied")], (), 0, complete=False)
    assert desk.outbox.counts().waiting == 0
    assert desk.outbox.events() == []
    shown = desk.context.campaigns.get(SPRING)
    assert shown is not None
    assert json.loads(shown.content)["subject"] == "two"
    desk.bring("campaign", [a_campaign(2, "two")])
    shown = desk.context.campaigns.get(SPRING)
    assert shown is not None
    assert not shown.row.pending


def test_an_answer_that_comes_twice_changes_nothing(desk: Reception) -> None:
    event_id = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    sent(desk)
    desk.mirror.take_round([Answered(event_id, "applied")], (), 0, complete=False)
    desk.mirror.take_round([Answered(event_id, "refused", "T.", "A.", "c")], (), 0, complete=False)
    assert desk.outbox.counts().refused == 0
    answer(desk, EventId("of another computer"))
    assert desk.outbox.events() == []


def test_a_refusal_is_kept_in_words_and_no_longer_shown_as_done(desk: Reception) -> None:
    event_id = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    sent(desk)
    answer(desk, event_id, "refused")
    (event,) = desk.outbox.events()
    assert (event.title, event.advice, event.code) == ("Title.", "Advice.", "test.code")
    assert desk.outbox.counts() == type(desk.outbox.counts())(waiting=0, refused=1)
    assert desk.context.patients.restrictions(ANN) == []
    assert sent(desk) == []


def test_a_refusal_can_be_tried_again_or_put_away(desk: Reception) -> None:
    refused = [desk.outbox.restrict(each, Purpose.PROMOTIONS, on=True) for each in (ANN, BOB)]
    sent(desk)
    for event_id in refused:
        answer(desk, event_id, "refused")
    again = desk.outbox.retry(refused[0])
    assert again is not None
    assert again != refused[0]
    desk.outbox.dismiss(refused[1])
    assert [each.event_id for each in desk.outbox.events()] == [again]
    assert sent(desk) == [again]
    assert desk.context.patients.restrictions(BOB) == []


def test_only_a_refusal_can_be_tried_again_or_put_away(desk: Reception) -> None:
    event_id = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    assert desk.outbox.retry(event_id) is None
    desk.outbox.dismiss(event_id)
    sent(desk)
    assert desk.outbox.retry(event_id) is None
    desk.outbox.dismiss(event_id)
    assert [each.event_id for each in desk.outbox.events()] == [event_id]
    assert desk.outbox.retry(EventId("nobody's")) is None


def test_requests_change_nothing_here_until_they_are_answered(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(1, "one")])
    desk.outbox.submit(SPRING, "print of one")
    desk.outbox.approve(SPRING, "print of one", Timing.SCHEDULED, desk.clock.now() + timedelta(days=1))
    desk.outbox.pause(SPRING)
    desk.outbox.resume(SPRING)
    desk.outbox.cancel(SPRING)
    shown = desk.context.campaigns.get(SPRING)
    assert shown is not None
    assert (shown.row.state, shown.row.fingerprint) == ("draft", "print of one")
    assert shown.row.asked == (
        EventKind.SUBMIT,
        EventKind.APPROVE,
        EventKind.PAUSE,
        EventKind.RESUME,
        EventKind.CANCEL,
    )


def test_edits_that_wait_cannot_be_approved(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(1, "one")])
    desk.outbox.save_draft(SPRING, 1, content(subject="two"))
    shown = desk.context.campaigns.get(SPRING)
    assert shown is not None
    assert shown.row.fingerprint == ""


def test_a_draft_taken_over_is_ones_own_at_once(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(1) | {"owner_id": "user-max", "owner_name": "Max"}])
    desk.outbox.take_over_draft(SPRING)
    shown = desk.context.campaigns.get(SPRING)
    assert shown is not None
    assert (shown.row.owner_id, shown.row.owner_name) == (desk.person.user_id, "Jo Bell")


# A new draft that the server would not have is nowhere else.


def refused_draft(desk: Reception) -> EventId:
    saved = desk.outbox.save_draft(SPRING, 0, content("Taken", "mine"))
    sent(desk)
    answer(desk, saved, "refused")
    return saved


def shown(desk: Reception) -> list[tuple[str, str]]:
    rows = desk.context.campaigns.page(CampaignFilter(), 10)
    texts = [desk.context.campaigns.get(row.campaign_id) for row in rows]
    return [(each.row.name, json.loads(each.content)["subject"]) for each in texts if each is not None]


def test_a_new_draft_that_was_refused_stays_and_can_be_put_right(desk: Reception) -> None:
    refused = refused_draft(desk)
    assert shown(desk) == [("Taken", "mine")]
    opened = desk.context.campaigns.get(SPRING)
    assert opened is not None
    fresh = desk.outbox.save_draft(SPRING, opened.base_revision, content("Free", "mine"))
    assert shown(desk) == [("Free", "mine")]
    assert sent(desk) == [fresh]
    assert desk.outbox.events()[-1].payload["base_revision"] == 0
    desk.bring("campaign", [a_campaign(1, "mine", "Free")], answers=[Answered(fresh, "applied")])
    assert shown(desk) == [("Free", "mine")]
    desk.outbox.dismiss(refused)
    assert shown(desk) == [("Free", "mine")]
    assert desk.outbox.events() == []


def test_a_refused_draft_that_is_put_away_is_gone(desk: Reception) -> None:
    desk.outbox.dismiss(refused_draft(desk))
    assert shown(desk) == []


def test_a_refused_draft_that_is_deleted_is_gone_with_its_refusal(desk: Reception) -> None:
    refused_draft(desk)
    assert desk.outbox.delete_draft(SPRING, 0) is None
    assert shown(desk) == []
    assert desk.outbox.events() == []


def test_a_refused_edit_does_not_hide_what_the_server_has(desk: Reception) -> None:
    desk.bring("campaign", [a_campaign(1, "theirs")])
    saved = desk.outbox.save_draft(SPRING, 1, content("Taken", "mine"))
    sent(desk)
    answer(desk, saved, "refused")
    assert shown(desk) == [("Spring", "theirs")]
    desk.bring("campaign", gone=[SPRING])
    assert shown(desk) == [("Taken", "mine")]
    desk.fill({"campaign": [a_campaign(5, "back again")]})
    assert shown(desk) == [("Spring", "back again")]


# A full disk.


def test_what_the_disk_did_not_take_is_told_and_not_shown_as_done(desk: Reception) -> None:
    kept = desk.outbox.restrict(ANN, Purpose.PROMOTIONS, on=True)
    with desk.database.write() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()
    with pytest.raises(DiskFullError) as full:
        desk.outbox.save_draft(SPRING, 0, content(subject="x" * 100_000))
    assert "what was saved before is safe" in full.value.advice
    assert shown(desk) == []
    assert [each.event_id for each in desk.outbox.events()] == [kept]
    assert [row.pending for row in desk.context.patients.restrictions(ANN)] == [True]
    with desk.database.write() as connection:
        connection.execute("PRAGMA max_page_count = 1000000").fetchone()
    desk.outbox.save_draft(SPRING, 0, content(subject="x" * 100_000))
    assert [name for name, _ in shown(desk)] == ["Spring"]
