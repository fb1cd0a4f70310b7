"""Campaigns from the first draft to the last message: who may do what to them, and when."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.campaign import lifecycle
from primoro_campaigns.domain.campaign.fingerprint import fingerprint
from primoro_campaigns.domain.campaign.lawful_basis import on_record
from primoro_campaigns.domain.campaign.lifecycle import ACT_RIGHTS, GOES_LIVE, Act
from primoro_campaigns.domain.campaign.model import Content, Kind, State, Timing
from primoro_campaigns.domain.campaign.review import require_sendable
from primoro_campaigns.domain.errors import ConflictError
from primoro_campaigns.domain.schedule.window import is_late
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.campaign import errors, store
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.run_book import RunBook, begun, places, touch
from primoro_campaigns.server.campaign.sending import Sending, review_facts, sending
from primoro_campaigns.server.campaign.store import CampaignRow
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.campaign import Act as ActOn
from primoro_campaigns.wire.campaign import (
    Approve,
    DraftDelete,
    DraftSave,
    Resend,
    Submit,
    content_from_json,
    content_to_json,
)
from primoro_campaigns.wire.sync import Event

STALE_AFTER = timedelta(hours=1)
"""An approval to send at once that took longer to arrive is asked again."""

RunCancelled = Callable[[UnitOfWork, RunRow], None]
"""What delivery does with the lines of a cancelled run that are still waiting."""

AnybodyLeft = Callable[[Connection, str], bool]
"""Whether the runs of a campaign left anybody whom they certainly did not reach; the ledger knows."""


class CampaignService(RunBook):
    """``poke`` tells the worker, after the commit, that there may be something to do."""

    def __init__(
        self, run_cancelled: RunCancelled, anybody_left: AnybodyLeft, poke: Callable[[], None]
    ) -> None:
        self._run_cancelled = run_cancelled
        self._anybody_left = anybody_left
        self._poke = poke

    def save(
        self, uow: UnitOfWork, actor: Actor, made_at: datetime, asked: DraftSave
    ) -> ConflictError | None:
        """Keep a draft.

        Returns a conflict, with both versions kept, when somebody else saved a newer revision than the author
        started from. Raises ``NameTakenError``, ``NotYoursError``, ``OtherLocationsError``, ``NotNowError``.
        """
        actor.require(Right.DRAFT)
        content = asked.content
        _require_locations(actor, content)
        found = store.find(uow.connection, asked.campaign_id, lock=True)
        if found is None:
            self._require_free_name(uow, content.name, asked.campaign_id)
            self._add(uow, actor, asked.campaign_id, content)
            return None
        _require_sight(actor, found)
        if fingerprint(content) == found.fingerprint:
            return None
        if asked.base_revision != found.revision:
            copy_name = self._keep_copy(uow, actor, made_at, content)
            return errors.BothKeptError(found.name, copy_name, found.owner_name)
        _require_hand(actor, found)
        run = store.latest_run(uow.connection, found.id)
        state = lifecycle.move(found.state, Act.EDIT, found.kind, begun=begun(run))
        self._require_free_name(uow, content.name, found.id)
        self._end_runs(uow, found.id)
        values = {
            **_content_values(content),
            "revision": found.revision + 1,
            "state": state.value,
            "scheduled_at": content.scheduled_at,
            "approved_by_name": "",
            "approved_at": None,
            "updated_at": uow.now,
            "problem": "",
        }
        if found.owner_id != actor.user_id:
            values |= _ownership(actor)
            audit.record(uow, actor, "campaign.taken_over", found.id)
        store.change(uow.connection, found.id, values)
        touch(uow, found.id, content.location_ids, before=found.location_ids)
        if state is not found.state:
            audit.record(uow, actor, "campaign.reopened", found.id)
        return None

    def take_over(self, uow: UnitOfWork, actor: Actor, campaign_id: str) -> None:
        """The draft is now this person's own; recorded."""
        actor.require(Right.MANAGE)
        found = self._found(uow, actor, campaign_id)
        if found.owner_id == actor.user_id:
            return
        store.change(uow.connection, found.id, {**_ownership(actor), "updated_at": uow.now})
        touch(uow, found.id, found.location_ids)
        audit.record(uow, actor, "campaign.taken_over", found.id)

    def delete(self, uow: UnitOfWork, actor: Actor, asked: DraftDelete) -> None:
        """Delete a draft that was never sent. A draft that is gone already is no error."""
        actor.require(Right.DRAFT)
        found = store.find(uow.connection, asked.campaign_id, lock=True)
        if found is None:
            return
        _require_sight(actor, found)
        _require_hand(actor, found)
        if found.state is not State.DRAFT or store.ever_begun(uow.connection, found.id):
            raise errors.SentBeforeError
        if asked.base_revision != found.revision:
            raise errors.ChangedSinceError(found.name)
        store.remove(uow.connection, found.id)
        uow.changes.gone(Room.CAMPAIGN, found.id, places(found.location_ids))
        audit.record(uow, actor, "campaign.deleted", found.id)

    def submit(self, uow: UnitOfWork, actor: Actor, asked: Submit) -> None:
        """Ask for approval. Raises ``ChangedSinceError``, ``ContentRefusedError``, ``NotNowError``."""
        actor.require(Right.DRAFT)
        found = self._found(uow, actor, asked.campaign_id)
        _require_hand(actor, found)
        _require_same(found, asked.fingerprint)
        content = content_from_json(found.content)
        _require_locations(actor, content)
        state = lifecycle.move(found.state, Act.SUBMIT, found.kind)
        require_sendable(content, review_facts(uow.connection, content, uow.now, sending(uow.connection)))
        self.set_state(uow, found, state)
        audit.record(uow, actor, "campaign.submitted", found.id, on_record(content, with_note=False))

    def approve(self, uow: UnitOfWork, actor: Actor, made_at: datetime, asked: Approve) -> None:
        """Approve exactly this content and schedule its run, now or later.

        Who may approve may do so straight from the draft, which submits it as well. Raises
        ``ChangedSinceError``, ``ContentRefusedError``, ``OutsideWindowError``, ``StaleApprovalError``,
        ``NotNowError``.
        """
        actor.require(Right.APPROVE)
        found = self._found(uow, actor, asked.campaign_id)
        _require_same(found, asked.fingerprint)
        approved = content_from_json(found.content)
        _require_locations(actor, approved)
        if found.kind is Kind.JOURNEY:
            raise errors.KindNotReadyError
        state = found.state
        if state is State.DRAFT:
            actor.require(Right.DRAFT)
            state = lifecycle.move(state, Act.SUBMIT, found.kind)
        state = lifecycle.move(state, Act.APPROVE, found.kind)
        decided = sending(uow.connection)
        # The time that is approved counts, not the one that the author had in mind.
        judged = replace(approved, timing=asked.timing, scheduled_at=asked.scheduled_at)
        live = found.kind in GOES_LIVE
        due_at = _due_at(uow.now, made_at, asked, decided, waits=live)
        require_sendable(judged, review_facts(uow.connection, judged, uow.now, decided))
        values: dict[str, object] = {
            "approved_by": actor.user_id or "",
            "approved_by_name": actor.display_name,
            "approved_at": uow.now,
            "scheduled_at": due_at,
            "problem": "",
        }
        basis = on_record(approved, with_note=False)
        if live:
            self.set_state(uow, found, state, {**values, "look_at": due_at})
            detail = f"live; use of health data: {basis}" if basis else "live"
            audit.record(uow, actor, "campaign.approved", found.id, detail)
            uow.after_commit.append(self._poke)
            return
        run = self._add_run(
            uow,
            actor,
            found,
            due_at,
            outside_window=asked.outside_window,
            # A new revision goes to those whom the others did not reach: nobody has it twice.
            only_not_reached=store.ever_begun(uow.connection, found.id),
        )
        self.set_state(uow, found, state, values)
        detail = f"run {run.id}; use of health data: {basis}" if basis else f"run {run.id}"
        audit.record(uow, actor, "campaign.approved", found.id, detail)
        uow.after_commit.append(self._poke)

    def resend(self, uow: UnitOfWork, actor: Actor, made_at: datetime, asked: Resend) -> None:
        """Send the same message to those whom it certainly did not reach, within the sending hours.

        Raises ``ChangedSinceError``, ``ContentRefusedError``, ``NobodyLeftError``, ``StaleApprovalError``,
        ``NotNowError``.
        """
        actor.require(ACT_RIGHTS[Act.RESEND])
        found = self._found(uow, actor, asked.campaign_id)
        state = lifecycle.move(found.state, Act.RESEND, found.kind)
        _require_same(found, asked.fingerprint)
        content = content_from_json(found.content)
        _require_locations(actor, content)
        decided = sending(uow.connection)
        _require_fresh(uow.now, made_at, decided)
        if not self._anybody_left(uow.connection, found.id):
            raise errors.NobodyLeftError
        judged = replace(content, timing=Timing.INSTANT, scheduled_at=None)
        require_sendable(judged, review_facts(uow.connection, judged, uow.now, decided))
        run = self._add_run(uow, actor, found, uow.now, outside_window=False, only_not_reached=True)
        self.set_state(uow, found, state, {"scheduled_at": uow.now, "problem": ""})
        audit.record(uow, actor, "campaign.resent", found.id, f"run {run.id}")
        uow.after_commit.append(self._poke)

    def _add_run(
        self,
        uow: UnitOfWork,
        actor: Actor,
        found: CampaignRow,
        due_at: datetime,
        *,
        outside_window: bool,
        only_not_reached: bool,
    ) -> RunRow:
        run = RunRow(
            id=new_id(),
            campaign_id=found.id,
            revision=found.revision,
            fingerprint=found.fingerprint,
            content=found.content,
            state="scheduled",
            due_at=due_at,
            approved_by=actor.user_id or "",
            approved_at=uow.now,
            outside_window=outside_window,
            only_not_reached=only_not_reached,
            frozen_at=None,
            finished_at=None,
        )
        store.add_run(uow.connection, run)
        return run

    def pause(self, uow: UnitOfWork, actor: Actor, campaign_id: str) -> None:
        """Nothing more is claimed. What is being sent at this moment still goes out."""
        self._act(uow, actor, campaign_id, Act.PAUSE)
        for run in store.unfinished_runs(uow.connection, campaign_id):
            store.change_run(uow.connection, run.id, {"state": "paused"})

    def resume(self, uow: UnitOfWork, actor: Actor, campaign_id: str) -> None:
        """Go on. A send that has not begun and is late by more than the grace is asked again in words."""
        found = self._found(uow, actor, campaign_id)
        run = store.latest_run(uow.connection, found.id)
        if run is not None and not begun(run) and is_late(run.due_at, uow.now):
            raise errors.TimePassedError
        self._act(uow, actor, campaign_id, Act.RESUME)
        for each in store.unfinished_runs(uow.connection, campaign_id):
            state = "sending" if begun(each) else "scheduled"
            store.change_run(uow.connection, each.id, {"state": state})

    def cancel(self, uow: UnitOfWork, actor: Actor, campaign_id: str) -> None:
        """Nothing more is sent: who is still waiting is skipped, with that reason."""
        self._act(uow, actor, campaign_id, Act.CANCEL)
        self._end_runs(uow, campaign_id)

    def _end_runs(self, uow: UnitOfWork, campaign_id: str) -> None:
        for run in store.unfinished_runs(uow.connection, campaign_id):
            store.change_run(uow.connection, run.id, {"state": "cancelled", "finished_at": uow.now})
            self._run_cancelled(uow, run)

    def content(self, connection: Connection, actor: Actor, campaign_id: str) -> Content:
        """What the author decided. Raises ``CampaignGoneError``, also for what ``actor`` may not see."""
        found = store.find(connection, campaign_id)
        if found is None:
            raise errors.CampaignGoneError
        _require_sight(actor, found)
        return content_from_json(found.content)

    def handle_save(
        self, uow: UnitOfWork, actor: Actor, event: Event, payload: DraftSave
    ) -> ConflictError | None:
        return self.save(uow, actor, _aware(event.made_at), payload)

    def handle_delete(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: DraftDelete) -> None:
        self.delete(uow, actor, payload)

    def handle_take_over(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: ActOn) -> None:
        self.take_over(uow, actor, payload.campaign_id)

    def handle_submit(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: Submit) -> None:
        self.submit(uow, actor, payload)

    def handle_approve(self, uow: UnitOfWork, actor: Actor, event: Event, payload: Approve) -> None:
        self.approve(uow, actor, _aware(event.made_at), payload)

    def handle_resend(self, uow: UnitOfWork, actor: Actor, event: Event, payload: Resend) -> None:
        self.resend(uow, actor, _aware(event.made_at), payload)

    def handle_pause(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: ActOn) -> None:
        self.pause(uow, actor, payload.campaign_id)

    def handle_resume(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: ActOn) -> None:
        self.resume(uow, actor, payload.campaign_id)

    def handle_cancel(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: ActOn) -> None:
        self.cancel(uow, actor, payload.campaign_id)

    def _act(self, uow: UnitOfWork, actor: Actor, campaign_id: str, act: Act) -> None:
        actor.require(ACT_RIGHTS[act])
        found = self._found(uow, actor, campaign_id)
        run = store.latest_run(uow.connection, found.id)
        state = lifecycle.move(found.state, act, found.kind, begun=begun(run))
        self.set_state(uow, found, state, {"problem": ""})
        audit.record(uow, actor, f"campaign.{'cancelled' if act is Act.CANCEL else act}", found.id)
        uow.after_commit.append(self._poke)

    def _found(self, uow: UnitOfWork, actor: Actor, campaign_id: str) -> CampaignRow:
        found = store.find(uow.connection, campaign_id, lock=True)
        if found is None:
            raise errors.CampaignGoneError
        _require_sight(actor, found)
        return found

    def _add(self, uow: UnitOfWork, actor: Actor, campaign_id: str, content: Content) -> None:
        values = {
            "id": campaign_id,
            **_content_values(content),
            **_ownership(actor),
            "revision": store.first_revision(uow.connection, campaign_id),
            "state": State.DRAFT.value,
            "scheduled_at": content.scheduled_at,
            "created_at": uow.now,
            "updated_at": uow.now,
        }
        store.add(uow.connection, values)
        touch(uow, campaign_id, content.location_ids)

    def _keep_copy(self, uow: UnitOfWork, actor: Actor, made_at: datetime, content: Content) -> str:
        local = made_at.astimezone(sending(uow.connection).zone)
        name = first = f"{content.name} (your copy of {errors.in_words(local)})"
        number = 2
        while store.name_taken(uow.connection, name_key(name), ""):
            name = f"{first} {number}"
            number += 1
        self._add(uow, actor, new_id(), replace(content, name=name))
        return name

    def _require_free_name(self, uow: UnitOfWork, name: str, campaign_id: str) -> None:
        if store.name_taken(uow.connection, name_key(name), campaign_id):
            raise errors.NameTakenError(name)


def name_key(name: str) -> str:
    """What two names are compared by: neither capitals nor blanks make them different."""
    return " ".join(name.split()).casefold()


def _aware(instant: datetime) -> datetime:
    """A desktop that leaves the zone out means UTC."""
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def _due_at(now: datetime, made_at: datetime, asked: Approve, decided: Sending, *, waits: bool) -> datetime:
    """``waits``: what is sent now outside the sending hours waits for them instead of being asked about."""
    if asked.timing is Timing.SCHEDULED:
        if asked.scheduled_at is None:
            raise errors.NoTimeError
        if asked.scheduled_at <= now:
            raise errors.TimePassedError
        return asked.scheduled_at
    _require_fresh(now, made_at, decided)
    if not waits and not decided.window.is_open(now) and not asked.outside_window:
        window = decided.window
        following = window.next_opening(now).astimezone(decided.zone)
        raise errors.OutsideWindowError(
            f"{window.opens:%H:%M}", f"{window.closes:%H:%M}", errors.in_words(following)
        )
    return now


def _require_fresh(now: datetime, made_at: datetime, decided: Sending) -> None:
    if now - made_at > STALE_AFTER:
        raise errors.StaleApprovalError(errors.in_words(made_at.astimezone(decided.zone)))


def _content_values(content: Content) -> dict[str, object]:
    return {
        "name": content.name,
        "name_key": name_key(content.name),
        "purpose": content.purpose.value,
        "kind": content.kind.value,
        "channel_policy": content.channel_policy.value,
        "location_ids": json.dumps(sorted(set(content.location_ids))),
        "content": content_to_json(content),
        "fingerprint": fingerprint(content),
    }


def _ownership(actor: Actor) -> dict[str, object]:
    return {"owner_id": actor.user_id or "", "owner_name": actor.display_name}


def _require_sight(actor: Actor, found: CampaignRow) -> None:
    if not any(actor.sees(each) for each in places(found.location_ids)):
        raise errors.CampaignGoneError


def _require_hand(actor: Actor, found: CampaignRow) -> None:
    if found.owner_id != actor.user_id and Right.MANAGE not in actor.rights:
        raise errors.NotYoursError(found.owner_name)


def _require_same(found: CampaignRow, seen: str) -> None:
    if found.fingerprint != seen:
        raise errors.ChangedSinceError(found.name)


def _require_locations(actor: Actor, content: Content) -> None:
    if not all(actor.sees(each) for each in content.location_ids) or (
        not content.location_ids and not actor.all_locations
    ):
        raise errors.OtherLocationsError
