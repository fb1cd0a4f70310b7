"""Signing in and staying signed in: the access token in memory, the refresh token in the keyring."""

import json
import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from pydantic import SecretStr, ValidationError

from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.sync.failure import (
    RefusedError,
    ServerTooNewError,
    ServerTooOldError,
    SignedOutError,
    SignInLockedError,
    UnreachableError,
)
from primoro_campaigns.domain.ids import LocationId, UserId
from primoro_campaigns.support.secrets import Secrets, SecretsRefusedError
from primoro_campaigns.wire import account as wire
from primoro_campaigns.wire.sync import WIRE_VERSION

_log = logging.getLogger(__name__)

T = TypeVar("T")

_UNAUTHORISED = 401


def not_ours(error: ValidationError) -> UnreachableError:
    """An answer in a form that this program does not know."""
    del error  # its text may hold what was answered
    return UnreachableError(
        "The server's answer makes no sense to this program.",
        "What you did here is safe. Check the address, and that both are up to date.",
        "remote.not_ours",
    )


def health(http: Http) -> wire.Health:
    """Whether a server is there, and which. Raises ``ServerTooNewError``, ``ServerTooOldError`` too."""
    try:
        found = wire.Health.model_validate_json(http.json("GET", "/health"))
    except ValidationError as error:
        raise not_ours(error) from None
    if found.wire_version > WIRE_VERSION:
        raise ServerTooNewError(found.version)
    if found.wire_version < WIRE_VERSION:
        raise ServerTooOldError(found.version)
    return found


def set_up(http: Http, asked: wire.SetUp) -> None:
    """The first set-up of a server. Raises ``RefusedError`` with words by field."""
    http.json("POST", "/set-up", _with_secrets(asked))


def sign_in(http: Http, username: str, password: str, device_id: str, device_name: str) -> wire.Session:
    """Raises ``RefusedError`` (``account.wrong_password`` and others), ``UnreachableError``."""
    asked = wire.SignIn(
        username=username, password=SecretStr(password), device_id=device_id, device_name=device_name
    )
    return _session(http.json("POST", "/session", _with_secrets(asked)))


def person_of(session: wire.Session) -> SignedInPerson:
    """The person as rooms know them."""
    person = session.person
    return SignedInPerson(
        user_id=UserId(person.user_id),
        username=person.username,
        display_name=person.display_name,
        role=person.role,
        rights=person.rights,
        all_locations=person.all_locations,
        location_ids=tuple(LocationId(each) for each in person.location_ids),
        organisation_id=session.organisation_id,
        organisation_name=session.organisation_name,
        time_zone=session.time_zone,
        country=session.country,
    )


class Tokens:
    """The tokens of one signed-in person. Safe to use from any thread: one refreshes, the others wait.

    A keyring that refuses is no reason to stop while the program runs; the next start asks for the password.
    """

    def __init__(
        self,
        http: Http,
        secrets: Secrets,
        secret_name: str,
        refreshed: Callable[[wire.Session], None],
        session: wire.Session | None = None,
    ) -> None:
        """``session`` is that of signing in just now; without it the refresh token in the keyring has to
        do.

        ``refreshed`` is told of each new session, on the thread that asked.
        """
        self._http = http
        self._secrets = secrets
        self._name = secret_name
        self._refreshed = refreshed
        self._lock = threading.Lock()
        self._access = ""
        self._refresh: str | None = None
        if session is not None:
            self._keep(session)

    def call(self, request: Callable[[str], T]) -> T:
        """Run ``request`` with an access token; when it has run out, renew it and run it once more.

        Raises ``SignedOutError`` when the session has ended, ``SignInLockedError``.
        """
        access = self._access or self._renew("")
        try:
            return request(access)
        except RefusedError as error:
            if error.status != _UNAUTHORISED:
                raise
        try:
            return request(self._renew(access))
        except RefusedError as error:
            if error.status != _UNAUTHORISED:
                raise
            raise SignedOutError from None

    def end(self) -> None:
        """Sign out: at the server if it can be reached, and here in any case."""
        try:
            self.call(lambda access: self._http.json("DELETE", "/session", token=access))
        except (UnreachableError, SignedOutError, SignInLockedError, RefusedError):
            pass
        finally:
            self._forget()

    def _renew(self, used: str) -> str:
        with self._lock:
            if self._access and self._access != used:
                return self._access  # another thread has renewed it meanwhile
            refresh = self._refresh or self._kept()
            if refresh is None:
                raise SignedOutError
            asked = wire.Refresh(refresh_token=SecretStr(refresh))
            try:
                session = _session(self._http.json("POST", "/session/refresh", _with_secrets(asked)))
            except RefusedError as error:
                if error.status != _UNAUTHORISED:
                    raise
                self._forget()
                raise SignedOutError from None
            self._keep(session)
        self._refreshed(session)
        return self._access

    def _kept(self) -> str | None:
        try:
            return self._secrets.get(self._name)
        except SecretsRefusedError:
            raise SignInLockedError from None

    def _keep(self, session: wire.Session) -> None:
        self._access, self._refresh = session.access_token, session.refresh_token
        try:
            self._secrets.put(self._name, session.refresh_token)
        except SecretsRefusedError:
            _log.info("the keyring did not keep the sign-in")

    def _forget(self) -> None:
        self._access, self._refresh = "", None
        try:
            self._secrets.forget(self._name)
        except SecretsRefusedError:
            _log.info("the keyring did not forget the sign-in")


def _session(body: bytes) -> wire.Session:
    try:
        return wire.Session.model_validate_json(body)
    except ValidationError as error:
        raise not_ours(error) from None


def _with_secrets(model: wire.SignIn | wire.Refresh | wire.SetUp) -> str:
    """JSON with the secrets written out, which pydantic otherwise hides."""
    plain = model.model_dump()
    return json.dumps(
        {
            name: each.get_secret_value() if isinstance(each, SecretStr) else each
            for name, each in plain.items()
        }
    )
