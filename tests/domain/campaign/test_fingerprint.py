"""An approval binds to a fingerprint: the same for the same content, another for any other."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.audience.rule import Group, Match
from primoro_campaigns.domain.campaign.fingerprint import canonical, fingerprint
from primoro_campaigns.domain.campaign.model import (
    ChannelPolicy,
    Content,
    Kind,
    LawfulBasis,
    Receives,
    Timing,
)
from primoro_campaigns.domain.consent.model import Purpose

AT = datetime(2026, 3, 4, 10, tzinfo=UTC)
CONTENT = Content(
    name="Whitening in May",
    subject="A brighter smile",
    email_body="Dear {first_name|patient}, …",
    scheduled_at=AT,
    location_ids=("l1", "l2"),
    excluded_patient_ids=("p1",),
)
CHANGES = {
    "name": replace(CONTENT, name="Whitening in June"),
    "purpose": replace(CONTENT, purpose=Purpose.NEWSLETTERS),
    "kind": replace(CONTENT, kind=Kind.NEWSLETTER),
    "channel_policy": replace(CONTENT, channel_policy=ChannelPolicy.PREFERRED),
    "timing": replace(CONTENT, timing=Timing.SCHEDULED),
    "scheduled_at": replace(CONTENT, scheduled_at=AT + timedelta(minutes=1)),
    "audience": replace(CONTENT, audience=Group(Match.ANY, ())),
    "location_ids": replace(CONTENT, location_ids=("l1",)),
    "excluded_patient_ids": replace(CONTENT, excluded_patient_ids=("p1", "p2")),
    "subject": replace(CONTENT, subject="A brighter smile "),
    "preview_text": replace(CONTENT, preview_text="x"),
    "email_body": replace(CONTENT, email_body="Dear {first_name|friend}, …"),
    "sms_body": replace(CONTENT, sms_body="x"),
    "from_name": replace(CONTENT, from_name="x"),
    "reply_to": replace(CONTENT, reply_to="x@example.com"),
    "lawful_basis": replace(CONTENT, lawful_basis=LawfulBasis.HEALTH_CARE),
    "lawful_basis_note": replace(CONTENT, lawful_basis_note="x"),
    "receives": replace(CONTENT, receives=Receives.EVERY_TIME),
    "cool_down_days": replace(CONTENT, cool_down_days=7),
    "most_a_day": replace(CONTENT, most_a_day=40),
}


@pytest.mark.parametrize("name", [each.name for each in fields(Content)])
def test_any_change_is_another_fingerprint(name: str) -> None:
    assert fingerprint(CHANGES[name]) != fingerprint(CONTENT)


def test_it_does_not_change_between_releases() -> None:
    """An approval given before an update holds after it: to change this number, raise the edition."""
    assert fingerprint(CONTENT) == "2063c05ae151a6066ebea2a3bcf7fc61667bcd4bd94c7bdcffcc9bed1262ad9c"


def test_the_same_decision_written_otherwise_is_the_same() -> None:
    same = replace(
        CONTENT,
        location_ids=("l2", "l1", "l2"),
        scheduled_at=AT.astimezone(timezone(timedelta(hours=1))),
    )
    assert fingerprint(same) == fingerprint(CONTENT)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="scheduled_at"):
        fingerprint(replace(CONTENT, scheduled_at=datetime(2026, 3, 4, 10)))  # noqa: DTZ001  # the mistake under test


@given(st.text(), st.text())
def test_it_is_hexadecimal_and_its_source_ascii(subject: str, body: str) -> None:
    content = replace(CONTENT, subject=subject, email_body=body)
    assert canonical(content).isascii()
    assert len(fingerprint(content)) == 64


@given(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
def test_words_cannot_move_from_one_field_to_the_next(a: str, b: str, c: str, d: str) -> None:
    first, second = replace(CONTENT, subject=a, preview_text=b), replace(CONTENT, subject=c, preview_text=d)
    assert (fingerprint(first) == fingerprint(second)) == ((a, b) == (c, d))
