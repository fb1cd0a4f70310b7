"""What the sign-in pages ask of a server. Loads requests and pydantic: imported in the second stage of the
start.
"""

import platform
from dataclasses import dataclass

from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.remote import session as remote
from primoro_campaigns.desktop.remote.http import Http, checked_address
from primoro_campaigns.wire import account as wire


@dataclass(frozen=True)
class SetUpForm:
    """What the set-up page asks for; ``code`` is the server's one-time code."""

    code: str
    organisation_name: str
    location_name: str
    display_name: str
    username: str
    password: str


@dataclass(frozen=True)
class ServerSeen:
    """A server answered at ``address``."""

    address: str
    needs_set_up: bool


@dataclass(frozen=True)
class SignedIn:
    """``session`` goes on to ``online.py``, which keeps its tokens."""

    person: SignedInPerson
    address: str
    session: wire.Session


def look(typed: str) -> ServerSeen:
    """Whether a server of ours is at this address. Raises what ``remote`` raises, in words."""
    address = checked_address(typed)
    http = Http(address)
    try:
        return ServerSeen(address, remote.health(http).needs_set_up)
    finally:
        http.close()


def set_up(address: str, form: SetUpForm) -> None:
    http = Http(address)
    try:
        remote.set_up(
            http,
            wire.SetUp.model_validate(
                {
                    "code": form.code,
                    "organisation_name": form.organisation_name,
                    "location_name": form.location_name,
                    "display_name": form.display_name,
                    "username": form.username,
                    "password": form.password,
                }
            ),
        )
    finally:
        http.close()


def sign_in(address: str, username: str, password: str, device_id: str) -> SignedIn:
    http = Http(address)
    try:
        session = remote.sign_in(http, username, password, device_id, platform.node() or "a computer")
    finally:
        http.close()
    return SignedIn(remote.person_of(session), address, session)
