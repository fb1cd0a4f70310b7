"""The pages before work: which server, its first set-up, signing in."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from primoro_campaigns.desktop.account.presenter import (
    AccountPresenter,
    AccountState,
    Known,
    NewPractice,
    Page,
)
from primoro_campaigns.desktop.sync.failure import RefusedError, ServerTooNewError, UnreachableError
from primoro_campaigns.domain.errors import PrimoroError
from tests.fakes.inline_runner import InlineRunner

ADDRESS = "https://campaigns.example.org"


@dataclass(frozen=True)
class Seen:
    address: str = ADDRESS
    needs_set_up: bool = False


@dataclass
class Door:
    """Answers as it is told, and remembers what it was asked."""

    seen: Seen = Seen()
    fails: dict[str, PrimoroError] = field(default_factory=dict)
    asked: list[tuple[str, ...]] = field(default_factory=list)
    practice: NewPractice | None = None

    def look(self, address: str) -> Seen:
        self._ask("look", address)
        return self.seen

    def set_up(self, address: str, practice: NewPractice) -> None:
        self.practice = practice
        self._ask("set_up", address)

    def sign_in(self, address: str, username: str, password: str) -> object:
        self._ask("sign_in", address, username, password)
        return "signed in"

    def start_own_server(self) -> tuple[str, str]:
        self._ask("start")
        return "http://127.0.0.1:8787", "CODE-1"

    def _ask(self, what: str, *how: str) -> None:
        self.asked.append((what, *how))
        if what in self.fails:
            raise self.fails[what]


class Screen:
    def __init__(self) -> None:
        self.states: list[AccountState] = []

    def show_state(self, state: AccountState) -> None:
        self.states.append(state)

    @property
    def now(self) -> AccountState:
        return self.states[-1]


@dataclass
class Visit:
    presenter: AccountPresenter
    screen: Screen
    door: Door
    runner: InlineRunner
    results: list[tuple[object, bool]]


Begin = Callable[..., Visit]


def begin(known: Known | None = None, door: Door | None = None, *, holding: bool = False) -> Visit:
    screen, runner = Screen(), InlineRunner()
    door = door or Door()
    results: list[tuple[object, bool]] = []
    presenter = AccountPresenter(
        screen, door, runner, known or Known(), lambda result, own: results.append((result, own))
    )
    runner.holding = holding
    presenter.start()
    return Visit(presenter, screen, door, runner, results)


PRACTICE = NewPractice(
    code="CODE-9",
    organisation_name="Riverside Dental",
    location_name="High Street",
    display_name="Anna Ash",
    username="anna",
    password="three quiet words",
    password_again="three quiet words",
)


def test_a_new_computer_asks_which_server() -> None:
    visit = begin()
    assert visit.screen.now.page is Page.WELCOME
    assert visit.door.asked == []


def test_a_known_server_asks_who_somebody_is() -> None:
    visit = begin(Known(server=ADDRESS, username="jo"))
    assert visit.screen.states[0].busy == ""
    now = visit.screen.now
    assert (now.page, now.address, now.username) == (Page.SIGN_IN, ADDRESS, "jo")
    assert now.server_words == f"Server: {ADDRESS}"


def test_a_known_server_that_is_away_still_lets_somebody_try() -> None:
    visit = begin(Known(server=ADDRESS), Door(fails={"look": UnreachableError()}))
    now = visit.screen.now
    assert (now.page, now.title, now.busy) == (Page.SIGN_IN, "The server cannot be reached.", "")
    assert now.advice


def test_an_own_server_is_started_and_asks_for_its_set_up_without_its_code() -> None:
    visit = begin(Known(server=ADDRESS, own_server=True), Door(seen=Seen("http://127.0.0.1:8787", True)))
    assert visit.door.asked == [("start",), ("look", "http://127.0.0.1:8787")]
    now = visit.screen.now
    assert (now.page, now.code_needed) == (Page.SET_UP, False)
    assert now.server_words == "The server on this computer"
    visit.presenter.set_up(replace(PRACTICE, code=""))
    assert visit.door.practice is not None
    assert visit.door.practice.code == "CODE-1"
    assert visit.results == [("signed in", True)]


def test_a_test_of_an_address_only_looks() -> None:
    visit = begin()
    visit.presenter.connect_to_server()
    visit.presenter.test_address(f" {ADDRESS} ")
    now = visit.screen.now
    assert (now.page, now.good) == (Page.CONNECT, "A Primoro server answers there.")
    visit.door.seen = Seen(needs_set_up=True)
    visit.presenter.test_address(ADDRESS)
    assert visit.screen.now.good == "A Primoro server answers there, and it still has to be set up."


@pytest.mark.parametrize(("needs_set_up", "page"), [(True, Page.SET_UP), (False, Page.SIGN_IN)])
def test_an_address_leads_to_what_the_server_needs(needs_set_up: bool, page: Page) -> None:
    visit = begin(door=Door(seen=Seen(needs_set_up=needs_set_up)))
    visit.presenter.connect_to_server()
    visit.presenter.use_address("campaigns.example.org")
    assert (visit.screen.now.page, visit.screen.now.address) == (page, ADDRESS)
    assert visit.screen.now.code_needed


def test_no_address_is_told_at_its_field() -> None:
    visit = begin()
    visit.presenter.connect_to_server()
    visit.presenter.use_address("  ")
    assert visit.screen.now.errors == {"address": "Type the server's address."}
    assert visit.door.asked == []


@pytest.mark.parametrize("error", [UnreachableError(), ServerTooNewError("9")])
def test_what_stands_in_the_way_is_shown_in_its_words(error: PrimoroError) -> None:
    visit = begin(door=Door(fails={"look": error}))
    visit.presenter.connect_to_server()
    visit.presenter.use_address(ADDRESS)
    now = visit.screen.now
    assert (now.page, now.title, now.advice) == (Page.CONNECT, error.title, error.advice)
    del visit.door.fails["look"]
    visit.presenter.use_address(ADDRESS)
    assert visit.screen.now.title == ""


def test_signing_in_says_what_is_missing() -> None:
    visit = begin(Known(server=ADDRESS))
    visit.presenter.sign_in(" ", "")
    assert visit.screen.now.errors == {"username": "Type your user name.", "password": "Type your password."}
    assert ("sign_in",) not in [each[:1] for each in visit.door.asked]


def test_a_wrong_password_can_be_typed_again() -> None:
    wrong = RefusedError(
        "The user name or the password is not right.", "Try again.", "account.wrong_password", 401
    )
    visit = begin(Known(server=ADDRESS), Door(fails={"sign_in": wrong}))
    visit.presenter.sign_in("jo ", "wrong")
    now = visit.screen.now
    assert (now.title, now.username, now.busy) == (wrong.title, "jo", "")
    del visit.door.fails["sign_in"]
    visit.presenter.sign_in("jo", "right")
    assert visit.results == [("signed in", False)]
    assert visit.door.asked[-1] == ("sign_in", ADDRESS, "jo", "right")


@pytest.mark.parametrize(
    ("practice", "field"),
    [
        (replace(PRACTICE, code=" "), "code"),
        (replace(PRACTICE, organisation_name="x"), "organisation"),
        (replace(PRACTICE, location_name=""), "location"),
        (replace(PRACTICE, display_name=" "), "name"),
        (replace(PRACTICE, username="ab"), "username"),
        (replace(PRACTICE, username="a b c"), "username"),
        (replace(PRACTICE, password="short", password_again="short"), "password"),
        (replace(PRACTICE, password_again="three quiet worlds"), "password_again"),
    ],
)
def test_the_set_up_says_what_is_missing_before_it_asks_the_server(practice: NewPractice, field: str) -> None:
    visit = begin(door=Door(seen=Seen(needs_set_up=True)))
    visit.presenter.use_address(ADDRESS)
    visit.presenter.set_up(practice)
    assert set(visit.screen.now.errors) == {field}
    assert visit.door.practice is None


def test_the_servers_words_about_a_field_stand_at_that_field() -> None:
    refused = RefusedError("Not set up.", "Nothing was changed.", "x", 422, (("display_name", "Too long."),))
    visit = begin(door=Door(seen=Seen(needs_set_up=True), fails={"set_up": refused}))
    visit.presenter.use_address(ADDRESS)
    visit.presenter.set_up(PRACTICE)
    assert visit.screen.now.errors == {"name": "Too long."}
    assert visit.screen.now.title == "Not set up."


def test_setting_up_signs_in_with_the_same_password() -> None:
    visit = begin(door=Door(seen=Seen(needs_set_up=True)))
    visit.presenter.use_address(ADDRESS)
    visit.presenter.set_up(PRACTICE)
    assert visit.door.asked[-2:] == [("set_up", ADDRESS), ("sign_in", ADDRESS, "anna", "three quiet words")]
    assert visit.results == [("signed in", False)]


def test_what_is_being_done_is_shown_and_a_later_wish_takes_its_place() -> None:
    visit = begin(Known(server=ADDRESS), holding=True)
    visit.presenter.sign_in("jo", "first")
    assert visit.screen.now.busy == "Signing in …"
    visit.presenter.sign_in("max", "second")
    visit.runner.release()
    assert [each[2] for each in visit.door.asked if each[0] == "sign_in"] == ["max"]
    assert visit.results == [("signed in", False)]


def test_a_page_that_was_closed_hears_nothing_any_more() -> None:
    visit = begin(Known(server=ADDRESS), holding=True)
    visit.presenter.sign_in("jo", "secret words")
    visit.presenter.close()
    shown = len(visit.screen.states)
    visit.runner.release()
    assert visit.results == []
    assert len(visit.screen.states) == shown


def test_from_the_sign_in_back_to_another_server() -> None:
    visit = begin(Known(server=ADDRESS, username="jo"))
    visit.presenter.other_server()
    assert visit.screen.now.page is Page.WELCOME
    visit.presenter.connect_to_server()
    assert (visit.screen.now.page, visit.screen.now.address) == (Page.CONNECT, ADDRESS)
    visit.presenter.back()
    assert visit.screen.now.page is Page.WELCOME


def test_what_happens_after_signing_in_can_be_told_on_the_page() -> None:
    visit = begin(Known(server=ADDRESS))
    visit.presenter.refuse(PrimoroError("The disk is full.", "Make room.", "cache.disk_full"))
    assert (visit.screen.now.title, visit.screen.now.advice) == ("The disk is full.", "Make room.")
