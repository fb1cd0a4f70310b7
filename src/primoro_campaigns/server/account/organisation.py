"""The organisation and what it has decided: addresses, providers, hours, policies."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import time
from functools import lru_cache
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from sqlalchemy import Connection

from primoro_campaigns.domain.delivery.policy import SendingPolicy
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.schedule.holiday import read_days, read_weekdays
from primoro_campaigns.server.account import store
from primoro_campaigns.server.account.provider_account import ProviderAccount, names
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.key import Sealed, ServerKey, wrong_key
from primoro_campaigns.storage.synced import EVERYWHERE, Room


class SettingError(PrimoroError):
    """A setting that does not exist, or a value it cannot take."""

    def __init__(self, title: str) -> None:
        super().__init__(title, "Nothing was changed. Correct it and try again.", "organisation.setting")


class OrganisationSettings(BaseModel):
    """Everything is optional, so that a server starts before it is set up; who needs a value says what is
    missing.

    Sealed values are opened with ``ServerKey.open``. Times are local to the practice. 0 switches off: a rest
    (``reset_months_…``), a limit of marketing messages (``most_in_…``), holding back instead of leaving out
    (``hold_days``: how long after its time a campaign waits for patients who rest or have had enough).

    ``answer_days``: for so long CANCEL, END and QUIT answer our last text, when it was about an appointment
    (domain.md S5); 0 makes them opt out always.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    public_address: str = ""
    sender_name: str = ""
    # Of the pages that patients see, as #rrggbb; its brightness is adapted so that everybody can read them.
    practice_colour: str = Field(default="", pattern=r"^(#[0-9a-fA-F]{6})?$")
    sender_email: str = ""
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    smtp_username: str = ""
    smtp_password: Sealed = Sealed("")
    # The name of the gateway that carries the texts, and from which number or name.
    sms_gateway: str = ""
    sms_from: str = ""
    call_webhook_secret: Sealed = Sealed("")
    mail_webhook_secret: Sealed = Sealed("")
    window_opens: time = time(10)
    window_closes: time = time(18)
    # Days without sending: "sat, sun"; a nation of the United Kingdom; days of the practice's own.
    closed_weekdays: str = ""
    bank_holidays: Literal["", "england-and-wales", "scotland", "northern-ireland"] = ""
    holidays: str = ""
    selection_limit: int = Field(default=500, ge=1, le=100_000)
    soft_opt_in_allowed: bool = True
    reset_months_promotions: int = Field(default=1, ge=0, le=24)
    reset_months_newsletters: int = Field(default=1, ge=0, le=24)
    most_in_7_days: int = Field(default=1, ge=0, le=100)
    most_in_90_days: int = Field(default=4, ge=0, le=1000)
    hold_days: int = Field(default=7, ge=0, le=90)
    # A mailbox that is ours alone: what comes back and what patients answer lies there.
    imap_host: str = ""
    imap_port: int = Field(default=993, ge=1, le=65535)
    imap_security: Literal["none", "starttls", "tls"] = "tls"
    imap_username: str = ""
    imap_password: Sealed = Sealed("")
    imap_folder: str = Field(default="INBOX", pattern=r"^[ -~]+$")
    imap_taken_folder: str = Field(default="Taken by Primoro", pattern=r"^[ -~]+$")
    # So many mails to one address may come back in 90 days before it is not used any more.
    returned_mails: int = Field(default=3, ge=1, le=100)
    answer_days: int = Field(default=7, ge=0, le=90)
    # How many messages a minute may leave, 0 for no limit.
    emails_per_minute: int = Field(default=0, ge=0)
    emails_per_minute_to_one_domain: int = Field(default=0, ge=0)
    texts_per_minute: int = Field(default=0, ge=0)
    messages_per_minute_from_one_sender: int = Field(default=0, ge=0)
    sending_stopped: bool = False
    # What each provider has to be told, by its name; of the fields that are secrets only the sealed text.
    accounts: dict[str, dict[str, str]] = Field(default_factory=dict)
    key_check: str = ""

    @model_validator(mode="before")
    @classmethod
    def _as_before(cls, values: object) -> object:
        """There was one text gateway, and its account stood among the settings themselves."""
        if not isinstance(values, dict) or not set(values) & set(_ONE_GATEWAY):
            return values
        kept = {name: value for name, value in values.items() if name not in _ONE_GATEWAY}
        account = {field: values[name] for name, field in _ONE_GATEWAY.items() if values.get(name)}
        if account:
            accounts = {**kept.get("accounts", {})}
            accounts["twilio"] = {**account, **accounts.get("twilio", {})}
            kept["accounts"] = accounts
            kept.setdefault("sms_gateway", "twilio")
        return kept

    @field_validator("public_address")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).netloc):
            raise ValueError("must begin with http:// or https:// and name a host")
        return value.rstrip("/")

    @field_validator("sender_email")
    @classmethod
    def _email(cls, value: str) -> str:
        if value and ("@" not in value or any(character.isspace() for character in value)):
            raise ValueError("must be an e-mail address")
        return value

    @field_validator("closed_weekdays")
    @classmethod
    def _weekdays(cls, value: str) -> str:
        read_weekdays(value)
        return value

    @field_validator("holidays")
    @classmethod
    def _days(cls, value: str) -> str:
        read_days(value)
        return value

    @model_validator(mode="after")
    def _window(self) -> "OrganisationSettings":
        if self.window_opens >= self.window_closes:
            raise ValueError("window_opens must be before window_closes")
        return self


SEALED: frozenset[str] = frozenset(
    {"smtp_password", "imap_password", "call_webhook_secret", "mail_webhook_secret"}
)
"""Given as plain text, kept sealed."""

_OWN = frozenset({"key_check", "accounts"})
_ONE_GATEWAY = {
    "sms_base_address": "base_address",
    "sms_account_sid": "account_sid",
    "sms_auth_token": "auth_token",
}

Kinds = Mapping[str, type[ProviderAccount]]
"""The providers that there are, by name, and what each has to be told."""

_NO_KINDS: Kinds = {}
AccountT = TypeVar("AccountT", bound=ProviderAccount)


@dataclass(frozen=True)
class Organisation:
    id: str
    name: str
    country: str
    time_zone: str


class NoOrganisationError(PrimoroError):
    """The server has not been set up yet."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This server has not been set up yet.",
            "Open Primoro Campaigns on a computer, connect to this server, "
            "and enter the set-up code it shows when it starts.",
            "organisation.missing",
        )


def find(connection: Connection) -> Organisation | None:
    """The organisation of this database, None before the set-up."""
    row = store.organisation_row(connection)
    return None if row is None else Organisation(row.id, row.name, row.country, row.time_zone)


def present(connection: Connection) -> Organisation:
    """The organisation. Raises ``NoOrganisationError`` before the set-up."""
    found = find(connection)
    if found is None:
        raise NoOrganisationError
    return found


def decided(connection: Connection) -> tuple[Organisation, OrganisationSettings]:
    """The organisation and what it has decided. Raises ``NoOrganisationError`` before the set-up."""
    row = store.organisation_row(connection)
    if row is None:
        raise NoOrganisationError
    return Organisation(row.id, row.name, row.country, row.time_zone), _read(row.settings)


def settings(connection: Connection) -> OrganisationSettings:
    """What the organisation has decided; the defaults before the set-up."""
    row = store.organisation_row(connection)
    return OrganisationSettings() if row is None else _read(row.settings)


@lru_cache(maxsize=4)
def _read(text: str) -> OrganisationSettings:
    """They are asked for before every few messages, and seldom change."""
    return OrganisationSettings.model_validate_json(text)


def configure(
    connection: Connection, key: ServerKey, values: Mapping[str, str], kinds: Kinds = _NO_KINDS
) -> OrganisationSettings:
    """Set the named settings from text; those of one of the ``kinds`` as “provider.field”.

    Raises ``SettingError`` and stores nothing when one of them is wrong.
    """
    present(connection)
    kept = settings(connection).model_dump()
    for name, value in values.items():
        provider, dot, field = name.partition(".")
        if dot and provider in kinds and field in kinds[provider].model_fields:
            sealed = field in kinds[provider].secrets()
            kept["accounts"].setdefault(provider, {})[field] = key.seal(value) if sealed else value
        elif name not in kept or name in _OWN:
            known = ", ".join(sorted([*(set(kept) - _OWN), *_account_names(kinds)]))
            raise SettingError(f"There is no setting “{name}”. There are: {known}.")
        else:
            kept[name] = key.seal(value) if name in SEALED else value
    try:
        fresh = OrganisationSettings.model_validate(kept)
    except ValidationError as error:
        raise SettingError(_first(error, "The settings")) from None
    touched = {name.partition(".")[0] for name in values if "." in name}
    if "sms_gateway" in values and fresh.sms_gateway:
        if fresh.sms_gateway not in kinds:
            known = ", ".join(sorted(kinds))
            raise SettingError(f"There is no text gateway “{fresh.sms_gateway}”. There are: {known}.")
        touched.add(fresh.sms_gateway)
    for provider in sorted(touched):
        missing = account_of(fresh, key, provider, kinds[provider]).missing()
        if missing and provider == fresh.sms_gateway:
            raise SettingError(f"The text gateway “{provider}” needs {provider}.{missing[0]}.")
    store.save_settings(connection, fresh.model_dump_json())
    return fresh


def account_of(
    settings: OrganisationSettings, key: ServerKey, provider: str, kind: type[AccountT]
) -> AccountT:
    """A provider's account, opened.

    Raises ``ServerKeyError`` when a secret was sealed with another key, ``SettingError`` for a wrong value.
    """
    secrets = kind.secrets()
    opened = {
        field: SecretStr(key.open(Sealed(value))) if field in secrets else value
        for field, value in settings.accounts.get(provider, {}).items()
        if field in kind.model_fields and value
    }
    try:
        return kind.model_validate(opened)
    except ValidationError as error:
        raise SettingError(_first(error, provider, f"{provider}.")) from None


def _first(error: ValidationError, whole: str, prefix: str = "") -> str:
    """The first fault in words; the value itself is never repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"])
    return f"{f'{prefix}{name}' if name else whole}: {first['msg'].removeprefix('Value error, ')}."


def _account_names(kinds: Kinds) -> list[str]:
    return [name for provider, kind in kinds.items() for name in names(kind, provider)]


def tell_desktops(uow: UnitOfWork, organisation_id: str, policy: SendingPolicy) -> None:
    """Let every desktop know by which numbers the gate is asked, so that a review says what the server will
    do.
    """
    values = {
        name: value.isoformat() if isinstance(value, time) else value
        for name, value in asdict(policy).items()
    }
    if store.keep_policy(uow.connection, {"id": organisation_id, **values}):
        uow.changes.touched(Room.POLICY, organisation_id, [EVERYWHERE])


def check_key(connection: Connection, key: ServerKey) -> None:
    """Raises ``ServerKeyError`` when ``key`` is not the one this database was set up with."""
    kept = settings(connection).key_check
    if kept and kept != key.check:
        raise wrong_key()


def shown(settings: OrganisationSettings, kinds: Kinds = _NO_KINDS) -> dict[str, str]:
    """The settings as a person may read them: of a sealed value only whether there is one."""
    values = settings.model_dump(mode="json", exclude=set(_OWN))
    told = {name: _told(value, sealed=name in SEALED) for name, value in values.items()}
    for provider, kind in kinds.items():
        secrets, kept = kind.secrets(), settings.accounts.get(provider, {})
        for field, declared in kind.model_fields.items():
            value = kept.get(field) or ("" if field in secrets else declared.default)
            told[f"{provider}.{field}"] = _told(value, sealed=field in secrets)
    return told


def _told(value: object, *, sealed: bool) -> str:
    if sealed:
        return "(set)" if value else "(not set)"
    return str(value)
