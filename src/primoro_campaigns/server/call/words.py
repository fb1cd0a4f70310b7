"""The words of a phone call in a patient's Contacts tab."""

from primoro_campaigns.domain.call.report import Told
from primoro_campaigns.domain.patient.phone import as_dialled

HAS_THE_NUMBER = "Has this number on file."
"""Why somebody may have called, when nothing else speaks for one of several."""


def title(told: Told) -> str:
    """A call counts as missed until an event says that it was answered."""
    return "Phone call" if told.answered else "Missed phone call"


def detail(told: Told, e164: str | None, region: str) -> str:
    """``From 07700 900123. Answered, 1 min 35 s.``"""
    inside = told.from_raw if told.from_raw.isdecimal() else ""
    number = as_dialled(e164, region) if e164 else inside
    caller = f"From {number}." if number else "The caller did not show a number."
    if not told.answered:
        return f"{caller} Not answered."
    return f"{caller} Answered, {_length(told.duration_s)}." if told.duration_s else f"{caller} Answered."


def put_right_title() -> str:
    return "Phone call from somebody else"


def put_right_detail(by_name: str) -> str:
    return f"The call was matched here by its number. {by_name} put it right: somebody else had called."


def number_added(e164: str, region: str) -> str:
    return f"The patient rang from {as_dialled(e164, region)}. It is in the file from now on."


def _length(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
