"""The Details tab: what is on file, and what is to know about it."""

from dataclasses import replace
from datetime import date

import pytest

from primoro_campaigns.desktop.patient.details import NONE, Line, practice_lines, reach_lines
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.patient.model import AddressState
from tests.desktop.patient.patient_file import FILE


def by_caption(lines: tuple[Line, ...]) -> dict[str, Line]:
    return {line.caption: line for line in lines}


def test_what_is_on_file() -> None:
    lines = by_caption(
        reach_lines(replace(FILE, address_line="4 Mill Lane", town="Bath", postcode="BA1 5QZ"))
    )
    assert lines["E-mail"] == Line("E-mail", "priya@example.org")
    assert lines["Mobile"] == Line("Mobile", "07700 900101")
    assert lines["Landline"].value == NONE
    assert lines["Address"].value == "4 Mill Lane, Bath, BA1 5QZ"
    assert lines["Prefers"].value == "None"


@pytest.mark.parametrize(
    ("file", "caption", "remark"),
    [
        (replace(FILE, email="x", email_state=AddressState.INVALID), "E-mail", "Not a valid e-mail address."),
        (replace(FILE, email_suppressed=True), "E-mail", "Must not be used any more."),
        (replace(FILE, mobile_suppressed=True), "Mobile", "Must not be used for texts any more."),
        (replace(FILE, mobile_state=AddressState.INVALID), "Mobile", "Not a valid number."),
        (
            replace(FILE, mobile_state=AddressState.LANDLINE),
            "Mobile",
            "This is a landline: it gets no texts.",
        ),
    ],
)
def test_what_keeps_messages_from_arriving(file: object, caption: str, remark: str) -> None:
    line = by_caption(reach_lines(file))[caption]  # type: ignore[arg-type]  # parametrized files
    assert (line.remark, line.wrong) == (remark, True)


def test_a_preference_is_no_permission() -> None:
    line = by_caption(reach_lines(replace(FILE, preferred_channel=Channel.SMS)))["Prefers"]
    assert (line.value, line.remark, line.wrong) == ("SMS", "A wish, not a permission.", False)


def test_nothing_known_is_said_in_words() -> None:
    lines = by_caption(practice_lines(replace(FILE, location_name="")))
    assert {caption: line.value for caption, line in lines.items()} == {
        "Location": "Not known",
        "Practitioner": "None",
        "Last visit": "None on record",
        "Next visit": "None booked",
        "Recall due": "None",
        "Last written to": "Never",
    }


def test_visits() -> None:
    day = date(2026, 3, 3)
    file = replace(
        FILE,
        practitioner_name="Dr Okafor",
        last_visit_on=day,
        next_visit_on=day,
        recall_due_on=day,
        last_contacted_on=day,
    )
    lines = by_caption(practice_lines(file))
    assert {line.value for caption, line in lines.items() if caption not in ("Location", "Practitioner")} == {
        "3 Mar 2026"
    }
    assert lines["Last written to"].remark == "Promotions and newsletters."
