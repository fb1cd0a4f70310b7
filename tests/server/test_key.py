"""The server's key: made once, for its owner's eyes alone, or given."""

import os
from pathlib import Path

import pytest

from primoro_campaigns.server.key import KEY_FILE, KEY_VARIABLE, ServerKey, ServerKeyError, find_or_make_key

SECRET = "a secret of the tests, long enough for a key"


def test_the_first_start_makes_the_key_and_later_ones_find_it(tmp_path: Path) -> None:
    first = find_or_make_key(tmp_path)
    assert find_or_make_key(tmp_path).check == first.check
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
    if os.name == "posix":
        assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = find_or_make_key(tmp_path / "one"), find_or_make_key(tmp_path / "two")
    assert one.check != two.check
    assert one.for_hashes != two.for_hashes


def test_a_given_key_is_used_and_no_file_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, SECRET)
    assert find_or_make_key(tmp_path).check == ServerKey(SECRET).check
    assert list(tmp_path.iterdir()) == []


def test_a_short_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text("short\n")
    with pytest.raises(ServerKeyError) as caught:
        find_or_make_key(tmp_path)
    assert caught.value.code == "server.key_short"


def test_what_is_sealed_looks_different_each_time_and_opens_the_same() -> None:
    key = ServerKey(SECRET)
    first, second = key.seal("hunter2"), key.seal("hunter2")
    assert first != second
    assert key.open(first) == key.open(second) == "hunter2"
    assert key.open(key.seal("")) == ""


def test_the_keys_of_different_uses_differ() -> None:
    key = ServerKey(SECRET)
    assert len(key.for_hashes) == 32
    assert key.check not in key.for_hashes.hex()
