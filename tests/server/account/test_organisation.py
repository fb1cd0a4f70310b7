"""What the organisation decides: checked, sealed where it is secret, and bound to the server's key."""

from datetime import time

import pytest

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.organisation import NoOrganisationError, SettingError
from primoro_campaigns.server.account.tables import organisation as table
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.key import ServerKey, ServerKeyError
from tests.server.desk import KEY


def configure(database: Database, **values: str) -> organisation.OrganisationSettings:
    with database.write() as uow:
        return organisation.configure(uow.connection, KEY, values)


def settings(database: Database) -> organisation.OrganisationSettings:
    with database.read() as connection:
        return organisation.settings(connection)


def test_before_the_set_up_there_are_only_defaults(database: Database) -> None:
    assert settings(database).selection_limit == 500
    with pytest.raises(NoOrganisationError):
        configure(database, selection_limit="10")


def test_settings_are_typed_and_the_others_stay(database: Database, location_id: str) -> None:
    assert location_id
    configure(database, window_opens="09:30", public_address="https://campaigns.example.org/")
    configure(database, soft_opt_in_allowed="false", smtp_port="2525")
    kept = settings(database)
    assert (kept.window_opens, kept.window_closes) == (time(9, 30), time(18))
    assert kept.public_address == "https://campaigns.example.org"
    assert (kept.soft_opt_in_allowed, kept.smtp_port) == (False, 2525)
    assert kept.sender_name == "Riverside Dental"


def test_a_secret_is_sealed_in_the_database_and_not_shown(database: Database, location_id: str) -> None:
    assert location_id
    configure(database, smtp_password="hunter2")
    kept = settings(database)
    assert KEY.open(kept.smtp_password) == "hunter2"
    with database.read() as connection:
        stored = str(connection.execute(table.select()).one().settings)
    assert "hunter2" not in stored
    shown = organisation.shown(kept)
    assert (shown["smtp_password"], shown["sms_auth_token"]) == ("(set)", "(not set)")
    assert "key_check" not in shown
    configure(database, smtp_password="")
    assert settings(database).smtp_password == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "blue"},
        {"key_check": "0"},
        {"smtp_port": "70000"},
        {"smtp_port": "many"},
        {"smtp_security": "perhaps"},
        {"public_address": "campaigns.example.org"},
        {"sender_email": "Riverside Dental"},
        {"window_opens": "19:00"},
        {"window_opens": "tea time"},
        {"selection_limit": "0"},
    ],
)
def test_a_wrong_setting_is_named_and_nothing_is_stored(
    database: Database, location_id: str, wrong: dict[str, str]
) -> None:
    assert location_id
    before = settings(database)
    with pytest.raises(SettingError) as caught:
        configure(database, sender_name="Changed", **wrong)
    assert next(iter(wrong)) in caught.value.title
    assert settings(database) == before


def test_another_key_is_refused(database: Database, location_id: str) -> None:
    assert location_id
    other = ServerKey("another secret of the tests, long enough")
    with database.read() as connection:
        organisation.check_key(connection, KEY)
        with pytest.raises(ServerKeyError) as caught:
            organisation.check_key(connection, other)
    assert caught.value.code == "server.key_wrong"
    with pytest.raises(ServerKeyError):
        other.open(KEY.seal("hunter2"))
