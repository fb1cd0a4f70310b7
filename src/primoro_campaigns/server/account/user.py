"""Users and locations: who works here, and where."""

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Right, Role
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.errors import NotFoundError, PrimoroError
from primoro_campaigns.server.account import organisation, store, username
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.ids import new_id


class UnknownTimeZoneError(PrimoroError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"“{name}” is not a time zone.",
            "Nothing was changed. A time zone looks like “Europe/London”.",
            "account.time_zone",
        )


class LastAdministratorError(PrimoroError):
    status = 409

    def __init__(self) -> None:
        super().__init__(
            "This is the last person who may change settings and users.",
            "Nothing was changed. Make somebody else an administrator or owner first.",
            "account.last_administrator",
        )


def users(connection: Connection, actor: Actor) -> list[store.UserRow]:
    """Everyone, by user name. Needs the right ``settings``."""
    actor.require(Right.SETTINGS)
    return store.users(connection)


def locations(connection: Connection, actor: Actor) -> list[store.LocationRow]:
    """The locations this person may see, by name."""
    return [row for row in store.locations(connection) if actor.sees(row.id)]


def add_user(
    uow: UnitOfWork,
    actor: Actor,
    *,
    name: str,
    display_name: str,
    role: Role,
    password_hash: str,
    location_ids: Sequence[str] | None,
) -> store.UserRow:
    """A new user; ``location_ids`` None is everywhere. Needs the right ``settings``.

    Raises ``UsernameError``, ``UsernameTakenError``, ``NotFoundError`` for an unknown location.
    ``password_hash`` comes from ``password.hashed``, called before the transaction: it takes its time.
    """
    actor.require(Right.SETTINGS)
    folded = username.checked(name)
    if store.user_by_name(uow.connection, folded) is not None:
        raise username.UsernameTakenError
    _require_locations(uow, location_ids)
    row = store.UserRow(
        id=new_id(),
        username=folded,
        display_name=display_name,
        role=role,
        password_hash=password_hash,
        all_locations=location_ids is None,
        active=True,
        created_at=uow.now,
        location_ids=tuple(sorted(set(location_ids or ()))),
    )
    store.add_user(uow.connection, row)
    uow.changes.touched(Room.USER, row.id, [EVERYWHERE])
    audit.record(uow, actor, "account.user_added", row.id, f"Added the user {folded} as {role}.")
    return row


def deactivate(uow: UnitOfWork, actor: Actor, user_id: str) -> None:
    """The user can no longer sign in, and is signed out everywhere. Needs the right ``settings``.

    Raises ``NotFoundError``, and ``LastAdministratorError`` for the last person who could undo it.
    """
    row = _required(uow, actor, user_id)
    _require_another(uow, row)
    store.set_active(uow.connection, user_id, active=False)
    store.revoke_user(uow.connection, user_id, uow.now)
    audit.record(uow, actor, "account.user_deactivated", user_id, f"Deactivated the user {row.username}.")


def activate(uow: UnitOfWork, actor: Actor, user_id: str) -> None:
    """The user can sign in again, with the password there was. Needs the right ``settings``."""
    row = _required(uow, actor, user_id)
    store.set_active(uow.connection, user_id, active=True)
    audit.record(uow, actor, "account.user_activated", user_id, f"Activated the user {row.username}.")


def change(
    uow: UnitOfWork, actor: Actor, user_id: str, *, role: Role, location_ids: Sequence[str] | None
) -> store.UserRow:
    """Another role, and other locations (None is everywhere), from the next request on. Needs the right
    ``settings``.

    Raises ``NotFoundError``, and ``LastAdministratorError`` for the last person who could undo it.
    """
    row = _required(uow, actor, user_id)
    _require_locations(uow, location_ids)
    if Right.SETTINGS not in ROLE_RIGHTS[role]:
        _require_another(uow, row)
    places = tuple(sorted(set(location_ids or ())))
    changed = replace(row, role=role, all_locations=location_ids is None, location_ids=places)
    if changed == row:
        return row
    store.change_user(uow.connection, changed)
    uow.changes.touched(Room.USER, user_id, [EVERYWHERE])
    where = "everywhere" if location_ids is None else f"at {len(places)} locations"
    audit.record(uow, actor, "account.user_changed", user_id, f"Made {row.username} {role}, {where}.")
    return changed


def _required(uow: UnitOfWork, actor: Actor, user_id: str) -> store.UserRow:
    actor.require(Right.SETTINGS)
    row = store.user_by_id(uow.connection, user_id)
    if row is None:
        raise NotFoundError("There is no such user.", "Nothing was changed.", "account.user_unknown")
    return row


def _require_locations(uow: UnitOfWork, location_ids: Sequence[str] | None) -> None:
    known = {row.id for row in store.locations(uow.connection)}
    if location_ids is not None and (not location_ids or not known.issuperset(location_ids)):
        raise NotFoundError(
            "The user needs at least one location, and each must exist.",
            "Nothing was changed. Choose among the locations there are.",
            "account.location_unknown",
        )


def _require_another(uow: UnitOfWork, row: store.UserRow) -> None:
    """Somebody besides this person must be able to undo what is done to them."""
    may_set = [role for role, rights in ROLE_RIGHTS.items() if Right.SETTINGS in rights]
    if row.active and row.role in may_set and store.count_other_active(uow.connection, row.id, may_set) == 0:
        raise LastAdministratorError


def set_password(uow: UnitOfWork, actor: Actor, user_id: str, password_hash: str) -> None:
    """Give a user who forgot it a new password; they are signed out everywhere.

    Needs the right ``settings``.
    """
    row = _required(uow, actor, user_id)
    store.set_password_hash(uow.connection, user_id, password_hash)
    store.revoke_user(uow.connection, user_id, uow.now)
    audit.record(uow, actor, "account.password_set", user_id, f"Gave the user {row.username} a new password.")


def own_addresses(connection: Connection, actor: Actor) -> store.OwnAddresses:
    """Where the actor has test messages sent."""
    return store.own_addresses(connection, actor.user_id or "")


def set_own_address(uow: UnitOfWork, actor: Actor, channel: Channel, address: str) -> None:
    """Remember where the actor has test messages sent on ``channel``."""
    user_id = actor.user_id or ""
    own = store.own_addresses(uow.connection, user_id)
    changed = {"email": address} if channel is Channel.EMAIL else {"mobile": address}
    store.set_own_addresses(uow.connection, user_id, own._replace(**changed))


def add_location(
    uow: UnitOfWork, actor: Actor, name: str, *, time_zone: str | None = None, phone: str = "", town: str = ""
) -> store.LocationRow:
    """A new location, in the organisation's time zone unless it has its own. Needs the right ``settings``."""
    actor.require(Right.SETTINGS)
    owner = organisation.present(uow.connection)
    row = store.LocationRow(
        new_id(), name.strip(), checked_time_zone(time_zone or owner.time_zone), phone, town
    )
    store.add_location(uow.connection, row)
    uow.changes.touched(Room.LOCATION, row.id, [EVERYWHERE])
    audit.record(uow, actor, "account.location_added", row.id, f"Added the location {row.name}.")
    return row


def checked_time_zone(name: str) -> str:
    """Raises ``UnknownTimeZoneError`` for a name the time zone database does not hold."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimeZoneError(name) from None
