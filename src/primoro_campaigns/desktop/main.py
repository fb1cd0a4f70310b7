"""``primoro-campaigns``: the desktop's composition root. The window first; the heavy libraries after it.

Who is known at this computer goes straight to work, also without the server; everybody else signs in.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile
from PySide6.QtWidgets import QApplication

from primoro_campaigns.desktop import late
from primoro_campaigns.desktop.account.cache_door import OpenCache, open_cache
from primoro_campaigns.desktop.account.own_server import OwnServer
from primoro_campaigns.desktop.account.profile import Account, ProfileFolder, refresh_name
from primoro_campaigns.desktop.crash import CrashDesk
from primoro_campaigns.desktop.kit import theme
from primoro_campaigns.desktop.kit.theme import Scheme, TextSize
from primoro_campaigns.desktop.local.standing import PersonStore
from primoro_campaigns.desktop.person import SignedInPerson, person_from_json, person_to_json
from primoro_campaigns.desktop.shell.account_button import Look
from primoro_campaigns.desktop.work.bridge import Bridge
from primoro_campaigns.desktop.work.runner import Runner, UnexpectedError
from primoro_campaigns.desktop.workplace import Connection, Equipment, Workplace
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.support.clock import SystemClock
from primoro_campaigns.support.logs import start_logging
from primoro_campaigns.support.paths import own_server_folder, private_folder
from primoro_campaigns.support.secrets import Secrets, SecretsRefusedError

if TYPE_CHECKING:
    from primoro_campaigns.desktop.account.presenter import NewPractice, Seen
    from primoro_campaigns.desktop.account.view import AccountWindow

_LOG_BYTES = 2_000_000


@contextmanager
def open_desktop(folder: Path, server: str, secrets: Secrets) -> Iterator["Desktop"]:
    """The desktop, with its first window shown; closed at the end with everything it started.

    ``folder`` keeps this computer's copy; ``server`` is the address to offer at sign-in, or empty.
    """
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = theme.new_application(sys.argv[0])
    app.setApplicationName("Primoro Campaigns")
    lock = QLockFile(str(folder / "in-use"))
    lock.setStaleLockTime(0)
    if not lock.tryLock(0):
        sys.stderr.write(
            "Primoro Campaigns is open on this computer already.\n"
            "Nothing was changed. Use the window that is open, or close it first.\n"
        )
        raise SystemExit(1)
    try:
        with _logging_to(folder / "logs"):
            desktop = Desktop(app, folder, server, secrets)
            try:
                desktop.open()
                yield desktop
            finally:
                desktop.close()
    finally:
        lock.unlock()


@contextmanager
def _logging_to(folder: Path) -> Iterator[None]:
    """The log of this run and of those before, up to a size. It never holds patients' data."""
    private_folder(folder)
    path = folder / "desktop.log"
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.replace(folder / "desktop.log.1")
    root = getLogger()
    before, level = root.handlers[:], root.level
    with path.open("a", encoding="utf-8") as file:
        start_logging(file)
        try:
            yield
        finally:
            root.handlers[:] = before
            root.setLevel(level)


class Desktop:
    """Leads from signing in to work and back. ``open`` once, then ``run``, then ``close``."""

    def __init__(self, app: QApplication, folder: Path, server: str, secrets: Secrets) -> None:
        self._app = app
        self._profile = ProfileFolder(folder)
        if server:
            self._profile.keep(replace(self._profile.profile, server=server))
        self._own_server: OwnServer | None = None
        self._account_window: AccountWindow | None = None
        self._workplace: Workplace | None = None
        # A copy that was opened before it was known who works with it, and what is to be told of it.
        self._opened: tuple[Account, OpenCache] | None = None
        self._clock = SystemClock()
        self._bridge = Bridge()
        self._crashes = CrashDesk(folder / "logs", late.version, self._clock)
        self._crashes.tell = lambda: self._bridge.post(self._tell_crash)
        self._secrets = secrets
        # For the pages before the workplace, which brings its own.
        self._runner = Runner(self._bridge.post, self._crashes.report, lambda _error: None)
        self._look = _look_of(self._profile)

    def open(self) -> None:
        """Show the first window."""
        self._crashes.install()
        theme.apply(self._app, self._look.scheme, self._look.text_size)
        if not self._go_on():
            self._sign_in()

    def run(self) -> int:
        """Until the last window is closed."""
        return self._app.exec()

    def close(self) -> None:
        """End every thread and process that was started here."""
        if self._workplace is not None:
            self._workplace.close()
            self._workplace = None
        if self._opened is not None:
            self._opened[1].close()
        self._close_account_window()
        self._runner.close()
        if self._own_server is not None:
            self._own_server.stop()
        self._crashes.remove()

    # From one to the other

    def _go_on(self) -> bool:
        """Straight to work as the person who was here last; False when somebody has to sign in."""
        profile = self._profile.profile
        account = profile.account
        if account is None or not profile.server:
            return False
        try:
            if self._secrets.get(refresh_name(self._profile.profile, account)) is None:
                return False
        except SecretsRefusedError:
            return False
        try:
            return self._work_as_before(account)
        except PrimoroError:
            # Signing in says what stands in the way, with the person in front of it.
            return False

    def _work_as_before(self, account: Account) -> bool:
        cache = self._cache_of(account)
        self._opened = account, cache
        known = PersonStore(cache.database).read()
        if known is None:
            return False
        self._work(account, person_from_json(known), None)
        return True

    def _sign_in(self) -> None:
        window = late.account_entry().open_entry(
            _Door(self), self._runner, self._profile.profile, self._signed_in, self._account_closed
        )
        self._account_window = window
        window.show()

    def _signed_in(self, answered: object, own_server: bool) -> None:
        door = late.account_door()
        assert isinstance(answered, door.SignedIn)
        account = Account(answered.person.organisation_id, answered.person.user_id, answered.person.username)
        profile = replace(
            self._profile.profile, server=answered.address, own_server=own_server, account=account
        )
        try:
            self._profile.keep(profile)
            self._work(account, answered.person, answered)
        except PrimoroError as error:
            if self._account_window is not None:
                self._account_window.presenter.refuse(error)
            return
        self._close_account_window()

    def _cache_of(self, account: Account) -> OpenCache:
        opened, self._opened = self._opened, None
        if opened is not None and opened[0] == account:
            return opened[1]
        if opened is not None:
            opened[1].close()
        return open_cache(self._profile, self._secrets, account)

    def _work(self, account: Account, person: SignedInPerson, signed_in: object | None) -> None:
        cache = self._cache_of(account)
        try:
            PersonStore(cache.database).write(person_to_json(person))
        except BaseException:
            self._opened = account, cache
            raise
        profile = self._profile.profile
        if profile.own_server and self._own_server is None:
            self._own_server = OwnServer(own_server_folder())
        connection = Connection(
            address=profile.server,
            device_id=profile.device_id,
            refresh_name=refresh_name(self._profile.profile, account),
            signed_in=signed_in,
            own_server=self._own_server if profile.own_server else None,
        )
        equipment = Equipment(
            clock=self._clock,
            post=self._bridge.post,
            secrets=self._secrets,
            monotonic=time.monotonic,
            crashed=self._crashes.report,
            look=self._look,
            looked=self._looked,
        )
        self._workplace = Workplace(equipment, cache, person, connection, self._left)
        self._workplace.open()
        # What comes then may take half a second of the processor.
        self._workplace.when_listed(self._workplace.start)

    def _left(self, _again: bool) -> None:
        """The person signed out, or wants to sign in again."""
        workplace, self._workplace = self._workplace, None
        if workplace is None:
            return
        self._sign_in()
        workplace.window.hide()
        workplace.close()

    def _account_closed(self) -> None:
        self._account_window = None

    def _close_account_window(self) -> None:
        window, self._account_window = self._account_window, None
        if window is not None:
            window.presenter.close()
            window.close()
            window.deleteLater()

    def _looked(self, look: Look) -> None:
        self._look = look
        theme.apply(self._app, look.scheme, look.text_size)
        try:
            self._profile.keep(
                replace(self._profile.profile, scheme=look.scheme.value, text_size=look.text_size.value)
            )
        except PrimoroError as error:
            if self._workplace is not None:
                self._workplace.window.problem(error)

    def _tell_crash(self) -> None:
        if self._workplace is not None:
            self._workplace.window.problem(UnexpectedError())

    # What the sign-in pages do, on working threads

    def start_own_server(self) -> tuple[str, str]:
        if self._own_server is None:
            self._own_server = OwnServer(own_server_folder())
        server = self._own_server
        address = server.address if server.running else server.start()
        return address, server.set_up_code

    @property
    def look(self) -> Look:
        """How the program looks on this computer."""
        return self._look

    @property
    def device_id(self) -> str:
        return self._profile.profile.device_id


class _Door:
    """``account.presenter.Door``: each call loads what it needs, on the thread that makes it."""

    def __init__(self, desktop: Desktop) -> None:
        self._desktop = desktop

    def look(self, address: str) -> "Seen":
        return late.account_door().look(address)

    def set_up(self, address: str, practice: "NewPractice") -> None:
        door = late.account_door()
        form = door.SetUpForm(
            code=practice.code.strip(),
            organisation_name=practice.organisation_name.strip(),
            location_name=practice.location_name.strip(),
            display_name=practice.display_name.strip(),
            username=practice.username.strip(),
            password=practice.password,
        )
        door.set_up(address, form)

    def sign_in(self, address: str, username: str, password: str) -> object:
        return late.account_door().sign_in(address, username, password, self._desktop.device_id)

    def start_own_server(self) -> tuple[str, str]:
        return self._desktop.start_own_server()


def _look_of(profile: ProfileFolder) -> Look:
    """A choice that this version does not know is as if none had been made."""
    kept = profile.profile
    scheme = Scheme(kept.scheme) if kept.scheme in set(Scheme) else Scheme.SYSTEM
    size = TextSize(kept.text_size) if kept.text_size in set(TextSize) else TextSize.NORMAL
    return Look(scheme, size)
