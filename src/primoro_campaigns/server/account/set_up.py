"""The first set-up: organisation, first location, first administrator."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.errors import NotAllowedError, PrimoroError
from primoro_campaigns.server.account import organisation, password, sign_in, store, user
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire import account as wire

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_PER_SERVER = sign_in.Limit(10, timedelta(minutes=15))


class AlreadySetUpError(PrimoroError):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This server is already set up.",
            "Nothing was changed. Sign in with the user name and password you were given.",
            "account.already_set_up",
        )


class WrongSetUpCodeError(NotAllowedError):
    def __init__(self) -> None:
        super().__init__(
            "The set-up code is not right.",
            "Nothing was changed. The server shows the code when it starts for the first time.",
            "account.set_up_code",
        )


@dataclass(frozen=True)
class FirstNames:
    """The organisation and its first location, as a person typed them."""

    organisation: str
    location: str
    time_zone: str = "Europe/London"
    country: str = "GB"


def new_code() -> str:
    """``XXXX-XXXX``, without letters and digits that look alike."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def needed(database: Database) -> bool:
    """Whether nobody can sign in yet."""
    with database.read() as connection:
        return not store.has_users(connection)


def set_up(
    database: Database, key: ServerKey, code: str, asked: wire.SetUp, public_address: str = ""
) -> None:
    """Make the organisation, its location and its administrator. ``code`` is what the server showed.

    Raises ``WrongSetUpCodeError``, ``AlreadySetUpError``, ``TooManyAttemptsError`` and what is wrong with the
    names.
    """
    with database.write() as uow:
        if store.has_users(uow.connection):
            raise AlreadySetUpError
        sign_in.count(uow, {"set-up": _PER_SERVER})
    given = asked.code.get_secret_value().strip().upper().replace("-", "").replace(" ", "")
    if not hmac.compare_digest(given.encode(), code.upper().replace("-", "").encode()):
        raise WrongSetUpCodeError
    password_hash = password.hashed(asked.password.get_secret_value())
    names = FirstNames(asked.organisation_name, asked.location_name, asked.time_zone, asked.country)
    with database.write() as uow:
        if store.has_users(uow.connection):
            raise AlreadySetUpError
        if organisation.find(uow.connection) is None:
            make_organisation(uow, key, names, public_address)
        user.add_user(
            uow,
            SERVER,
            name=asked.username,
            display_name=asked.display_name.strip(),
            role=Role.ADMINISTRATOR,
            password_hash=password_hash,
            location_ids=None,
        )


def make_organisation(uow: UnitOfWork, key: ServerKey, names: FirstNames, public_address: str = "") -> str:
    """The organisation with its first location, whose id is returned. Raises ``UnknownTimeZoneError``."""
    settings = organisation.OrganisationSettings(
        public_address=public_address, sender_name=names.organisation.strip(), key_check=key.check
    )
    store.add_organisation(
        uow.connection,
        {
            "id": new_id(),
            "name": names.organisation.strip(),
            "country": names.country.upper(),
            "time_zone": user.checked_time_zone(names.time_zone),
            "created_at": uow.now,
            "settings": settings.model_dump_json(),
        },
    )
    return user.add_location(uow, SERVER, names.location).id
