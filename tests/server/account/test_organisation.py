"""What the organisation decides: checked, sealed where it is secret, and bound to the server's key."""

import json
from datetime import time
from typing import ClassVar

import pytest
from pydantic import SecretStr

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.organisation import NoOrganisationError, SettingError
from primoro_campaigns.server.account.provider_account import ProviderAccount
from primoro_campaigns.server.account.tables import organisation as table
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.providers.twilio.client import TwilioAccount
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
    assert (shown["smtp_password"], shown["imap_password"]) == ("(set)", "(not set)")
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


class Letterbox(ProviderAccount):
    """A provider that a test makes up."""

    needed: ClassVar[tuple[str, ...]] = ("box", "pin")

    base_address: str = "https://box.example"
    box: str = ""
    pin: SecretStr = SecretStr("")


KINDS = {"letterbox": Letterbox}


def configure_provider(database: Database, **values: str) -> organisation.OrganisationSettings:
    with database.write() as uow:
        named = {name.replace("__", "."): value for name, value in values.items()}
        return organisation.configure(uow.connection, KEY, named, KINDS)


def test_a_providers_account_is_kept_with_its_secrets_sealed(database: Database, location_id: str) -> None:
    assert location_id
    configure_provider(database, letterbox__box="12", letterbox__pin="hunter2")
    configure_provider(database, letterbox__base_address="https://other.example/", sms_gateway="letterbox")
    kept = settings(database)
    account = organisation.account_of(kept, KEY, "letterbox", Letterbox)
    assert (account.box, account.pin.get_secret_value()) == ("12", "hunter2")
    assert account.base_address == "https://other.example"
    with database.read() as connection:
        assert "hunter2" not in str(connection.execute(table.select()).one().settings)
    shown = organisation.shown(kept, KINDS)
    assert (shown["letterbox.box"], shown["letterbox.pin"]) == ("12", "(set)")
    assert "accounts" not in shown
    other = ServerKey("another secret of the tests, long enough")
    with pytest.raises(ServerKeyError):
        organisation.account_of(kept, other, "letterbox", Letterbox)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"letterbox__colour": "blue"}, "There is no setting “letterbox.colour”. There are:"),
        ({"pigeon__name": "Bert"}, "There is no setting “pigeon.name”. There are:"),
        ({"sms_gateway": "pigeon"}, "There is no text gateway “pigeon”. There are: letterbox."),
        ({"sms_gateway": "letterbox"}, "The text gateway “letterbox” needs letterbox.pin."),
        ({"letterbox__base_address": "box.example"}, "letterbox.base_address: must begin with http"),
        ({"accounts": "{}"}, "There is no setting “accounts”."),
    ],
)
def test_a_wrong_account_is_named_and_nothing_is_stored(
    database: Database, location_id: str, wrong: dict[str, str], words: str
) -> None:
    assert location_id
    configure_provider(database, letterbox__box="12")
    before = settings(database)
    with pytest.raises(SettingError) as caught:
        configure_provider(database, sender_name="Changed", **wrong)
    assert caught.value.title.startswith(words)
    assert settings(database) == before


def test_a_chosen_gateway_cannot_lose_what_it_needs(database: Database, location_id: str) -> None:
    assert location_id
    configure_provider(database, letterbox__box="12", letterbox__pin="hunter2", sms_gateway="letterbox")
    with pytest.raises(SettingError):
        configure_provider(database, letterbox__pin="")
    configure_provider(database, letterbox__pin="", sms_gateway="")
    assert organisation.shown(settings(database), KINDS)["letterbox.pin"] == "(not set)"


def test_the_one_gateway_of_before_is_carried_over(database: Database, location_id: str) -> None:
    """Its account used to stand among the settings themselves."""
    assert location_id
    sealed = KEY.seal("a token")
    old = {"sms_base_address": "https://sms.example", "sms_account_sid": "AC1", "sms_auth_token": sealed}
    with database.write() as uow:
        kept = {"sender_name": "Riverside Dental", "sms_from": "+447700900999", **old}
        uow.connection.execute(table.update().values(settings=json.dumps(kept)))
    found = settings(database)
    assert (found.sms_gateway, found.sms_from) == ("twilio", "+447700900999")
    account = organisation.account_of(found, KEY, "twilio", TwilioAccount)
    assert (account.base_address, account.account_sid) == ("https://sms.example", "AC1")
    assert account.auth_token.get_secret_value() == "a token"
    configure(database, sender_name="Changed")
    assert settings(database).accounts == found.accounts


def test_a_practice_that_never_texted_has_no_gateway(database: Database, location_id: str) -> None:
    assert location_id
    with database.write() as uow:
        kept = {"sms_base_address": "", "sms_account_sid": "", "sms_auth_token": ""}
        uow.connection.execute(table.update().values(settings=json.dumps(kept)))
    assert (settings(database).sms_gateway, settings(database).accounts) == ("", {})
