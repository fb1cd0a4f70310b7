"""An audience on the cache is its meaning, and its review is the gate's answer with what waits here."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from primoro_campaigns.desktop.local import audience
from primoro_campaigns.desktop.work.ticket import Stopped
from primoro_campaigns.domain.audience.evaluate import holds, matches
from primoro_campaigns.domain.audience.facts import PatientFacts
from primoro_campaigns.domain.audience.rule import DateFact, Group, KnownRule, LocationRule, Match, rules_of
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.domain.channel.choose import Chosen, NoChannel
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose, Refusal
from primoro_campaigns.domain.consent.rules import Cleared, Refused
from primoro_campaigns.domain.delivery.explanation import Explained
from primoro_campaigns.domain.delivery.plan import Planned, Skipped
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.storage.patient_facts import birth_md, tags_text
from primoro_campaigns.support.clock import FixedClock
from tests.conftest import NOW
from tests.fakes.inline_runner import InlineRunner
from tests.fakes.reception import (
    Reception,
    Row,
    a_contact,
    a_patient,
    a_permission,
    a_policy,
    a_practice,
    a_restriction,
)
from tests.strategies.audience import LOCATIONS, PRACTITIONERS, groups, random_facts, todays

PEOPLE = {f"patient-{number:03}": random_facts(random.Random(number)) for number in range(200)}


def row_of(patient_id: str, facts: PatientFacts) -> Row:
    def day(value: date | None) -> str | None:
        return None if value is None else value.isoformat()

    return {
        **a_patient(patient_id, "Ann", patient_id),
        "location_id": facts.location_id,
        "status": facts.status.value,
        "is_lead": facts.is_lead,
        "born_on": day(facts.born_on),
        "birth_md": birth_md(facts.born_on),
        "practitioner_id": facts.practitioner_id,
        "preferred_channel": facts.preferred_channel and facts.preferred_channel.value,
        "email_state": facts.email_state.value,
        "mobile_state": facts.mobile_state.value,
        "last_visit_on": day(facts.last_visit_on),
        "next_visit_on": day(facts.next_visit_on),
        "last_contacted_on": day(facts.last_contacted_on),
        "last_no_show_on": day(facts.last_no_show_on),
        "recall_due_on": day(facts.recall_due_on),
        "has_unscheduled_treatment": facts.has_unscheduled_treatment,
        "tags": tags_text(facts.tags),
    }


@pytest.fixture
def crowd(desk: Reception) -> Reception:
    desk.fill(
        {
            "practitioner": [
                {"id": each, "name": name, "active": True} for each, name in PRACTITIONERS.items()
            ],
            "patient": [row_of(each, facts) for each, facts in PEOPLE.items()],
        }
    )
    return desk


def test_the_count_on_the_cache_is_what_the_rules_mean(crowd: Reception) -> None:
    @settings(max_examples=150)
    @given(group=groups(), today=todays)
    def agree(group: Group, today: date) -> None:
        found = audience.count(crowd.database, Content(name="", audience=group), today, None)
        assert (found.everybody, found.left_out) == (len(PEOPLE), 0)
        assert found.matching == sum(matches(group, facts, today) for facts in PEOPLE.values())
        rules = dict(rules_of(group))
        assert dict(found.shares) == {
            path: sum(holds(rule, facts, today) for facts in PEOPLE.values()) for path, rule in rules.items()
        }

    agree()


def test_the_members_come_by_name_and_page_by_page(crowd: Reception) -> None:
    @settings(max_examples=50)
    @given(group=groups(), today=todays)
    def agree(group: Group, today: date) -> None:
        here = LOCATIONS[:2]
        expected = [
            each
            for each, facts in PEOPLE.items()
            if facts.location_id in here and matches(group, facts, today)
        ]
        pages = [
            audience.sample(crowd.database, group, here, today, (37, start), None)
            for start in range(0, 200, 37)
        ]
        assert [each for page in pages for each in page] == expected
        content = Content(name="", audience=group, location_ids=tuple(here))
        assert audience.count(crowd.database, content, today, None).matching == len(expected)

    agree()


def test_a_count_that_nobody_waits_for_any_more_ends(crowd: Reception) -> None:
    crowded = Group(Match.ANY, tuple(LocationRule((f"location-{n}",)) for n in range(400)))
    with pytest.raises(Stopped):
        audience.count(crowd.database, Content(name="", audience=crowded), date(2028, 1, 1), lambda: True)


# The review.


def reviewed(desk: Reception, content: Content | None = None) -> dict[str, str]:
    """Of everybody: the channel, or the reason why not."""
    answers = audience.review(
        desk.database,
        content or Content(name="Spring", audience=EVERYBODY),
        desk.clock.now().date(),
        desk.clock.now(),
        ZoneInfo("Europe/London"),
        None,
    )
    return dict(_answers(answers))


def _answers(answers: Iterator[Planned | Skipped]) -> Iterator[tuple[str, str]]:
    for each in answers:
        if isinstance(each, Planned):
            yield each.cleared.patient_id, each.cleared.channel.value
        else:
            yield each.patient_id, each.reason.value


EVERYBODY = Group(members=(KnownRule(DateFact.LAST_VISIT, known=False),))
EMAIL, SMS, PROMOTIONS = Channel.EMAIL, Channel.SMS, Purpose.PROMOTIONS


@pytest.fixture
def willing(desk: Reception) -> Reception:
    """Four who said yes to e-mail; ``ann`` to texts too."""
    now = desk.clock.now()
    names = ("ann", "bob", "cat", "dan")
    desk.fill(
        {
            "location": a_practice(now)["location"],
            "patient": [
                a_patient(
                    each, each.title(), "Ash", email=f"{each}@example.org", mobile=f"07700 90010{number}"
                )
                for number, each in enumerate(names)
            ],
            "permission": [
                *(a_permission(each, "email", "promotions", "opted_in", now) for each in names),
                a_permission("ann", "sms", "promotions", "opted_in", now),
            ],
            "restriction": [a_restriction("bob", "promotions", now, "staff")],
            "contact": [
                a_contact("c1", "cat", now - timedelta(days=2), "email", "Offer", category="promotions")
            ],
        }
    )
    return desk


def test_the_review_says_of_everybody_what_the_gate_says(willing: Reception) -> None:
    assert reviewed(willing) == {
        "ann": "email",
        "bob": Refusal.RESTRICTED.value,
        "cat": Refusal.RESTING.value,
        "dan": "email",
    }
    texts = Content(name="Spring", audience=EVERYBODY, channel_policy=ChannelPolicy.SMS)
    assert reviewed(willing, texts)["ann"] == "sms"
    assert reviewed(willing, texts)["dan"] == Refusal.UNKNOWN.value


def test_l17_who_objects_is_in_no_number_that_marketers_see(willing: Reception) -> None:
    """A restriction, or a no to each channel of the campaign; also one that waits here, or is taken back."""
    today = willing.clock.now().date()

    def counted(content: Content) -> tuple[int, int, int, list[int]]:
        found = audience.count(willing.database, content, today, None)
        return found.everybody, found.matching, found.left_out, [share for _, share in found.shares]

    spring = Content(name="Spring", audience=EVERYBODY)
    assert counted(spring) == (4, 3, 1, [3])
    assert counted(replace(spring, purpose=Purpose.NEWSLETTERS)) == (4, 4, 0, [4])
    willing.outbox.restrict(PatientId("bob"), PROMOTIONS, on=False, why="Asked.")
    willing.outbox.permit(PatientId("dan"), EMAIL, PROMOTIONS, PermissionState.OPTED_OUT)
    willing.outbox.restrict(PatientId("cat"), PROMOTIONS, on=True)
    assert counted(spring) == (4, 2, 2, [2])
    either = replace(spring, channel_policy=ChannelPolicy.PREFERRED)
    assert counted(either) == (4, 3, 1, [3])
    willing.outbox.permit(PatientId("dan"), SMS, PROMOTIONS, PermissionState.OPTED_OUT)
    assert counted(either) == (4, 2, 2, [2])


def test_l20_a_childs_message_goes_to_the_guardian(desk: Reception) -> None:
    """Who need not be among the selected; what waits here of the guardian's no counts already."""
    now = desk.clock.now()
    home = {"household_id": "home"}
    desk.fill(
        {
            "location": a_practice(now)["location"],
            "patient": [
                a_patient("kit", "Kit", "Ash", born_on="2015-06-01", email="kit@example.org", **home),
                a_patient("may", "May", "Ash", email="may@example.org", last_visit_on="2026-01-05", **home),
            ],
            "permission": [a_permission("may", "email", "promotions", "opted_in", now)],
        }
    )
    assert reviewed(desk) == {"may": "email", "kit": Refusal.UNDER_18.value}
    desk.outbox.permit(PatientId("may"), EMAIL, PROMOTIONS, PermissionState.OPTED_OUT)
    assert reviewed(desk) == {"kit": Refusal.UNDER_18.value}


def explained(desk: Reception, content: Content, patient_id: str) -> Explained:
    zone, now = ZoneInfo("Europe/London"), desk.clock.now()
    found = audience.explain(desk.database, content, PatientId(patient_id), now.date(), now, zone)
    assert found is not None
    return found


@pytest.mark.parametrize("policy", [ChannelPolicy.EMAIL, ChannelPolicy.SMS, ChannelPolicy.PREFERRED])
def test_each_patient_is_explained_as_the_review_answers(willing: Reception, policy: ChannelPolicy) -> None:
    out = Group(members=(KnownRule(DateFact.LAST_VISIT, known=True),))
    for group, only in ((EVERYBODY, ()), (out, ()), (EVERYBODY, ("elsewhere",))):
        content = Content(name="Spring", audience=group, channel_policy=policy, location_ids=only)
        answers = reviewed(willing, content)
        for each in ("ann", "bob", "cat", "dan"):
            found = explained(willing, content, each)
            assert found.is_in is (each in answers)
            if found.is_in:
                choice = found.choice
                said = choice.cleared.channel if isinstance(choice, Chosen) else choice.reason
                assert said.value == answers[each]


def test_the_explanation_says_which_rules_decide_and_what_the_gate_says_of_each_channel(
    willing: Reception,
) -> None:
    content = Content(name="Spring", audience=EVERYBODY, channel_policy=ChannelPolicy.PREFERRED)
    found = explained(willing, content, "dan")
    (finding,) = found.rules.decisive
    assert finding.holds
    gate = found.answers
    assert isinstance(gate[EMAIL], Cleared)
    texts = gate[SMS]
    assert isinstance(texts, Refused)
    assert texts.reason is Refusal.UNKNOWN
    willing.outbox.permit(PatientId("dan"), EMAIL, PROMOTIONS, PermissionState.OPTED_OUT)
    assert isinstance(explained(willing, content, "dan").choice, NoChannel), "what waits here counts"


def test_a_patient_who_is_not_here_is_not_explained(willing: Reception) -> None:
    now = willing.clock.now()
    content = Content(name="Spring", audience=EVERYBODY)
    zone = ZoneInfo("Europe/London")
    assert audience.explain(willing.database, content, PatientId("nobody"), now.date(), now, zone) is None


def test_what_waits_here_counts_already(willing: Reception) -> None:
    outbox = willing.outbox
    outbox.restrict(PatientId("ann"), PROMOTIONS, on=True)
    outbox.restrict(PatientId("bob"), PROMOTIONS, on=False, why="Asked.")
    outbox.permit(PatientId("dan"), EMAIL, PROMOTIONS, PermissionState.OPTED_OUT)
    outbox.restrict(PatientId("cat"), Purpose.NEWSLETTERS, on=True)
    answers = reviewed(willing)
    assert answers["ann"] == Refusal.RESTRICTED.value
    assert answers["bob"] == "email"
    assert answers["dan"] == Refusal.OPTED_OUT.value
    assert answers["cat"] == Refusal.RESTING.value


def test_whoever_was_taken_out_by_hand_and_other_locations_are_not_written_to(willing: Reception) -> None:
    content = Content(
        name="Spring", audience=EVERYBODY, excluded_patient_ids=("ann",), location_ids=("loc-hillside",)
    )
    assert reviewed(willing, content)["ann"] == Refusal.EXCLUDED_BY_HAND.value
    elsewhere = Content(name="Spring", audience=EVERYBODY, location_ids=("elsewhere",))
    assert reviewed(willing, elsewhere) == {}


PASTS = st.lists(
    st.tuples(
        st.sampled_from(["promotions"] * 4 + ["newsletters", "important", ""]),
        st.integers(0, 120),
        st.sampled_from(["sent"] * 4 + ["unknown", "failed", "recorded"]),
        st.sampled_from(["email", "email", "sms", "sms", "phone"]),
        st.sampled_from(["out"] * 5 + ["in"]),
    ),
    max_size=6,
)
"""What stands in the contacts: most of it counts for the gate."""


def test_one_patients_rest_is_what_the_review_says_of_everybody(tmp_path: Path) -> None:
    numbers = iter(range(10**6))
    zone = ZoneInfo("Europe/London")

    @given(PASTS, st.none() | st.integers(0, 60), st.integers(0, 3), st.integers(0, 2), st.integers(0, 4))
    @example([("promotions", 28, "sent", "email", "out")], None, 1, 0, 0)
    @settings(max_examples=100)
    def agree(
        past: list[tuple[str, int, str, str, str]],
        booked: int | None,
        months: int,
        in_7_days: int,
        in_90_days: int,
    ) -> None:
        folder = tmp_path / str(next(numbers))
        folder.mkdir()
        desk = Reception(folder, FixedClock(NOW), InlineRunner(), lambda act: act())
        booked_on = None if booked is None else (NOW - timedelta(days=booked)).date().isoformat()
        ann = a_patient("ann", "Ann", "Ash", email="a@example.org", last_booked_on=booked_on)
        try:
            desk.fill(
                {
                    "location": a_practice(NOW)["location"],
                    "patient": [ann],
                    "permission": [a_permission("ann", "email", "promotions", "opted_in", NOW)],
                    "contact": [
                        a_contact(
                            f"c{number}",
                            "ann",
                            NOW - timedelta(days=days),
                            kind,
                            "Offer",
                            category=category,
                            status=status,
                            direction=direction,
                        )
                        for number, (category, days, status, kind, direction) in enumerate(past)
                    ],
                    "policy": [
                        a_policy(
                            reset_months_promotions=months,
                            most_in_7_days=in_7_days,
                            most_in_90_days=in_90_days,
                        )
                    ],
                }
            )
            content = Content(name="Spring", audience=EVERYBODY)
            (said,) = audience.review(desk.database, content, NOW.date(), NOW, zone, None)
            rest = desk.context.patients.rest(PatientId("ann"), NOW, zone)
        finally:
            desk.close()
        until = rest.until.get(PROMOTIONS)
        if until is not None:
            assert isinstance(said, Skipped)
            assert (said.reason, said.until) == (Refusal.RESTING, until)
        elif rest.capped:
            assert isinstance(said, Skipped)
            assert said.reason is Refusal.FREQUENCY_CAP
        else:
            assert isinstance(said, Planned)

    agree()
