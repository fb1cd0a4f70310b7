"""The first set-up, and who may add users and locations after it."""

import pytest
from starlette.testclient import TestClient

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database
from tests.server.desk import CODE, KEY, PASSWORD, Desk, add_user

ASKED = {
    "code": CODE,
    "organisation_name": "Riverside Dental",
    "location_name": "High Street",
    "display_name": "Anna Ash",
    "username": "Anna",
    "password": PASSWORD,
}


def asked(client: TestClient, **changed: str) -> tuple[int, str]:
    answer = client.post("/api/v1/set-up", json={**ASKED, **changed})
    return answer.status_code, answer.json()["code"] if answer.content else ""


def test_health_says_that_a_set_up_is_needed_until_it_is_done(fresh_client: TestClient) -> None:
    before = fresh_client.get("/api/v1/health").json()
    assert (before["ok"], before["needs_set_up"]) == (True, True)
    assert asked(fresh_client) == (204, "")
    assert fresh_client.get("/api/v1/health").json()["needs_set_up"] is False
    assert Desk(fresh_client).sign_in().status() == 200


def test_the_set_up_is_synced_and_written_down(fresh_client: TestClient, database: Database) -> None:
    asked(fresh_client)
    with database.read() as connection:
        marks = {(row.room, row.location_id) for row in connection.execute(change.select())}
        written = [row.what for row in connection.execute(audit_entry.select())]
        owner = organisation.present(connection)
        settings = organisation.settings(connection)
    assert marks == {("location", "*"), ("user", "*")}
    assert written == ["account.location_added", "account.user_added"]
    assert (owner.name, owner.time_zone, owner.country) == ("Riverside Dental", "Europe/London", "GB")
    assert settings.key_check == KEY.check


@pytest.mark.parametrize("typed", [CODE, CODE.lower(), CODE.replace("-", ""), f" {CODE} "])
def test_the_code_may_be_typed_as_people_type(fresh_client: TestClient, typed: str) -> None:
    assert asked(fresh_client, code=typed) == (204, "")


def test_a_wrong_code_sets_nothing_up_and_cannot_be_guessed(fresh_client: TestClient) -> None:
    for _ in range(10):
        assert asked(fresh_client, code="AAAA-AAAA") == (403, "account.set_up_code")
    assert asked(fresh_client) == (429, "account.too_many_attempts")
    assert fresh_client.get("/api/v1/health").json()["needs_set_up"] is True


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"password": "short"}, "account.password_short"),
        ({"username": "a b c"}, "account.username_form"),
        ({"time_zone": "Europe/Nowhere"}, "account.time_zone"),
        ({"time_zone": "../etc/passwd"}, "account.time_zone"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_half_made(
    fresh_client: TestClient, database: Database, changed: dict[str, str], code: str
) -> None:
    assert asked(fresh_client, **changed) == (422, code)
    with database.read() as connection:
        assert organisation.find(connection) is None
        assert connection.execute(change.select()).all() == []


def test_a_second_set_up_is_refused(client: TestClient) -> None:
    assert asked(client, username="eve") == (409, "account.already_set_up")


def test_only_settings_people_add_users_and_locations(client: TestClient, database: Database) -> None:
    add_user(database, "mia", Role.MANAGER)
    mia = Desk(client, device_id="2").sign_in("mia")
    new_user = {"username": "eve", "display_name": "Eve", "role": "owner", "password": PASSWORD}
    for answer in (
        client.post("/api/v1/users", json=new_user, headers=mia.headers),
        client.post("/api/v1/locations", json={"name": "Mill Lane"}, headers=mia.headers),
        client.get("/api/v1/users", headers=mia.headers),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "account.right_missing")


def test_an_administrator_adds_a_location_and_a_user_for_it(desk: Desk, database: Database) -> None:
    made = desk.client.post("/api/v1/locations", json={"name": "Mill Lane"}, headers=desk.headers)
    assert made.status_code == 201
    place = made.json()
    assert place["time_zone"] == "Europe/London"
    new_user = {
        "username": "Bea",
        "display_name": "Bea",
        "role": "reception",
        "password": PASSWORD,
        "location_ids": [place["id"]],
    }
    assert desk.client.post("/api/v1/users", json=new_user, headers=desk.headers).status_code == 201
    bea = Desk(desk.client, device_id="2").sign_in("bea")
    seen = desk.client.get("/api/v1/locations", headers=bea.headers).json()
    assert [row["name"] for row in seen] == ["Mill Lane"]
    with database.read() as connection:
        rooms = sorted(row.room for row in connection.execute(change.select()))
    assert rooms == ["location", "location", "user", "user"]


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"username": "ANNA"}, 409, "account.username_taken"),
        ({"location_ids": ["nowhere"]}, 404, "account.location_unknown"),
        ({"location_ids": []}, 404, "account.location_unknown"),
        ({"password": "short"}, 422, "account.password_short"),
        ({"role": "emperor"}, 422, "http.malformed"),
    ],
)
def test_a_user_that_cannot_be_is_refused(
    desk: Desk, changed: dict[str, object], status: int, code: str
) -> None:
    new_user = {"username": "eve", "display_name": "Eve", "role": "owner", "password": PASSWORD, **changed}
    answer = desk.client.post("/api/v1/users", json=new_user, headers=desk.headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert PASSWORD not in answer.text
    assert len(desk.client.get("/api/v1/users", headers=desk.headers).json()) == 1


def test_the_last_administrator_stays(desk: Desk, database: Database) -> None:
    me = desk.client.get("/api/v1/me", headers=desk.headers).json()["user_id"]
    answer = desk.client.post(f"/api/v1/users/{me}/deactivate", headers=desk.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "account.last_administrator")
    add_user(database, "olga", Role.OWNER)
    assert desk.client.post(f"/api/v1/users/{me}/deactivate", headers=desk.headers).status_code == 204


def test_a_forgotten_password_is_replaced_and_signs_out(desk: Desk, database: Database) -> None:
    user_id = add_user(database, "bea", Role.RECEPTION)
    bea = Desk(desk.client, device_id="2").sign_in("bea")
    path = f"/api/v1/users/{user_id}/password"
    assert desk.client.post(path, json={"password": PASSWORD}, headers=bea.headers).status_code == 403
    assert (
        desk.client.post(path, json={"password": "other quiet words"}, headers=desk.headers).status_code
        == 204
    )
    assert bea.status() == 401
    assert bea.sign_in("bea", "other quiet words").status() == 200


def test_a_colleague_gets_another_role_and_other_locations_at_once(desk: Desk, database: Database) -> None:
    user_id = add_user(database, "bea", Role.RECEPTION)
    place = desk.client.post("/api/v1/locations", json={"name": "Mill Lane"}, headers=desk.headers).json()
    bea = Desk(desk.client, device_id="2").sign_in("bea")
    path = f"/api/v1/users/{user_id}"
    asked_for = {"role": "manager", "location_ids": [place["id"]]}
    assert desk.client.put(path, json=asked_for, headers=bea.headers).status_code == 403
    answer = desk.client.put(path, json=asked_for, headers=desk.headers)
    assert (answer.status_code, answer.json()["role"], answer.json()["location_ids"]) == (
        200,
        "manager",
        [place["id"]],
    )
    me = desk.client.get("/api/v1/me", headers=bea.headers).json()
    assert (me["role"], me["all_locations"], "approve" in me["rights"]) == ("manager", False, True)
    everywhere = desk.client.put(path, json={"role": "manager"}, headers=desk.headers).json()
    assert (everywhere["all_locations"], everywhere["location_ids"]) == (True, [])


def test_the_last_administrator_cannot_be_made_less(desk: Desk, database: Database) -> None:
    me = desk.client.get("/api/v1/me", headers=desk.headers).json()["user_id"]
    answer = desk.client.put(f"/api/v1/users/{me}", json={"role": "reception"}, headers=desk.headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "account.last_administrator")
    assert desk.client.put(f"/api/v1/users/{me}", json={"role": "owner"}, headers=desk.headers).is_success
    add_user(database, "olga", Role.OWNER)
    assert desk.client.put(f"/api/v1/users/{me}", json={"role": "reception"}, headers=desk.headers).is_success
    assert desk.client.get("/api/v1/users", headers=desk.headers).status_code == 403, "from now on"


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"location_ids": ["nowhere"]}, 404, "account.location_unknown"),
        ({"location_ids": []}, 404, "account.location_unknown"),
        ({"role": "emperor"}, 422, "http.malformed"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    desk: Desk, database: Database, changed: dict[str, object], status: int, code: str
) -> None:
    user_id = add_user(database, "bea", Role.RECEPTION)
    path = f"/api/v1/users/{user_id}"
    answer = desk.client.put(path, json={"role": "manager", **changed}, headers=desk.headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert desk.client.put("/api/v1/users/x", json={"role": "owner"}, headers=desk.headers).status_code == 404
    users = desk.client.get("/api/v1/users", headers=desk.headers).json()
    assert {each["username"]: each["role"] for each in users}["bea"] == "reception"


def test_who_was_deactivated_can_come_back(desk: Desk, database: Database) -> None:
    user_id = add_user(database, "bea", Role.RECEPTION)
    assert desk.client.post(f"/api/v1/users/{user_id}/deactivate", headers=desk.headers).status_code == 204
    bea = {"username": "bea", "password": PASSWORD, "device_id": "2", "device_name": "hers"}
    assert desk.client.post("/api/v1/session", json=bea).status_code == 401
    assert desk.client.post(f"/api/v1/users/{user_id}/activate", headers=desk.headers).status_code == 204
    Desk(desk.client, device_id="2").sign_in("bea")
