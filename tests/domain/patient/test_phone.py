"""Numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.patient.model import AddressState
from primoro_campaigns.domain.patient.phone import NumberKind, PhoneNumber, as_dialled, sms_state, to_e164

DRAMA = PhoneNumber("+447700900123", NumberKind.MOBILE)
LONDON = PhoneNumber("+442083661177", NumberKind.LANDLINE)


@pytest.mark.parametrize(
    "raw",
    [
        "07700 900123",
        "+44 7700 900123",
        "0044 7700 900123",
        "+44 (0)7700 900123",
        "07700-900-123",
        "(07700) 900123",
        "07700900123 x12",
        "Mob: 07700 900123",
        "07700 900123 (work)",
        " 07700\xa0900123 ",
        "07700 900123 / 020 8366 1177",
        "44 7700 900123",
    ],
)
def test_t11_one_number_however_it_is_written(raw: str) -> None:
    assert to_e164(raw) == DRAMA


@pytest.mark.parametrize(
    "raw", ["020 8366 1177", "+442083661177", "+44 (0)20 8366 1177", "020 8366 1177 ext. 12"]
)
def test_a_landline_is_told_from_a_mobile(raw: str) -> None:
    assert to_e164(raw) == LONDON


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "101",
        "999",
        "anonymous",
        "RESTRICTED",
        "8366 1177",
        "ask her husband",
        "077",
        "0" * 30,
        "+",
    ],
)
def test_what_is_no_number(raw: str) -> None:
    assert to_e164(raw) is None


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("(617) 555-0134", "US", PhoneNumber("+16175550134", NumberKind.MOBILE)),
        ("555-123-4567", "US", PhoneNumber("+15551234567", NumberKind.OTHER)),
        ("+1 617 555 0134", "GB", PhoneNumber("+16175550134", NumberKind.MOBILE)),
        ("0800 123 4567", "GB", PhoneNumber("+448001234567", NumberKind.OTHER)),
        ("0000000000", "GB", PhoneNumber("+44000000000", NumberKind.OTHER)),
        ("1-800-FLOWERS", "US", None),
    ],
)
def test_other_regions_and_kinds(raw: str, region: str, expected: PhoneNumber | None) -> None:
    assert to_e164(raw, region) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (None, AddressState.NONE),
        ("  ", AddressState.NONE),
        ("07700 900123", AddressState.OK),
        ("020 8366 1177", AddressState.LANDLINE),
        ("0800 123 4567", AddressState.INVALID),
        ("ex-directory", AddressState.INVALID),
    ],
)
def test_s9_only_a_mobile_takes_texts(raw: str | None, expected: AddressState) -> None:
    assert sms_state(raw) is expected


@pytest.mark.parametrize(
    ("e164", "region", "expected"),
    [
        ("+447700900123", "GB", "07700 900123"),
        ("+447700900123", "US", "+44 7700 900123"),
        ("+16175550134", "US", "(617) 555-0134"),
        ("nonsense", "GB", "nonsense"),
    ],
)
def test_numbers_are_shown_as_people_write_them(e164: str, region: str, expected: str) -> None:
    assert as_dialled(e164, region) == expected


@given(st.text(max_size=30))
def test_anything_can_stand_in_the_field(raw: str) -> None:
    number = to_e164(raw)
    if number is not None:
        assert number.e164.startswith("+")
        assert number.e164[1:].isdigit()
        assert to_e164(number.e164) == number
