"""The sentences of the banner: all that stops messages to one patient, and what ends it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from primoro_campaigns.desktop.local.patients import PatientFile, PermissionRow, RestrictionRow
from primoro_campaigns.desktop.local.rest import NO_REST, Rest
from primoro_campaigns.desktop.patient.in_force import WAITING_WORDS, Gravity, facts
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.domain.ids import EventId
from primoro_campaigns.domain.patient.model import PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy
from tests.desktop.patient.patient_file import FILE

AT = datetime(2026, 7, 3, 9, 5, tzinfo=UTC)
ZONE = "Europe/London"
STAFF = RestrictionRow(Purpose.PROMOTIONS, AT, ConsentSource.STAFF, "Sam Reed", pending=False)


def permission(
    channel: Channel = Channel.SMS,
    purpose: Purpose = Purpose.PROMOTIONS,
    state: PermissionState = PermissionState.OPTED_OUT,
    source: ConsentSource = ConsentSource.STAFF,
    *,
    pending: bool = False,
) -> PermissionRow:
    return PermissionRow(channel, purpose, state, False, AT, source, "", "", "", pending)


def told(
    file: PatientFile = FILE,
    restrictions: tuple[RestrictionRow, ...] = (),
    permissions: tuple[PermissionRow, ...] = (),
    events: tuple[PendingEvent, ...] = (),
    *,
    rest: Rest = NO_REST,
    minor: bool = False,
) -> list[str]:
    found = facts(file, restrictions, permissions, events, rest, minor, ZONE)
    assert [fact.gravity for fact in found] == sorted((fact.gravity for fact in found), reverse=True)
    return [f"{fact.words} {fact.more}" for fact in found]


def test_nothing_is_told_where_nothing_is_in_force() -> None:
    assert (
        told(
            permissions=(
                permission(state=PermissionState.OPTED_IN),
                permission(state=PermissionState.UNKNOWN),
            )
        )
        == []
    )


def test_a_restriction_tells_since_when_by_whom_and_what_ends_it() -> None:
    (fact,) = told(restrictions=(STAFF,))
    assert fact.startswith(
        "Restricted: Product and service information or promotions. Since 3 Jul 2026, 10:05"
    )
    assert "by Sam Reed" in fact
    assert fact.endswith("It ends when the patient asks for messages again.")
    (waiting,) = told(restrictions=(replace(STAFF, pending=True),))
    assert WAITING_WORDS in waiting


def test_a_restriction_the_patient_set_names_nobody() -> None:
    (fact,) = told(restrictions=(replace(STAFF, source=ConsentSource.UNSUBSCRIBE_PAGE),))
    assert "Sam Reed" not in fact


@pytest.mark.parametrize(
    ("status", "minor", "part"),
    [
        (PatientStatus.DECEASED, False, "This patient has died. Nothing is sent, on any channel."),
        (PatientStatus.ARCHIVED, False, "This record is archived."),
        (PatientStatus.INACTIVE, False, "no longer an active patient"),
        (
            PatientStatus.ACTIVE,
            True,
            "under 18. No promotions and no newsletters are sent until the 18th birthday.",
        ),
    ],
)
def test_who_the_patient_is_can_stop_messages(status: PatientStatus, minor: bool, part: str) -> None:
    (fact,) = told(replace(FILE, status=status), minor=minor)
    assert part in fact


def test_the_gravest_stands_first() -> None:
    found = facts(
        FILE,
        (STAFF,),
        (permission(Channel.EMAIL), permission(state=PermissionState.OPTED_IN, pending=True)),
        (),
        NO_REST,
        False,
        ZONE,
    )
    assert [fact.gravity for fact in found] == [Gravity.ALL, Gravity.SOME, Gravity.WAITING]


def test_a_stop_is_told_once_with_what_ends_it() -> None:
    stopped = permission(source=ConsentSource.STOP_TEXT)
    both = (stopped, replace(stopped, purpose=Purpose.NEWSLETTERS))
    (fact,) = told(replace(FILE, mobile_suppressed=True), permissions=both)
    assert fact == (
        "The mobile number 07700 900101 answered STOP. No text goes to it, whoever holds it. "
        "It ends when START is texted from that number."
    )


def test_a_suppressed_number_without_a_stop_ends_with_another_number() -> None:
    (fact,) = told(replace(FILE, mobile_suppressed=True))
    assert fact.startswith("The mobile number 07700 900101 must not be used.")
    (mail,) = told(replace(FILE, email_suppressed=True))
    assert mail.startswith("The e-mail address priya@example.org must not be used.")


def test_opt_outs_are_one_sentence_a_channel() -> None:
    rows = (
        permission(Channel.EMAIL, Purpose.PROMOTIONS),
        permission(Channel.EMAIL, Purpose.NEWSLETTERS),
        permission(Channel.WHATSAPP, Purpose.PROMOTIONS),
    )
    found = told(permissions=rows)
    assert len(found) == 2
    assert any(fact.startswith("Opted out: promotions and newsletters by e-mail.") for fact in found)
    assert any(fact.startswith("Opted out: promotions by WhatsApp.") for fact in found)


def test_what_only_asks_the_server_is_told_as_such() -> None:
    asked = permission(state=PermissionState.OPTED_IN, pending=True)
    (fact,) = told(permissions=(asked,))
    assert fact.endswith("Waiting to be sent to the server, which decides whether it holds.")


def lift(state: PendingState) -> PendingEvent:
    payload = {"patient_id": "p", "purpose": "promotions", "on": False, "why": "asked"}
    return PendingEvent(EventId("e"), EventKind.RESTRICT, AT, payload, state=state)


def test_a_lifted_restriction_is_told_until_the_server_has_decided() -> None:
    (fact,) = told(events=(lift(PendingState.WAITING),))
    assert fact.startswith("Wants promotions again.")
    assert told(events=(lift(PendingState.REFUSED),)) == []
    assert len(told(restrictions=(STAFF,), events=(lift(PendingState.SENT),))) == 1, "ticked again meanwhile"


RESTING = Rest(
    {Purpose.PROMOTIONS: date(2026, 8, 3), Purpose.NEWSLETTERS: date(2026, 8, 3)},
    capped=True,
    allowed=FrequencyPolicy(1, 4),
)


def test_e01_who_is_left_in_peace_is_shown_with_until_when() -> None:
    rests, capped = told(rest=RESTING)
    assert rests.startswith("Rests from promotions and newsletters until 3 Aug 2026.")
    assert capped == (
        "Has had as many messages as we allow for now. At most 1 in 7 days and 4 in 90 days, promotions and"
        " newsletters together. It ends by itself."
    )


def test_who_gets_nothing_anyway_does_not_rest_too() -> None:
    assert told(replace(FILE, status=PatientStatus.DECEASED), rest=RESTING) == told(
        replace(FILE, status=PatientStatus.DECEASED)
    )
    found = told(restrictions=(STAFF,), rest=RESTING)
    assert found[1].startswith("Rests from newsletters until 3 Aug 2026.")


def test_a_limit_that_is_switched_off_is_not_told() -> None:
    (capped,) = told(rest=Rest({}, capped=True, allowed=FrequencyPolicy(0, 3)))
    assert "At most 3 in 90 days," in capped
