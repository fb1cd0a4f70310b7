"""The desktop's composition root: from signing in to work and back, with a real server and a real cache."""

import json
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from primoro_campaigns.desktop import main
from primoro_campaigns.desktop.kit.theme import Scheme
from primoro_campaigns.desktop.local.database import damage_mark
from primoro_campaigns.desktop.main import Desktop
from primoro_campaigns.desktop.shell.window import Window
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.server.account import store
from primoro_campaigns.support.clock import SystemClock
from primoro_campaigns.support.keyring_secrets import open_secrets
from primoro_campaigns.support.paths import private_folder
from tests.fakes.keyring import MemoryKeyring
from tests.fakes.loopback_server import PASSWORD, LoopbackServer
from tests.strict import LogWatch

PATIENCE_MS = 20_000


def open_desktop(arguments: list[str]) -> AbstractContextManager[Desktop]:
    """As the command does, but that nobody asks the keyring in a process of its own: it is this test's."""
    given = dict(zip(arguments[::2], arguments[1::2], strict=True))
    folder = private_folder(Path(given["--profile"]))
    return main.open_desktop(folder, given.get("--server", ""), open_secrets())


@pytest.fixture
def server(tmp_path: Path, _migrated_file: Path) -> Iterator[LoopbackServer]:
    made = LoopbackServer(tmp_path / "server", _migrated_file, SystemClock())
    try:
        made.add_practice()
        made.add_user("reception", Role.RECEPTION)
        made.add_user("manager", Role.MANAGER)
        made.add_patients("pat-1", given_name="Ann", family_name="Quillfeather")
        yield made.start()
    finally:
        made.close()


class Person:
    """Somebody at the desktop: finds what is on the screen by its name."""

    def __init__(self, qtbot: QtBot) -> None:
        self._qtbot = qtbot

    def sees(self, name: str) -> QWidget:
        found: list[QWidget] = []

        def look() -> None:
            found[:] = [
                widget
                for widget in QApplication.allWidgets()
                if widget.objectName() == name and widget.isVisible()
            ]
            assert found, name

        self._qtbot.waitUntil(look, timeout=PATIENCE_MS)
        return found[0]

    def reads(self, name: str, words: str) -> None:
        def look() -> None:
            widget = self.sees(name)
            said = (
                widget.text()
                if isinstance(widget, QLabel)
                else " ".join(each.text() for each in widget.findChildren(QLabel))
            )
            assert words in said, said

        self._qtbot.waitUntil(look, timeout=PATIENCE_MS)

    def hears(self, words: str) -> None:
        """Somewhere on the screen."""

        def look() -> None:
            shown = [
                each for each in QApplication.allWidgets() if isinstance(each, QLabel) and each.isVisible()
            ]
            assert any(words in each.text() for each in shown), words

        self._qtbot.waitUntil(look, timeout=PATIENCE_MS)

    def types(self, name: str, text: str) -> None:
        field = self.sees(name)
        assert isinstance(field, QLineEdit)
        field.selectAll()
        QTest.keyClicks(field, text)

    def clicks(self, name: str) -> None:
        button = self.sees(name)
        assert isinstance(button, QAbstractButton)
        self._qtbot.waitUntil(button.isEnabled, timeout=PATIENCE_MS)
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def signs_in(self, name: str, password: str = PASSWORD) -> None:
        self.types("sign_in.username", name)
        self.types("sign_in.password", password)
        self.clicks("sign_in.submit")


@pytest.fixture
def person(qtbot: QtBot) -> Person:
    return Person(qtbot)


def main_window() -> Window:
    (window,) = [
        each for each in QApplication.topLevelWidgets() if isinstance(each, Window) and each.isVisible()
    ]
    return window


def test_a_wrong_password_is_said_and_the_right_one_leads_to_the_patients(
    tmp_path: Path, server: LoopbackServer, person: Person
) -> None:
    with open_desktop(["--profile", str(tmp_path / "desk"), "--server", server.address]):
        person.signs_in("reception", "not the password")
        person.reads("sign_in.problem", "password")
        person.signs_in("reception")
        person.reads("shell.status", "Up to date")
        person.reads("patients.count", "1 patient")


def test_without_the_server_one_goes_on_as_before_and_it_syncs_by_itself_later(
    tmp_path: Path, server: LoopbackServer, person: Person
) -> None:
    folder = ["--profile", str(tmp_path / "desk")]
    with open_desktop([*folder, "--server", server.address]):
        person.signs_in("reception")
        person.reads("shell.status", "Up to date")
    server.stop()
    with open_desktop(folder):
        person.reads("patients.count", "1 patient")
        person.reads("shell.status", "Offline")
        server.start()
        person.reads("shell.status", "Up to date")


def test_a_second_window_on_the_same_copy_is_refused_in_words(
    tmp_path: Path, server: LoopbackServer, qapp: QApplication, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--profile", str(tmp_path / "desk"), "--server", server.address]
    with open_desktop(arguments), pytest.raises(SystemExit) as ended, open_desktop(arguments):
        pass
    assert ended.value.code == 1
    assert "is open on this computer already" in capsys.readouterr().err
    del qapp


def test_signing_out_leads_back_to_the_door_and_the_name_is_remembered(
    tmp_path: Path, server: LoopbackServer, person: Person, keyring: MemoryKeyring
) -> None:
    with open_desktop(["--profile", str(tmp_path / "desk"), "--server", server.address]):
        person.signs_in("reception")
        person.reads("shell.status", "Up to date")
        assert any("refresh token" in name for _, name in keyring.secrets)
        _menu(main_window(), "shell.sign_out").trigger()
        person.clicks("dialog.ok")
        field = person.sees("sign_in.username")
        assert isinstance(field, QLineEdit)
        assert field.text() == "reception"
        assert not any("refresh token" in name for _, name in keyring.secrets)
        person.signs_in("manager")
        person.reads("shell.status", "Up to date")


def test_a_revoked_session_is_said_and_signing_in_again_goes_on(
    tmp_path: Path, server: LoopbackServer, person: Person
) -> None:
    with open_desktop(["--profile", str(tmp_path / "desk"), "--server", server.address]):
        person.signs_in("reception")
        person.reads("shell.status", "Up to date")
        with server.database.write() as uow:
            row = store.user_by_name(uow.connection, "reception")
            assert row is not None
            store.revoke_user(uow.connection, row.id, uow.now)
        QTest.keyClick(main_window(), Qt.Key.Key_F5)
        person.reads("shell.status", "Signed out")
        notice = main_window().notices.notices()[0]
        QTest.mouseClick(notice.action, Qt.MouseButton.LeftButton)
        person.signs_in("reception")
        person.reads("shell.status", "Up to date")


def test_how_it_looks_is_remembered(tmp_path: Path, server: LoopbackServer, person: Person) -> None:
    arguments = ["--profile", str(tmp_path / "desk"), "--server", server.address]
    with open_desktop(arguments):
        person.signs_in("reception")
        person.sees("patients.table")
        _menu(main_window(), "shell.look.dark").trigger()
    with open_desktop(arguments) as again:
        assert _scheme(again) is Scheme.DARK
        _menu(main_window(), "shell.look.system").trigger()


def test_no_log_and_no_file_beside_the_cache_holds_a_patient_or_a_secret(
    tmp_path: Path, server: LoopbackServer, person: Person, keyring: MemoryKeyring
) -> None:
    folder = tmp_path / "desk"
    with open_desktop(["--profile", str(folder), "--server", server.address]):
        person.signs_in("reception")
        person.reads("patients.count", "1 patient")
        person.reads("shell.status", "Up to date")
        secrets = [value for value in keyring.secrets.values() if value]
        for path in folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                for word in ("Quillfeather", PASSWORD, *secrets):
                    assert word.encode() not in content, f"{path.name} holds what it must not"
    assert json.loads((folder / "profile.json").read_text("utf-8"))["account"]["username"] == "reception"


def _menu(window: Window, name: str) -> QAction:
    found = window.findChild(QAction, name)
    assert isinstance(found, QAction), name
    return found


def _scheme(desktop: Desktop) -> Scheme:
    return desktop.look.scheme


@pytest.mark.parametrize("readable", [True, False])
def test_a_copy_that_was_set_aside_is_told_in_the_window(
    tmp_path: Path, server: LoopbackServer, person: Person, expect_log: LogWatch, readable: bool
) -> None:
    """Whoever can be read from it goes straight on; otherwise it is told after signing in."""
    folder = tmp_path / "desk"
    arguments = ["--profile", str(folder), "--server", server.address]
    with open_desktop(arguments):
        person.signs_in("reception")
        person.reads("shell.status", "Up to date")
    (path,) = folder.glob("cache-*.db")
    if readable:
        damage_mark(path).touch()
    else:
        path.write_bytes(b"x" * 8192)
    expect_log("primoro_campaigns.desktop.local.set_aside", logging.WARNING, "cache.unreadable")
    with open_desktop(arguments):
        if not readable:
            person.signs_in("reception")
        person.hears("could not be read, so a new one is being filled")
        person.hears("Nothing of what you did is lost" if readable else "may be missing")
        person.reads("patients.count", "1 patient")
