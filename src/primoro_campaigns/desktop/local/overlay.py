"""The overlay: what pending events make of the server's copies, as small tables that the ``…_now`` views
join.
"""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local import events
from primoro_campaigns.desktop.local.text import instant_text
from primoro_campaigns.desktop.sync import project
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent
from primoro_campaigns.domain.call.model import WAITING

if TYPE_CHECKING:
    import sqlite3

_IN_FORCE = "state IN ('waiting', 'sent', 'applied')"
_REFUSED = "state IN ('refused', 'conflict')"


def overlay_subject(connection: "sqlite3.Connection", subject: str, user_id: str) -> None:
    """Make the overlay of one subject (``pending_event.subject``) anew. Part of the transaction that
    changed it.
    """
    room, *key = subject.split(":")
    if room == "call":
        overlay_calls(connection)
        return
    in_force = events.read(connection, f"subject = ? AND {_IN_FORCE}", subject)
    match room:
        case "restriction":
            patient_id, purpose = key
            connection.execute(
                "DELETE FROM overlay_restriction WHERE patient_id = ? AND purpose = ?", (patient_id, purpose)
            )
            restricted = project.restriction(in_force)
            if restricted is not None:
                connection.execute(
                    "INSERT INTO overlay_restriction VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        patient_id,
                        purpose,
                        restricted.on,
                        instant_text(restricted.since_at),
                        restricted.by_name,
                        restricted.event_id,
                    ),
                )
        case "permission":
            connection.execute(
                "DELETE FROM overlay_permission WHERE patient_id = ? AND channel = ? AND purpose = ?", key
            )
            permitted = project.permission(in_force)
            if permitted is not None:
                connection.execute(
                    "INSERT INTO overlay_permission VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        *key,
                        permitted.state.value,
                        instant_text(permitted.changed_at),
                        permitted.by_name,
                        permitted.how,
                        permitted.wording,
                        permitted.event_id,
                    ),
                )
        case "recipient":
            connection.execute("DELETE FROM overlay_recipient WHERE campaign_id = ?", key)
            connection.executemany(
                "INSERT INTO overlay_recipient VALUES (?, ?, ?, ?)",
                [
                    (line_id, *key, decided.choice.value, decided.event_id)
                    for line_id, decided in project.doubts(in_force).items()
                ],
            )
        case "reply":
            connection.execute("DELETE FROM overlay_reply WHERE reply_id = ?", key)
            marked = project.reply(in_force)
            if marked is not None:
                connection.execute(
                    "INSERT INTO overlay_reply VALUES (?, ?, ?, ?, ?)",
                    (
                        *key,
                        marked.state.value,
                        marked.by_name,
                        None if marked.at is None else instant_text(marked.at),
                        marked.event_id,
                    ),
                )
        case _:
            if all(event.kind is not EventKind.DRAFT_SAVE for event in in_force):
                in_force = [*_refused_draft(connection, key[0], subject), *in_force]
            _campaign(connection, key[0], project.campaign(in_force, user_id))


def overlay_all(connection: "sqlite3.Connection", user_id: str) -> None:
    """Make the overlay of everything that waits: after pending events came from elsewhere."""
    subjects = connection.execute("SELECT DISTINCT subject FROM pending_event").fetchall()
    for (subject,) in subjects:
        overlay_subject(connection, str(subject), user_id)


def overlay_refused_drafts(connection: "sqlite3.Connection", user_id: str) -> None:
    """Once the server's campaigns have come or gone: a refused draft shows as long as the server has none."""
    refused = connection.execute(
        f"SELECT DISTINCT subject FROM pending_event WHERE kind = ? AND {_REFUSED}",
        (EventKind.DRAFT_SAVE.value,),
    ).fetchall()
    for (subject,) in refused:
        overlay_subject(connection, str(subject), user_id)


def _refused_draft(connection: "sqlite3.Connection", campaign_id: str, subject: str) -> list[PendingEvent]:
    """The last version of a new campaign that the server would not have: it is nowhere else."""
    if connection.execute("SELECT 1 FROM campaign WHERE id = ?", (campaign_id,)).fetchone() is not None:
        return []
    kind = EventKind.DRAFT_SAVE.value
    return events.read(connection, f"subject = ? AND kind = ? AND {_REFUSED}", subject, kind)[-1:]


def _campaign(
    connection: "sqlite3.Connection", campaign_id: str, overlay: project.CampaignOverlay | None
) -> None:
    connection.execute("DELETE FROM overlay_campaign WHERE campaign_id = ?", (campaign_id,))
    if overlay is None:
        return
    connection.execute(
        """INSERT INTO overlay_campaign (campaign_id, deleted, owner_id, owner_name, name, purpose, kind,
          channel_policy, location_ids, content, scheduled_at, base_revision, updated_at, asked, event_id)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            campaign_id,
            overlay.deleted,
            overlay.owner_id,
            overlay.owner_name,
            overlay.name,
            overlay.purpose,
            overlay.kind,
            overlay.channel_policy,
            overlay.location_ids,
            overlay.content,
            None if overlay.scheduled_at is None else instant_text(overlay.scheduled_at),
            overlay.base_revision,
            instant_text(overlay.updated_at),
            " ".join(kind.value for kind in overlay.asked),
            overlay.event_id,
        ),
    )


def overlay_calls(connection: "sqlite3.Connection") -> None:
    """All of them: a number added to a file reaches calls that no event names."""
    connection.execute("DELETE FROM overlay_call")
    waiting = ",".join(f"'{state.value}'" for state in sorted(WAITING))
    for event in events.read(connection, f"kind LIKE 'call.%' AND {_IN_FORCE}"):
        overlay = project.call(event)
        values = (
            overlay.state.value,
            overlay.method,
            overlay.patient_id,
            overlay.by_name,
            instant_text(overlay.at),
            overlay.event_id,
        )
        connection.execute(
            "INSERT OR REPLACE INTO overlay_call VALUES (?, ?, ?, ?, ?, ?, ?)", (overlay.call_id, *values)
        )
        if overlay.number_too:
            connection.execute(
                f"""INSERT INTO overlay_call SELECT c.id, ?, ?, ?, ?, ?, ? FROM call_now c
                WHERE c.state IN ({waiting}) AND c.from_e164 = (SELECT from_e164 FROM call WHERE id = ?)""",
                (*values, overlay.call_id),
            )
