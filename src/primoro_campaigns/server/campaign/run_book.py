"""What becomes of a campaign as its runs go on: told by the worker, kept on the campaign's row."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from primoro_campaigns.domain.campaign import lifecycle
from primoro_campaigns.domain.campaign.lifecycle import GOES_LIVE, Act
from primoro_campaigns.domain.campaign.model import State
from primoro_campaigns.domain.delivery.account import Account
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.campaign import errors, store
from primoro_campaigns.server.campaign.run import COUNTS, LiveRow, RunRow
from primoro_campaigns.server.campaign.store import CampaignRow
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.ids import new_id


class RunBook:
    """The part of the campaigns' service that the delivery calls."""

    def lock(self, uow: UnitOfWork, campaign_id: str) -> None:
        """Nobody else acts on the campaign until the unit of work ends; taken before any of its lines."""
        store.find(uow.connection, campaign_id, lock=True)

    def run(self, uow: UnitOfWork, run_id: str) -> RunRow | None:
        return store.find_run(uow.connection, run_id)

    def runs(self, connection: Connection, *states: str) -> list[RunRow]:
        """Runs in any of ``states``, those due first before the others."""
        return store.runs_in(connection, states)

    def live(self, connection: Connection, due_by: datetime) -> list[LiveRow]:
        """Live campaigns of which it is to be asked by then who newly fits, the longest overdue first."""
        return store.live(connection, due_by)

    def next_look(self, connection: Connection) -> datetime | None:
        """When that is to be asked next, of any campaign."""
        return store.next_look(connection)

    def looked(self, uow: UnitOfWork, campaign_id: str, today: date, again_at: datetime) -> None:
        """It was asked for ``today``; next time at ``again_at``."""
        store.change(uow.connection, campaign_id, {"looked_on": today, "look_at": again_at})

    def cycle(self, uow: UnitOfWork, found: LiveRow) -> RunRow:
        """A run for those who newly fit the rules of an ongoing campaign; not kept yet."""
        return RunRow(
            id=new_id(),
            campaign_id=found.id,
            revision=found.revision,
            fingerprint=found.fingerprint,
            content=found.content,
            state="scheduled",
            due_at=uow.now,
            approved_by=found.approved_by,
            # From then on a booking counts as an answer to it.
            approved_at=uow.now,
            outside_window=False,
            only_not_reached=False,
            frozen_at=None,
            finished_at=None,
        )

    def add_cycle(self, uow: UnitOfWork, run: RunRow) -> None:
        """Keep it."""
        store.add_run(uow.connection, run)

    def missed(self, uow: UnitOfWork, campaign_id: str, words: str) -> None:
        """Days of an ongoing campaign were missed for good."""
        audit.record(uow, SERVER, "campaign.days_missed", campaign_id, words)

    def started(
        self, uow: UnitOfWork, run: RunRow, account: Account, replaced: Mapping[str, int] | None = None
    ) -> None:
        """The recipients of ``run`` are frozen. ``replaced`` counts by state the lines of earlier runs whose
        place its lines take: the campaign counts each patient once.
        """
        found = store.find(uow.connection, run.campaign_id, lock=True)
        if found is None:
            raise errors.CampaignGoneError
        frozen = {"state": "sending", "frozen_at": uow.now, "recipients": account.recipients}
        store.change_run(uow.connection, run.id, frozen)
        state = found.state
        if found.kind not in GOES_LIVE:
            state = lifecycle.move(state, Act.START, found.kind)
        less = Counter(replaced or {})
        more = Counter(counts_of(account))
        more.subtract({**less, "recipients": less.total()})
        store.move_counts(uow.connection, found.id, more)
        self.set_state(uow, found, state, {"problem": ""})

    def moved(self, uow: UnitOfWork, campaign_id: str, deltas: Mapping[str, int]) -> bool:
        """Lines went from one state to another. Returns whether the account still balances."""
        row = store.move_counts(uow.connection, campaign_id, deltas)._mapping
        touch(uow, campaign_id, json.loads(row["location_ids"]))
        settled = sum(row[name] for name in COUNTS if name != "recipients")
        return bool(row["recipients"] == settled)

    def completed(self, uow: UnitOfWork, run: RunRow) -> None:
        """Nobody is waiting any more."""
        found = store.find(uow.connection, run.campaign_id, lock=True)
        store.change_run(uow.connection, run.id, {"state": "completed", "finished_at": uow.now})
        if found is not None and found.kind not in GOES_LIVE and self._is_latest(uow, run):
            state = lifecycle.move(found.state, Act.COMPLETE, found.kind)
            self.set_state(uow, found, state, {"problem": ""})
            audit.record(uow, SERVER, "campaign.completed", found.id)

    def reopened(self, uow: UnitOfWork, run: RunRow) -> None:
        """A person has messages of a run that was completed sent again."""
        found = store.find(uow.connection, run.campaign_id, lock=True)
        store.change_run(uow.connection, run.id, {"state": "sending", "finished_at": None})
        if found is not None and found.state is State.COMPLETED and self._is_latest(uow, run):
            self.set_state(uow, found, State.SENDING)

    def _is_latest(self, uow: UnitOfWork, run: RunRow) -> bool:
        latest = store.latest_run(uow.connection, run.campaign_id)
        return latest is not None and latest.id == run.id

    def held_up(self, uow: UnitOfWork, campaign_id: str, problem: str) -> None:
        """What keeps the campaign from going on, in words; empty when all is well."""
        found = store.find(uow.connection, campaign_id)
        if found is not None and found.problem != problem:
            store.change(uow.connection, campaign_id, {"problem": problem, "updated_at": uow.now})
            touch(uow, campaign_id, found.location_ids)

    def no_longer_held_up(self, uow: UnitOfWork, campaign_id: str, problem: str) -> None:
        """``problem`` is over, if it is that which the campaign shows."""
        found = store.find(uow.connection, campaign_id)
        if found is not None and found.problem == problem:
            self.held_up(uow, campaign_id, "")

    def paused_by_server(self, uow: UnitOfWork, run: RunRow, problem: str) -> None:
        """The server does not go on without a person's decision."""
        found = store.find(uow.connection, run.campaign_id, lock=True)
        if found is None:
            return
        store.change_run(uow.connection, run.id, {"state": "paused"})
        state = lifecycle.move(found.state, Act.PAUSE, found.kind, begun=begun(run))
        self.set_state(uow, found, state, {"problem": problem})
        audit.record(uow, SERVER, "campaign.paused", found.id)

    def set_state(
        self, uow: UnitOfWork, found: CampaignRow, state: State, values: Mapping[str, object] | None = None
    ) -> None:
        changed = {"state": state.value, "updated_at": uow.now, **(values or {})}
        store.change(uow.connection, found.id, changed)
        touch(uow, found.id, found.location_ids)


def counts_of(account: Account) -> dict[str, int]:
    """The account as columns of the campaign."""
    return {
        "recipients": account.recipients,
        "planned": account.planned,
        "claimed": account.claimed,
        "sent": account.sent,
        "failed": account.failed,
        "skipped": account.skipped_in_all,
        "unknown": account.unknown,
    }


def begun(run: RunRow | None) -> bool:
    return run is not None and run.frozen_at is not None


def places(location_ids: Iterable[str]) -> list[str]:
    return sorted(set(location_ids)) or [EVERYWHERE]


def touch(
    uow: UnitOfWork, campaign_id: str, location_ids: Iterable[str], before: Iterable[str] | None = None
) -> None:
    seen_from = places(location_ids)
    if before is not None:
        uow.changes.gone(Room.CAMPAIGN, campaign_id, set(places(before)) - set(seen_from))
    uow.changes.touched(Room.CAMPAIGN, campaign_id, seen_from)
