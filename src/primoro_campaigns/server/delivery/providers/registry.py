"""The text gateways there are. One more is one line here, and a room of its own beside this file."""

from collections.abc import Mapping
from typing import Any

from primoro_campaigns.server.account.organisation import Kinds
from primoro_campaigns.server.delivery.providers.gateway import TextGateway
from primoro_campaigns.server.delivery.providers.twilio.webhook import TWILIO
from primoro_campaigns.server.delivery.providers.vonage.webhook import VONAGE

# Each has an account of its own kind, which only the gateway itself looks into.
GATEWAYS: Mapping[str, TextGateway[Any]] = {each.name: each for each in (TWILIO, VONAGE)}
"""By the name that the setting ``sms_gateway`` takes."""

ACCOUNTS: Kinds = {name: gateway.account for name, gateway in GATEWAYS.items()}
"""What each of them has to be told."""
