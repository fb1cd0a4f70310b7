"""The Permissions tab: for each channel what the patient said about each purpose, and what can be recorded.

Three states, never a bare yes or no (domain.md E25). Important notifications need no opt-in, but an opt-out
holds for them too (domain.consent.rules).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from primoro_campaigns.desktop.local.patients import PatientFile, PermissionRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.domain.consent.model import (
    MARKETING,
    PERMISSION_WORDS,
    SOURCE_WORDS,
    Channel,
    ConsentSource,
    PermissionState,
    Purpose,
)

CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP, Channel.APP)
PURPOSES = (Purpose.PROMOTIONS, Purpose.NEWSLETTERS, Purpose.IMPORTANT)

MAY_NOT_RESTRICT = "You may not record that a patient wants no more messages. Ask your practice manager."
MAY_NOT_PERMIT = "You may not record that a patient wants messages again. Ask your practice manager."
ALREADY_OUT = "The patient has opted out already."
ALREADY_IN = "The patient has opted in already."
NEEDS_SERVER = (
    "Opting in needs the server, which cannot be reached at the moment. Opting out works at any time."
)
STOPPED = "This mobile number answered STOP. It comes back only when START is texted from that number."
MUST_NOT_BE_USED = "This address or number must not be used any more. Ask the patient for another one first."


@dataclass(frozen=True)
class Cell:
    """One channel and purpose. ``why_no_opt_out``, ``why_no_opt_in``: empty where it can be recorded."""

    channel: Channel
    purpose: Purpose
    state: PermissionState
    words: str
    since: str = ""
    how: str = ""
    wording: str = ""
    pending: bool = False
    why_no_opt_out: str = ""
    why_no_opt_in: str = ""

    @property
    def why_not(self) -> str:
        """What is worth saying without being asked: not that the patient said so already."""
        already = ALREADY_OUT if self.state is PermissionState.OPTED_OUT else ALREADY_IN
        reasons = dict.fromkeys((self.why_no_opt_out, self.why_no_opt_in))
        return " ".join(each for each in reasons if each and each != already)


@dataclass(frozen=True)
class ChannelLine:
    """One row of the grid, with the address or number it is about."""

    channel: Channel
    address: str
    cells: tuple[Cell, ...]

    def cell(self, purpose: Purpose) -> Cell:
        return self.cells[PURPOSES.index(purpose)]


@dataclass(frozen=True)
class Rights:
    """What this person may record now. ``online``: the server can be reached."""

    restrict: bool
    permit: bool
    online: bool


def grid(
    file: PatientFile, rows: Sequence[PermissionRow], rights: Rights, time_zone: str
) -> tuple[ChannelLine, ...]:
    found = {(each.channel, each.purpose): each for each in rows}
    return tuple(
        ChannelLine(
            channel,
            _address(file, channel),
            tuple(
                _cell(file, channel, purpose, found.get((channel, purpose)), rights, time_zone)
                for purpose in PURPOSES
            ),
        )
        for channel in CHANNELS
    )


def _address(file: PatientFile, channel: Channel) -> str:
    match channel:
        case Channel.EMAIL:
            return file.email or "No e-mail address on file"
        case Channel.SMS | Channel.WHATSAPP:
            return file.mobile or "No mobile number on file"
        case Channel.APP:
            return ""


def _cell(
    file: PatientFile,
    channel: Channel,
    purpose: Purpose,
    row: PermissionRow | None,
    rights: Rights,
    time_zone: str,
) -> Cell:
    state = PermissionState.UNKNOWN if row is None else row.state
    return Cell(
        channel=channel,
        purpose=purpose,
        state=state,
        words=_state_words(purpose, state, row is not None and row.soft_opt_in),
        since="" if row is None else _since(row, time_zone),
        how="" if row is None else row.how,
        wording="" if row is None else row.wording,
        pending=row is not None and row.pending,
        why_no_opt_out=_why_no_opt_out(state, rights),
        why_no_opt_in=_why_no_opt_in(file, channel, row, rights),
    )


def _state_words(purpose: Purpose, state: PermissionState, soft_opt_in: bool) -> str:
    if state is PermissionState.UNKNOWN:
        if purpose not in MARKETING:
            return "No opt-in needed"
        if soft_opt_in:
            return "Soft opt-in"
    return PERMISSION_WORDS[state]


def _since(row: PermissionRow, time_zone: str) -> str:
    by = f" by {row.by_name}" if row.by_name and row.source is ConsentSource.STAFF else ""
    return f"{instant_words(row.changed_at, time_zone)}, {SOURCE_WORDS[row.source]}{by}"


def _why_no_opt_out(state: PermissionState, rights: Rights) -> str:
    if state is PermissionState.OPTED_OUT:
        return ALREADY_OUT
    return "" if rights.restrict else MAY_NOT_RESTRICT


def _why_no_opt_in(file: PatientFile, channel: Channel, row: PermissionRow | None, rights: Rights) -> str:
    if row is not None and row.state is PermissionState.OPTED_IN:
        return ALREADY_IN
    if not rights.permit:
        return MAY_NOT_PERMIT
    if channel is Channel.EMAIL and file.email_suppressed:
        return MUST_NOT_BE_USED
    if channel is not Channel.EMAIL and file.mobile_suppressed:
        stopped = row is not None and row.source is ConsentSource.STOP_TEXT
        return STOPPED if stopped else MUST_NOT_BE_USED
    return "" if rights.online else NEEDS_SERVER
