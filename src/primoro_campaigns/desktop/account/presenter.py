"""Getting to work: which server, its first set-up, signing in. Without Qt."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Protocol, TypeVar

from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.errors import PrimoroError

T = TypeVar("T")

SHORTEST_PASSWORD = 10
"""As the server asks (``server/account/password.py``); it has the last word."""
SHORTEST_USERNAME = 3


class Page(StrEnum):
    """``WELCOME`` asks which server; ``CONNECT`` its address; ``SET_UP`` who the practice is; ``SIGN_IN``
    who you are.
    """

    WELCOME = "welcome"
    CONNECT = "connect"
    SET_UP = "set_up"
    SIGN_IN = "sign_in"


@dataclass(frozen=True)
class AccountState:
    """``busy`` is what is being done, empty when nothing is. ``errors`` are words by field.

    ``title`` and ``advice`` are what stands in the way; ``good`` is what went well ("A server answers
    there."). ``server_words`` says which server.
    ``code_needed``: the set-up code has to be typed, because the server runs
    elsewhere.
    """

    page: Page
    busy: str = ""
    title: str = ""
    advice: str = ""
    good: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    address: str = ""
    server_words: str = ""
    username: str = ""
    code_needed: bool = True


class View(Protocol):
    def show_state(self, state: AccountState) -> None: ...


class Seen(Protocol):
    @property
    def address(self) -> str: ...

    @property
    def needs_set_up(self) -> bool: ...


@dataclass(frozen=True)
class NewPractice:
    """The set-up page as it was filled in."""

    code: str
    organisation_name: str
    location_name: str
    display_name: str
    username: str
    password: str
    password_again: str


class Door(Protocol):
    """What the pages do, each call on the network lane. ``SignedIn`` of ``door.py`` goes through unseen."""

    def look(self, address: str) -> Seen: ...

    def set_up(self, address: str, practice: NewPractice) -> None: ...

    def sign_in(self, address: str, username: str, password: str) -> object: ...

    def start_own_server(self) -> tuple[str, str]:
        """Start the server on this computer: its address and its set-up code."""
        ...


@dataclass(frozen=True)
class Known:
    """What this computer knows already."""

    server: str = ""
    own_server: bool = False
    username: str = ""


class AccountPresenter:
    """``signed_in`` gets what the door answered, and whether this computer is the server; ``go_offline``
    nothing.
    """

    def __init__(
        self,
        view: View,
        door: Door,
        runner: Running,
        known: Known,
        signed_in: Callable[[object, bool], None],
    ) -> None:
        self._view = view
        self._door = door
        self._runner = runner
        self._known = known
        self._signed_in = signed_in
        self._code = ""
        self._own_server = known.own_server
        self._ticket: Ticket | None = None
        self._state = AccountState(
            page=Page.SIGN_IN if known.server else Page.WELCOME,
            address=known.server,
            username=known.username,
            server_words=self._server_words(known.server),
        )

    @property
    def state(self) -> AccountState:
        return self._state

    def start(self) -> None:
        """Show the first page; look whether a server that is known still needs its set-up."""
        self._show(self._state)
        if self._known.own_server:
            self.use_this_computer()
        elif self._known.server:
            self._run(
                "Looking for the server …",
                lambda: self._door.look(self._known.server),
                self._seen,
                quiet=True,
            )

    # The welcome page.

    def connect_to_server(self) -> None:
        self._own_server = False
        self._show(replace(self._blank(Page.CONNECT), code_needed=True))

    def use_this_computer(self) -> None:
        """Start the server here; it goes on to the set-up, or to signing in when that was done before."""
        self._own_server = True
        self._run("Starting the server on this computer …", self._start_here, self._seen)

    def back(self) -> None:
        self._show(self._blank(Page.WELCOME))

    # The address.

    def test_address(self, address: str) -> None:
        """Only look whether a server of ours answers."""
        self._to_server(address, self._tested)

    def use_address(self, address: str) -> None:
        """Look, and go on."""
        self._to_server(address, self._seen)

    # The first set-up.

    def set_up(self, practice: NewPractice) -> None:
        """Check the form, set the server up, and sign in with the same password."""
        errors = _form_errors(practice, code_needed=not self._code)
        if errors:
            self._show(replace(self._state, errors=errors, title="", advice=""))
            return
        filled = replace(practice, code=self._code or practice.code)
        address = self._state.address

        def work() -> object:
            self._door.set_up(address, filled)
            return self._door.sign_in(address, filled.username, filled.password)

        self._run("Setting the practice up …", work, self._in)

    # Signing in.

    def sign_in(self, username: str, password: str) -> None:
        errors = {}
        if not username.strip():
            errors["username"] = "Type your user name."
        if not password:
            errors["password"] = "Type your password."  # noqa: S105 - words
        self._state = replace(self._state, username=username.strip())
        if errors:
            self._show(replace(self._state, errors=errors, title="", advice=""))
            return
        address = self._state.address
        self._run("Signing in …", lambda: self._door.sign_in(address, username.strip(), password), self._in)

    def other_server(self) -> None:
        """From the sign-in page back to the choice of server."""
        self._show(self._blank(Page.WELCOME))

    def refuse(self, error: PrimoroError) -> None:
        """Signing in went well, and then work could not begin: say why."""
        self._failed(error)

    def close(self) -> None:
        """The page is gone: nothing comes back from what is under way."""
        if self._ticket is not None:
            self._ticket.stop()

    def _start_here(self) -> Seen:
        address, self._code = self._door.start_own_server()
        return self._door.look(address)

    def _to_server(self, address: str, then: Callable[[Seen], None]) -> None:
        self._state = replace(self._state, address=address.strip())
        if not address.strip():
            self._show(replace(self._state, errors={"address": "Type the server's address."}))
            return
        self._run("Looking for the server …", lambda: self._door.look(address), then)

    def _tested(self, seen: Seen) -> None:
        words = "A Primoro server answers there" + (
            ", and it still has to be set up." if seen.needs_set_up else "."
        )
        self._show(replace(self._state, address=seen.address, good=words))

    def _seen(self, seen: Seen) -> None:
        page = Page.SET_UP if seen.needs_set_up else Page.SIGN_IN
        state = self._blank(page)
        self._show(
            replace(
                state,
                address=seen.address,
                server_words=self._server_words(seen.address),
                code_needed=not self._code,
                username=self._state.username,
            )
        )

    def _in(self, result: object) -> None:
        self._signed_in(result, self._own_server)

    def _blank(self, page: Page) -> AccountState:
        return AccountState(page=page, address=self._state.address, username=self._state.username)

    def _server_words(self, address: str) -> str:
        return "The server on this computer" if self._own_server else f"Server: {address}"

    def _run(
        self, words: str, work: Callable[[], T], done: Callable[[T], None], *, quiet: bool = False
    ) -> None:
        """``quiet``: a failure is shown as it is, but nothing says that something is being done."""
        if self._ticket is not None:
            self._ticket.stop()
        self._show(replace(self._state, busy="" if quiet else words, title="", advice="", good="", errors={}))

        def finished(result: T) -> None:
            self._state = replace(self._state, busy="")
            done(result)

        self._ticket = self._runner.run(lambda _: work(), finished, self._failed, lane=Lane.NETWORK)

    def _failed(self, error: PrimoroError) -> None:
        fields = getattr(error, "fields", ())
        errors = {_FIELDS.get(name, name): words for name, words in fields}
        self._show(
            replace(self._state, busy="", title=error.title, advice=error.advice, errors=errors, good="")
        )

    def _show(self, state: AccountState) -> None:
        self._state = state
        self._view.show_state(state)


_FIELDS = {"organisation_name": "organisation", "location_name": "location", "display_name": "name"}


def _form_errors(practice: NewPractice, *, code_needed: bool) -> dict[str, str]:
    errors: dict[str, str] = {}
    if code_needed and not practice.code.strip():
        errors["code"] = "Type the code that the server showed when it started."
    if len(practice.organisation_name.strip()) < 2:
        errors["organisation"] = "Type the name of the practice."
    if len(practice.location_name.strip()) < 2:
        errors["location"] = "Type the name of the location, for example the street or the town."
    if not practice.display_name.strip():
        errors["name"] = "Type your name."
    username = practice.username.strip()
    if len(username) < SHORTEST_USERNAME or any(each.isspace() for each in username):
        errors["username"] = f"A user name has at least {SHORTEST_USERNAME} characters and no spaces."
    if len(practice.password) < SHORTEST_PASSWORD:
        errors["password"] = f"The password needs at least {SHORTEST_PASSWORD} characters."
    elif practice.password != practice.password_again:
        errors["password_again"] = "The two passwords are not the same."  # noqa: S105 - words
    return errors
