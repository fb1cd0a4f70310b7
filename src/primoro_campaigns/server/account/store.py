"""SQL of organisation, locations, users, sessions and sign-in attempts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.server.account.tables import (
    location,
    organisation,
    policy,
    session,
    sign_in_attempt,
    user,
    user_location,
)


@dataclass(frozen=True)
class UserRow:
    """``password_hash`` is argon2's encoded form; it never leaves the server."""

    id: str
    username: str
    display_name: str
    role: Role
    password_hash: str
    all_locations: bool
    active: bool
    created_at: datetime
    location_ids: tuple[str, ...]


@dataclass(frozen=True)
class OrganisationRow:
    """``settings`` is the JSON of ``organisation.OrganisationSettings``."""

    id: str
    name: str
    country: str
    time_zone: str
    settings: str


@dataclass(frozen=True)
class LocationRow:
    id: str
    name: str
    time_zone: str
    phone: str
    town: str


@dataclass(frozen=True)
class SessionRow:
    """One device's session. Hashes are sha256 of the tokens."""

    id: str
    user_id: str
    device_id: str
    device_name: str
    access_hash: str
    access_expires_at: datetime
    refresh_hash: str
    refresh_expires_at: datetime
    previous_refresh_hash: str | None
    rotated_at: datetime | None
    lost_refresh_hash: str | None
    created_at: datetime
    used_at: datetime
    revoked_at: datetime | None


_ORGANISATION = select(organisation)


def organisation_row(connection: Connection) -> OrganisationRow | None:
    row = connection.execute(_ORGANISATION).one_or_none()
    return (
        None if row is None else OrganisationRow(row.id, row.name, row.country, row.time_zone, row.settings)
    )


def add_organisation(connection: Connection, row: Mapping[str, object]) -> None:
    connection.execute(insert(organisation).values(row))


def save_settings(connection: Connection, settings: str) -> None:
    connection.execute(update(organisation).values(settings=settings))


def keep_policy(connection: Connection, row: Mapping[str, object]) -> bool:
    """Keep what desktops are told of the settings. False when they know it already."""
    known = connection.execute(select(policy)).mappings().one_or_none()
    if known is not None and dict(known) == dict(row):
        return False
    connection.execute(delete(policy))
    connection.execute(insert(policy).values(row))
    return True


def locations(connection: Connection) -> list[LocationRow]:
    rows = connection.execute(select(location).order_by(location.c.name)).all()
    return [LocationRow(row.id, row.name, row.time_zone, row.phone, row.town) for row in rows]


def add_location(connection: Connection, row: LocationRow) -> None:
    connection.execute(
        insert(location).values(
            id=row.id, name=row.name, time_zone=row.time_zone, phone=row.phone, town=row.town
        )
    )


def has_users(connection: Connection) -> bool:
    return connection.execute(select(user.c.id).limit(1)).first() is not None


def users(connection: Connection) -> list[UserRow]:
    places = _places(connection)
    rows = connection.execute(select(user).order_by(user.c.username)).all()
    return [_user(row, places.get(row.id, ())) for row in rows]


def user_by_id(connection: Connection, user_id: str) -> UserRow | None:
    row = connection.execute(select(user).where(user.c.id == user_id)).one_or_none()
    return None if row is None else _user(row, _places(connection, user_id).get(user_id, ()))


def user_by_name(connection: Connection, username: str) -> UserRow | None:
    """``username`` as it is stored, folded."""
    row = connection.execute(select(user).where(user.c.username == username)).one_or_none()
    return None if row is None else _user(row, _places(connection, row.id).get(row.id, ()))


class OwnAddresses(NamedTuple):
    """Where a user has test messages sent, or empty."""

    email: str = ""
    mobile: str = ""


def own_addresses(connection: Connection, user_id: str) -> OwnAddresses:
    statement = select(user.c.own_email, user.c.own_mobile).where(user.c.id == user_id)
    row = connection.execute(statement).one_or_none()
    return OwnAddresses() if row is None else OwnAddresses(row.own_email, row.own_mobile)


def set_own_addresses(connection: Connection, user_id: str, own: OwnAddresses) -> None:
    values = {"own_email": own.email, "own_mobile": own.mobile}
    connection.execute(update(user).where(user.c.id == user_id).values(**values))


def add_user(connection: Connection, row: UserRow) -> None:
    connection.execute(
        insert(user).values(
            id=row.id,
            username=row.username,
            display_name=row.display_name,
            role=row.role.value,
            password_hash=row.password_hash,
            all_locations=row.all_locations,
            active=row.active,
            created_at=row.created_at,
        )
    )
    _add_places(connection, row)


def change_user(connection: Connection, row: UserRow) -> None:
    """Its role and its locations."""
    connection.execute(
        update(user).where(user.c.id == row.id).values(role=row.role.value, all_locations=row.all_locations)
    )
    connection.execute(delete(user_location).where(user_location.c.user_id == row.id))
    _add_places(connection, row)


def _add_places(connection: Connection, row: UserRow) -> None:
    if row.location_ids:
        connection.execute(
            insert(user_location), [{"user_id": row.id, "location_id": each} for each in row.location_ids]
        )


def set_password_hash(connection: Connection, user_id: str, password_hash: str) -> None:
    connection.execute(update(user).where(user.c.id == user_id).values(password_hash=password_hash))


def set_active(connection: Connection, user_id: str, *, active: bool) -> None:
    connection.execute(update(user).where(user.c.id == user_id).values(active=active))


def count_other_active(connection: Connection, user_id: str, roles: Iterable[Role]) -> int:
    """How many active users besides ``user_id`` have one of ``roles``."""
    return int(
        connection.execute(
            select(func.count())
            .select_from(user)
            .where(user.c.id != user_id, user.c.active, user.c.role.in_([role.value for role in roles]))
        ).scalar_one()
    )


def add_session(connection: Connection, row: SessionRow) -> None:
    connection.execute(insert(session).values(vars(row)))


def session_by_access(connection: Connection, access_hash: str) -> SessionRow | None:
    return _session(
        connection.execute(select(session).where(session.c.access_hash == access_hash)).one_or_none()
    )


def session_by_id(connection: Connection, session_id: str) -> SessionRow | None:
    return _session(connection.execute(select(session).where(session.c.id == session_id)).one_or_none())


def session_by_refresh(connection: Connection, refresh_hash: str) -> SessionRow | None:
    """The session that the token belongs or once belonged to, locked to the end of the unit of work."""
    return _session(
        connection.execute(
            select(session)
            .where(
                or_(
                    session.c.refresh_hash == refresh_hash,
                    session.c.previous_refresh_hash == refresh_hash,
                    session.c.lost_refresh_hash == refresh_hash,
                )
            )
            .with_for_update()
        ).one_or_none()
    )


def sessions_of(connection: Connection, user_id: str) -> list[SessionRow]:
    """The sessions that are not revoked, newest use first."""
    rows = connection.execute(
        select(session)
        .where(session.c.user_id == user_id, session.c.revoked_at.is_(None))
        .order_by(session.c.used_at.desc())
    ).all()
    return [found for row in rows if (found := _session(row)) is not None]


def rotate(connection: Connection, session_id: str, values: Mapping[str, object]) -> None:
    connection.execute(update(session).where(session.c.id == session_id).values(values))


def revoke(connection: Connection, session_id: str, at: datetime) -> None:
    connection.execute(
        update(session)
        .where(session.c.id == session_id, session.c.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def revoke_user(connection: Connection, user_id: str, at: datetime, *, device_id: str | None = None) -> None:
    """End every session of the user, or only those of one device."""
    statement = update(session).where(session.c.user_id == user_id, session.c.revoked_at.is_(None))
    if device_id is not None:
        statement = statement.where(session.c.device_id == device_id)
    connection.execute(statement.values(revoked_at=at))


def forget_sessions(connection: Connection, before: datetime) -> None:
    """Delete sessions whose refresh token ran out, or that were revoked, before the given instant."""
    connection.execute(
        delete(session).where(or_(session.c.refresh_expires_at < before, session.c.revoked_at < before))
    )


def attempts(connection: Connection, key: str, since: datetime) -> list[datetime]:
    """When the attempts under ``key`` since then happened, oldest first."""
    return list(
        connection.execute(
            select(sign_in_attempt.c.at)
            .where(sign_in_attempt.c.key == key, sign_in_attempt.c.at > since)
            .order_by(sign_in_attempt.c.at)
        ).scalars()
    )


def add_attempt(connection: Connection, key: str, at: datetime) -> None:
    connection.execute(insert(sign_in_attempt).values(key=key, at=at))


def forgive_attempts(connection: Connection, key: str) -> None:
    connection.execute(delete(sign_in_attempt).where(sign_in_attempt.c.key == key))


def forget_attempts(connection: Connection, before: datetime) -> None:
    connection.execute(delete(sign_in_attempt).where(sign_in_attempt.c.at < before))


def scopes_in_use(connection: Connection, since: datetime) -> set[frozenset[str] | None]:
    """The sets of locations that active people with a session used since then may see; None is everywhere."""
    rows = connection.execute(
        select(user.c.id, user.c.all_locations).where(
            user.c.active, user.c.id.in_(select(session.c.user_id).where(session.c.used_at > since))
        )
    ).all()
    places = _places(connection)
    return {None if row.all_locations else frozenset(places.get(row.id, ())) for row in rows}


def _places(connection: Connection, user_id: str | None = None) -> dict[str, tuple[str, ...]]:
    statement = select(user_location.c.user_id, user_location.c.location_id).order_by(
        user_location.c.location_id
    )
    if user_id is not None:
        statement = statement.where(user_location.c.user_id == user_id)
    places: dict[str, tuple[str, ...]] = {}
    for owner, place in connection.execute(statement):
        places[owner] = (*places.get(owner, ()), place)
    return places


def _user(row: Row[tuple[object, ...]], location_ids: tuple[str, ...]) -> UserRow:
    return UserRow(
        row.id,
        row.username,
        row.display_name,
        Role(row.role),
        row.password_hash,
        bool(row.all_locations),
        bool(row.active),
        row.created_at,
        location_ids,
    )


def _session(row: Row[tuple[object, ...]] | None) -> SessionRow | None:
    return None if row is None else SessionRow(**row._mapping)
