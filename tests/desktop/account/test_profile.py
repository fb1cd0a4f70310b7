"""Which server, which person: a small file that may be lost at the price of one sign-in."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from primoro_campaigns.desktop.account.profile import Account, Profile, ProfileFolder, ProfileNotKeptError

ACCOUNT = Account("org", "user-jo", "jo")

if sys.platform != "win32":
    from tests.fakes.full_disk import no_file_grows_beyond


def test_what_was_kept_is_there_at_the_next_start(tmp_path: Path) -> None:
    first = ProfileFolder(tmp_path)
    first.keep(replace(first.profile, server="https://example.org", own_server=True))
    first.sign_in_as(ACCOUNT)
    again = ProfileFolder(tmp_path).profile
    assert again == first.profile
    assert (again.server, again.own_server, again.account) == ("https://example.org", True, ACCOUNT)
    first.sign_in_as(None)
    assert ProfileFolder(tmp_path).profile == replace(again, account=None)


def test_each_computer_has_an_id_of_its_own_that_stays(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    here, there = ProfileFolder(tmp_path / "a").profile, ProfileFolder(tmp_path / "b").profile
    assert here.device_id != there.device_id
    assert ProfileFolder(tmp_path / "a").profile == here


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"account": 5}',
        '{"device_id": null, "account": null}',
        '{"device_id": "x", "server": 5, "account": null}',
        '{"device_id": "x", "account": {"organisation_id": "o"}}',
        '{"device_id": "x", "account": {"organisation_id": 1, "user_id": "u", "username": "n"}}',
        "\x00\x01",
    ],
)
def test_a_file_that_makes_no_sense_is_begun_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "profile.json").write_text(text, "utf-8")
    fresh = ProfileFolder(tmp_path).profile
    assert fresh == Profile(device_id=fresh.device_id)
    assert fresh.device_id
    assert ProfileFolder(tmp_path).profile == fresh


def test_what_another_version_keeps_besides_does_no_harm(tmp_path: Path) -> None:
    kept = ProfileFolder(tmp_path)
    kept.keep(replace(kept.profile, server="https://example.org", account=ACCOUNT))
    path = tmp_path / "profile.json"
    plain = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**plain, "of_later": [1]}), "utf-8")
    assert ProfileFolder(tmp_path).profile == kept.profile
    del plain["text_size"]
    path.write_text(json.dumps(plain), "utf-8")
    assert ProfileFolder(tmp_path).profile == kept.profile


def test_a_file_that_cannot_be_read_just_now_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "profile.json").mkdir()
    fresh = ProfileFolder(tmp_path)
    assert fresh.profile.account is None
    assert (tmp_path / "profile.json").is_dir()
    with pytest.raises(ProfileNotKeptError) as failed:
        fresh.sign_in_as(ACCOUNT)
    assert "What was kept before is safe" in failed.value.advice
    assert fresh.profile.account is None


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_full_disk_leaves_the_old_one(tmp_path: Path) -> None:
    kept = ProfileFolder(tmp_path)
    kept.keep(replace(kept.profile, server="https://example.org"))
    with no_file_grows_beyond(10), pytest.raises(ProfileNotKeptError, match="Make room on the disk"):
        kept.sign_in_as(ACCOUNT)
    assert ProfileFolder(tmp_path).profile == kept.profile
    assert kept.profile.server == "https://example.org"


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_full_disk_at_the_first_start_does_not_stop_it(tmp_path: Path) -> None:
    with no_file_grows_beyond(10):
        assert ProfileFolder(tmp_path).profile.device_id


def test_each_person_of_each_organisation_has_a_cache_of_their_own(tmp_path: Path) -> None:
    folder = ProfileFolder(tmp_path)
    others = [ACCOUNT, replace(ACCOUNT, user_id="user-max"), replace(ACCOUNT, organisation_id="other")]
    assert len({folder.cache_path(each) for each in others}) == 3
    assert folder.cache_path(ACCOUNT) == folder.cache_path(replace(ACCOUNT, username="jo.bell"))
