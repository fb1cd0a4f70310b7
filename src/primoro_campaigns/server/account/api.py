"""HTTP of accounts: set-up, sessions, the person, users, locations, devices, and the health page."""

from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from primoro_campaigns.server.account import password, session, set_up, sign_in, store, user
from primoro_campaigns.server.account.authentication import CurrentActor, CurrentDatabase, CurrentSession
from primoro_campaigns.server.account.session import SignedOutError
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.wire import account as wire
from primoro_campaigns.wire.sync import WIRE_VERSION

Id = Annotated[str, Path(min_length=1, max_length=36)]


class NewLocation(BaseModel):
    name: str = Field(min_length=2, max_length=200)
    time_zone: str | None = None
    phone: str = Field(default="", max_length=100)
    town: str = Field(default="", max_length=200)


class Location(BaseModel):
    id: str
    name: str
    time_zone: str
    phone: str
    town: str


class Device(BaseModel):
    device_id: str
    device_name: str
    signed_in_at: datetime
    used_at: datetime


def account_router(key: ServerKey, set_up_code: str, public_address: str = "") -> APIRouter:
    """``set_up_code`` is what the server showed when it started; it counts only while there is no user."""
    router = APIRouter(prefix="/api/v1", tags=["account"])

    @router.get("/health")
    def health(database: CurrentDatabase) -> wire.Health:
        return wire.Health(
            ok=True,
            version=version("primoro-campaigns"),
            wire_version=WIRE_VERSION,
            needs_set_up=set_up.needed(database),
            server_time=database.clock.now(),
        )

    @router.post("/set-up", status_code=204)
    def first_set_up(database: CurrentDatabase, asked: wire.SetUp) -> None:
        set_up.set_up(database, key, set_up_code, asked, public_address)

    @router.post("/session")
    def signing_in(request: Request, database: CurrentDatabase, asked: wire.SignIn) -> wire.Session:
        return sign_in.sign_in(database, asked, request.client.host if request.client is not None else "")

    @router.post("/session/refresh")
    def refreshing(database: CurrentDatabase, asked: wire.Refresh) -> wire.Session:
        with database.write() as uow:
            fresh = session.refresh(uow, asked.refresh_token.get_secret_value())
        if fresh is None:
            raise SignedOutError
        return fresh

    @router.delete("/session", status_code=204)
    def signing_out(database: CurrentDatabase, who: CurrentSession) -> None:
        with database.write() as uow:
            session.sign_out(uow, who)

    @router.get("/me")
    def me(database: CurrentDatabase, actor: CurrentActor) -> wire.Person:
        with database.read() as connection:
            row = store.user_by_id(connection, actor.user_id or "")
        if row is None:
            raise SignedOutError
        return session.person(row)

    @router.get("/devices")
    def devices(database: CurrentDatabase, actor: CurrentActor) -> list[Device]:
        with database.read() as connection:
            return [Device(**asdict(device)) for device in session.devices(connection, actor)]

    @router.delete("/devices/{device_id}", status_code=204)
    def revoking(database: CurrentDatabase, actor: CurrentActor, device_id: Id) -> None:
        with database.write() as uow:
            session.revoke_device(uow, actor, device_id)

    @router.get("/users")
    def users(database: CurrentDatabase, actor: CurrentActor) -> list[wire.User]:
        with database.read() as connection:
            return [_user(row) for row in user.users(connection, actor)]

    @router.post("/users", status_code=201)
    def adding_user(database: CurrentDatabase, actor: CurrentActor, asked: wire.NewUser) -> wire.User:
        password_hash = password.hashed(asked.password.get_secret_value())
        with database.write() as uow:
            return _user(
                user.add_user(
                    uow,
                    actor,
                    name=asked.username,
                    display_name=asked.display_name.strip(),
                    role=asked.role,
                    password_hash=password_hash,
                    location_ids=asked.location_ids,
                )
            )

    @router.post("/users/{user_id}/deactivate", status_code=204)
    def deactivating(database: CurrentDatabase, actor: CurrentActor, user_id: Id) -> None:
        with database.write() as uow:
            user.deactivate(uow, actor, user_id)

    @router.post("/users/{user_id}/activate", status_code=204)
    def activating(database: CurrentDatabase, actor: CurrentActor, user_id: Id) -> None:
        with database.write() as uow:
            user.activate(uow, actor, user_id)

    @router.put("/users/{user_id}")
    def changing_user(
        database: CurrentDatabase, actor: CurrentActor, user_id: Id, asked: wire.ChangeUser
    ) -> wire.User:
        with database.write() as uow:
            return _user(user.change(uow, actor, user_id, role=asked.role, location_ids=asked.location_ids))

    @router.post("/users/{user_id}/password", status_code=204)
    def setting_password(
        database: CurrentDatabase, actor: CurrentActor, user_id: Id, asked: wire.NewPassword
    ) -> None:
        password_hash = password.hashed(asked.password.get_secret_value())
        with database.write() as uow:
            user.set_password(uow, actor, user_id, password_hash)

    @router.get("/locations")
    def locations(database: CurrentDatabase, actor: CurrentActor) -> list[Location]:
        with database.read() as connection:
            return [Location(**asdict(row)) for row in user.locations(connection, actor)]

    @router.post("/locations", status_code=201)
    def adding_location(database: CurrentDatabase, actor: CurrentActor, asked: NewLocation) -> Location:
        with database.write() as uow:
            row = user.add_location(
                uow, actor, asked.name, time_zone=asked.time_zone, phone=asked.phone, town=asked.town
            )
        return Location(**asdict(row))

    return router


def _user(row: store.UserRow) -> wire.User:
    return wire.User(
        user_id=row.id,
        username=row.username,
        display_name=row.display_name,
        role=row.role,
        all_locations=row.all_locations,
        location_ids=list(row.location_ids),
        active=row.active,
    )
