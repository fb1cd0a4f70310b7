"""A patient's file over HTTP."""

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.server.account.authentication import current_actor
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.http.app import create_app
from primoro_campaigns.server.patient.api import patient_router
from primoro_campaigns.server.patient.tables import patient
from tests.server.practice import actor


@pytest.fixture(autouse=True)
def ann(database: Database) -> None:
    with database.write() as uow:
        row = {"id": "ann", "location_id": "leeds", "status": "active", "given_name": "Ann"}
        uow.connection.execute(insert(patient), [row])


def client(database: Database, *locations: str) -> TestClient:
    app = create_app(database, [patient_router()])
    app.dependency_overrides[current_actor] = lambda: actor(Role.RECEPTION, *locations)
    return TestClient(app)


def test_the_file_of_a_patient(database: Database) -> None:
    answer = client(database, "leeds").get("/api/v1/patients/ann")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["given_name"], body["location_id"], body["email_state"], body["tags"]) == (
        "Ann",
        "leeds",
        "none",
        [],
    )
    assert "intake_hash" not in body


@pytest.mark.parametrize("path", ["/api/v1/patients/ann", "/api/v1/patients/nobody"])
def test_another_locations_patient_is_as_missing_as_nobody(database: Database, path: str) -> None:
    answer = client(database, "boston").get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_a_session_nobody_reads(database: Database) -> None:
    assert TestClient(create_app(database, [patient_router()])).get("/api/v1/patients/ann").status_code == 401
