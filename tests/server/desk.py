"""A server without a process: the application as it is put together, and a desk that talks to it."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from starlette.testclient import TestClient

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.server.account import password, set_up, user
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.main import Services, compose
from primoro_campaigns.server.settings import ServerSettings
from primoro_campaigns.wire import account as wire

KEY = ServerKey("a secret of the tests, long enough for a key")
CODE = "ABCD-2345"
PASSWORD = "three quiet words"


def services(database: Database, tmp_path: Path) -> Services:
    """The server put together; nothing of it runs."""
    return compose(ServerSettings(tmp_path / "data", ""), database, KEY, CODE)


def set_up_practice(database: Database) -> str:
    """An organisation with the location "High Street" and the administrator "anna".

    Returns the location's id.
    """
    set_up.set_up(
        database,
        KEY,
        CODE,
        wire.SetUp(
            code=SecretStr(CODE),
            organisation_name="Riverside Dental",
            location_name="High Street",
            display_name="Anna Ash",
            username="Anna",
            password=SecretStr(PASSWORD),
        ),
    )
    with database.read() as connection:
        return user.locations(connection, SERVER)[0].id


def add_user(database: Database, name: str, role: Role, location_ids: list[str] | None = None) -> str:
    """A user with the usual password. Returns the id."""
    password_hash = password.hashed(PASSWORD)
    with database.write() as uow:
        row = user.add_user(
            uow,
            SERVER,
            name=name,
            display_name=name.title(),
            role=role,
            password_hash=password_hash,
            location_ids=location_ids,
        )
    return row.id


@dataclass
class Desk:
    """One device of one person."""

    client: TestClient
    device_id: str = "0198c000-0000-7000-8000-000000000001"
    access: str = ""
    refresh: str = ""

    def sign_in(self, username: str = "anna", given: str = PASSWORD) -> "Desk":
        answer = self.client.post(
            "/api/v1/session",
            json={
                "username": username,
                "password": given,
                "device_id": self.device_id,
                "device_name": "Reception",
            },
        )
        assert answer.status_code == 200, answer.text
        session = wire.Session.model_validate_json(answer.content)
        self.access, self.refresh = session.access_token, session.refresh_token
        return self

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access}"}

    def status(self, path: str = "/api/v1/me") -> int:
        return self.client.get(path, headers=self.headers).status_code
