"""A practice that is set up, and its server's application."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from primoro_campaigns.server.account import password
from primoro_campaigns.server.database.unit_of_work import Database
from tests.server.desk import Desk, services, set_up_practice


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real argon2 with parameters that take no time: these tests sign in hundreds of times."""
    monkeypatch.setattr(password, "_HASHER", PasswordHasher(time_cost=1, memory_cost=256, parallelism=1))


@pytest.fixture
def fresh_client(database: Database, tmp_path: Path) -> Iterator[TestClient]:
    """The application before the set-up."""
    client = TestClient(services(database, tmp_path).app)
    yield client
    client.close()


@pytest.fixture
def location_id(database: Database) -> str:
    """The practice "High Street" of the organisation, which this sets up."""
    return set_up_practice(database)


@pytest.fixture
def client(fresh_client: TestClient, location_id: str) -> TestClient:
    """The application after the set-up."""
    assert location_id
    return fresh_client


@pytest.fixture
def desk(client: TestClient) -> Desk:
    """Anna, the administrator, signed in."""
    return Desk(client).sign_in()
