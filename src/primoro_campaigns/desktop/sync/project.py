"""What pending events make of the server's copy. Pure: the cache stores the answers as its overlay."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent
from primoro_campaigns.domain.call.model import MatchMethod, MatchState
from primoro_campaigns.domain.consent.model import PermissionState
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.reply.model import ReplyState


@dataclass(frozen=True)
class RestrictionOverlay:
    """What holds of one patient and purpose, whatever the server's copy says."""

    on: bool
    since_at: datetime
    by_name: str
    event_id: str


@dataclass(frozen=True)
class PermissionOverlay:
    """What holds of one patient, channel and purpose, whatever the server's copy says."""

    state: PermissionState
    changed_at: datetime
    by_name: str
    how: str
    wording: str
    event_id: str


@dataclass(frozen=True)
class CampaignOverlay:
    """Fields that are None are as the server's copy has them. ``asked`` are requests, which change nothing
    here.

    ``content`` is JSON text; the fields before it repeat what lists need of it.
    """

    updated_at: datetime
    event_id: str
    deleted: bool = False
    owner_id: str | None = None
    owner_name: str | None = None
    name: str | None = None
    purpose: str | None = None
    kind: str | None = None
    channel_policy: str | None = None
    location_ids: str | None = None
    scheduled_at: datetime | None = None
    content: str | None = None
    base_revision: int | None = None
    asked: tuple[EventKind, ...] = ()


@dataclass(frozen=True)
class CallOverlay:
    """What holds of one call. ``number_too``: also of every waiting call from the same number."""

    call_id: str
    state: MatchState
    method: str
    patient_id: str | None
    by_name: str
    at: datetime
    event_id: str
    number_too: bool = False


@dataclass(frozen=True)
class ReplyOverlay:
    """What holds of one reply. ``by_name`` is empty and ``at`` None where it is unread again."""

    state: ReplyState
    by_name: str
    at: datetime | None
    event_id: str


@dataclass(frozen=True)
class DoubtOverlay:
    """What was decided here about one message that is not certain."""

    choice: Choice
    event_id: str


def restriction(events: Iterable[PendingEvent]) -> RestrictionOverlay | None:
    """``events`` of one patient and purpose, oldest first: the last one holds."""
    last = _last(events)
    if last is None:
        return None
    return RestrictionOverlay(last.payload["on"] is True, last.made_at, last.by_name, last.event_id)


def permission(events: Iterable[PendingEvent]) -> PermissionOverlay | None:
    """``events`` of one patient, channel and purpose, oldest first: the last one holds."""
    last = _last(events)
    if last is None:
        return None
    payload = last.payload
    return PermissionOverlay(
        state=PermissionState(str(payload["state"])),
        changed_at=last.made_at,
        by_name=last.by_name,
        how=str(payload.get("how", "")),
        wording=str(payload.get("wording", "")),
        event_id=last.event_id,
    )


def campaign(events: Iterable[PendingEvent], user_id: str) -> CampaignOverlay | None:
    """``events`` of one campaign, oldest first, made by ``user_id``."""
    overlay: CampaignOverlay | None = None
    for event in events:
        before = overlay or CampaignOverlay(event.made_at, event.event_id)
        overlay = _campaign_step(before, event, user_id)
    return overlay


def call(event: PendingEvent) -> CallOverlay:
    """What one act says of its call; a later act on the same call takes its place."""
    call_id = str(event.payload["call_id"])
    if event.kind is EventKind.IGNORE_CALL:
        return CallOverlay(
            call_id, MatchState.IGNORED, "", None, event.by_name, event.made_at, event.event_id
        )
    added = event.payload.get("add_number") is True
    method = MatchMethod.NUMBER_ADDED_TO_FILE if added else MatchMethod.MANUAL_ONCE
    return CallOverlay(
        call_id,
        MatchState.MATCHED_BY_HAND,
        method.value,
        str(event.payload["patient_id"]),
        event.by_name,
        event.made_at,
        event.event_id,
        added,
    )


def reply(events: Iterable[PendingEvent]) -> ReplyOverlay | None:
    """``events`` of one reply, oldest first: the last one holds."""
    last = _last(events)
    if last is None:
        return None
    if last.payload["handled"] is not True:
        return ReplyOverlay(ReplyState.UNREAD, "", None, last.event_id)
    return ReplyOverlay(ReplyState.HANDLED, last.by_name, last.made_at, last.event_id)


def doubts(events: Iterable[PendingEvent]) -> dict[str, DoubtOverlay]:
    """``events`` of one campaign's ledger, oldest first: by line, what was decided last."""
    decided: dict[str, DoubtOverlay] = {}
    for event in events:
        lines = event.payload["line_ids"]
        if not isinstance(lines, list):
            raise TypeError("a decision names its lines in a list")
        overlay = DoubtOverlay(Choice(str(event.payload["choice"])), event.event_id)
        decided |= dict.fromkeys(map(str, lines), overlay)
    return decided


def _last(events: Iterable[PendingEvent]) -> PendingEvent | None:
    last = None
    for last in events:  # noqa: B007  # the loop is for its last value
        pass
    return last


def _campaign_step(before: CampaignOverlay, event: PendingEvent, user_id: str) -> CampaignOverlay:
    changed = replace(before, event_id=event.event_id)
    match event.kind:
        case EventKind.DRAFT_SAVE:
            content = event.payload["content"]
            if not isinstance(content, Mapping):
                raise TypeError("a draft's content is a JSON object")
            scheduled = content.get("scheduled_at")
            base = event.payload["base_revision"]
            return replace(
                changed,
                updated_at=event.made_at,
                deleted=False,
                owner_id=before.owner_id or (user_id if base == 0 else None),
                owner_name=before.owner_name or (event.by_name if base == 0 else None),
                name=str(content["name"]),
                purpose=str(content["purpose"]),
                kind=str(content["kind"]),
                channel_policy=str(content["channel_policy"]),
                location_ids=json.dumps(content["location_ids"]),
                scheduled_at=None if scheduled is None else datetime.fromisoformat(str(scheduled)),
                content=json.dumps(content, ensure_ascii=False),
                base_revision=int(str(base)),
            )
        case EventKind.DRAFT_DELETE:
            return replace(changed, updated_at=event.made_at, deleted=True)
        case EventKind.DRAFT_TAKE_OVER:
            return replace(changed, updated_at=event.made_at, owner_id=user_id, owner_name=event.by_name)
        case _:
            return replace(changed, asked=(*before.asked, event.kind))
