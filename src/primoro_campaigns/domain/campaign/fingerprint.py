"""The fingerprint that an approval binds to: any change of what the author decided voids it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime

from primoro_campaigns.domain.audience.rule import Group, to_plain
from primoro_campaigns.domain.campaign.model import COOL_DOWN_DAYS, Content, Receives

_EDITION = "primoro content 1"

# Sets written as tuples: the order in which they were ticked is no part of what was decided.
_UNORDERED = frozenset({"location_ids", "excluded_patient_ids"})

# Fields that came later: left out while they say nothing, so that an approval given before them still holds.
_LATER: Mapping[str, object] = {
    "lawful_basis": None,
    "lawful_basis_note": "",
    "receives": Receives.ONCE,
    "cool_down_days": COOL_DOWN_DAYS,
    "most_a_day": 0,
}


def fingerprint(content: Content) -> str:
    """SHA-256 in hexadecimal over the canonical JSON of the content; the same on every machine.

    Raises ValueError for a time without a zone. Members of ``location_ids`` and ``excluded_patient_ids`` may
    come in any order and more than once.
    """
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def canonical(content: Content) -> str:
    """JSON with sorted names, without blanks, in ASCII: one text for one content."""
    values = {each.name: getattr(content, each.name) for each in fields(content)}
    plain = {
        name: _plain(name, value)
        for name, value in values.items()
        if name not in _LATER or value != _LATER[name]
    }
    return json.dumps(
        {"content": plain, "edition": _EDITION}, sort_keys=True, separators=(",", ":"), ensure_ascii=True
    )


def _plain(name: str, value: object) -> object:
    if isinstance(value, Group):
        return to_plain(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{name} needs a time zone")
        return value.astimezone(UTC).isoformat()
    if isinstance(value, tuple):
        return sorted(set(value)) if name in _UNORDERED else list(value)
    return value
