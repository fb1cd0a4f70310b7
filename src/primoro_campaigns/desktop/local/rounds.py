"""What a round of the sync takes from the outbox, and what the server's answers make of it."""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local import events
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.overlay import overlay_subject
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent
from primoro_campaigns.desktop.sync.rows import Answered

if TYPE_CHECKING:
    import sqlite3


def take(database: Database, limit: int) -> list[PendingEvent]:
    """The next events to send, oldest first, now marked as sent: from here on their payload never changes.

    A withdrawal of consent goes before everything else and only with what stands before it on the same
    patient and purpose, so that nothing large or faulty can hold it up and the order on its own subject
    stays. Of a draft one version goes at a time.
    """
    with database.write(durable=True) as connection:
        found = events.read(
            connection,
            """state IN ('waiting', 'sent') AND subject IN (
                 SELECT subject FROM pending_event WHERE withdraws = 1 AND state IN ('waiting', 'sent'))""",
        ) or events.read(connection, "state IN ('waiting', 'sent')")
        accepted = events.read(connection, "state = 'applied' AND kind = ?", EventKind.DRAFT_SAVE.value)
        chosen = list(_one_version_each(found, {_draft_of(each) for each in accepted}))[:limit]
        connection.executemany(
            "UPDATE pending_event SET state = 'sent', attempts = attempts + 1 WHERE id = ?",
            [(event.event_id,) for event in chosen],
        )
    return chosen


def settle(
    connection: "sqlite3.Connection", answers: Iterable[Answered], complete: bool, user_id: str
) -> set[str]:
    """Mark what was answered; forget what was applied once its effects are in (``complete``).

    Returns the subjects whose overlay changed. Part of the transaction that also takes in the rows.
    """
    subjects: set[str] = set()
    for answer in answers:
        row = connection.execute(
            "UPDATE pending_event SET state = ?, title = ?, advice = ?, code = ?"
            " WHERE id = ? AND state <> 'applied' RETURNING subject, kind, payload",
            (answer.outcome, answer.title, answer.advice, answer.code, answer.event_id),
        ).fetchone()
        if row is None:
            continue
        subjects.add(str(row[0]))
        if row[1] == EventKind.DRAFT_SAVE.value:
            _saved(connection, json.loads(row[2]), applied=answer.outcome == "applied")
    if complete:
        gone = connection.execute(
            "DELETE FROM pending_event WHERE state = 'applied' RETURNING subject, kind, payload"
        ).fetchall()
        subjects.update(str(subject) for subject, _, _ in gone)
        saved = [json.loads(payload) for _, kind, payload in gone if kind == EventKind.DRAFT_SAVE.value]
        _stand_on_what_came_back(connection, saved)
    for subject in subjects:
        overlay_subject(connection, subject, user_id)
    return subjects


def _one_version_each(found: Sequence[PendingEvent], saved: set[str]) -> Iterator[PendingEvent]:
    """What follows a version of a draft stands on the revision that the version gets.

    Which one that is is known once it has come back: sent before, what follows could fit another desk's
    version instead. ``saved`` are the drafts of which a version was accepted and has not come back yet.
    """
    held: set[str] = set()
    for event in found:
        campaign_id = _draft_of(event)
        if event.kind in _STANDS_ON_A_REVISION and campaign_id in saved:
            held.add(campaign_id)
        if campaign_id and campaign_id in held:
            continue
        if event.kind is EventKind.DRAFT_SAVE:
            saved.add(campaign_id)
        yield event


def _draft_of(event: PendingEvent) -> str:
    return str(event.payload.get("campaign_id", ""))


def _saved(connection: "sqlite3.Connection", payload: Mapping[str, object], *, applied: bool) -> None:
    """The server has made a revision of the draft, or not: what waits behind it stands on what there is."""
    base = int(str(payload["base_revision"]))
    if applied:
        connection.execute(
            "INSERT INTO draft_base VALUES (?, ?)"
            " ON CONFLICT (campaign_id) DO UPDATE SET revision = max(revision, excluded.revision)",
            (payload["campaign_id"], base + 1),
        )
    else:
        _stand_on(connection, str(payload["campaign_id"]), base)


def _stand_on_what_came_back(connection: "sqlite3.Connection", saved: Iterable[Mapping[str, object]]) -> None:
    """All that was accepted is in: where the server has just what was saved here, the next save stands on it.

    Its revision need not be the one that was counted on: a save may have changed nothing, or have brought
    back a deleted draft. And a server that was put back from a copy counts from an earlier one.
    """
    connection.execute(
        "DELETE FROM draft_base WHERE revision > coalesce("
        "(SELECT revision FROM campaign WHERE id = campaign_id), 0)"
    )
    for payload in saved:
        campaign_id = str(payload["campaign_id"])
        row = connection.execute(
            "SELECT revision, content FROM campaign WHERE id = ?", (campaign_id,)
        ).fetchone()
        if row is not None and json.loads(row[1]) == payload["content"]:
            connection.execute("INSERT OR REPLACE INTO draft_base VALUES (?, ?)", (campaign_id, int(row[0])))
            _stand_on(connection, campaign_id, int(row[0]))


def _stand_on(connection: "sqlite3.Connection", campaign_id: str, revision: int) -> None:
    kinds = ",".join(f"'{kind.value}'" for kind in sorted(_STANDS_ON_A_REVISION))
    connection.execute(
        "UPDATE pending_event SET payload = json_set(payload, '$.base_revision', ?)"
        f" WHERE subject = ? AND state = 'waiting' AND kind IN ({kinds})",
        (revision, f"campaign:{campaign_id}"),
    )


_STANDS_ON_A_REVISION = frozenset({EventKind.DRAFT_SAVE, EventKind.DRAFT_DELETE})
