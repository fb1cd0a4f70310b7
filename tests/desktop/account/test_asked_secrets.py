"""Secrets asked for by a process of its own, while the desktop loads Qt."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring as keyring_library
import pytest

from primoro_campaigns.demo.secret_keeper import LentKeyring, SecretKeeper
from primoro_campaigns.desktop.account.asked_secrets import AskedSecrets, Question
from primoro_campaigns.support.keyring_secrets import KeyringSecrets
from primoro_campaigns.support.secrets import Secrets, SecretsRefusedError, SessionSecrets
from tests.fakes.keyring import LockedKeyring

ROOT = Path(__file__).parents[3]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[KeyringSecrets]:
    """A keyring that this process and those it starts share, with a token in it."""
    keeper = SecretKeeper()
    try:
        for name, value in keeper.environment().items():
            monkeypatch.setenv(name, value)
        keyring_library.set_keyring(LentKeyring())  # type: ignore[no-untyped-call]  # keyring leaves it untyped
        secrets = KeyringSecrets()
        secrets.put("token", "one")
        yield secrets
    finally:
        keeper.close()


def nobody() -> Secrets:
    raise AssertionError("the keyring was opened here too")


def test_what_was_asked_for_is_known_without_opening_the_keyring_here(kept: KeyringSecrets) -> None:
    asked = AskedSecrets(Question(["token", "key"]), nobody)
    assert asked.lasting
    assert asked.get("token") == "one"
    assert asked.get("key") is None
    # The answer holds: the token is looked at before the window is there, and used after it.
    kept.put("token", "of another")
    assert asked.get("token") == "one"


def test_what_is_changed_here_holds_from_then_on(kept: KeyringSecrets) -> None:
    asked = AskedSecrets(Question(["token", "key"]), lambda: kept)
    asked.put("token", "two")
    assert asked.get("token") == "two"
    assert kept.get("token") == "two"
    asked.forget("token")
    assert asked.get("token") is None
    assert kept.get("token") is None


def test_what_was_not_asked_for_comes_from_the_keyring(kept: KeyringSecrets) -> None:
    kept.put("other", "three")
    asked = AskedSecrets(Question(["token"]), lambda: kept)
    assert asked.get("other") == "three"


def test_a_keyring_that_refuses_has_refused_and_is_asked_again_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"{LockedKeyring.__module__}.{LockedKeyring.__qualname__}")
    unlocked = SessionSecrets()
    unlocked.put("token", "one")
    asked = AskedSecrets(Question(["token"]), lambda: unlocked)
    assert asked.lasting
    with pytest.raises(SecretsRefusedError):
        asked.get("token")
    assert asked.get("token") == "one"


def test_without_a_keyring_secrets_stay_in_memory() -> None:
    asked = AskedSecrets(Question(["token"]), nobody)
    assert not asked.lasting
    assert asked.get("token") is None
    asked.put("token", "one")
    assert asked.get("token") == "one"


@pytest.mark.parametrize("broken", ["no program", "no answer"])
def test_when_nothing_was_found_out_the_keyring_is_opened_here(
    kept: KeyringSecrets, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    if broken == "no program":
        monkeypatch.setattr(sys, "executable", str(ROOT / "no-such-program"))
    else:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Keyring")
    asked = AskedSecrets(Question(["token"]), lambda: kept)
    assert asked.lasting
    assert asked.get("token") == "one"


def test_a_question_nobody_waits_for_leaves_nothing_behind() -> None:
    """The strictness of the suite sees a pipe or a process that is left."""
    asked = AskedSecrets(Question(["token"]), nobody)
    asked.close()


@pytest.fixture
def unchosen(kept: KeyringSecrets, monkeypatch: pytest.MonkeyPatch) -> KeyringSecrets:
    """The shared keyring is there, and nobody has said which keyring to take."""
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND")
    return kept


def test_the_keyring_of_the_last_time_is_asked_without_looking_for_others(unchosen: KeyringSecrets) -> None:
    assert unchosen.backend == "primoro_campaigns.demo.secret_keeper.LentKeyring"
    asked = AskedSecrets(Question(["token"], unchosen.backend), nobody)
    assert asked.get("token") == "one"
    assert asked.backend == unchosen.backend


@pytest.mark.parametrize("gone", ["no.such.Keyring", "keyring.backends.fail.Keyring"])
def test_when_the_keyring_of_the_last_time_is_gone_another_is_looked_for(
    unchosen: KeyringSecrets, gone: str
) -> None:
    asked = AskedSecrets(Question(["token"], gone), lambda: unchosen)
    assert asked.lasting
    assert asked.get("token") == "one"
    assert asked.backend == unchosen.backend


def test_what_the_keyring_of_the_last_time_does_not_have_another_may(unchosen: KeyringSecrets) -> None:
    other = SessionSecrets()
    other.put("key", "two")
    asked = AskedSecrets(Question(["token", "key"], unchosen.backend), lambda: other)
    assert (asked.get("token"), asked.get("key")) == ("one", "two")


@pytest.mark.usefixtures("kept")
def test_a_keyring_that_the_person_has_chosen_is_taken_and_not_remembered() -> None:
    asked = AskedSecrets(Question(["token"], "no.such.Keyring"), nobody)
    assert asked.get("token") == "one"
    assert asked.backend == ""
