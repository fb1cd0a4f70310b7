"""A practice begins: this computer becomes the server, its first administrator works and comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from primoro_campaigns.demo.played_desktop import PlayedDesktop
from primoro_campaigns.demo.secret_keeper import SecretKeeper

PASSWORD = "seven green kettles"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A computer of one's own: an empty home directory and a keyring."""
    keeper = SecretKeeper()
    try:
        yield {
            **keeper.environment(),
            **{name: str(tmp_path / "home") for name in ("HOME", "USERPROFILE", "LOCALAPPDATA")},
            "XDG_DATA_HOME": str(tmp_path / "home" / "data"),
        }
    finally:
        keeper.close()


def test_set_up_sign_out_and_back(tmp_path: Path, home: dict[str, str]) -> None:
    (tmp_path / "home").mkdir()

    def desktop(name: str) -> PlayedDesktop:
        return PlayedDesktop("ada", tmp_path / "desk", "", tmp_path / f"{name}.log", home)

    with desktop("first") as desk:
        desk.click("welcome.own_server")
        desk.sees("set_up.organisation", patience_s=90)
        desk.write("set_up.organisation", "Mill Lane Dental")
        desk.write("set_up.location", "Bath")
        desk.write("set_up.name", "Ada Stone")
        desk.write("set_up.username", "ada")
        desk.write("set_up.password", "short")
        desk.write("set_up.password_again", "short")
        desk.click("set_up.submit")
        desk.write("set_up.password", PASSWORD)
        desk.write("set_up.password_again", PASSWORD)
        desk.click("set_up.submit")
        desk.says("shell.status", "Up to date", patience_s=90)
        desk.says("patients.count", "No patients")
    with desktop("second") as desk:
        # Straight to work: the server is started with the program.
        desk.says("shell.status", "Up to date", patience_s=90)
    assert not any(PASSWORD in path.read_text("utf-8", "replace") for path in tmp_path.glob("*.log"))
