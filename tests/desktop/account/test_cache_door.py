"""Opening a person's cache, and what they are told when that is not plain."""

import logging
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import keyring as keyring_library
import pytest
from keyring.errors import KeyringError, KeyringLocked

from primoro_campaigns.desktop.account import cache_door
from primoro_campaigns.desktop.account.cache_door import (
    CacheSetAsideError,
    KeyringRefusedError,
    NoKeyringError,
    open_cache,
)
from primoro_campaigns.desktop.account.profile import Account, ProfileFolder
from primoro_campaigns.desktop.local.database import CacheDeniedError, DiskFullError, DiskTroubleError
from primoro_campaigns.desktop.local.standing import PersonStore
from primoro_campaigns.support.keyring_secrets import KeyringSecrets, open_secrets
from primoro_campaigns.support.secrets import SessionSecrets
from tests.fakes.keyring import MemoryKeyring
from tests.strict import LogWatch

if sys.platform != "win32":
    from tests.fakes.full_disk import no_file_grows_beyond

ACCOUNT = Account("org", "user-jo", "jo")
SET_ASIDE = ("primoro_campaigns.desktop.local.set_aside", logging.WARNING)


@pytest.fixture
def profile(tmp_path: Path) -> ProfileFolder:
    return ProfileFolder(tmp_path)


def keep(profile: ProfileFolder, person: str) -> None:
    cache = open_cache(profile, KeyringSecrets(), ACCOUNT)
    assert (cache.lasting, cache.told) == (True, ())
    PersonStore(cache.database).write(person)
    cache.close()


def kept(profile: ProfileFolder) -> str | None:
    cache = open_cache(profile, KeyringSecrets(), ACCOUNT)
    assert cache.told == ()
    try:
        return PersonStore(cache.database).read()
    finally:
        cache.close()


def test_the_key_lies_in_the_keyring_and_nowhere_else(profile: ProfileFolder, keyring: MemoryKeyring) -> None:
    keep(profile, "somebody")
    ((_, key),) = keyring.secrets.items()
    assert len(key) == 64
    assert all(key.encode() not in path.read_bytes() for path in profile.folder.iterdir())
    assert kept(profile) == "somebody"


def test_a_lost_profile_does_not_lose_the_cache(profile: ProfileFolder) -> None:
    keep(profile, "somebody")
    (profile.folder / "profile.json").write_text("{", "utf-8")
    fresh = ProfileFolder(profile.folder)
    assert fresh.profile.device_id != profile.profile.device_id
    assert kept(fresh) == "somebody"


def test_two_people_at_one_computer_have_two_keys(profile: ProfileFolder, keyring: MemoryKeyring) -> None:
    keep(profile, "jo")
    cache = open_cache(profile, KeyringSecrets(), replace(ACCOUNT, user_id="user-max"))
    assert PersonStore(cache.database).read() is None
    cache.close()
    assert len(set(keyring.secrets.values())) == 2


# No keyring, or one that refuses.


def test_without_a_keyring_the_cache_lives_for_this_session(profile: ProfileFolder) -> None:
    cache = open_cache(profile, SessionSecrets(), ACCOUNT)
    assert not cache.lasting
    (told,) = cache.told
    assert isinstance(told, NoKeyringError)
    assert "You can work" in told.advice
    assert "nothing stays on this computer" in told.advice
    folder = cache.database.path.parent
    assert profile.folder not in folder.parents
    PersonStore(cache.database).write("somebody")
    cache.close()
    assert not folder.exists()
    assert not profile.cache_path(ACCOUNT).exists()


def test_a_session_that_cannot_begin_leaves_nothing_behind(
    profile: ProfileFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    monkeypatch.setattr(cache_door, "_new_key", lambda: "not a key")
    with pytest.raises(ValueError, match=r"hexadecimal|literal"):
        open_cache(profile, SessionSecrets(), ACCOUNT)
    assert list(place.iterdir()) == []


class Refusing(MemoryKeyring):
    """Says no to reading, to writing, or to both."""

    def __init__(self, *, reads: bool, writes: bool) -> None:
        super().__init__()
        self.reads, self.writes = reads, writes

    def get_password(self, service: str, username: str) -> str | None:
        if not self.reads:
            raise KeyringLocked
        return super().get_password(service, username)

    def set_password(self, service: str, username: str, password: str) -> None:
        if not self.writes:
            raise KeyringError
        super().set_password(service, username, password)


@pytest.mark.parametrize(("reads", "writes"), [(False, True), (True, False)])
def test_a_keyring_that_refuses_is_told_and_the_cache_is_not_touched(
    profile: ProfileFolder, reads: bool, writes: bool
) -> None:
    keyring_library.set_keyring(Refusing(reads=reads, writes=writes))
    with pytest.raises(KeyringRefusedError) as refused:
        open_cache(profile, KeyringSecrets(), ACCOUNT)
    assert "Nothing is lost" in refused.value.advice
    assert "Unlock the keyring" in refused.value.advice
    assert not profile.cache_path(ACCOUNT).exists()


def test_a_locked_keyring_is_not_taken_for_none(profile: ProfileFolder) -> None:
    """There may be changes on this computer that only its key gives out."""
    keyring_library.set_keyring(Refusing(reads=False, writes=False))
    secrets = open_secrets()
    assert secrets.lasting
    with pytest.raises(KeyringRefusedError):
        open_cache(profile, secrets, ACCOUNT)


# A cache that cannot be read.


def test_a_key_that_was_lost_sets_the_old_cache_aside_and_says_what_may_be_missing(
    profile: ProfileFolder, keyring: MemoryKeyring, expect_log: LogWatch
) -> None:
    keep(profile, "somebody")
    keyring.secrets.clear()
    with expect_log(*SET_ASIDE, "not carried over"):
        cache = open_cache(profile, KeyringSecrets(), ACCOUNT)
    (told,) = cache.told
    assert isinstance(told, CacheSetAsideError)
    assert "may be missing" in told.advice
    assert any(path.name in told.advice for path in profile.folder.iterdir())
    assert PersonStore(cache.database).read() is None
    cache.close()
    assert kept(profile) is None


def test_a_key_that_is_none_is_made_anew(
    profile: ProfileFolder, keyring: MemoryKeyring, expect_log: LogWatch
) -> None:
    keep(profile, "somebody")
    (name,) = keyring.secrets
    keyring.secrets[name] = "not a key"
    with expect_log(*SET_ASIDE, "not carried over"):
        open_cache(profile, KeyringSecrets(), ACCOUNT).close()
    assert kept(profile) is None


def test_a_cache_of_another_version_says_that_nothing_is_lost(
    profile: ProfileFolder, expect_log: LogWatch
) -> None:
    cache = open_cache(profile, KeyringSecrets(), ACCOUNT)
    with cache.database.write() as connection:
        connection.execute("PRAGMA user_version = 9999")
    cache.close()
    with expect_log(*SET_ASIDE, "carried over"):
        cache = open_cache(profile, KeyringSecrets(), ACCOUNT)
    (told,) = cache.told
    assert "Nothing of what you did is lost" in told.advice
    cache.close()


def test_what_the_file_system_refuses_goes_through_in_words(profile: ProfileFolder) -> None:
    profile.cache_path(ACCOUNT).mkdir()
    with pytest.raises(CacheDeniedError):
        open_cache(profile, KeyringSecrets(), ACCOUNT)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_full_disk_goes_through_in_words(profile: ProfileFolder) -> None:
    with no_file_grows_beyond(1000), pytest.raises((DiskFullError, DiskTroubleError)):
        open_cache(profile, KeyringSecrets(), ACCOUNT)
    assert kept(profile) is None
