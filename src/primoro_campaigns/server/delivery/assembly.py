"""Campaigns and their delivery, put together: each needs the other."""

from dataclasses import dataclass, field
from datetime import timedelta

from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.claiming import LEASE
from primoro_campaigns.server.delivery.worker import Carries, Worker


@dataclass
class _Link:
    """What campaigns call in a worker that is made after them."""

    worker: Worker | None = field(default=None)

    def run_cancelled(self, uow: UnitOfWork, run: RunRow) -> None:
        if self.worker is not None:
            self.worker.ledger.cancelled(uow, run)

    def poke(self) -> None:
        if self.worker is not None:
            self.worker.poke()


def assemble(
    database: Database,
    consent: ConsentService,
    carriers: Carries,
    *,
    name: str = "",
    lease: timedelta = LEASE,
) -> tuple[CampaignService, Worker]:
    """The service of campaigns and the worker that sends them. The worker is not started."""
    link = _Link()
    campaigns = CampaignService(link.run_cancelled, store.anybody_left, link.poke)
    link.worker = Worker(database, campaigns, consent, carriers, name=name, lease=lease)
    return campaigns, link.worker
