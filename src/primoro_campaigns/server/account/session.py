"""Sessions: opaque tokens, their rotation, and their end.

The access token lives 15 minutes, the refresh token 30 days from its last use; the server keeps only their
sha256. A refresh answers with a new pair. The refresh token it replaced is honoured once more within a
minute, because the answer may have been lost on the way; any later use of it means that someone has a copy,
and ends the session.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import Connection

from primoro_campaigns.domain.account.right import ROLE_RIGHTS
from primoro_campaigns.domain.errors import NotFoundError, PrimoroError
from primoro_campaigns.server.account import organisation, store
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire import account as wire

ACCESS_LIFE = timedelta(minutes=15)
REFRESH_LIFE = timedelta(days=30)
LOST_ANSWER_GRACE = timedelta(seconds=60)


class SignedOutError(PrimoroError):
    """The token is missing, unknown, run out or revoked.

    Code ``account.signed_out``, or ``account.token_expired`` when a refresh helps.
    """

    status = 401

    def __init__(self, *, expired: bool = False) -> None:
        if expired:
            super().__init__(
                "The sign-in has to be renewed.", "The program does that by itself.", "account.token_expired"
            )
        else:
            super().__init__(
                "You are signed out.",
                "Sign in again. What you did meanwhile is kept on this computer.",
                "account.signed_out",
            )


@dataclass(frozen=True)
class SignedIn:
    """Who asks, from which device, in which session."""

    actor: Actor
    session_id: str
    device_id: str


@dataclass(frozen=True)
class Device:
    device_id: str
    device_name: str
    signed_in_at: datetime
    used_at: datetime


def start(uow: UnitOfWork, user: store.UserRow, device_id: str, device_name: str) -> wire.Session:
    """A new session of the device; the device's earlier session, if any, ends."""
    store.revoke_user(uow.connection, user.id, uow.now, device_id=device_id)
    access, refresh = _token(), _token()
    store.add_session(
        uow.connection,
        store.SessionRow(
            id=new_id(),
            user_id=user.id,
            device_id=device_id,
            device_name=device_name,
            access_hash=_hash(access),
            access_expires_at=uow.now + ACCESS_LIFE,
            refresh_hash=_hash(refresh),
            refresh_expires_at=uow.now + REFRESH_LIFE,
            previous_refresh_hash=None,
            rotated_at=None,
            lost_refresh_hash=None,
            created_at=uow.now,
            used_at=uow.now,
            revoked_at=None,
        ),
    )
    audit.record(uow, actor_of(user), "account.signed_in", user.id, f"Signed in on {device_name}.")
    return _answer(uow, user, access, refresh)


def refresh(uow: UnitOfWork, token: str) -> wire.Session | None:
    """A fresh pair for a refresh token. None when the token is no good: the unit of work must then commit all
    the same, because a session may just have been ended for reuse; the caller raises ``SignedOutError``
    afterwards.
    """
    shown = _hash(token)
    found = store.session_by_refresh(uow.connection, shown)
    if found is None or found.revoked_at is not None or found.refresh_expires_at <= uow.now:
        return None
    user = store.user_by_id(uow.connection, found.user_id)
    if user is None or not user.active:
        return None
    lost: str | None = None
    if shown != found.refresh_hash:
        forgiven = (
            shown == found.previous_refresh_hash
            and found.lost_refresh_hash is None
            and found.rotated_at is not None
            and uow.now - found.rotated_at <= LOST_ANSWER_GRACE
        )
        if not forgiven:
            store.revoke(uow.connection, found.id, uow.now)
            audit.record(
                uow,
                actor_of(user),
                "account.token_reused",
                user.id,
                f"A used token was shown again; the session on {found.device_name} was ended.",
            )
            return None
        lost = found.refresh_hash
    access, fresh = _token(), _token()
    store.rotate(
        uow.connection,
        found.id,
        {
            "access_hash": _hash(access),
            "access_expires_at": uow.now + ACCESS_LIFE,
            "refresh_hash": _hash(fresh),
            "refresh_expires_at": uow.now + REFRESH_LIFE,
            "previous_refresh_hash": shown,
            "rotated_at": uow.now,
            "lost_refresh_hash": lost,
            "used_at": uow.now,
        },
    )
    return _answer(uow, user, access, fresh)


def signed_in(connection: Connection, token: str, now: datetime) -> SignedIn:
    """Who shows this access token. Raises ``SignedOutError``."""
    found = store.session_by_access(connection, _hash(token))
    if found is None or found.revoked_at is not None:
        raise SignedOutError
    if found.access_expires_at <= now:
        raise SignedOutError(expired=True)
    user = store.user_by_id(connection, found.user_id)
    if user is None or not user.active:
        raise SignedOutError
    return SignedIn(actor_of(user), found.id, found.device_id)


def require_open(connection: Connection, session_id: str, now: datetime) -> None:
    """Raises ``SignedOutError`` when the session was revoked or ran out, or its user was deactivated."""
    found = store.session_by_id(connection, session_id)
    if found is None or found.revoked_at is not None or found.refresh_expires_at <= now:
        raise SignedOutError
    user = store.user_by_id(connection, found.user_id)
    if user is None or not user.active:
        raise SignedOutError


def sign_out(uow: UnitOfWork, who: SignedIn) -> None:
    """End this session. Its tokens are refused from now on."""
    store.revoke(uow.connection, who.session_id, uow.now)
    audit.record(uow, who.actor, "account.signed_out", who.actor.user_id or "", "Signed out.")


def devices(connection: Connection, actor: Actor) -> list[Device]:
    """The person's own devices that are signed in."""
    rows = store.sessions_of(connection, actor.user_id or "")
    return [Device(row.device_id, row.device_name, row.created_at, row.used_at) for row in rows]


def revoke_device(uow: UnitOfWork, actor: Actor, device_id: str) -> None:
    """Sign one of the person's own devices out, for example a lost laptop. Raises ``NotFoundError``."""
    names = {row.device_id: row.device_name for row in store.sessions_of(uow.connection, actor.user_id or "")}
    if device_id not in names:
        raise NotFoundError("This device is not signed in.", "Nothing was changed.", "account.device_unknown")
    store.revoke_user(uow.connection, actor.user_id or "", uow.now, device_id=device_id)
    audit.record(uow, actor, "account.device_revoked", device_id, f"Signed {names[device_id]} out.")


def scopes_in_use(connection: Connection, since: datetime) -> set[frozenset[str] | None]:
    """What the people who used the program since then may see, each set of locations once; None is
    everywhere.
    """
    return store.scopes_in_use(connection, since)


def clean(uow: UnitOfWork) -> None:
    """Forget sessions that ended, and attempts that count no more, over a month ago."""
    store.forget_sessions(uow.connection, uow.now - REFRESH_LIFE)
    store.forget_attempts(uow.connection, uow.now - timedelta(days=1))


def actor_of(user: store.UserRow) -> Actor:
    """The person with the rights of their role."""
    return Actor(
        user.id, user.display_name, ROLE_RIGHTS[user.role], user.all_locations, frozenset(user.location_ids)
    )


def person(user: store.UserRow) -> wire.Person:
    """What the desktop is told of the person."""
    return wire.Person(
        user_id=user.id,
        username=user.username,
        display_name=user.display_name,
        role=user.role,
        rights=ROLE_RIGHTS[user.role],
        all_locations=user.all_locations,
        location_ids=list(user.location_ids),
    )


def _answer(uow: UnitOfWork, user: store.UserRow, access: str, refresh_token: str) -> wire.Session:
    owner = organisation.present(uow.connection)
    return wire.Session(
        access_token=access,
        access_expires_at=uow.now + ACCESS_LIFE,
        refresh_token=refresh_token,
        person=person(user),
        organisation_id=owner.id,
        organisation_name=owner.name,
        time_zone=owner.time_zone,
        country=owner.country,
        server_time=uow.now,
    )


def _token() -> str:
    return secrets.token_urlsafe(32)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
