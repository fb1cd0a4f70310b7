"""The fields a CSV column can be mapped to, and how what people write in them is read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.wire.intake import Kind

Row = dict[str, object]


class CellError(ValueError):
    """A cell that cannot be read; its text says what it should be."""


_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_YES = frozenset({"yes", "y", "true", "1", "x"})
_NO = frozenset({"no", "n", "false", "0"})
_STATUS = {
    "active": "active",
    "current": "active",
    "inactive": "inactive",
    "former": "inactive",
    "left": "inactive",
    "deceased": "deceased",
    "died": "deceased",
    "dead": "deceased",
    "archived": "archived",
}
_CHANNEL = {
    "email": Channel.EMAIL,
    "e-mail": Channel.EMAIL,
    "sms": Channel.SMS,
    "text": Channel.SMS,
    "whatsapp": Channel.WHATSAPP,
    "app": Channel.APP,
}


@dataclass(frozen=True)
class Habit:
    """How days are written where the file comes from."""

    month_first: bool = False


def yes_or_no(cell: str) -> bool | None:
    """None for an empty cell: not told."""
    word = cell.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    if not word:
        return None
    raise CellError("must be yes or no")


def day(cell: str, habit: Habit) -> date | None:
    """``17/05/1980`` (month first in the United States) or ``1980-05-17``."""
    if not cell:
        return None
    iso, local = _ISO_DAY.fullmatch(cell), _DAY.fullmatch(cell)
    if iso is not None:
        year, month, number = (int(part) for part in iso.groups())
    elif local is not None:
        first, second, year = (int(part) for part in local.groups())
        number, month = (second, first) if habit.month_first else (first, second)
    else:
        raise CellError("must be a day such as 17/05/1980 or 1980-05-17")
    try:
        return date(year, month, number)
    except ValueError:
        raise CellError("is no day of the calendar") from None


def _text(cell: str, _habit: Habit) -> object:
    return cell


def _answer(cell: str, _habit: Habit) -> object:
    return yes_or_no(cell)


def _flag(cell: str, _habit: Habit) -> object:
    return bool(yes_or_no(cell))


def _status(cell: str, _habit: Habit) -> object:
    if cell.casefold() not in _STATUS:
        raise CellError(f"must be one of: {', '.join(_STATUS)}")
    return _STATUS[cell.casefold()]


def _channel(cell: str, _habit: Habit) -> object:
    if not cell:
        return None
    if cell.casefold() not in _CHANNEL:
        raise CellError(f"must be one of: {', '.join(_CHANNEL)}")
    return _CHANNEL[cell.casefold()]


def _tags(cell: str, _habit: Habit) -> object:
    return [tag.strip() for tag in re.split(r"[;,|]", cell) if tag.strip()]


PLAIN: Mapping[str, Callable[[str, Habit], object]] = {
    "external_id": _text,
    "number": _text,
    "title": _text,
    "given_name": _text,
    "family_name": _text,
    "born_on": day,
    "status": _status,
    "is_lead": _flag,
    "email": _text,
    "mobile": _text,
    "landline": _text,
    "address_line": _text,
    "town": _text,
    "postcode": _text,
    "country": _text,
    "location": _text,
    "practitioner": _text,
    "household": _text,
    "is_head_of_household": _flag,
    "preferred_channel": _channel,
    "tags": _tags,
    "recall_due_on": day,
}
"""Fields that become one field of a patient's row."""

_LEFT_OUT_WHEN_EMPTY = frozenset({"status"})
"""An empty cell does not tell these, and a new patient has the default."""

RESTRICTED: Mapping[str, Purpose] = {
    "no_promotions": Purpose.PROMOTIONS,
    "no_newsletters": Purpose.NEWSLETTERS,
}
"""Yes sets the restriction. No never lifts one."""

CONSENT: Mapping[str, Channel] = {"consent_email": Channel.EMAIL, "consent_sms": Channel.SMS}
"""No opts out of promotions and newsletters on the channel.

Yes counts only with its evidence (domain.md L05).
"""

EVIDENCE = ("consent_how", "consent_wording")

FIELDS: tuple[str, ...] = (*PLAIN, *RESTRICTED, *CONSENT, *EVIDENCE)


def row_of(cells: Mapping[str, str], habit: Habit) -> tuple[Row, str]:
    """A patient's row from the mapped cells, and in words what of them was left out.

    Raises ``CellError`` with the field's name in front.
    """
    row: Row = {"kind": Kind.PATIENT}
    for field, cell in cells.items():
        if field in PLAIN and not (field in _LEFT_OUT_WHEN_EMPTY and not cell):
            row[field] = _named(field, PLAIN[field], cell, habit)
    if not row.get("external_id"):
        row["external_id"] = row.get("number", "")
    answers = {
        field: _named(field, _answer, cell, habit)
        for field, cell in cells.items()
        if field in RESTRICTED or field in CONSENT
    }
    row["restricted"] = [purpose for field, purpose in RESTRICTED.items() if answers.get(field)]
    purposes = (Purpose.PROMOTIONS, Purpose.NEWSLETTERS)
    row["opted_out"] = [
        {"channel": channel, "purpose": purpose}
        for field, channel in CONSENT.items()
        if answers.get(field) is False
        for purpose in purposes
    ]
    said_yes = [channel for field, channel in CONSENT.items() if answers.get(field)]
    how, wording = (cells.get(field, "") for field in EVIDENCE)
    if not said_yes:
        return row, ""
    if not how or not wording:
        return row, "The consent came without how and in which words it was given, and was left as not known."
    row["opted_in"] = [
        {"channel": channel, "purpose": purpose, "how": how, "wording": wording}
        for channel in said_yes
        for purpose in purposes
    ]
    return row, ""


def _named(field: str, read: Callable[[str, Habit], object], cell: str, habit: Habit) -> object:
    try:
        return read(cell, habit)
    except CellError as error:
        raise CellError(f"“{field}” {error}.") from None
