"""A message that was encoded once and merged says what the same message says that was made for one."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.message.email import EmailParts, Practice, compose, one_line
from primoro_campaigns.server.delivery.compiled import Markers, compiled
from primoro_campaigns.server.delivery.mime import Envelope, WayOut, letter

AT = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
PRACTICE = Practice("Zoë’s Dental", "Riverton", "020 7946 0123")
URL = "https://practice.example/u/" + "x" * 22
CHOICES = "https://practice.example/p/" + "x" * 22

words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=200).map(one_line).filter(bool)
bodies = st.lists(st.one_of(words, st.just("\n"), st.just("\n\n"), st.just(" ")), min_size=1, max_size=12)


def envelope(way_out: bool = True) -> Envelope:
    return Envelope(
        *("Zoë’s Dental", "hello@practice.example", "ann@example.com", "d1@practice.example", AT),
        reply_to="desk@practice.example",
        way_out=WayOut(URL, "hello@practice.example") if way_out else None,
    )


def both(subject: list[str], body: list[str], name: str) -> tuple[bytes, bytes]:
    """The message made for one patient, and the same merged; "{}" in the lists is the patient's name."""

    def parts(value: str, url: str, choices: str) -> EmailParts:
        return compose(
            "".join(value if each == "{}" else each for each in subject),
            "".join(value if each == "{}" else each for each in body),
            PRACTICE,
            f"For {value}",
            url,
            choices,
        )

    markers = Markers()
    marked = parts(*(markers.marker(each) for each in ("name", "way_out", "choices")))
    made = compiled(envelope(), marked, markers)
    values = {"name": name, "way_out": URL, "choices": CHOICES}
    return letter(envelope(), parts(name, URL, CHOICES)), made.merge(envelope(), values)


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def without_links(html: str) -> str:
    """A name that looks like an address becomes a link where a message is made for one patient alone."""
    return re.sub(r'<a href="[^"]*">|</a>', "", html)


@given(
    st.lists(words | st.just("{}"), min_size=1, max_size=4),
    st.lists(bodies | st.just(["{}"]), min_size=1, max_size=8),
    words,
)
def test_it_says_the_same(subject: list[str], body_parts: list[list[str]], name: str) -> None:
    one, merged = both(subject, ["Dear ", *(each for some in body_parts for each in some), "."], name)
    first, second = parsed(one), parsed(merged)
    for header in ("From", "To", "Subject", "Date", "Message-ID", "Reply-To", "List-Unsubscribe"):
        assert first[header] == second[header], header
    assert set(first.keys()) == set(second.keys())
    assert body(first, "plain") == body(second, "plain")
    assert without_links(body(first, "html")) == without_links(body(second, "html"))


@given(st.lists(words | st.just("{}"), min_size=1, max_size=30), words)
def test_no_line_is_longer_than_a_mail_server_takes(body_parts: list[str], name: str) -> None:
    _, merged = both(["Hello {}"], body_parts, name)
    head, _, rest = merged.partition(b"\r\n\r\n")
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert all(len(line) <= 76 for line in rest.split(b"\r\n"))
    assert b"\n" not in merged.replace(b"\r\n", b"")


def test_a_patients_name_cannot_add_a_header_or_markup() -> None:
    name = one_line('Ann\r\nBcc: everybody@example.com <script>alert("1")</script>')
    _, merged = both(["For ", "{}"], ["Dear ", "{}"], name)
    message = parsed(merged)
    assert message["Bcc"] is None
    assert "<script>" not in body(message, "html")
    assert message["Subject"] == f"For {name}"


def test_each_message_has_its_own_day() -> None:
    markers = Markers()
    made = compiled(envelope(), EmailParts("Hello", "Hello\n", "<p>Hello</p>\n"), markers)
    later = Envelope("", "a@b.example", "ann@example.com", "d2@practice.example", AT + timedelta(days=1))
    assert "04 Mar" in str(parsed(made.merge(later, {}))["Date"])
    assert parsed(made.merge(later, {}))["List-Unsubscribe"] is None
