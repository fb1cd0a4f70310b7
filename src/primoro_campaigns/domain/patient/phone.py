"""Telephone numbers as people write them, turned into E.164 (ITU-T Recommendation E.164)."""

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

from primoro_campaigns.domain.patient.model import AddressState

DEFAULT_REGION = "GB"


class NumberKind(StrEnum):
    """What a number is good for.

    Where a country does not tell mobiles from landlines it counts as a mobile.
    """

    MOBILE = "mobile"
    LANDLINE = "landline"
    OTHER = "other"


@dataclass(frozen=True)
class PhoneNumber:
    """``e164`` such as ``+447700900123``.

    ``OTHER`` are special numbers and those that no network has given out.
    """

    e164: str
    kind: NumberKind


# Numbers that Ofcom keeps for drama and demonstrations ("Telephone numbers for use in TV and radio drama
# programmes"): no network owns them, so that nobody is rung by mistake, and libraries take them for invalid.
_DRAMA_MOBILES = re.compile(r"\+447700900\d{3}")

_SEVERAL = re.compile(r"[/;|,]| or ", re.IGNORECASE)
_EXTENSION = re.compile(r"\s*(?:ext?n?\.?|extension|x|#)\s*\d{1,7}\s*$", re.IGNORECASE)
_LABEL = re.compile(
    r"^\s*(?:m|mob|mobile|t|tel|telephone|h|home|w|work)\b\s*[.:]?\s*|\s*\([^\d)]*\)\s*$", re.IGNORECASE
)
_MOBILE_TYPES = frozenset(
    {phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE}
)


def to_e164(raw: str, region: str = DEFAULT_REGION) -> PhoneNumber | None:
    """Read a number as typed in ``region`` (ISO 3166-1 alpha-2), or None if there is none in it.

    ``07700 900123``, ``+44 (0)7700 900123`` and ``0044 7700 900123`` are one number (domain.md T11). An
    extension is dropped: it does not travel with a caller's number. Of several numbers in one field the first
    is taken. Letters are not read as digits; short and internal numbers are none (domain.md 4.4).
    """
    for part in _SEVERAL.split(raw):
        number = _read(part, region)
        if number is not None:
            return number
    return None


def sms_state(raw: str | None, region: str = DEFAULT_REGION) -> AddressState:
    """Whether a text can go to what is on file as the mobile number (domain.md S9)."""
    if raw is None or not raw.strip():
        return AddressState.NONE
    number = to_e164(raw, region)
    if number is None or number.kind is NumberKind.OTHER:
        return AddressState.INVALID
    return AddressState.OK if number.kind is NumberKind.MOBILE else AddressState.LANDLINE


def as_dialled(e164: str, region: str = DEFAULT_REGION) -> str:
    """The number as people of ``region`` write it: ``07700 900123``, or ``+1 617-555-0134`` from abroad."""
    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    home = phonenumbers.country_code_for_region(region) == parsed.country_code
    style = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, style)


def _read(raw: str, region: str) -> PhoneNumber | None:
    bare = _LABEL.sub("", _EXTENSION.sub("", _LABEL.sub("", raw)))
    if any(each.isalpha() for each in bare):
        return None
    try:
        parsed = phonenumbers.parse(bare, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(parsed) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    e164 = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return PhoneNumber(e164, _kind(parsed, e164))


def _kind(parsed: phonenumbers.PhoneNumber, e164: str) -> NumberKind:
    found = phonenumbers.number_type(parsed)
    if found in _MOBILE_TYPES or _DRAMA_MOBILES.fullmatch(e164):
        return NumberKind.MOBILE
    return NumberKind.LANDLINE if found == phonenumbers.PhoneNumberType.FIXED_LINE else NumberKind.OTHER
