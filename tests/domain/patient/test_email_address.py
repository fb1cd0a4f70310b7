"""E-mail addresses: what is taken and what is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.patient.email_address import address_key, is_valid, normalised


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ann@example.com", "ann@example.com"),
        ("  Ann.Smith+dentist@EXAMPLE.co.uk ", "Ann.Smith+dentist@example.co.uk"),
        ("o'brien@example.com", "o'brien@example.com"),
        ("siân@example.com", "siân@example.com"),
        ("ann@münchen.example", "ann@münchen.example"),
        ("ann@xn--mnchen-3ya.example", "ann@xn--mnchen-3ya.example"),
        ("a_b-c@sub.example.museum", "a_b-c@sub.example.museum"),
    ],
)
def test_addresses(raw: str, expected: str) -> None:
    assert normalised(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "none",
        "@",
        "ann@",
        "@example.com",
        "ann@example",
        "ann@@example.com",
        "ann@exa mple.com",
        "ann smith@example.com",
        "ann@example..com",
        ".ann@example.com",
        "ann.@example.com",
        "a..b@example.com",
        "ann@-example.com",
        "ann@example-.com",
        "ann@exam_ple.com",
        "ann@127.0.0.1",
        "ann@[127.0.0.1]",
        '"ann smith"@example.com',
        "ann@example.c",
        "Ann <ann@example.com>",
        "ann@example.com, bob@example.com",
        "ann@example.com\r\nBcc: bob@example.com",
        "ann\u200b@example.com",
        "a" * 65 + "@example.com",
        "ann@" + "a" * 64 + ".com",
        "ann@" + ".".join(["a" * 60] * 5) + ".com",
    ],
)
def test_no_addresses(raw: str) -> None:
    assert normalised(raw) is None
    assert not is_valid(raw)


@given(st.emails())
def test_ordinary_addresses_are_taken_or_refused_but_never_changed_beyond_case(raw: str) -> None:
    address = normalised(raw)
    assert address is None or address.casefold() == raw.casefold()


@given(st.text(max_size=40))
def test_what_is_taken_can_stand_in_a_mail_header(raw: str) -> None:
    address = normalised(raw)
    if address is not None:
        assert address.count("@") == 1
        assert not any(each.isspace() or not each.isprintable() for each in address)
        assert normalised(address) == address


def test_two_spellings_of_one_address_have_one_key() -> None:
    assert address_key(" Ann@Example.COM ") == address_key("ann@example.com")
    assert address_key("+447700900123") == "+447700900123"
