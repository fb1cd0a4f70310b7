"""The providers over HTTP: for managers, and without anything a provider was told."""

from datetime import UTC, datetime

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.health.service import Watch, keep_list
from primoro_campaigns.server.delivery.providers.registry import ACCOUNTS, in_use
from tests.server.desk import KEY, Desk

SECRETS = ("a mail password", "a token of the gateway")


def set_up(database: Database) -> None:
    values = {
        "smtp_host": "mail.practice.example",
        "smtp_password": SECRETS[0],
        "sms_gateway": "twilio",
        "twilio.account_sid": "AC-very-private",
        "twilio.auth_token": SECRETS[1],
    }
    with database.write() as uow:
        kept = organisation.configure(uow.connection, KEY, values, ACCOUNTS)
        keep_list(uow, in_use(kept))


def test_managers_see_how_each_provider_stands(database: Database, desk: Desk) -> None:
    set_up(database)
    Watch(database).failed("smtp", "The mail server cannot be reached.")
    answer = desk.client.get("/api/v1/sending", headers=desk.headers)
    assert answer.status_code == 200
    told = answer.json()
    by_id = {each["id"]: each for each in told["providers"]}
    assert by_id["smtp"]["health"] == "fails"
    assert by_id["smtp"]["failure"] == "The mail server cannot be reached."
    assert datetime.fromisoformat(by_id["smtp"]["last_failure_at"]).astimezone(UTC) == database.clock.now()
    assert by_id["twilio"]["health"] == "untried"
    assert (told["own_email"], told["own_mobile"]) == ("", "")
    for hidden in (*SECRETS, "AC-very-private"):
        assert hidden not in answer.text


def test_a_test_is_asked_for_over_http(database: Database, desk: Desk) -> None:
    set_up(database)
    asked = {"provider": "smtp", "address": "nobody"}
    answer = desk.client.post("/api/v1/sending/test", json=asked, headers=desk.headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "sending.address")
    del asked["address"]
    assert desk.client.post("/api/v1/sending/test", json=asked, headers=desk.headers).status_code == 422
    assert desk.client.get("/api/v1/sending").status_code == 401
