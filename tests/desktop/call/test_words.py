"""How a call reads."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from primoro_campaigns.desktop.call import words
from primoro_campaigns.desktop.local.calls import CallRow
from primoro_campaigns.domain.call.model import MatchState, Presentation
from primoro_campaigns.domain.ids import CallId, LocationId, PatientId

AT = datetime(2026, 7, 3, 9, 5, tzinfo=UTC)
CALL = CallRow(
    call_id=CallId("k"),
    location_id=LocationId("hillside"),
    received_at=AT,
    from_raw="+447700900101",
    from_e164="+447700900101",
    to_e164="+442079460000",
    presentation=Presentation.AVAILABLE,
    answered=True,
    duration_s=95,
    state=MatchState.UNMATCHED,
    method="",
    patient_id=None,
    patient_name="",
    matched_by_name="",
    matched_at=None,
    campaign_id=None,
    pending=False,
)


@pytest.mark.parametrize(
    ("answered", "seconds", "told"),
    [
        (False, 0, "Missed"),
        (False, 40, "Missed"),
        (True, 0, "0 s"),
        (True, 59, "59 s"),
        (True, 60, "1 min 0 s"),
        (True, 95, "1 min 35 s"),
        (True, 3599, "59 min 59 s"),
        (True, 3725, "1 h 2 min"),
    ],
)
def test_how_long(answered: bool, seconds: int, told: str) -> None:
    assert words.length_words(replace(CALL, answered=answered, duration_s=seconds)) == told


@pytest.mark.parametrize(
    ("call", "number", "told"),
    [
        (CALL, "07700 900101", "07700 900101"),
        (
            replace(CALL, from_e164=None, from_raw="anonymous", state=MatchState.WITHHELD),
            "",
            "Number withheld",
        ),
        (
            replace(
                CALL, state=MatchState.MATCHED_BY_HAND, presentation=Presentation.WITHHELD, from_e164=None
            ),
            "",
            "Number withheld",
        ),
        (replace(CALL, from_e164=None, from_raw="101"), "", "101"),
        (replace(CALL, from_e164=None, from_raw=""), "", "No number"),
    ],
)
def test_who_rang(call: CallRow, number: str, told: str) -> None:
    assert words.caller_words(call, number) == told


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (CALL, ""),
        (
            replace(CALL, state=MatchState.AUTO_MATCHED, method="unique_number"),
            "Matched by itself: the number is in this file alone.",
        ),
        (
            replace(
                CALL,
                state=MatchState.MATCHED_BY_HAND,
                method="manual_once",
                matched_by_name="Jo Bell",
                matched_at=AT,
            ),
            "Matched for this call only by Jo Bell, 3 Jul 2026, 10:05.",
        ),
        (
            replace(
                CALL,
                state=MatchState.MATCHED_BY_HAND,
                method="number_added_to_file",
                matched_by_name="Jo Bell",
                matched_at=AT,
            ),
            "The number was added to the file by Jo Bell, 3 Jul 2026, 10:05.",
        ),
        (
            replace(CALL, state=MatchState.MATCHED_BY_HAND, method="something newer"),
            "Matched for this call only.",
        ),
        (
            replace(CALL, state=MatchState.IGNORED, matched_by_name="Sam Reed"),
            "Marked as not from a patient by Sam Reed.",
        ),
        (replace(CALL, state=MatchState.LEAD_CREATED), "A new lead was made from this call."),
    ],
)
def test_who_decided(call: CallRow, told: str) -> None:
    assert words.decided_words(call, "Europe/London") == told


def test_a_patient_out_of_sight_is_told_as_such() -> None:
    matched = replace(CALL, state=MatchState.AUTO_MATCHED, patient_id=PatientId("p"))
    assert words.patient_words(matched) == words.NOT_SEEN
    assert words.patient_words(replace(matched, patient_name="Priya Anand")) == "Priya Anand"
    assert words.patient_words(CALL) == ""


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (CALL, ""),
        (replace(CALL, from_e164=None, from_raw="101"), "“101” is not a full telephone number"),
        (
            replace(CALL, from_e164=None, from_raw="anonymous", state=MatchState.WITHHELD),
            "did not show a number",
        ),
        (replace(CALL, from_e164=None, from_raw=""), "did not show a number"),
    ],
)
def test_why_there_is_no_number_to_add(call: CallRow, told: str) -> None:
    why = words.no_number_words(call)
    assert (told in why) if told else not why


@pytest.mark.parametrize(
    ("number", "told"), [(0, ""), (1, "1 other waiting call "), (1200, "1,200 other waiting calls ")]
)
def test_what_adding_the_number_does_besides(number: int, told: str) -> None:
    said = words.others_words(number)
    assert (told in said) if told else not said
