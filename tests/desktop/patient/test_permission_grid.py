"""The Permissions tab's grid: three states, and what can be recorded now (domain.md E25)."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from primoro_campaigns.desktop.local.patients import PermissionRow
from primoro_campaigns.desktop.patient import permission_grid
from primoro_campaigns.desktop.patient.permission_grid import CHANNELS, PURPOSES, Cell, Rights, grid
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from tests.desktop.patient.patient_file import FILE

AT = datetime(2026, 7, 3, 9, 5, tzinfo=UTC)
ALL = Rights(restrict=True, permit=True, online=True)
OUT = PermissionRow(
    Channel.SMS,
    Purpose.PROMOTIONS,
    PermissionState.OPTED_OUT,
    False,
    AT,
    ConsentSource.STAFF,
    "Sam Reed",
    "",
    "",
    False,
)


def cell(
    rows: tuple[PermissionRow, ...] = (),
    channel: Channel = Channel.SMS,
    purpose: Purpose = Purpose.PROMOTIONS,
    rights: Rights = ALL,
    **file: object,
) -> Cell:
    lines = grid(replace(FILE, **file), rows, rights, "Europe/London")  # type: ignore[arg-type]  # fields of PatientFile
    return next(line for line in lines if line.channel is channel).cell(purpose)


def test_every_channel_and_purpose_has_a_cell() -> None:
    lines = grid(FILE, (), ALL, "Europe/London")
    assert [line.channel for line in lines] == list(CHANNELS)
    assert all([each.purpose for each in line.cells] == list(PURPOSES) for line in lines)
    assert [line.address for line in lines] == ["priya@example.org", "07700 900101", "07700 900101", ""]


def test_what_nobody_said_is_unknown_and_important_messages_need_no_opt_in() -> None:
    assert cell().words == "Not known"
    assert cell(purpose=Purpose.IMPORTANT).words == "No opt-in needed"
    assert (cell().why_no_opt_in, cell().why_no_opt_out) == ("", "")


def test_an_opt_out_tells_since_when_and_by_whom() -> None:
    found = cell((OUT,))
    assert found.words == "Opted out"
    assert found.since.startswith("3 Jul 2026, 10:05, ")
    assert found.since.endswith("by Sam Reed")
    assert found.why_no_opt_out == permission_grid.ALREADY_OUT
    assert found.why_not == "", "what the patient said already needs no explaining"


def test_a_soft_opt_in_is_told_apart_from_unknown() -> None:
    soft = replace(OUT, state=PermissionState.UNKNOWN, soft_opt_in=True)
    assert cell((soft,)).words == "Soft opt-in"
    assert (
        cell((replace(soft, purpose=Purpose.IMPORTANT),), purpose=Purpose.IMPORTANT).words
        == "No opt-in needed"
    )


def test_an_opt_in_carries_its_evidence() -> None:
    agreed = replace(
        OUT, state=PermissionState.OPTED_IN, how="The patient asked: on a form", wording="May we …?"
    )
    found = cell((agreed,))
    assert (found.words, found.how, found.wording) == (
        "Opted in",
        "The patient asked: on a form",
        "May we …?",
    )
    assert found.why_no_opt_in == permission_grid.ALREADY_IN


@pytest.mark.parametrize(
    ("rights", "out", "into"),
    [
        (ALL, "", ""),
        (replace(ALL, online=False), "", permission_grid.NEEDS_SERVER),
        (replace(ALL, permit=False), "", permission_grid.MAY_NOT_PERMIT),
        (
            replace(ALL, restrict=False, permit=False),
            permission_grid.MAY_NOT_RESTRICT,
            permission_grid.MAY_NOT_PERMIT,
        ),
    ],
)
def test_what_can_be_recorded_depends_on_rights_and_on_the_line(rights: Rights, out: str, into: str) -> None:
    found = cell(rights=rights)
    assert (found.why_no_opt_out, found.why_no_opt_in) == (out, into)


def test_a_stopped_number_and_a_suppressed_address_cannot_be_opted_in() -> None:
    stopped = replace(OUT, source=ConsentSource.STOP_TEXT)
    assert cell((stopped,), mobile_suppressed=True).why_no_opt_in == permission_grid.STOPPED
    assert cell(mobile_suppressed=True).why_no_opt_in == permission_grid.MUST_NOT_BE_USED
    mail = cell(channel=Channel.EMAIL, email_suppressed=True)
    assert mail.why_no_opt_in == permission_grid.MUST_NOT_BE_USED
    assert mail.why_no_opt_out == "", "opting out is always open"


def test_what_waits_is_marked() -> None:
    assert cell((replace(OUT, pending=True),)).pending


def test_a_channel_without_an_address_says_so() -> None:
    lines = grid(replace(FILE, email=None, mobile=None), (), ALL, "Europe/London")
    assert [line.address for line in lines][:2] == ["No e-mail address on file", "No mobile number on file"]
