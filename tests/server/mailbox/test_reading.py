"""What a mail is, read from its bytes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.server.mailbox.reading import Kind, Mail, read
from tests.server.mailbox.mails import OURS, answer, complaint, report


def test_a_delivery_report() -> None:
    mail = read(report(original_recipient="ann@example.com", recipient="ann@elsewhere.example"))
    assert (mail.kind, mail.message_ids) == (Kind.BOUNCE, (OURS,))
    (returned,) = mail.returned
    assert returned.addresses == ("ann@example.com", "ann@elsewhere.example")
    assert (returned.action, returned.status) == ("failed", "5.1.1")
    assert returned.diagnostic == "smtp; 550 5.1.1 user unknown"


@pytest.mark.parametrize("original", ["text/rfc822-headers", "message/rfc822", "message/global-headers"])
@pytest.mark.parametrize("kind", ["delivery-status", "global-delivery-status"])
@pytest.mark.parametrize(
    ("charset", "words"),
    [
        ("iso-8859-1", "Ihre Nachricht konnte nicht zugestellt werden: Postfach existiert nicht für Änne"),
        ("shift_jis", "メールを配信できませんでした"),
        ("utf-8", "Das wurde nichts \U0001f622"),
    ],
)
def test_em7_a_report_in_another_language_and_encoding(
    original: str, kind: str, charset: str, words: str
) -> None:
    raw = report(words=words, charset=charset, original=original, kind=kind)
    mail = read(raw)
    assert (mail.kind, mail.message_ids, mail.text) == (Kind.BOUNCE, (OURS,), words)
    assert [(each.addresses, each.status) for each in mail.returned] == [(("ann@example.com",), "5.1.1")]


def test_a_report_whose_fields_are_encoded() -> None:
    fields = (
        b"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; <a@example.com>\nAction: failed\nStatus: 5.1.1\n"
    )
    start, _, _ = report().partition(b"Reporting-MTA")
    encoded = start.rstrip() + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(fields)
    (returned,) = read(encoded + b"\r\n--b--\r\n").returned
    assert (returned.addresses, returned.status) == (("a@example.com",), "5.1.1")


def test_a_report_about_several_recipients() -> None:
    raw = report().replace(
        b"Diagnostic-Code: smtp; 550 5.1.1 user unknown\r\n",
        b"\r\nFinal-Recipient: rfc822; bob@example.com\r\nAction: delayed\r\nStatus: 4.4.1\r\n",
    )
    assert [(each.addresses, each.action) for each in read(raw).returned] == [
        (("ann@example.com",), "failed"),
        (("bob@example.com",), "delayed"),
    ]


def test_a_complaint() -> None:
    mail = read(complaint())
    assert (mail.kind, mail.message_ids) == (Kind.COMPLAINT, (OURS,))
    assert read(complaint(feedback="fraud")).kind is Kind.COMPLAINT
    assert read(complaint(feedback="not-spam")).kind is Kind.ANSWER


def test_an_answer_names_what_it_answers() -> None:
    mail = read(answer(In_Reply_To=f"<{OURS}>", References=f"<other@x> <{OURS}>"))
    assert (mail.kind, mail.sender, mail.message_ids) == (Kind.ANSWER, "ann@example.com", (OURS,))
    assert (mail.subject, mail.text) == ("Re: Spring at our practice", "Please take me off your list.")
    assert mail.sender_raw == "Ann Ash <ann@example.com>"


def test_what_an_answer_quotes_is_no_report() -> None:
    mail = read(answer(text=f"> Message-ID: <{OURS}>\n> Status: 5.1.1\nFinal-Recipient: rfc822; x@y.example"))
    assert (mail.kind, mail.message_ids, mail.returned) == (Kind.ANSWER, (), ())


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied (vacation)"}, {"X_Autoreply": "yes"}, {"Precedence": "auto_reply"}],
)
def test_an_absence_note(headers: dict[str, str]) -> None:
    assert read(answer(subject="Out of office", **headers)).kind is Kind.AUTOMATIC


def test_words_in_any_script_and_of_a_page() -> None:
    assert read(answer(subject="Nein danke – ü \U0001f645", text="Bitte ü \U0001f645")).subject == (
        "Nein danke – ü \U0001f645"
    )
    page = (
        b"From: a@example.com\nContent-Type: text/html; charset=nonsense\n\n"
        b"<style>p {}</style><p>No   thank&nbsp;you</p><div>Ann \xc3\xbc</div>"
    )
    assert read(page).text.split() == ["No", "thank", "you", "Ann", "ü"]


@pytest.mark.parametrize("subject", ["unsubscribe", " Unsubscribe ", "UNSUBSCRIBE"])
def test_the_way_out_by_mail(subject: str) -> None:
    assert read(answer(subject=subject)).kind is Kind.UNSUBSCRIBE
    assert read(answer(subject=f"Re: {subject}")).kind is Kind.ANSWER


def storable(mail: Mail) -> bool:
    for words in (mail.sender, mail.sender_raw, mail.subject, mail.text):
        words.encode()
        assert "\x00" not in words
    return True


PIECES = [report(), complaint(), answer(), b"\x00", b"\xff\xfe", b"\r\n\r\n", b"--b\r\n", b"=?utf-8?b?//8=?="]


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40)), max_size=6))
def test_no_bytes_make_it_fail(pieces: list[bytes]) -> None:
    assert storable(read(b"".join(pieces)))


@given(st.sampled_from(PIECES[:3]), st.integers(0, 2000), st.binary(max_size=8))
def test_no_damage_makes_it_fail(raw: bytes, at: int, damage: bytes) -> None:
    assert storable(read(raw[:at] + damage + raw[at + len(damage) :]))
    assert storable(read(raw[:at]))


def test_a_long_mail_is_kept_to_its_beginning() -> None:
    assert len(read(answer(text="x" * 70_000)).text) == 20_000
