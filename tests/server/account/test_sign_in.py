"""Signing in: words that give nothing away, and limits that make guessing slow."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from primoro_campaigns.server.account import password, store
from primoro_campaigns.server.account.sign_in import PER_ADDRESS, PER_USER
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.support.clock import FixedClock
from tests.server.desk import PASSWORD, Desk, add_user


def attempt(client: TestClient, username: str, given: str) -> tuple[int, str]:
    answer = client.post(
        "/api/v1/session",
        json={"username": username, "password": given, "device_id": "1", "device_name": "Reception"},
    )
    return answer.status_code, answer.json().get("code", "")


def test_the_person_comes_with_rights_and_places(
    client: TestClient, database: Database, location_id: str
) -> None:
    add_user(database, "bea", Role.RECEPTION, [location_id])
    me = client.get("/api/v1/me", headers=Desk(client).sign_in("bea").headers).json()
    assert set(me["rights"]) == {right.value for right in ROLE_RIGHTS[Role.RECEPTION]}
    assert (me["all_locations"], me["location_ids"]) == (False, [location_id])


@pytest.mark.parametrize("typed", ["anna", "ANNA", " Anna "])
def test_capitals_do_not_matter_in_a_user_name(client: TestClient, typed: str) -> None:
    assert attempt(client, typed, PASSWORD)[0] == 200


def test_a_wrong_password_and_an_unknown_user_look_the_same(client: TestClient, database: Database) -> None:
    user_id = add_user(database, "gone", Role.RECEPTION)
    with database.write() as uow:
        store.set_active(uow.connection, user_id, active=False)
    bodies = []
    for username in ("anna", "nobody", "gone"):
        answer = client.post(
            "/api/v1/session",
            json={"username": username, "password": "wrong words", "device_id": "1", "device_name": "R"},
        )
        assert answer.status_code == 401
        bodies.append(answer.json())
    assert bodies[0] == bodies[1] == bodies[2]
    assert bodies[0]["code"] == "account.wrong_password"
    assert bodies[0]["title"] == "The user name or the password is not right."
    assert attempt(client, "gone", PASSWORD) == (401, "account.wrong_password")


@pytest.mark.parametrize("username", ["anna", "nobody"])
def test_guessing_at_one_user_is_stopped_and_told_how_long(
    client: TestClient, clock: FixedClock, username: str
) -> None:
    for _ in range(PER_USER.attempts):
        assert attempt(client, username, "wrong words")[0] == 401
        clock.instant += timedelta(seconds=10)
    answer = client.post(
        "/api/v1/session",
        json={"username": username.upper(), "password": PASSWORD, "device_id": "1", "device_name": "R"},
    )
    assert (answer.status_code, answer.json()["code"]) == (429, "account.too_many_attempts")
    wait_s = int(answer.headers["Retry-After"])
    assert wait_s == (PER_USER.window - timedelta(seconds=10 * PER_USER.attempts)).total_seconds()
    assert "14 minutes" in answer.json()["detail"]
    clock.instant += timedelta(seconds=wait_s)
    assert attempt(client, username, "wrong words")[0] == 401
    assert attempt(client, username, "wrong words")[0] == 429


def test_the_right_password_forgives_what_was_mistyped(client: TestClient) -> None:
    for _ in range(3):
        for _ in range(PER_USER.attempts - 1):
            assert attempt(client, "anna", "wrong words")[0] == 401
        assert attempt(client, "anna", PASSWORD)[0] == 200


def test_guessing_at_many_users_from_one_address_is_stopped(client: TestClient, database: Database) -> None:
    with database.write() as uow:
        for _ in range(PER_ADDRESS.attempts):
            store.add_attempt(uow.connection, "address:testclient", uow.now)
    assert attempt(client, "anna", PASSWORD) == (429, "account.too_many_attempts")


def test_a_hash_made_with_older_parameters_is_replaced(client: TestClient, database: Database) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    with database.write() as uow:
        anna = store.user_by_name(uow.connection, "anna")
        assert anna is not None
        store.set_password_hash(uow.connection, anna.id, weak)
    assert attempt(client, "anna", PASSWORD)[0] == 200
    with database.read() as connection:
        anna = store.user_by_name(connection, "anna")
    assert anna is not None
    assert anna.password_hash != weak
    assert password.check(anna.password_hash, PASSWORD) == password.Checked(True)
