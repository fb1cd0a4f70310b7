"""The text gateways there are. One more is one line here, and a room of its own beside this file."""

from collections.abc import Mapping
from typing import Any

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.server.account.organisation import Kinds, OrganisationSettings
from primoro_campaigns.server.delivery.providers.gateway import TextGateway
from primoro_campaigns.server.delivery.providers.provider import InUse
from primoro_campaigns.server.delivery.providers.signing.account import DKIM, DkimAccount
from primoro_campaigns.server.delivery.providers.twilio.webhook import TWILIO
from primoro_campaigns.server.delivery.providers.vonage.webhook import VONAGE

# Each has an account of its own kind, which only the gateway itself looks into.
GATEWAYS: Mapping[str, TextGateway[Any]] = {each.name: each for each in (TWILIO, VONAGE)}
"""By the name that the setting ``sms_gateway`` takes."""

ACCOUNTS: Kinds = {DKIM: DkimAccount, **{name: gateway.account for name, gateway in GATEWAYS.items()}}
"""What each of them has to be told, and whoever signs the mail."""

SMTP = "smtp"
MAILBOX = "mailbox"


def in_use(settings: OrganisationSettings) -> list[InUse]:
    """The providers that the settings name, whether they work or not."""
    found = []
    if settings.smtp_host:
        found.append(InUse(SMTP, f"Mail server {settings.smtp_host}", Channel.EMAIL.value))
    gateway = GATEWAYS.get(settings.sms_gateway)
    if gateway is not None:
        found.append(InUse(gateway.name, f"Text gateway {gateway.title}", Channel.SMS.value))
    if settings.imap_host:
        found.append(InUse(MAILBOX, f"Mailbox for answers at {settings.imap_host}"))
    return found
