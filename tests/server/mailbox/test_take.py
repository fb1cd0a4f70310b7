"""What mails do: bounces and complaints stop mail, answers wait for a person (domain.md EM7)."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.tables import suppression
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.subject import service as subjects
from tests.server.mailbox.conftest import Box
from tests.server.mailbox.mails import OURS, answer, complaint, report
from tests.server.sender import (
    configure,
    consent_service,
    lines,
)


def test_em7_a_hard_bounce_takes_the_address_out(box: Box) -> None:
    assert box.take(report(box.message_id("cat"), recipient="Cat@Example.com")) == [True]
    assert box.suppressed() == {"cat", "dan"}, "every file that holds the address"
    assert box.said("cat") == [
        (
            "The e-mail address must not be used any more",
            "Recorded because mail came back. The mail server said: no such mailbox (5.1.1). "
            "2 files hold this address.",
        )
    ]
    assert lines(box.database)["cat"].provider_status == "undelivered"
    assert box.replies() == []


@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("iso-8859-1", "Das Postfach von Änne gibt es nicht mehr"),
        ("shift_jis", "メールを配信できませんでした"),
        ("utf-8", "Boîte inconnue \U0001f622"),
    ],
)
def test_em7_a_report_in_any_language_takes_the_address_out(box: Box, charset: str, words: str) -> None:
    raw = report(box.message_id("ann"), words=words, charset=charset, kind="global-delivery-status")
    assert box.take(raw, raw) == [True, False]
    assert box.suppressed() == {"ann"}
    assert len(box.said("ann")) == 1


def test_an_answer_in_pictures_is_kept_as_it_came(box: Box) -> None:
    words = "No more please \U0001f64f\U0001f3fd\U0001f469\u200d\U0001f469\u200d\U0001f467 שלום"
    box.take(answer(text=words, subject=f"Re: {words}"))
    (row,) = box.replies()
    assert (row.text, row.subject) == (words, f"Re: {words}")


def test_em7_soft_bounces_count_up_to_the_practices_number(box: Box) -> None:
    with box.database.write() as uow:
        configure(uow, returned_mails="2", most_in_90_days="0")
    full = {"status": "5.2.2", "diagnostic": "smtp; 552 5.2.2 mailbox full", "recipient": "ann@example.com"}
    first = box.message_id("ann")
    box.take(report(first, **full), report(first, **full, words="Once more the same."))
    assert box.suppressed() == set(), "each mail counts once"
    ((title, detail),) = box.said("ann")
    assert title == "An e-mail came back"
    assert "(5.2.2). This is number 1 in 90 days; after 2 the address" in detail
    box.clock.instant += timedelta(days=40)
    box.send("c2")
    assert box.message_id("ann") != first
    box.take(report(box.message_id("ann"), **full))
    assert box.suppressed() == {"ann"}
    assert "2 e-mails in 90 days came back." in box.said("ann")[-1][1]


@pytest.mark.parametrize("action", ["delayed", "delivered"])
def test_a_mail_that_may_still_arrive_changes_nothing(box: Box, action: str) -> None:
    box.take(report(box.message_id("ann"), action=action, status="4.4.1"))
    assert (box.suppressed(), box.said("ann"), box.replies()) == (set(), [], [])


def test_what_failed_behind_a_forwarding_is_soft(box: Box) -> None:
    box.take(report(box.message_id("ann"), recipient="ann@forwarded.example"))
    assert box.suppressed() == set()
    assert [title for title, _ in box.said("ann")] == ["An e-mail came back"]
    box.take(
        report(box.message_id("bob"), recipient="bob@forwarded.example", original_recipient="bob@example.com")
    )
    assert box.suppressed() == {"bob"}, "the report names what we wrote to"


@pytest.mark.parametrize("make", [report, complaint])
def test_a_report_about_a_mail_that_is_not_ours_waits_for_a_person(
    box: Box, make: Callable[[str], bytes]
) -> None:
    stranger = box.message_id("ann").replace("practice.example", "elsewhere.example")
    box.take(make(OURS), make(stranger), make("no-id-of-ours@x.example"))
    assert (box.suppressed(), box.opted_out(), box.said("ann")) == (set(), set(), [])
    found = box.replies()
    assert [(row.channel, row.state, row.patient_ids) for row in found] == [("email", "unread", "[]")] * 3
    assert found[0].location_id == "*"


def test_em7_a_complaint_opts_out_of_marketing_by_email(box: Box) -> None:
    box.take(complaint(box.message_id("cat")))
    assert box.opted_out() == {
        (who, "email", purpose, "complaint")
        for who in ("cat", "dan")
        for purpose in ("newsletters", "promotions")
    }
    assert box.suppressed() == set(), "important notifications still reach them"
    assert box.replies() == []


def test_the_way_out_by_mail_opts_out_whoever_holds_the_address(box: Box) -> None:
    box.take(answer(sender="ann@EXAMPLE.com", subject="unsubscribe", text=""))
    assert {each[:3] for each in box.opted_out()} == {
        ("ann", "email", "newsletters"),
        ("ann", "email", "promotions"),
    }
    box.take(answer(sender="who@example.net", subject="unsubscribe", text=""))
    (row,) = box.replies()
    assert (row.subject, row.from_address) == ("unsubscribe", "who@example.net"), (
        "a person finds out who it was"
    )


def test_an_answer_waits_for_a_person(box: Box) -> None:
    box.take(answer(In_Reply_To=f"<{box.message_id('ann')}>"))
    (row,) = box.replies()
    assert (row.channel, row.state, row.location_id) == ("email", "unread", "loc-1")
    assert (row.from_raw, row.from_address) == ("Ann Ash <ann@example.com>", "ann@example.com")
    assert (row.subject, row.text) == ("Re: Spring at our practice", "Please take me off your list.")
    assert (json.loads(row.patient_ids), row.campaign_id) == (["ann"], "c1")
    assert box.said("ann") == [
        ("E-mail from the patient", "Re: Spring at our practice\nPlease take me off your list.")
    ]


def test_an_answer_from_a_shared_or_another_address(box: Box) -> None:
    box.take(answer(sender="cat@example.com"))
    box.take(answer(sender="ann.work@example.net", In_Reply_To=f"<{box.message_id('ann')}>"))
    box.take(answer(sender="who@example.net"))
    assert [json.loads(row.patient_ids) for row in box.replies()] == [["dan", "cat"], ["ann"], []]
    assert box.said("dan")[0][0] == "E-mail from a shared address"


def test_an_absence_note_is_no_work(box: Box) -> None:
    box.take(answer(subject="Out of office", Auto_Submitted="auto-replied"))
    assert (box.replies(), box.said("ann")) == ([], [])


def test_a_mail_is_taken_once(box: Box) -> None:
    assert box.take(answer(), answer(), answer(text="Another.")) == [True, False, True]
    assert len(box.replies()) == 2


@pytest.mark.parametrize("raw", [b"", b"\x00\xff", b"nonsense", b"Subject: =?x?q?=FF?=\n\n\xed\xa0\x80\x00"])
def test_what_cannot_be_read_is_kept(box: Box, raw: bytes) -> None:
    assert box.take(raw) == [True]
    assert len(box.replies()) == 1


def test_mail_about_somebody_whose_data_was_erased_brings_nothing_back(box: Box) -> None:
    message_id = box.message_id("ann")
    with box.database.write() as uow:
        subjects.erase(uow, SERVER, consent_service(), "ann")
    box.take(report(message_id), complaint(message_id))
    with box.database.read() as connection:
        assert set(connection.execute(select(suppression.c.source)).scalars()) == {"erasure"}
    assert box.opted_out() == set()
    assert box.said("ann") == []


def lines_of(database: Database, campaign_id: str) -> list[Any]:
    with database.read() as connection:
        query = select(delivery).where(delivery.c.campaign_id == campaign_id).order_by(delivery.c.patient_id)
        return list(connection.execute(query).all())


def test_after_a_bounce_the_next_campaign_leaves_the_address_out(box: Box) -> None:
    box.take(report(box.message_id("ann")))
    box.clock.instant += timedelta(days=40)
    box.send("c2")
    states = {row.patient_id: (row.state, row.reason) for row in lines_of(box.database, "c2")}
    assert states["ann"] == ("skipped", "suppressed")
    assert (states["bob"][0], states["cat"][0]) == ("sent", "sent")
