"""The team without its widgets: who works here, and what an administrator does about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from primoro_campaigns.desktop.colleague import Colleague, Newcomer, Team
from primoro_campaigns.desktop.local.practice import LocationRow
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.account.right import RIGHT_WORDS, ROLE_RIGHTS, ROLE_WORDS, Right, Role
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import LocationId, UserId

SHORTEST_PASSWORD = 10
SHORTEST_NAME = 3


@dataclass(frozen=True)
class Line:
    """One colleague in words. ``me``: the person who looks."""

    colleague: Colleague
    name: str
    role: str
    where: str
    state: str
    me: bool


@dataclass(frozen=True)
class Form:
    """What was typed about a colleague. ``location_ids`` None is everywhere."""

    display_name: str = ""
    username: str = ""
    password: str = ""
    role: Role = Role.RECEPTION
    location_ids: tuple[LocationId, ...] | None = None


class View(Protocol):
    def show_lines(self, lines: tuple[Line, ...]) -> None: ...

    def show_busy(self, busy: bool) -> None:
        """While the server is asked."""
        ...

    def show_done(self, words: str) -> None: ...

    def show_problem(self, error: PrimoroError) -> None: ...


class Practice(Protocol):
    def locations(self) -> Sequence[LocationRow]: ...


def role_words(role: Role) -> str:
    """What somebody with this role may do, in a sentence."""
    rights = ROLE_RIGHTS[role]
    if rights == frozenset(Right):
        return "May do everything."
    may = [words for right, words in RIGHT_WORDS.items() if right in rights]
    return f"May {', '.join(may[:-1])} and {may[-1]}."


def problems(form: Form, *, new: bool) -> dict[str, str]:
    """What is wrong, by field; the server has the last word."""
    found = {}
    if new and not form.display_name.strip():
        found["display_name"] = "Type the name, as colleagues see it."
    if new and (len(form.username.strip()) < SHORTEST_NAME or any(map(str.isspace, form.username.strip()))):
        found["username"] = f"At least {SHORTEST_NAME} characters and no spaces."
    if new and len(form.password) < SHORTEST_PASSWORD:
        found["password"] = password_problem(form.password)
    if form.location_ids == ():
        found["locations"] = "Choose one location at least, or everywhere."
    return found


def password_problem(password: str) -> str:
    if len(password) >= SHORTEST_PASSWORD:
        return ""
    return f"At least {SHORTEST_PASSWORD} characters. Three words that do not belong together are good."


class TeamPresenter:
    """Each act asks the server at once; nothing of it waits here."""

    def __init__(
        self, view: View, team: Team, practice: Practice, runner: Running, person: SignedInPerson
    ) -> None:
        self._view = view
        self._team = team
        self._practice = practice
        self._runner = runner
        self._person = person
        self.locations: tuple[LocationRow, ...] = ()
        self.busy = False

    def refresh(self) -> None:
        """Ask the server who works here."""

        def read(_ticket: Ticket) -> tuple[tuple[LocationRow, ...], Sequence[Colleague]]:
            return tuple(self._practice.locations()), self._team.colleagues()

        self._be_busy(True)
        self._runner.run(read, self._take, self._failed, lane=Lane.NETWORK)

    def add(self, form: Form) -> None:
        newcomer = Newcomer(
            form.username.strip(), form.display_name.strip(), form.role, form.location_ids, form.password
        )
        self._do(lambda: self._team.add(newcomer), f"{newcomer.display_name} can sign in now.")

    def change(self, line: Line, form: Form) -> None:
        user_id = line.colleague.user_id
        self._do(
            lambda: self._team.change(user_id, form.role, form.location_ids),
            f"{line.name} is {ROLE_WORDS[form.role]} from now on.",
        )

    def deactivate(self, line: Line) -> None:
        user_id = line.colleague.user_id
        self._do(lambda: self._team.deactivate(user_id), f"{line.name} is signed out and cannot sign in.")

    def activate(self, line: Line) -> None:
        user_id = line.colleague.user_id
        self._do(lambda: self._team.activate(user_id), f"{line.name} can sign in again.")

    def set_password(self, line: Line, password: str) -> None:
        user_id = line.colleague.user_id
        self._do(
            lambda: self._team.set_password(user_id, password),
            f"{line.name} is signed out, and signs in with the new password.",
        )

    # Inside

    def _do(self, act: Callable[[], None], done: str) -> None:
        def ask(_ticket: Ticket) -> None:
            act()

        def told(_none: None) -> None:
            self._view.show_done(done)
            self.refresh()

        self._be_busy(True)
        self._runner.run(ask, told, self._failed, lane=Lane.NETWORK)

    def _take(self, found: tuple[tuple[LocationRow, ...], Sequence[Colleague]]) -> None:
        self.locations, colleagues = found
        names = {each.location_id: each.name for each in self.locations}
        self._be_busy(False)
        self._view.show_lines(tuple(self._line(each, names) for each in colleagues))

    def _line(self, colleague: Colleague, names: Mapping[LocationId, str]) -> Line:
        places = colleague.location_ids
        me = colleague.user_id == UserId(self._person.user_id)
        return Line(
            colleague=colleague,
            name=colleague.display_name,
            role=ROLE_WORDS[colleague.role],
            where="Everywhere"
            if places is None
            else ", ".join(sorted(names.get(each, "Another location") for each in places)),
            state="You" if me else "Works here" if colleague.active else "Cannot sign in",
            me=me,
        )

    def _failed(self, error: PrimoroError) -> None:
        self._be_busy(False)
        self._view.show_problem(error)

    def _be_busy(self, busy: bool) -> None:
        self.busy = busy
        self._view.show_busy(busy)
