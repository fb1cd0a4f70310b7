"""What keeps a campaign from being submitted."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from primoro_campaigns.domain.audience.rule import AgeRule, Group, Match
from primoro_campaigns.domain.campaign import wording
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content, Kind, Timing
from primoro_campaigns.domain.campaign.review import (
    ContentRefusedError,
    Problem,
    ReviewFacts,
    batches,
    require_sendable,
    review,
)
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.message.template import Field
from tests.domain.standings import MOMENT

FACTS = ReviewFacts(now=MOMENT, today=date(2026, 3, 3), practice_name="Riverside Dental")
GOOD = Content(
    name="Whitening spring 2026",
    channel_policy=ChannelPolicy.PREFERRED,
    subject="A brighter smile",
    preview_text="Our prices in May",
    email_body="Dear {first_name|patient}, come and see us in May.",
    sms_body="Dear {first_name|patient}, come and see us in May.",
)


def codes(content: Content, facts: ReviewFacts = FACTS) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in review(content, facts)]


def written(name: str, words: str) -> Content:
    """The good campaign with other words in one of its fields."""
    return {
        "subject": replace(GOOD, subject=words),
        "preview_text": replace(GOOD, preview_text=words),
        "email_body": replace(GOOD, email_body=words),
        "sms_body": replace(GOOD, sms_body=words),
        "from_name": replace(GOOD, from_name=words),
    }[name]


def only(content: Content, facts: ReviewFacts = FACTS) -> Problem:
    found = review(content, facts)
    assert len(found) == 1, found
    assert found[0].title.endswith(".")
    assert found[0].advice.endswith(".")
    return found[0]


def test_a_good_campaign_passes() -> None:
    assert review(GOOD, FACTS) == ()
    require_sendable(GOOD, FACTS)


def test_m17_all_violations_are_told_at_once_with_their_fields() -> None:
    bad = replace(
        GOOD, name=" ", subject="Hi", email_body="Too short", sms_body="Hi {nobody}", timing=Timing.SCHEDULED
    )
    assert codes(bad) == [
        ("name", "campaign.no_name"),
        ("scheduled_at", "campaign.no_time"),
        ("subject", "campaign.subject_short"),
        ("email_body", "campaign.email_short"),
        ("sms_body", "message.unknown"),
    ]
    with pytest.raises(ContentRefusedError, match="5 things") as refused:
        require_sendable(bad, FACTS)
    assert len(refused.value.problems) == 5


@pytest.mark.parametrize(("subject", "short"), [("Hell", True), (" Hell  ", True), ("Hello", False)])
def test_m14_subject_of_five_characters(subject: str, short: bool) -> None:
    assert (("subject", "campaign.subject_short") in codes(replace(GOOD, subject=subject))) is short


@pytest.mark.parametrize(("length", "short"), [(19, True), (20, False)])
def test_m15_bodies_of_twenty_characters(length: int, short: bool) -> None:
    found = codes(replace(GOOD, email_body="e" * length, sms_body=" " + "s" * length))
    assert (("email_body", "campaign.email_short") in found) is short
    assert (("sms_body", "campaign.sms_short") in found) is short


def test_only_the_parts_of_the_chosen_channels_are_looked_at() -> None:
    empty = Content(name="Whitening spring 2026")
    assert {field for field, _ in codes(replace(empty, channel_policy=ChannelPolicy.EMAIL))} == {
        "subject",
        "email_body",
    }
    assert {field for field, _ in codes(replace(empty, channel_policy=ChannelPolicy.SMS))} == {"sms_body"}


# "Riverside Dental: " in front and a line "Reply STOP to opt out" behind take 18 + 22 of the 260.
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("s" * 220, False),
        ("s" * 221, True),
        ("{first_name|x}" + "s" * 208, False),
        ("{first_name|x}" + "s" * 209, True),
        ("{first_name|" + "x" * 21 + "}" + "s" * 200, True),
        ("{practice_name}" + "s" * 222, False),
        ("{practice_name}" + "s" * 223, True),
    ],
)
def test_s3_260_characters_for_the_longest_recipient_with_opt_out_words(body: str, problem: bool) -> None:
    facts = replace(FACTS, longest={Field.FIRST_NAME: "Wilhelmina-A"})
    found = codes(replace(GOOD, sms_body=body), facts)
    assert (("sms_body", "campaign.sms_long") in found) is problem


def test_s3_an_important_notification_has_no_opt_out_words_to_count() -> None:
    important = replace(GOOD, purpose=Purpose.IMPORTANT, sms_body="s" * 242)
    assert review(important, FACTS) == ()
    assert only(replace(important, sms_body="s" * 243)).code == "campaign.sms_long"


def test_s8_a_sender_without_replies_needs_a_link() -> None:
    facts = replace(FACTS, sms_takes_replies=False)
    assert only(GOOD, facts).code == "message.no_way_out"
    assert review(GOOD, replace(facts, sms_link="https://p.example/u/abc")) == ()
    assert review(replace(GOOD, purpose=Purpose.IMPORTANT), facts) == ()


@pytest.mark.parametrize("name", ["subject", "preview_text", "email_body", "sms_body"])
def test_a18_an_unresolved_field_blocks(name: str) -> None:
    content = written(name, "Come and see us in May, {first_name}")
    assert (only(content).field, only(content).code) == (name, "message.no_fallback")


@pytest.mark.parametrize("name", ["subject", "preview_text", "email_body", "sms_body"])
@pytest.mark.parametrize("words", ["WHITENING  Spring 2026", "our whitening spring 2026!"])
def test_c06_the_internal_name_is_in_no_message(name: str, words: str) -> None:
    content = written(name, f"Come and see us in May: {words}")
    assert (only(content).field, only(content).code) == (name, "campaign.name_in_message")


def test_c06_a_name_of_one_word_is_a_word() -> None:
    content = replace(GOOD, name="Whitening", subject="Whitening in May", email_body=GOOD.email_body)
    assert review(content, FACTS) == ()


@pytest.mark.parametrize(
    "words",
    [
        "20% off all whitening",
        "Special offer",
        "DISCOUNT",
        "book now",
        "half-price",
        "£50 off",
        "money off",
        "Sale",
    ],
)
def test_l12_an_important_notification_cannot_promote(words: str) -> None:
    important = replace(
        GOOD, purpose=Purpose.IMPORTANT, email_body=f"We have moved to the High Street. {words}"
    )
    assert (only(important).field, only(important).code) == ("email_body", "campaign.promotional")
    assert review(replace(important, purpose=Purpose.PROMOTIONS), FACTS) == ()


@pytest.mark.parametrize(
    "words",
    [
        "Botox",
        "BOTOX®",
        "botulinum toxin",
        "anti-wrinkle injections",
        "Anti wrinkle treatment",
        "wrinkle-relaxing",
        "wrinkle relaxing injection",
        "Dysport",
        "Azzalure",
        "Bocouture",
        "anti‑wrinkle injection",
        "Ozempic",
    ],
)
@pytest.mark.parametrize("purpose", list(Purpose))
def test_ct1_prescription_only_medicines_block(words: str, purpose: Purpose) -> None:
    content = replace(GOOD, purpose=purpose, sms_body=f"Come and see us in May: {words} here.")
    assert (only(content).field, only(content).code) == ("sms_body", "campaign.prescription_only")


@pytest.mark.parametrize(
    "words", ["lines and wrinkles", "botanical garden", "smooth teeth", "an anti-snoring device"]
)
def test_ct1_other_words_do_not(words: str) -> None:
    assert wording.prescription_only(words) == ()


@pytest.mark.parametrize("name", ["subject", "preview_text", "sms_body", "from_name"])
@pytest.mark.parametrize("words", ["your root canal is due", "Your test results", "diagnosis", "your crown"])
def test_l19_nothing_clinical_where_others_see_it(name: str, words: str) -> None:
    content = written(name, f"Come and see us: {words}")
    assert (only(content).field, only(content).code) == (name, "campaign.clinical")
    assert wording.clinical("Dental implants: an open evening at your practice") == ()


def test_l19_the_body_of_an_e_mail_is_for_the_patient_s_own_eyes() -> None:
    assert review(written("email_body", "Come and see us in May: your crown is ready."), FACTS) == ()


@pytest.mark.parametrize(("minutes", "problem"), [(-1, True), (0, True), (1, False)])
def test_m11_a_time_in_the_past_is_refused(minutes: int, problem: bool) -> None:
    content = replace(GOOD, timing=Timing.SCHEDULED, scheduled_at=MOMENT + timedelta(minutes=minutes))
    assert codes(content) == ([("scheduled_at", "campaign.time_passed")] if problem else [])


def test_c27_replies_go_to_a_real_address() -> None:
    assert only(replace(GOOD, reply_to="reception")).field == "reply_to"
    assert review(replace(GOOD, reply_to="reception@example.com"), FACTS) == ()


@pytest.mark.parametrize(("selected", "warned"), [(None, False), (500, False), (501, True)])
def test_m07_above_500_the_send_is_offered_in_batches(selected: int | None, warned: bool) -> None:
    facts = replace(FACTS, selected=selected)
    found = review(GOOD, facts)
    assert [each.code for each in found] == (["campaign.over_limit"] if warned else [])
    assert not any(each.blocks for each in found)
    require_sendable(GOOD, facts)
    assert review(replace(GOOD, kind=Kind.ONGOING), facts) == ()


def test_m07_batches() -> None:
    assert [batches(each) for each in (0, 1, 500, 501, 1000, 1001)] == [0, 1, 1, 2, 2, 3]
    assert "3 batches" in only(GOOD, replace(FACTS, selected=1001)).advice


def test_an_audience_that_makes_no_sense_blocks_too() -> None:
    content = replace(GOOD, audience=Group(Match.ALL, (AgeRule(at_least=60, at_most=20),)))
    assert only(content).field == "audience"
