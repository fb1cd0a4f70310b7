"""A practice with patients and catchers, and the delivery side of the server over it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.campaign.model import ChannelPolicy, Content
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.delivery.carriers import Carriers
from primoro_campaigns.server.delivery.worker import Worker
from tests.server.sender import CONTENT, KEY, add_practice, approve, consent_service, save


@dataclass
class House:
    """``worker`` is not started: a test calls ``work`` itself, or starts it."""

    database: Database
    campaigns: CampaignService
    consent: ConsentService
    worker: Worker

    def successor(self, name: str = "") -> Worker:
        """The worker after a restart of the server."""
        return Worker(self.database, self.campaigns, self.consent, Carriers(KEY), name=name)

    def approved(self, content: Content = CONTENT, campaign_id: str = "c1") -> None:
        with self.database.write() as uow:
            save(self.campaigns, uow, content, campaign_id)
            approve(self.campaigns, uow, content, campaign_id)

    def texted(self) -> None:
        """The same campaign by SMS."""
        self.approved(replace(CONTENT, channel_policy=ChannelPolicy.SMS))


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@pytest.fixture
def texts() -> Iterator[TextCatcher]:
    with TextCatcher() as running:
        yield running


@pytest.fixture
def house(database: Database, mail: MailCatcher, texts: TextCatcher) -> Iterator[House]:
    with database.write() as uow:
        add_practice(uow, smtp_port=mail.port, sms_base_address=texts.base_address)
    consent = consent_service()
    campaigns, worker = assemble(database, consent, Carriers(KEY))
    yield House(database, campaigns, consent, worker)
    worker.stop()
