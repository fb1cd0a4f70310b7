"""What is in force for one patient, and what ends it: the sentences of the banner over the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from primoro_campaigns.desktop.local.patients import PatientFile, PermissionRow, RestrictionRow
from primoro_campaigns.desktop.local.rest import Rest
from primoro_campaigns.desktop.moment import day_words, instant_words
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.domain.consent.model import (
    CHANNEL_WORDS,
    MARKETING,
    PURPOSE_WORDS,
    SOURCE_WORDS,
    Channel,
    ConsentSource,
    PermissionState,
    Purpose,
)
from primoro_campaigns.domain.patient.model import PatientStatus


class Gravity(IntEnum):
    """How much a fact stops."""

    WAITING = 1
    SOME = 2
    ALL = 3


@dataclass(frozen=True)
class Fact:
    """``words`` is what is in force, ``more`` since when, by whom, and what ends it."""

    gravity: Gravity
    words: str
    more: str


WAITING_WORDS = "Waiting to be sent to the server; it holds on this computer already."

_ENDS_RESTRICTION = "It ends when the patient asks for messages again."


def facts(
    file: PatientFile,
    restrictions: Sequence[RestrictionRow],
    permissions: Sequence[PermissionRow],
    events: Sequence[PendingEvent],
    rest: Rest,
    minor: bool,
    time_zone: str,
) -> tuple[Fact, ...]:
    """The gravest first. ``events`` are this patient's that wait here; ``minor``: under 18 today."""
    found = [
        *_about_the_person(file, minor),
        *(_restriction(each, time_zone) for each in restrictions),
        *_suppressions(file, permissions),
        *_opt_outs(file, permissions, time_zone),
        *_opt_ins_on_their_way(permissions),
        *_lifts_on_their_way(restrictions, events),
    ]
    if file.status is PatientStatus.ACTIVE and not minor:
        found += _in_peace(rest, {each.purpose for each in restrictions})
    return tuple(sorted(found, key=lambda fact: -fact.gravity))


def _about_the_person(file: PatientFile, minor: bool) -> list[Fact]:
    match file.status:
        case PatientStatus.DECEASED:
            return [Fact(Gravity.ALL, "This patient has died.", "Nothing is sent, on any channel.")]
        case PatientStatus.ARCHIVED:
            return [Fact(Gravity.ALL, "This record is archived.", "Nothing is sent, on any channel.")]
        case PatientStatus.INACTIVE:
            more = "No promotions and no newsletters are sent. It ends when the record is made active again."
            return [Fact(Gravity.SOME, "This is no longer an active patient.", more)]
        case PatientStatus.ACTIVE:
            if minor:
                more = "No promotions and no newsletters are sent until the 18th birthday."
                return [Fact(Gravity.SOME, "This patient is under 18.", more)]
            return []


def _in_peace(rest: Rest, restricted: set[Purpose]) -> list[Fact]:
    """Who rests, and who has had enough. What is restricted anyway is not told again."""
    ends: dict[date, list[str]] = {}
    for purpose in Purpose:
        if purpose in rest.until and purpose not in restricted:
            ends.setdefault(rest.until[purpose], []).append(_PURPOSES[purpose])
    found = [
        Fact(
            Gravity.WAITING,
            f"Rests from {' and '.join(purposes)} until {day_words(until)}.",
            "Was written to or booked lately. It ends by itself; a campaign that still runs then is sent.",
        )
        for until, purposes in ends.items()
    ]
    if rest.capped and not restricted >= MARKETING:
        week, quarter = rest.allowed.most_in_7_days, rest.allowed.most_in_90_days
        limits = [f"{most} in {days} days" for most, days in ((week, 7), (quarter, 90)) if most]
        more = f"At most {' and '.join(limits)}, promotions and newsletters together. It ends by itself."
        found.append(Fact(Gravity.WAITING, "Has had as many messages as we allow for now.", more))
    return found


def _restriction(row: RestrictionRow, time_zone: str) -> Fact:
    what = PURPOSE_WORDS[row.purpose]
    words = f"Restricted: {what}."
    by = f" by {row.by_name}" if row.by_name and row.source is ConsentSource.STAFF else ""
    since = f"Since {instant_words(row.since_at, time_zone)}, {SOURCE_WORDS[row.source]}{by}."
    more = [since, WAITING_WORDS if row.pending else "", _ENDS_RESTRICTION]
    return Fact(Gravity.ALL, words, " ".join(part for part in more if part))


def _suppressions(file: PatientFile, permissions: Sequence[PermissionRow]) -> list[Fact]:
    found = []
    if file.mobile_suppressed:
        if any(
            each.channel is Channel.SMS and each.source is ConsentSource.STOP_TEXT for each in permissions
        ):
            words = f"The mobile number {file.mobile or ''} answered STOP.".replace("  ", " ")
            more = "No text goes to it, whoever holds it. It ends when START is texted from that number."
        else:
            words = f"The mobile number {file.mobile or ''} must not be used.".replace("  ", " ")
            more = "No text goes to it, whoever holds it. It ends when the record has another number."
        found.append(Fact(Gravity.SOME, words, more))
    if file.email_suppressed:
        words = f"The e-mail address {file.email or ''} must not be used.".replace("  ", " ")
        more = "No e-mail goes to it, whoever holds it. It ends when the record has another address."
        found.append(Fact(Gravity.SOME, words, more))
    return found


def _opt_outs(file: PatientFile, permissions: Sequence[PermissionRow], time_zone: str) -> list[Fact]:
    """One sentence for each channel. A STOP that its number's sentence tells already is not told twice."""
    found = []
    for channel in Channel:
        rows = [
            each
            for each in permissions
            if each.channel is channel
            and each.state is PermissionState.OPTED_OUT
            and not (file.mobile_suppressed and each.source is ConsentSource.STOP_TEXT)
        ]
        if not rows:
            continue
        latest = max(rows, key=lambda each: each.changed_at)
        purposes = " and ".join(_PURPOSES[purpose] for purpose in Purpose if purpose in _of(rows))
        since = f"Since {instant_words(latest.changed_at, time_zone)}, {SOURCE_WORDS[latest.source]}."
        waiting = WAITING_WORDS if any(each.pending for each in rows) else ""
        more = " ".join(part for part in (since, waiting, "It ends when the patient says yes again.") if part)
        found.append(Fact(Gravity.SOME, f"Opted out: {purposes} by {_CHANNELS[channel]}.", more))
    return found


def _opt_ins_on_their_way(permissions: Sequence[PermissionRow]) -> list[Fact]:
    return [
        Fact(
            Gravity.WAITING,
            f"Opt-in recorded: {_PURPOSES[each.purpose]} by {_CHANNELS[each.channel]}.",
            "Waiting to be sent to the server, which decides whether it holds.",
        )
        for each in permissions
        if each.pending and each.state is PermissionState.OPTED_IN
    ]


def _lifts_on_their_way(restrictions: Sequence[RestrictionRow], events: Sequence[PendingEvent]) -> list[Fact]:
    """The tick is off already; the server still decides."""
    ticked = {each.purpose for each in restrictions}
    purposes = {
        Purpose(str(each.payload["purpose"]))
        for each in events
        if each.kind is EventKind.RESTRICT
        and each.payload["on"] is False
        and each.state in (PendingState.WAITING, PendingState.SENT)
    }
    return [
        Fact(
            Gravity.WAITING,
            f"Wants {_PURPOSES[purpose]} again.",
            "Waiting to be sent to the server, which decides whether it holds.",
        )
        for purpose in Purpose
        if purpose in purposes - ticked
    ]


def _of(rows: Sequence[PermissionRow]) -> set[Purpose]:
    return {each.purpose for each in rows}


_PURPOSES = {
    Purpose.PROMOTIONS: "promotions",
    Purpose.NEWSLETTERS: "newsletters",
    Purpose.IMPORTANT: "important notifications",
}
_CHANNELS = {
    Channel.EMAIL: "e-mail",
    Channel.SMS: "SMS",
    Channel.WHATSAPP: CHANNEL_WORDS[Channel.WHATSAPP],
    Channel.APP: "the patient app",
}
