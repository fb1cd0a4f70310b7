"""A practice that can send, and its campaigns, for tests of what happens to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.campaign.fingerprint import fingerprint
from primoro_campaigns.domain.campaign.model import Content, Timing
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.campaign.tables import campaign
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery.providers.registry import ACCOUNTS
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.wire.campaign import Approve, DraftSave
from tests.server.practice import actor, add_location, add_organisation, add_patient, add_permission

KEY = ServerKey("a key for tests, thirty-two characters")
PUBLIC = "https://practice.example"

MANAGER: Actor = actor(Role.MANAGER, name="Max Manager")
AUTHOR: Actor = actor(Role.RECEPTION, name="Jo Bell")

CONTENT = Content(
    name="Spring offer",
    subject="Spring at our practice",
    email_body="Dear {first_name|patient},\n\ncome and see us this spring. It is nice here.",
    sms_body="Dear {first_name|patient}, come and see us this spring.",
)


def configure(uow: UnitOfWork, **values: str) -> None:
    organisation.configure(uow.connection, KEY, values, ACCOUNTS)


def add_practice(uow: UnitOfWork, *, smtp_port: int = 1, sms_base_address: str = "", **values: str) -> None:
    """An organisation with one location, whose mail goes to a port on loopback."""
    add_organisation(uow)
    add_location(uow)
    settings = {
        "public_address": PUBLIC,
        "sender_name": "Bridge Street Dental",
        "sender_email": "hello@practice.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(smtp_port),
        "smtp_security": "none",
        **values,
    }
    if sms_base_address:
        settings |= {
            "sms_gateway": "twilio",
            "twilio.base_address": sms_base_address,
            "twilio.account_sid": "AC-demo",
            "twilio.auth_token": "demo-token",
            "sms_from": "+447700900999",
        }
    configure(uow, **settings)


def add_willing(uow: UnitOfWork, *names: str, channel: Channel = Channel.EMAIL) -> None:
    """Patients who said yes to promotions on ``channel``, each with an address and a number of her own."""
    for number, name in enumerate(names):
        digits = f"+4477009{sum(map(ord, name)) % 1000:03}{number:02}"
        add_patient(uow, name, mobile_e164=digits, mobile_state="ok")
        add_permission(uow, name, channel)


def save(
    service: CampaignService, uow: UnitOfWork, content: Content = CONTENT, campaign_id: str = "c1"
) -> None:
    service.save(uow, AUTHOR, uow.now, DraftSave(campaign_id=campaign_id, base_revision=0, content=content))


def approve(
    service: CampaignService,
    uow: UnitOfWork,
    content: Content = CONTENT,
    campaign_id: str = "c1",
    *,
    at: datetime | None = None,
    outside_window: bool = False,
) -> None:
    asked = Approve(
        campaign_id=campaign_id,
        fingerprint=fingerprint(content),
        timing=Timing.INSTANT if at is None else Timing.SCHEDULED,
        scheduled_at=at,
        outside_window=outside_window,
    )
    service.approve(uow, MANAGER, uow.now, asked)


def consent_service() -> ConsentService:
    return ConsentService(KEY.for_hashes)


def shown(database: Database, campaign_id: str = "c1") -> Any:
    """The row of the campaign as desktops see it."""
    with database.read() as connection:
        return connection.execute(select(campaign).where(campaign.c.id == campaign_id)).one()


def lines(database: Database) -> dict[str, Any]:
    """The ledger by patient."""
    with database.read() as connection:
        rows = connection.execute(select(delivery).order_by(delivery.c.id)).all()
    return {row.patient_id: row for row in rows}


def states(database: Database) -> dict[str, str]:
    return {who: row.state for who, row in lines(database).items()}
