"""Ongoing campaigns: who newly fits the rules is asked once a day and frozen into a run of its own."""

import logging

from primoro_campaigns.domain.delivery.account import Account
from primoro_campaigns.domain.schedule.recurrence import look
from primoro_campaigns.server.audience import service as audience
from primoro_campaigns.server.campaign.run import LiveRow
from primoro_campaigns.server.campaign.sending import sending
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery.ongoing import store
from primoro_campaigns.server.delivery.planner import freeze
from primoro_campaigns.support.logs import FIELDS
from primoro_campaigns.wire.campaign import content_from_json

_log = logging.getLogger("primoro_campaigns.server.delivery")


class Ongoing:
    """Asked by the worker that keeps the schedule."""

    def __init__(self, database: Database, campaigns: CampaignService) -> None:
        self._database = database
        self._campaigns = campaigns

    def look_at_due(self) -> None:
        """Look at every campaign whose time has come; one that fails does not keep the others."""
        with self._database.read() as connection:
            due = self._campaigns.live(connection, self._database.clock.now())
        for each in due:
            try:
                self._look_at(each.id)
            except Exception:  # noqa: BLE001  # the other campaigns must still go on
                _log.exception(
                    "an ongoing campaign could not be looked at", extra={FIELDS: {"campaign": each.id}}
                )

    def _look_at(self, campaign_id: str) -> None:
        with self._database.write() as uow:
            self._campaigns.lock(uow, campaign_id)
            # Behind the lock: somebody may have paused it, or another worker may have looked.
            found = next(
                (each for each in self._campaigns.live(uow.connection, uow.now) if each.id == campaign_id),
                None,
            )
            account = None if found is None else self._cycle(uow, found)
        if account is not None:
            _log.info(
                "ongoing campaign looked at",
                extra={
                    FIELDS: {
                        "campaign": campaign_id,
                        "recipients": account.recipients,
                        "planned": account.planned,
                    }
                },
            )

    def _cycle(self, uow: UnitOfWork, found: LiveRow) -> Account | None:
        """Freeze those who fit today, or on a day that is caught up, and did not at the last look."""
        content = content_from_json(found.content)
        window = sending(uow.connection).window
        asked = look(window, found.looked_on, uow.now)
        run = self._campaigns.cycle(uow, found)
        entered = 0
        for day in asked.days:
            fits = audience.selection(content, day)
            store.leave(uow.connection, run, fits)
            entered += store.enter(uow.connection, run, fits)
        account = None
        if entered:
            self._campaigns.add_cycle(uow, run)
            account = freeze(uow, self._campaigns, run)
        store.leave(uow.connection, run, audience.selection(content, asked.days[-1]), newly=True)
        self._campaigns.looked(uow, found.id, asked.days[-1], window.next_day(uow.now))
        if asked.missed:
            self._campaigns.missed(uow, found.id, ", ".join(f"{day:%d %b %Y}" for day in asked.missed))
        return account
