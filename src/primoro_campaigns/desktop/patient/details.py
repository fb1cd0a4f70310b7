"""The lines of the Details tab: what is on file, and whether it can be used."""

from dataclasses import dataclass

from primoro_campaigns.desktop.local.patients import PatientFile
from primoro_campaigns.desktop.moment import day_words
from primoro_campaigns.domain.consent.model import CHANNEL_WORDS
from primoro_campaigns.domain.patient.model import AddressState

NONE = "None on file"


@dataclass(frozen=True)
class Line:
    """``remark`` says what is to know about the value; ``wrong`` that it keeps messages from arriving."""

    caption: str
    value: str
    remark: str = ""
    wrong: bool = False


def reach_lines(file: PatientFile) -> tuple[Line, ...]:
    """How the patient is reached."""
    address = ", ".join(part for part in (file.address_line, file.town, file.postcode) if part)
    preferred = "None" if file.preferred_channel is None else CHANNEL_WORDS[file.preferred_channel]
    return (
        _line("E-mail", file.email, _email_remark(file)),
        _line("Mobile", file.mobile, _mobile_remark(file)),
        _line("Landline", file.landline, ""),
        _line("Address", address, ""),
        Line("Prefers", preferred, "" if file.preferred_channel is None else "A wish, not a permission."),
    )


def practice_lines(file: PatientFile) -> tuple[Line, ...]:
    """What the practice knows of visits."""
    return (
        Line("Location", file.location_name or "Not known"),
        Line("Practitioner", file.practitioner_name or "None"),
        Line("Last visit", day_words(file.last_visit_on) or "None on record"),
        Line("Next visit", day_words(file.next_visit_on) or "None booked"),
        Line("Recall due", day_words(file.recall_due_on) or "None"),
        Line(
            "Last written to",
            day_words(file.last_contacted_on) or "Never",
            "" if file.last_contacted_on is None else "Promotions and newsletters.",
        ),
    )


def _line(caption: str, value: str | None, remark: str) -> Line:
    return Line(caption, value, remark, wrong=bool(remark)) if value else Line(caption, NONE)


def _email_remark(file: PatientFile) -> str:
    if file.email_suppressed:
        return "Must not be used any more."
    return "Not a valid e-mail address." if file.email_state is AddressState.INVALID else ""


def _mobile_remark(file: PatientFile) -> str:
    if file.mobile_suppressed:
        return "Must not be used for texts any more."
    match file.mobile_state:
        case AddressState.INVALID:
            return "Not a valid number."
        case AddressState.LANDLINE:
            return "This is a landline: it gets no texts."
        case _:
            return ""
