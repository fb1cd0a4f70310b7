"""The bytes of an e-mail, read back by the standard library's parser."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.message.email import EmailParts, Practice, compose, one_line
from primoro_campaigns.server.delivery.mime import Envelope, WayOut, letter

AT = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
WAY_OUT = WayOut("https://practice.example/u/" + "x" * 43, "unsubscribe@practice.example")


def envelope(name: str = "Bridge Street Dental", to: str = "ann@example.com", reply_to: str = "") -> Envelope:
    return Envelope(name, "hello@practice.example", to, "d1@practice.example", AT, reply_to, WAY_OUT)


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_both_parts_and_all_headers() -> None:
    parts = compose(
        "Spring at Zoë's", "Dear Ann,\n\nit costs £5.\n" + "word " * 300, Practice("Zoë’s Dental")
    )
    content = letter(envelope("Zoë’s Dental", reply_to="desk@practice.example"), parts)
    message = parsed(content)
    assert message["From"] == "Zoë’s Dental <hello@practice.example>"
    assert message["To"] == "ann@example.com"
    assert message["Subject"] == "Spring at Zoë's"
    assert message["Message-ID"] == "<d1@practice.example>"
    assert message["Reply-To"] == "desk@practice.example"
    assert message["Date"].datetime == AT
    assert body(message, "plain").replace("\r\n", "\n").strip() == parts.text.strip()
    assert body(message, "html").replace("\r\n", "\n").strip() == parts.html.strip()
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) < 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)


def test_the_way_out_stands_on_one_line_each() -> None:
    lines = letter(envelope(), EmailParts("Hello", "text", "<p>text</p>")).split(b"\r\n")
    assert (
        b"List-Unsubscribe: <https://practice.example/u/"
        + b"x" * 43
        + b">, <mailto:unsubscribe@practice.example?subject=unsubscribe>"
    ) in lines
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in lines
    without = letter(Envelope("", "a@b.cd", "e@f.gh", "i@j.kl", AT), EmailParts("Hello", "t", "h"))
    assert b"List-Unsubscribe" not in without


NASTY = st.text(st.characters(codec="utf-8") | st.sampled_from('\r\n\0<>"@:;, \u2028'), max_size=60)


@given(subject=NASTY, name=NASTY, to=NASTY)
def test_no_value_makes_a_header_of_its_own(subject: str, name: str, to: str) -> None:
    content = letter(envelope(name, to), EmailParts(f"{subject}\r\nBcc: x@example.com", "text", "html"))
    head = content.partition(b"\r\n\r\n")[0]
    starts = [line for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert [line.partition(b":")[0] for line in starts] == [
        b"From",
        b"To",
        b"Subject",
        b"Date",
        b"Message-ID",
        b"List-Unsubscribe",
        b"List-Unsubscribe-Post",
        b"Auto-Submitted",
        b"MIME-Version",
        b"Content-Type",
    ]
    assert b"\n" not in head.replace(b"\r\n", b"")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=200))
def test_the_text_arrives_as_it_was_written(text: str) -> None:
    message = parsed(letter(envelope(), EmailParts("Hello", text, text)))
    assert body(message, "plain").rstrip("\r\n") == text.rstrip("\r\n")


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=120))
def test_the_subject_arrives_as_one_line(subject: str) -> None:
    message = parsed(letter(envelope(), EmailParts(subject, "t", "h")))
    assert " ".join(str(message["Subject"]).split()) == one_line(subject)
