"""Signing in, tokens, the person signed in, first set-up."""

from datetime import datetime

from pydantic import BaseModel, Field, SecretStr

from primoro_campaigns.domain.account.right import Right, Role


class SignIn(BaseModel):
    username: str = Field(min_length=1, max_length=200)
    password: SecretStr
    device_id: str = Field(min_length=1, max_length=36)
    device_name: str = Field(min_length=1, max_length=200)


class Refresh(BaseModel):
    refresh_token: SecretStr


class Person(BaseModel):
    """Who is signed in and what they may do.

    ``location_ids`` empty with ``all_locations`` means everywhere.
    """

    user_id: str
    username: str
    display_name: str
    role: Role
    rights: frozenset[Right]
    all_locations: bool
    location_ids: list[str]


class Session(BaseModel):
    """The answer to signing in or refreshing.

    Times are the server's; the access token lives minutes, the refresh token weeks.
    """

    access_token: str
    access_expires_at: datetime
    refresh_token: str
    person: Person
    organisation_id: str
    organisation_name: str
    time_zone: str
    country: str
    server_time: datetime


class SetUp(BaseModel):
    """First start: the organisation, its first location, and its first administrator. Only while no user
    exists.

    ``code`` is the one-time code the server shows when it starts without an organisation.
    """

    code: SecretStr
    organisation_name: str = Field(min_length=2, max_length=200)
    location_name: str = Field(min_length=2, max_length=200)
    time_zone: str = "Europe/London"
    country: str = "GB"
    display_name: str = Field(min_length=1, max_length=200)
    username: str = Field(min_length=3, max_length=200)
    password: SecretStr


class NewUser(BaseModel):
    """``location_ids`` null is everywhere."""

    username: str = Field(min_length=3, max_length=200)
    display_name: str = Field(min_length=1, max_length=200)
    role: Role
    password: SecretStr
    location_ids: list[str] | None = None


class ChangeUser(BaseModel):
    """``location_ids`` null is everywhere."""

    role: Role
    location_ids: list[str] | None = None


class NewPassword(BaseModel):
    password: SecretStr


class User(BaseModel):
    """Who works here. One who is not ``active`` cannot sign in."""

    user_id: str
    username: str
    display_name: str
    role: Role
    all_locations: bool
    location_ids: list[str]
    active: bool


class Health(BaseModel):
    """Open to anyone: says that the server is there, its versions, and whether it still needs its first
    set-up. Nothing more.
    """

    ok: bool
    version: str
    wire_version: int
    needs_set_up: bool
    server_time: datetime
