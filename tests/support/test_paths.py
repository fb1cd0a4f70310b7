"""Folders for data are made for their owner alone."""

import os
from pathlib import Path

import pytest

from primoro_campaigns.support.paths import data_folder, log_folder, own_server_folder, private_folder


def test_folders_are_the_persons_own_and_exist() -> None:
    home = Path(os.environ["HOME"])
    for folder in (data_folder(), log_folder(), own_server_folder()):
        assert folder.is_dir()
        assert folder.is_relative_to(home)


@pytest.mark.skipif(os.name != "posix", reason="file modes")
def test_a_new_folder_is_closed_to_others_and_an_old_one_is_left_as_it_is(tmp_path: Path) -> None:
    assert private_folder(tmp_path / "fresh").stat().st_mode & 0o777 == 0o700
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    assert private_folder(shared).stat().st_mode & 0o777 == 0o755
