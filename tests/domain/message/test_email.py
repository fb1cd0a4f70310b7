"""The two parts of an e-mail."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.message.email import Practice, compose, one_line

PRACTICE = Practice("Riverside Dental & Co", "1 High Street, Leeds LS1 1AA", "020 7946 0123")
LINK = "https://p.example/u/t?a=1&b=2"


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_em8_there_is_always_a_text_part_with_the_same_words() -> None:
    parts = compose(
        "Hello", "Dear Ann,\r\n\r\nfirst line\nsecond line\n\n\nBye", PRACTICE, unsubscribe_url=LINK
    )
    assert parts.text.startswith(
        "Dear Ann,\n\nfirst line\nsecond line\n\nBye\n\n-- \nRiverside Dental & Co\n"
    )
    for words in ("Dear Ann,", "first line", "second line", "Bye"):
        assert words in Reader(parts.html).words
    assert Reader(parts.html).tags.count("br") == 1 + 2


def test_both_parts_lead_to_the_page_of_choices() -> None:
    choices = "https://p.example/p/t?a=1&b=2"
    parts = compose("Hello", "Dear Ann", PRACTICE, unsubscribe_url=LINK, preferences_url=choices)
    assert f"Choose what we send you:\n{choices}\n" in parts.text
    assert Reader(parts.html).links == [LINK, choices]


def test_l15_both_parts_say_who_writes_and_how_to_stop_it() -> None:
    parts = compose("Hello", "Dear Ann", PRACTICE, unsubscribe_url=LINK)
    read = Reader(parts.html)
    for words in ("Riverside Dental & Co", "1 High Street, Leeds LS1 1AA", "020 7946 0123"):
        assert words in parts.text
        assert words in read.words
    assert LINK in parts.text
    assert read.links == [LINK]


def test_an_important_notification_has_no_way_out_to_show() -> None:
    parts = compose("Hello", "Dear Ann", Practice("Riverside"))
    assert "nsubscribe" not in parts.html
    assert "stop these" not in parts.text


def test_nothing_of_the_author_or_the_patient_is_read_as_html() -> None:
    parts = compose(
        "<b>S</b>", "<script>alert('x')</script> & \"quotes\"", Practice("<i>P</i>"), "<u>Pre</u>"
    )
    read = Reader(parts.html)
    assert not {"script", "b", "i", "u"} & set(read.tags)
    assert "<script>alert('x')</script> & \"quotes\"" in read.words


@pytest.mark.parametrize(
    ("line", "link"),
    [
        ("See https://riverside.example/may.", "https://riverside.example/may"),
        ("(see http://riverside.example/a_(b))", "http://riverside.example/a_(b)"),
        ("https://riverside.example/?a=1&b=2!", "https://riverside.example/?a=1&b=2"),
        ('"https://riverside.example/x"', "https://riverside.example/x"),
    ],
)
def test_web_addresses_become_links(line: str, link: str) -> None:
    parts = compose("Hello", line, PRACTICE)
    assert Reader(parts.html).links == [link]
    assert line in Reader(parts.html).words


@pytest.mark.parametrize(
    "line", ["javascript:alert(1)", "data:text/html,x", "file:///etc", "riverside.example"]
)
def test_nothing_else_becomes_a_link(line: str) -> None:
    assert Reader(compose("Hello", line, PRACTICE).html).links == []


def test_what_stands_around_a_link_is_escaped_too() -> None:
    read = Reader(compose("Hello", "<b>see</b> https://riverside.example/x <i>now</i>", PRACTICE).html)
    assert not {"b", "i"} & set(read.tags)
    assert "<b>see</b> https://riverside.example/x <i>now</i>" in read.words


def test_a_subject_cannot_add_a_header() -> None:
    assert compose("Hello\r\nBcc: all@example.com", "x", PRACTICE).subject == "Hello Bcc: all@example.com"


def test_the_preview_stands_before_everything_else() -> None:
    words = Reader(compose("Hello", "Dear Ann", PRACTICE, "Free check-ups").html).words.split("\n")
    shown = [each.strip() for each in words if each.strip()]
    assert shown[:3] == ["Hello", "Free check-ups", "Dear Ann"]


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(text).isprintable()


@given(st.text(), st.text(), st.text())
def test_any_words_make_a_page_of_the_same_few_elements(subject: str, body: str, preview: str) -> None:
    read = Reader(compose(subject, body, PRACTICE, preview, LINK).html)
    assert set(read.tags) <= {"html", "head", "meta", "title", "body", "div", "p", "br", "a"}
    assert all(each.lower().startswith(("http://", "https://")) for each in read.links)
    assert read.links[-1] == LINK
