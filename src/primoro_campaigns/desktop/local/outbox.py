"""What a person did here, kept until the server has answered. Precious: it is nowhere else."""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local import events
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.overlay import overlay_subject
from primoro_campaigns.desktop.local.room import PENDING, Room
from primoro_campaigns.desktop.local.standing import OutboxCounts, outbox_counts
from primoro_campaigns.desktop.local.text import instant_text
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.desktop.work.changes import Changes
from primoro_campaigns.domain.campaign.model import Timing
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.consent.soft_opt_in import Condition
from primoro_campaigns.domain.delivery.doubt import MOST_LINES, Choice
from primoro_campaigns.domain.ids import CallId, CampaignId, DeliveryId, EventId, PatientId, ReplyId
from primoro_campaigns.support.clock import Clock

if TYPE_CHECKING:
    import sqlite3


class Outbox:
    """Each act is one pending event, written with its overlay in one durable transaction. Call on the
    writing lane.

    ``recorded`` is told after each write, on the writing thread: it announces the change and wakes the
    sync.
    """

    def __init__(
        self,
        database: Database,
        person: SignedInPerson,
        clock: Clock,
        new_id: Callable[[], str],
        recorded: Callable[[Changes], None],
    ) -> None:
        self._database = database
        self._person = person
        self._clock = clock
        self._new_id = new_id
        self._recorded = recorded

    # What a person can do. Each returns the id of the event.

    def restrict(self, patient_id: PatientId, purpose: Purpose, on: bool, why: str = "") -> EventId:
        """Set or lift a restriction. ``why`` is needed to lift one: who asked, and how (domain.md E07).

        Lifting takes back the restrictions that this computer knows of now, and no later one.
        """
        payload = {"patient_id": patient_id, "purpose": purpose.value, "on": on, "why": why}
        subject = f"restriction:{patient_id}:{purpose.value}"
        return self._record(EventKind.RESTRICT, payload, subject, Room.RESTRICTION, patient_id, withdraws=on)

    def permit(
        self,
        patient_id: PatientId,
        channel: Channel,
        purpose: Purpose,
        state: PermissionState,
        how: str = "",
        wording: str = "",
        soft_opt_in: Collection[Condition] | None = None,
    ) -> EventId:
        """Set a permission. Opting in needs ``how`` and ``wording`` (domain.md L05).

        With ``soft_opt_in``, its conditions, ``state`` is unknown (domain.md L02).
        """
        payload: dict[str, object] = {
            "patient_id": patient_id,
            "channel": channel.value,
            "purpose": purpose.value,
            "state": state.value,
            "how": how,
            "wording": wording,
        }
        if soft_opt_in is not None:
            payload["soft_opt_in"] = sorted(soft_opt_in)
        subject = f"permission:{patient_id}:{channel.value}:{purpose.value}"
        withdraws = state is PermissionState.OPTED_OUT
        return self._record(
            EventKind.PERMIT, payload, subject, Room.PERMISSION, patient_id, withdraws=withdraws
        )

    def match_call(self, call_id: CallId, patient_id: PatientId, add_number: bool = False) -> EventId:
        """Say who called. ``add_number`` matches the other waiting calls of that number too."""
        payload = {"call_id": call_id, "patient_id": patient_id, "add_number": add_number}
        return self._record(EventKind.MATCH_CALL, payload, f"call:{call_id}", Room.CALL, call_id)

    def ignore_call(self, call_id: CallId) -> EventId:
        """The caller is not a patient."""
        return self._record(
            EventKind.IGNORE_CALL, {"call_id": call_id}, f"call:{call_id}", Room.CALL, call_id
        )

    def mark_reply(self, reply_id: ReplyId, handled: bool) -> EventId:
        """A reply is dealt with, or is not after all."""
        payload = {"reply_id": reply_id, "handled": handled}
        return self._record(EventKind.HANDLE_REPLY, payload, f"reply:{reply_id}", Room.REPLY, reply_id)

    def save_draft(self, campaign_id: CampaignId, base_revision: int, content: str) -> EventId:
        """Keep a draft. ``content`` is JSON (``wire.campaign.content_to_json``).

        ``base_revision`` is that of ``CampaignText`` when the composer was opened, 0 for a new campaign;
        saves made here since then are counted in. A save that was never sent is replaced, so typing leaves
        one event.
        """
        plain = json.loads(content)
        now = self._clock.now()
        with self._database.write(durable=True) as connection:
            base, unsent = _draft_state(connection, campaign_id, base_revision)
            payload = {"campaign_id": campaign_id, "base_revision": base, "content": plain}
            subject = f"campaign:{campaign_id}"
            if unsent is None:
                event_id = self._insert(
                    connection, EventKind.DRAFT_SAVE, payload, subject, str(plain["name"]), now
                )
            else:
                event_id = unsent
                connection.execute(
                    "UPDATE pending_event SET payload = ?, about = ?, made_at = ? WHERE id = ?",
                    (
                        json.dumps(payload, ensure_ascii=False),
                        str(plain["name"]),
                        instant_text(now),
                        event_id,
                    ),
                )
            overlay_subject(connection, subject, self._person.user_id)
        self._tell(Room.CAMPAIGN, campaign_id)
        return event_id

    def delete_draft(self, campaign_id: CampaignId, base_revision: int) -> EventId | None:
        """Delete a draft. One that the server never heard of just vanishes: then there is no event and no
        id.
        """
        subject = f"campaign:{campaign_id}"
        with self._database.write(durable=True) as connection:
            known = connection.execute(
                """SELECT EXISTS (SELECT 1 FROM campaign WHERE id = ?)
                  OR EXISTS (SELECT 1 FROM pending_event
                    WHERE subject = ? AND state IN ('sent', 'applied'))""",
                (campaign_id, subject),
            ).fetchone()[0]
            about = _campaign_name(connection, campaign_id)
            dropped = "state = 'waiting'" if known else "state IN ('waiting', 'refused', 'conflict')"
            connection.execute(f"DELETE FROM pending_event WHERE subject = ? AND {dropped}", (subject,))
            event_id = None
            if known:
                base, _ = _draft_state(connection, campaign_id, base_revision)
                payload = {"campaign_id": campaign_id, "base_revision": base}
                event_id = self._insert(
                    connection, EventKind.DRAFT_DELETE, payload, subject, about, self._clock.now()
                )
            overlay_subject(connection, subject, self._person.user_id)
        self._tell(Room.CAMPAIGN, campaign_id)
        return event_id

    def take_over_draft(self, campaign_id: CampaignId) -> EventId:
        """Make somebody else's draft one's own."""
        return self._campaign(EventKind.DRAFT_TAKE_OVER, campaign_id)

    def submit(self, campaign_id: CampaignId, fingerprint: str) -> EventId:
        """Ask for approval of exactly the content with this fingerprint."""
        return self._campaign(EventKind.SUBMIT, campaign_id, fingerprint=fingerprint)

    def approve(
        self,
        campaign_id: CampaignId,
        fingerprint: str,
        timing: Timing,
        scheduled_at: datetime | None = None,
        outside_window: bool = False,
    ) -> EventId:
        """Approve exactly the content with this fingerprint, to be sent now or at ``scheduled_at``."""
        return self._campaign(
            EventKind.APPROVE,
            campaign_id,
            fingerprint=fingerprint,
            timing=timing.value,
            scheduled_at=None if scheduled_at is None else instant_text(scheduled_at),
            outside_window=outside_window,
        )

    def pause(self, campaign_id: CampaignId) -> EventId:
        return self._campaign(EventKind.PAUSE, campaign_id)

    def resume(self, campaign_id: CampaignId) -> EventId:
        return self._campaign(EventKind.RESUME, campaign_id)

    def cancel(self, campaign_id: CampaignId) -> EventId:
        return self._campaign(EventKind.CANCEL, campaign_id)

    def decide_doubt(
        self, campaign_id: CampaignId, line_ids: Sequence[DeliveryId], choice: Choice
    ) -> list[EventId]:
        """Say what is to become of messages that are not certain; of many, in several acts."""
        payloads = [
            {
                "campaign_id": campaign_id,
                "line_ids": list(line_ids[start : start + MOST_LINES]),
                "choice": choice.value,
            }
            for start in range(0, len(line_ids), MOST_LINES)
        ]
        return [
            self._record(
                EventKind.DECIDE_DOUBT, payload, f"recipient:{campaign_id}", Room.RECIPIENT, campaign_id
            )
            for payload in payloads
        ]

    def resend(self, campaign_id: CampaignId, fingerprint: str) -> EventId:
        """Send exactly this content again, to those whom it did not reach."""
        return self._campaign(EventKind.RESEND, campaign_id, fingerprint=fingerprint)

    def retry(self, event_id: EventId) -> EventId | None:
        """Send what was refused once more, as a new act; None when it is gone or was not refused.

        A draft that clashed is saved over what the server has now: the person saw both and chose this one.
        """
        with self._database.write(durable=True) as connection:
            row = connection.execute(
                "SELECT kind, payload, subject, about, withdraws FROM pending_event"
                " WHERE id = ? AND state IN ('refused', 'conflict')",
                (event_id,),
            ).fetchone()
            if row is None:
                return None
            kind, payload, subject = EventKind(row[0]), json.loads(row[1]), str(row[2])
            if "base_revision" in payload:
                found = connection.execute(
                    "SELECT revision FROM campaign WHERE id = ?", (payload["campaign_id"],)
                ).fetchone()
                payload["base_revision"] = 0 if found is None else int(found[0])
            connection.execute("DELETE FROM pending_event WHERE id = ?", (event_id,))
            fresh = self._insert(
                connection, kind, payload, subject, row[3], self._clock.now(), withdraws=bool(row[4])
            )
            overlay_subject(connection, subject, self._person.user_id)
        room, entity_id = _room_of(subject)
        self._tell(room, entity_id)
        return fresh

    def dismiss(self, event_id: EventId) -> None:
        """Forget an act that the server refused. Others are not touched."""
        with self._database.write(durable=True) as connection:
            row = connection.execute(
                "DELETE FROM pending_event WHERE id = ? AND state IN ('refused', 'conflict')"
                " RETURNING subject",
                (event_id,),
            ).fetchone()
            if row is not None:
                overlay_subject(connection, str(row[0]), self._person.user_id)
        if row is not None:
            self._tell(*_room_of(str(row[0])))

    # What lists show.

    def events(self) -> list[PendingEvent]:
        """What waits and what was refused, oldest first; not what only waits to be pulled."""
        with self._database.read() as connection:
            return events.read(connection, "state <> 'applied'")

    def counts(self) -> OutboxCounts:
        return outbox_counts(self._database)

    def conflict(self, campaign_id: CampaignId) -> PendingEvent | None:
        """This computer's version of a draft that was changed elsewhere too; the latest, if there are
        several.
        """
        with self._database.read() as connection:
            found = events.read(connection, "subject = ? AND state = 'conflict'", f"campaign:{campaign_id}")
        return found[-1] if found else None

    def _campaign(self, kind: EventKind, campaign_id: CampaignId, **more: object) -> EventId:
        payload = {"campaign_id": campaign_id, **more}
        return self._record(kind, payload, f"campaign:{campaign_id}", Room.CAMPAIGN, campaign_id)

    def _record(
        self,
        kind: EventKind,
        payload: Mapping[str, object],
        subject: str,
        room: Room,
        entity_id: str,
        *,
        withdraws: bool = False,
    ) -> EventId:
        with self._database.write(durable=True) as connection:
            about = _about(connection, room, entity_id)
            event_id = self._insert(
                connection, kind, payload, subject, about, self._clock.now(), withdraws=withdraws
            )
            overlay_subject(connection, subject, self._person.user_id)
        self._tell(room, entity_id)
        return event_id

    def _insert(
        self,
        connection: "sqlite3.Connection",
        kind: EventKind,
        payload: Mapping[str, object],
        subject: str,
        about: str,
        now: datetime,
        *,
        withdraws: bool = False,
    ) -> EventId:
        event_id = EventId(self._new_id())
        connection.execute(
            "INSERT INTO pending_event (id, kind, made_at, payload, subject, about, withdraws, by_name, seen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event_id,
                kind.value,
                instant_text(now),
                json.dumps(payload, ensure_ascii=False),
                subject,
                about,
                withdraws,
                self._person.display_name,
                None if withdraws or kind not in _CONSENT else _seen_now(connection, subject),
            ),
        )
        return event_id

    def _tell(self, room: Room, entity_id: str) -> None:
        rooms = {PENDING, room.value}
        if room is Room.CALL:
            # Other calls of the same number may have changed with it.
            self._recorded(Changes(frozenset(rooms)))
            return
        self._recorded(Changes(frozenset(rooms), frozenset({entity_id})))


_CONSENT = frozenset({EventKind.RESTRICT, EventKind.PERMIT})


def _seen_now(connection: "sqlite3.Connection", subject: str) -> str:
    """What is known here of ``subject``: the server's changes, and own withdrawals still on their way."""
    cursor = connection.execute("SELECT value FROM meta WHERE key = 'cursor'").fetchone()
    own = connection.execute(
        "SELECT id FROM pending_event WHERE subject = ? AND withdraws = 1"
        " AND state IN ('waiting', 'sent', 'applied')",
        (subject,),
    ).fetchall()
    return json.dumps({"cursor": 0 if cursor is None else int(cursor[0]), "own": [each[0] for each in own]})


def _draft_state(
    connection: "sqlite3.Connection", campaign_id: str, base_revision: int
) -> tuple[int, EventId | None]:
    """The revision the next save stands on, and the save that is still unsent and may be replaced."""
    saves = connection.execute(
        "SELECT id, payload, state FROM pending_event WHERE subject = ? AND kind = ?"
        " AND state IN ('waiting', 'sent') ORDER BY place DESC LIMIT 1",
        (f"campaign:{campaign_id}", EventKind.DRAFT_SAVE.value),
    ).fetchone()
    if saves is not None:
        base = int(json.loads(saves[1])["base_revision"])
        if saves[2] == PendingState.WAITING.value:
            return base, EventId(saves[0])
        return base + 1, None
    own = connection.execute(
        "SELECT revision FROM draft_base WHERE campaign_id = ?", (campaign_id,)
    ).fetchone()
    return max(base_revision, 0 if own is None else int(own[0])), None


def _about(connection: "sqlite3.Connection", room: Room, entity_id: str) -> str:
    if room in (Room.RESTRICTION, Room.PERMISSION):
        row = connection.execute(
            "SELECT trim(given_name || ' ' || family_name) FROM patient WHERE id = ?", (entity_id,)
        ).fetchone()
        return "" if row is None else str(row[0])
    if room in (Room.CALL, Room.REPLY):
        row = connection.execute(f"SELECT from_raw FROM {room} WHERE id = ?", (entity_id,)).fetchone()
        return "" if row is None else str(row[0])
    return _campaign_name(connection, entity_id)


def _campaign_name(connection: "sqlite3.Connection", campaign_id: str) -> str:
    row = connection.execute("SELECT name FROM campaign_now WHERE id = ?", (campaign_id,)).fetchone()
    return "" if row is None else str(row[0])


_ROOMS = {
    "restriction": Room.RESTRICTION,
    "permission": Room.PERMISSION,
    "campaign": Room.CAMPAIGN,
    "call": Room.CALL,
    "reply": Room.REPLY,
    "recipient": Room.RECIPIENT,
}


def _room_of(subject: str) -> tuple[Room, str]:
    room, entity_id, *_ = subject.split(":")
    return _ROOMS[room], entity_id
