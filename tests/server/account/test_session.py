"""Tokens: how long they live, how they rotate, when they end a session."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.server.account import session, user
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.account.session import ACCESS_LIFE, LOST_ANSWER_GRACE, REFRESH_LIFE
from primoro_campaigns.server.account.tables import session as session_table
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire import account as wire
from tests.server.desk import Desk, add_user


def refreshed(desk: Desk, token: str) -> wire.Session | None:
    answer = desk.client.post("/api/v1/session/refresh", json={"refresh_token": token})
    if answer.status_code == 401:
        assert answer.json()["code"] == "account.signed_out"
        return None
    assert answer.status_code == 200
    return wire.Session.model_validate_json(answer.content)


def status(desk: Desk, access: str) -> int:
    return desk.client.get("/api/v1/me", headers={"Authorization": f"Bearer {access}"}).status_code


def test_the_server_keeps_no_token(desk: Desk, database: Database) -> None:
    with database.read() as connection:
        kept = str(connection.execute(session_table.select()).all())
    assert desk.access not in kept
    assert desk.refresh not in kept


def test_without_a_token_or_with_another_one_there_is_no_answer(desk: Desk) -> None:
    bare = desk.client.get("/api/v1/me")
    assert (bare.status_code, bare.json()["code"]) == (401, "account.signed_out")
    assert bare.headers["WWW-Authenticate"] == "Bearer"
    assert status(desk, desk.access[:-1] + "~") == 401
    assert status(desk, desk.refresh) == 401


def test_an_access_token_runs_out_and_a_refresh_renews_it(desk: Desk, clock: FixedClock) -> None:
    clock.instant += ACCESS_LIFE - timedelta(seconds=1)
    assert desk.status() == 200
    clock.instant += timedelta(seconds=1)
    late = desk.client.get("/api/v1/me", headers=desk.headers)
    assert (late.status_code, late.json()["code"]) == (401, "account.token_expired")
    fresh = refreshed(desk, desk.refresh)
    assert fresh is not None
    assert status(desk, fresh.access_token) == 200
    assert fresh.person.username == "anna"
    assert fresh.organisation_name == "Riverside Dental"


def test_a_refresh_token_runs_out_a_month_after_its_last_use(desk: Desk, clock: FixedClock) -> None:
    clock.instant += REFRESH_LIFE - timedelta(seconds=1)
    fresh = refreshed(desk, desk.refresh)
    assert fresh is not None
    clock.instant += REFRESH_LIFE
    assert refreshed(desk, fresh.refresh_token) is None


def test_a_lost_answer_signs_nobody_out(desk: Desk, clock: FixedClock) -> None:
    lost = refreshed(desk, desk.refresh)
    clock.instant += LOST_ANSWER_GRACE
    again = refreshed(desk, desk.refresh)
    assert lost is not None
    assert again is not None
    assert status(desk, again.access_token) == 200
    assert status(desk, lost.access_token) == 401
    assert refreshed(desk, again.refresh_token) is not None


@pytest.mark.parametrize("wait", [LOST_ANSWER_GRACE + timedelta(seconds=1), timedelta(days=3)])
def test_a_used_token_shown_late_ends_the_session(desk: Desk, clock: FixedClock, wait: timedelta) -> None:
    fresh = refreshed(desk, desk.refresh)
    assert fresh is not None
    clock.instant += wait
    assert refreshed(desk, desk.refresh) is None
    assert refreshed(desk, fresh.refresh_token) is None
    assert status(desk, fresh.access_token) == 401


def test_a_used_token_is_forgiven_once(desk: Desk) -> None:
    refreshed(desk, desk.refresh)
    again = refreshed(desk, desk.refresh)
    assert again is not None
    assert refreshed(desk, desk.refresh) is None
    assert refreshed(desk, again.refresh_token) is None


def test_the_token_of_a_lost_answer_belongs_to_a_thief(desk: Desk) -> None:
    lost = refreshed(desk, desk.refresh)
    again = refreshed(desk, desk.refresh)
    assert lost is not None
    assert again is not None
    assert refreshed(desk, lost.refresh_token) is None
    assert refreshed(desk, again.refresh_token) is None


def test_signing_out_ends_the_session(desk: Desk) -> None:
    assert desk.client.delete("/api/v1/session", headers=desk.headers).status_code == 204
    assert desk.status() == 401
    assert refreshed(desk, desk.refresh) is None


def test_signing_in_again_on_a_device_ends_its_earlier_session(desk: Desk) -> None:
    old = desk.access
    desk.sign_in()
    assert status(desk, old) == 401
    assert desk.status() == 200


def test_a_lost_laptop_is_signed_out_from_another_device(desk: Desk, client: TestClient) -> None:
    laptop = Desk(client, device_id="laptop").sign_in()
    listed = client.get("/api/v1/devices", headers=desk.headers).json()
    assert {device["device_id"] for device in listed} == {desk.device_id, "laptop"}
    assert client.delete("/api/v1/devices/laptop", headers=desk.headers).status_code == 204
    assert laptop.status() == 401
    assert desk.status() == 200
    assert client.delete("/api/v1/devices/laptop", headers=desk.headers).status_code == 404


def test_one_cannot_revoke_another_persons_device(desk: Desk, client: TestClient, database: Database) -> None:
    add_user(database, "bea", Role.RECEPTION)
    other = Desk(client, device_id="bea's desk").sign_in("bea")
    answer = client.delete("/api/v1/devices/bea's desk", headers=desk.headers)
    assert (answer.status_code, answer.json()["code"]) == (404, "account.device_unknown")
    assert other.status() == 200


def test_a_deactivated_user_is_out_at_once(desk: Desk, client: TestClient, database: Database) -> None:
    user_id = add_user(database, "bea", Role.RECEPTION)
    other = Desk(client, device_id="2").sign_in("bea")
    assert client.post(f"/api/v1/users/{user_id}/deactivate", headers=desk.headers).status_code == 204
    assert other.status() == 401
    assert refreshed(other, other.refresh) is None


def test_cleaning_forgets_what_ended_long_ago_and_nothing_else(
    desk: Desk, client: TestClient, database: Database, clock: FixedClock
) -> None:
    Desk(client, device_id="2").sign_in()
    client.delete("/api/v1/devices/2", headers=desk.headers)
    clock.instant += REFRESH_LIFE - timedelta(seconds=1)
    fresh = refreshed(desk, desk.refresh)
    assert fresh is not None
    clock.instant += timedelta(days=2)
    with database.write() as uow:
        session.clean(uow)
    with database.read() as connection:
        kept = connection.execute(session_table.select()).all()
    assert [row.device_id for row in kept] == [desk.device_id]


def test_scopes_in_use_are_those_of_recent_people(
    client: TestClient, database: Database, location_id: str, clock: FixedClock
) -> None:
    add_user(database, "bea", Role.RECEPTION, [location_id])
    with database.write() as uow:
        other = user.add_location(uow, SERVER, "Mill Lane").id
    add_user(database, "cleo", Role.RECEPTION, [other])
    Desk(client, device_id="3").sign_in("cleo")
    clock.instant += timedelta(days=5)
    Desk(client, device_id="1").sign_in()
    Desk(client, device_id="2").sign_in("bea")
    with database.read() as connection:
        found = session.scopes_in_use(connection, clock.now() - timedelta(days=3))
    assert found == {None, frozenset({location_id})}
