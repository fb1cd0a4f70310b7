"""Secrets: in the keyring where there is one, and plainly not lasting where there is none."""

import keyring as keyring_library
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from primoro_campaigns.support.keyring_secrets import KeyringSecrets, open_secrets
from primoro_campaigns.support.secrets import Secrets, SessionSecrets
from tests.fakes.keyring import MemoryKeyring


@pytest.mark.parametrize("make", [KeyringSecrets, SessionSecrets])
def test_a_secret_is_kept_replaced_and_forgotten(make: type[KeyringSecrets] | type[SessionSecrets]) -> None:
    secrets: Secrets = make()
    assert secrets.get("token") is None
    secrets.forget("token")
    secrets.put("token", "one")
    secrets.put("token", "two")
    secrets.put("other", "three")
    assert secrets.get("token") == "two"
    secrets.forget("token")
    assert secrets.get("token") is None
    assert secrets.get("other") == "three"


def test_the_keyring_is_used_where_there_is_one(keyring: MemoryKeyring) -> None:
    secrets = open_secrets("tests")
    assert secrets.lasting
    secrets.put("token", "one")
    assert keyring.secrets == {("tests", "token"): "one"}


def test_without_a_keyring_secrets_do_not_last() -> None:
    keyring_library.set_keyring(NoKeyring())  # type: ignore[no-untyped-call]  # keyring leaves it untyped
    secrets = open_secrets("tests")
    assert not secrets.lasting
    secrets.put("token", "one")
    assert secrets.get("token") == "one"
    assert open_secrets("tests").get("token") is None
