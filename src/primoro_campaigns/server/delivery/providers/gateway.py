"""The door that every text gateway comes through: its name, what it has to be told, how it is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from fastapi import APIRouter
from sqlalchemy import Connection

from primoro_campaigns.domain.errors import NotAllowedError
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.account.provider_account import ProviderAccount
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.delivery.providers.provider import TextProvider
from primoro_campaigns.server.key import ServerKey

AccountT = TypeVar("AccountT", bound=ProviderAccount)


@dataclass(frozen=True)
class Hooks:
    """What a gateway's web hooks work with."""

    key: ServerKey
    consent: ConsentService


@dataclass(frozen=True)
class TextGateway(Generic[AccountT]):
    """``name`` is what ``sms_gateway`` takes and what the ledger writes beside each text. ``open`` is told
    where the server is reached from outside, so that reports come back (empty for nowhere).
    """

    name: str
    title: str
    account: type[AccountT]
    open: Callable[[AccountT, str], TextProvider]
    hooks: Callable[[Hooks], APIRouter]

    def account_in(self, settings: OrganisationSettings, key: ServerKey) -> AccountT:
        """Raises ``ServerKeyError`` when a secret was sealed with another key."""
        return organisation.account_of(settings, key, self.name, self.account)

    def opened(self, settings: OrganisationSettings, key: ServerKey) -> TextProvider:
        return self.open(self.account_in(settings, key), settings.public_address)

    def account_now(self, connection: Connection, key: ServerKey) -> AccountT:
        """For a web hook: the account as it is set at this moment."""
        return self.account_in(organisation.settings(connection), key)


class ForgedError(NotAllowedError):
    """The signature is missing or wrong."""

    def __init__(self) -> None:
        super().__init__(
            "This request is not signed by the text gateway.",
            "Nothing was changed. Check that the account's secret and the public address "
            "are the same on both sides.",
            "hook.signature",
        )
