"""Campaigns as they will be once what waits here has arrived, and what became of each, patient by patient."""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.text import instant, instant_or_none, instant_text
from primoro_campaigns.desktop.sync.pending import EventKind
from primoro_campaigns.domain.campaign.model import ACTIVE, ChannelPolicy, Kind, State
from primoro_campaigns.domain.consent.model import Channel, Purpose, Refusal
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.delivery.held import WAITS_WORDS
from primoro_campaigns.domain.delivery.model import UNDELIVERED, DeliveryState
from primoro_campaigns.domain.ids import CampaignId, DeliveryId, LocationId, PatientId, UserId

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True)
class CampaignRow:
    """One line of the list.

    ``revision`` is 0 for a draft the server does not have yet. ``fingerprint`` is empty while edits wait
    here: what is approved or submitted must be what the server holds. ``asked`` are acts that wait for the
    server's answer (submit, approve, pause, resume, cancel), oldest first; they do not change ``state``.
    ``problem`` is in words.
    """

    campaign_id: CampaignId
    owner_id: UserId
    owner_name: str
    name: str
    revision: int
    state: State
    purpose: Purpose
    kind: Kind
    channel_policy: ChannelPolicy
    location_ids: tuple[LocationId, ...]
    fingerprint: str
    scheduled_at: datetime | None
    approved_by_name: str
    approved_at: datetime | None
    created_at: datetime
    updated_at: datetime
    archived: bool
    recipients: int
    planned: int
    claimed: int
    sent: int
    failed: int
    skipped: int
    unknown: int
    problem: str
    asked: tuple[EventKind, ...]
    pending: bool


@dataclass(frozen=True)
class CampaignText:
    """A campaign to be opened. ``content`` is JSON for ``wire.campaign.content_from_json``.

    ``base_revision`` is what to hand to ``Outbox.save_draft`` for as long as the composer stays open.
    """

    row: CampaignRow
    content: str
    base_revision: int


@dataclass(frozen=True)
class CampaignFilter:
    """What the list shows. ``kinds`` is the tab; ``text`` is looked for in the names and owners' names."""

    kinds: frozenset[Kind] = frozenset(Kind)
    states: frozenset[State] = frozenset(State)
    text: str = ""
    archived: bool = False


@dataclass(frozen=True)
class CampaignCounters:
    """How many campaigns of the filter are in each state of the counter strip; ``states`` of the filter is
    left out.
    """

    total: int
    active: int
    completed: int
    paused: int
    draft: int


@dataclass(frozen=True)
class RecipientRow:
    """One line of the results. ``name`` is empty when the patient is no longer within what this person may
    see. ``decided`` is what was decided here of one that is not certain and the server has not answered yet.
    """

    delivery_id: DeliveryId
    patient_id: PatientId
    name: str
    channel: Channel | None
    address: str
    state: DeliveryState
    reason: Refusal | None
    detail: str
    why_channel: str
    provider_status: str
    at: datetime
    decided: Choice | None


_COLUMNS = """id, owner_id, owner_name, name, revision, state, purpose, kind, channel_policy, location_ids,
  fingerprint, scheduled_at, approved_by_name, approved_at, created_at, updated_at, archived, recipients,
  planned, claimed, sent, failed, skipped, unknown, problem, asked, pending"""

_RECIPIENTS = """SELECT r.id, r.patient_id,
    trim(coalesce(p.given_name, '') || ' ' || coalesce(p.family_name, '')),
    r.channel, r.address, r.state, r.reason, r.detail, r.why_channel, r.provider_status, r.at, o.choice
  FROM recipient r LEFT JOIN patient p ON p.id = r.patient_id
  LEFT JOIN overlay_recipient o ON o.recipient_id = r.id"""

_ALL = -1
"""SQLite's LIMIT for no limit."""

_SORTS = {
    "name": "name COLLATE NOCASE",
    "state": "state",
    "owner": "owner_name COLLATE NOCASE",
    "updated": "updated_at",
    "scheduled": "scheduled_at",
    "recipients": "recipients",
    "sent": "sent",
}
"""The sort keys ``Campaigns.page`` understands."""


class Campaigns:
    """Reads only; what a person changes goes through the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        wanted: CampaignFilter,
        limit: int,
        offset: int = 0,
        sort: str = "updated",
        descending: bool = True,
    ) -> list[CampaignRow]:
        """Server copies and local drafts together. ``sort`` is one of name, state, owner, updated,
        scheduled, …
        """
        where, values = _where(wanted, with_states=True)
        way = "DESC" if descending else "ASC"
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM campaign_now WHERE {where} ORDER BY {_SORTS[sort]} {way}, id {way}"
                " LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
        return [_campaign_row(row) for row in rows]

    def count(self, wanted: CampaignFilter) -> int:
        where, values = _where(wanted, with_states=True)
        with self._database.read() as connection:
            (number,) = connection.execute(
                f"SELECT count(*) FROM campaign_now WHERE {where}", values
            ).fetchone()
        return int(number)

    def counters(self, wanted: CampaignFilter) -> CampaignCounters:
        """The counter strip: follows every part of the filter but its states."""
        where, values = _where(wanted, with_states=False)
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT state, count(*) FROM campaign_now WHERE {where} GROUP BY state", values
            ).fetchall()
        by_state = {State(state): int(number) for state, number in rows}
        return CampaignCounters(
            total=sum(by_state.values()),
            active=sum(by_state.get(state, 0) for state in ACTIVE),
            completed=by_state.get(State.COMPLETED, 0),
            paused=by_state.get(State.PAUSED, 0),
            draft=by_state.get(State.DRAFT, 0) + by_state.get(State.PENDING_APPROVAL, 0),
        )

    def waiting_for_approval(self) -> int:
        """For the counter on the Campaigns button."""
        with self._database.read() as connection:
            (number,) = connection.execute(
                "SELECT count(*) FROM campaign_now WHERE state = 'pending_approval' AND archived = 0"
            ).fetchone()
        return int(number)

    def get(self, campaign_id: CampaignId) -> CampaignText | None:
        """None when there is no such campaign (any more) within what this person may see."""
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS}, content, coalesce(base_revision, revision) FROM campaign_now"
                " WHERE id = ?",
                (campaign_id,),
            ).fetchone()
        return None if row is None else CampaignText(_campaign_row(row[:-2]), row[-2], int(row[-1]))

    def server_content(self, campaign_id: CampaignId) -> tuple[int, str] | None:
        """The server's own revision and content, without what waits here: the other side of a conflict."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT revision, content FROM campaign WHERE id = ?", (campaign_id,)
            ).fetchone()
        return None if row is None else (int(row[0]), str(row[1]))

    def name_taken(self, name: str, besides: CampaignId) -> bool:
        """Whether another campaign this person can see has this name. The server has the last word
        (domain.md C06).
        """
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT 1 FROM campaign_now WHERE name = ? COLLATE NOCASE AND id <> ? LIMIT 1",
                (name.strip(), besides),
            ).fetchone()
        return row is not None

    def results(
        self,
        campaign_id: CampaignId,
        limit: int,
        offset: int = 0,
        states: frozenset[DeliveryState] = frozenset(DeliveryState),
        reasons: frozenset[Refusal] | None = None,
    ) -> list[RecipientRow]:
        """Who got it and who did not, by name; ``reasons`` narrows skipped rows to those reasons."""
        where, values = _results_where(campaign_id, states, reasons)
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_RECIPIENTS} WHERE {where} ORDER BY p.place IS NULL, p.place, r.id LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
        return [_recipient_row(row) for row in rows]

    def results_count(
        self,
        campaign_id: CampaignId,
        states: frozenset[DeliveryState] = frozenset(DeliveryState),
        reasons: frozenset[Refusal] | None = None,
    ) -> int:
        where, values = _results_where(campaign_id, states, reasons)
        with self._database.read() as connection:
            (number,) = connection.execute(
                f"SELECT count(*) FROM recipient r WHERE {where}", values
            ).fetchone()
        return int(number)

    def recipients(self, campaign_id: CampaignId, patient_id: PatientId) -> list[RecipientRow]:
        """What became of one patient's message; several lines where a campaign reached them repeatedly."""
        with self._database.read() as connection:
            rows = connection.execute(
                f"{_RECIPIENTS} WHERE r.campaign_id = ? AND r.patient_id = ? ORDER BY r.at, r.id",
                (campaign_id, patient_id),
            ).fetchall()
        return [_recipient_row(row) for row in rows]

    def doubts(self, campaign_id: CampaignId) -> list[RecipientRow]:
        """The messages that are not certain and about which nothing was decided here yet, by name."""
        unknown = self.results(campaign_id, _ALL, states=frozenset({DeliveryState.UNKNOWN}))
        return [row for row in unknown if row.decided is None]

    def held(self, campaign_id: CampaignId) -> int:
        """How many wait because they rest or have had enough for now."""
        with self._database.read() as connection:
            (found,) = connection.execute(
                "SELECT count(*) FROM recipient"
                " WHERE campaign_id = ? AND state = 'planned' AND substr(detail, 1, ?) = ?",
                (campaign_id, len(WAITS_WORDS), WAITS_WORDS),
            ).fetchone()
        return int(found)

    def skipped_by_reason(self, campaign_id: CampaignId) -> dict[Refusal, int]:
        """How many were not written to, by reason, most first."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT reason, count(*) FROM recipient"
                " WHERE campaign_id = ? AND state = 'skipped' AND replaced IS NOT 1"
                " GROUP BY reason ORDER BY 2 DESC, 1",
                (campaign_id,),
            ).fetchall()
        return {Refusal(reason): int(number) for reason, number in rows}

    def not_reached(self, campaign_id: CampaignId) -> int:
        """How many it certainly did not reach: it failed, or came back (``storage.not_reached_sql``)."""
        statuses = sorted(UNDELIVERED)
        marks = ",".join("?" * len(statuses))
        with self._database.read() as connection:
            (number,) = connection.execute(
                "SELECT count(*) FROM recipient WHERE campaign_id = ? AND replaced IS NOT 1"
                f" AND (state = 'failed' OR (state = 'sent' AND provider_status IN ({marks})))",
                (campaign_id, *statuses),
            ).fetchone()
        return int(number)

    def written_since(self, campaign_id: CampaignId, since: datetime) -> int:
        """How many messages of it left, or may have left, since then."""
        with self._database.read() as connection:
            (number,) = connection.execute(
                "SELECT count(*) FROM recipient WHERE campaign_id = ? AND state IN ('sent', 'unknown')"
                " AND at >= ?",
                (campaign_id, instant_text(since)),
            ).fetchone()
        return int(number)


def _where(wanted: CampaignFilter, *, with_states: bool) -> tuple[str, list[object]]:
    parts, values = ["archived = ?"], [wanted.archived]  # type: tuple[list[str], list[object]]
    _among(parts, values, "kind", [kind.value for kind in wanted.kinds], len(Kind))
    if with_states:
        _among(parts, values, "state", [state.value for state in wanted.states], len(State))
    for word in wanted.text.split():
        parts.append("(instr(lower(name), lower(?)) OR instr(lower(owner_name), lower(?)))")
        values += [word, word]
    return " AND ".join(parts), values


def _results_where(
    campaign_id: CampaignId, states: frozenset[DeliveryState], reasons: frozenset[Refusal] | None
) -> tuple[str, list[object]]:
    parts, values = ["r.campaign_id = ?", "r.replaced IS NOT 1"], [campaign_id]  # type: tuple[list[str], list[object]]
    _among(parts, values, "r.state", [state.value for state in states], len(DeliveryState))
    if reasons is not None:
        _among(parts, values, "r.reason", [reason.value for reason in reasons], -1)
    return " AND ".join(parts), values


def _among(parts: list[str], values: list[object], column: str, wanted: list[str], everything: int) -> None:
    if len(wanted) != everything:
        parts.append(f"{column} IN ({','.join('?' * len(wanted))})")
        values += sorted(wanted)


def _campaign_row(row: "sqlite3.Row | tuple[str, ...]") -> CampaignRow:
    return CampaignRow(
        campaign_id=CampaignId(row[0]),
        owner_id=UserId(row[1]),
        owner_name=row[2],
        name=row[3],
        revision=int(row[4]),
        state=State(row[5]),
        purpose=Purpose(row[6]),
        kind=Kind(row[7]),
        channel_policy=ChannelPolicy(row[8]),
        location_ids=tuple(LocationId(each) for each in json.loads(row[9])),
        fingerprint=row[10],
        scheduled_at=instant_or_none(row[11]),
        approved_by_name=row[12],
        approved_at=instant_or_none(row[13]),
        created_at=instant(row[14]),
        updated_at=instant(row[15]),
        archived=bool(row[16]),
        recipients=int(row[17]),
        planned=int(row[18]),
        claimed=int(row[19]),
        sent=int(row[20]),
        failed=int(row[21]),
        skipped=int(row[22]),
        unknown=int(row[23]),
        problem=row[24],
        asked=tuple(EventKind(each) for each in row[25].split()),
        pending=bool(row[26]),
    )


def _recipient_row(row: "sqlite3.Row | tuple[str, ...]") -> RecipientRow:
    return RecipientRow(
        delivery_id=DeliveryId(row[0]),
        patient_id=PatientId(row[1]),
        name=row[2],
        channel=Channel(row[3]) if row[3] else None,
        address=row[4],
        state=DeliveryState(row[5]),
        reason=Refusal(row[6]) if row[6] else None,
        detail=row[7],
        why_channel=row[8],
        provider_status=row[9],
        at=instant(row[10]),
        decided=Choice(row[11]) if row[11] else None,
    )
