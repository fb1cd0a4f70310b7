"""Everything of one signed-in person: the cache, the window with its rooms, and the connection."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from primoro_campaigns.desktop import late
from primoro_campaigns.desktop.account.cache_door import OpenCache
from primoro_campaigns.desktop.account.own_server import OwnServer
from primoro_campaigns.desktop.colleague import Colleague, Newcomer, Team
from primoro_campaigns.desktop.given import Given, Rooms
from primoro_campaigns.desktop.kit.dialog import confirm
from primoro_campaigns.desktop.local.listed import ListedPatients
from primoro_campaigns.desktop.local.standing import last_success_at, outbox_counts
from primoro_campaigns.desktop.patient.list_view import PatientListPage
from primoro_campaigns.desktop.patient.listing import listing
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.routes import (
    CallsRoute,
    CampaignsRoute,
    ChangesRoute,
    ComposerRoute,
    PatientsRoute,
    RepliesRoute,
    ResultsRoute,
    ReviewRoute,
    Route,
    SendingRoute,
    TeamRoute,
)
from primoro_campaigns.desktop.shell.account_button import AccountButton, Look
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.shell.status_words import status_line
from primoro_campaigns.desktop.shell.window import Window
from primoro_campaigns.desktop.sync.board import StatusBoard
from primoro_campaigns.desktop.sync.failure import UnreachableError
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus
from primoro_campaigns.desktop.trial import OwnAddresses, Trials, TrialTold
from primoro_campaigns.desktop.work.changes import Announcer, Changes
from primoro_campaigns.desktop.work.progress import JobList
from primoro_campaigns.desktop.work.runner import Lane, Post, Runner
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.account.right import Right, Role
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import LocationId, UserId
from primoro_campaigns.support.clock import Clock
from primoro_campaigns.support.secrets import Secrets

if TYPE_CHECKING:
    from primoro_campaigns.domain.campaign.model import Content

_PAINTED_MS = 20
"""After rows have come they are painted: loading the rest would make that wait."""

_CAMPAIGN_ROUTES = (CampaignsRoute, ComposerRoute, ReviewRoute, ResultsRoute)


@dataclass(frozen=True)
class Equipment:
    """What the computer lends to whoever works at it. ``crashed`` may be called on any thread."""

    clock: Clock
    post: Post
    secrets: Secrets
    monotonic: Callable[[], float]
    crashed: Callable[[BaseException], None]
    look: Look
    looked: Callable[[Look], None]


@dataclass(frozen=True)
class Connection:
    """How the server is reached. ``signed_in`` is what ``account.door.sign_in`` answered, None to go on with
    the keyring's token. ``own_server`` is this computer's, started first if it does not run yet.
    """

    address: str
    device_id: str
    refresh_name: str
    signed_in: object | None
    own_server: OwnServer | None


class Workplace:
    """``open`` shows the window at once; ``start`` loads the rest, and is best called by ``when_listed``.
    ``close`` waits for every thread.

    ``left(sign_in_again)`` is called when the person wants to sign in again (True), or has signed out.
    """

    def __init__(
        self,
        equipment: Equipment,
        cache: OpenCache,
        person: SignedInPerson,
        connection: Connection,
        left: Callable[[bool], None],
    ) -> None:
        self._equipment = equipment
        self._cache = cache
        self._person = person
        self._connection = connection
        self._left = left
        self._online: late.Connected | None = None
        self._closed = False
        database, clock = cache.database, equipment.clock
        counts = outbox_counts(database)
        self.board = StatusBoard(
            equipment.post,
            SyncStatus(
                last_success_at=last_success_at(database), waiting=counts.waiting, refused=counts.refused
            ),
        )
        jobs = JobList(equipment.monotonic)
        self.changes = Announcer(equipment.post)
        self.window = Window(
            f"Primoro Campaigns: {person.organisation_name}",
            lambda: status_line(self.board.status, clock.now()),
            jobs,
            self.sync_now,
            ComposerRoute() if person.may(Right.DRAFT) else None,
            self._remedy,
        )
        self.runner = Runner(equipment.post, self._fault, self.window.problem, jobs)
        self._patients = ListedPatients(database, lambda: person.day_of(clock.now()))
        self._made: Rooms | None = None
        self._first_list: PatientListPage | None = None

    def open(self) -> None:
        """Show the window, with patients that can be searched."""
        window, equipment = self.window, self._equipment
        self._status_shown = self.board.subscribe(lambda _status: window.status_changed())
        window.set_foot(
            AccountButton(
                self._person.display_name,
                self._person.organisation_name,
                equipment.look,
                equipment.looked,
                window.show_shortcuts,
                self.ask_sign_out,
                (lambda: window.go(SendingRoute())) if self._person.may(Right.MANAGE) else None,
                (lambda: window.go(TeamRoute())) if self._person.may(Right.SETTINGS) else None,
            )
        )
        window.furnish(self._until_loaded())
        window.go(PatientsRoute())
        window.show()
        for told in self._cache.told:
            window.problem(told)

    def when_listed(self, work: Callable[[], None]) -> None:
        """Have it done once the first patients are on the screen, or could not be read. After ``open``."""
        page = self._first_list
        assert page is not None
        self._at_first_list = page.read.connect(lambda: self._listed(work))

    def _listed(self, work: Callable[[], None]) -> None:
        if self._first_list is not None:
            self._first_list.read.disconnect(self._at_first_list)
            self._first_list = None
            QTimer.singleShot(_PAINTED_MS, self.window, work)

    def start(self) -> None:
        """The second stage: connect, and give the window its whole rooms."""

        def load(_ticket: Ticket) -> tuple[late.ConnectionModule, late.CampaignModule, str]:
            address = self._connection.address
            if self._connection.own_server is not None and not self._connection.own_server.running:
                address = self._connection.own_server.start()
            late.rooms()
            return late.connection(), late.campaign_room(), address

        self.runner.run(load, self._loaded, self._not_started, lane=Lane.NETWORK)

    def sync_now(self) -> None:
        if self._online is not None:
            self._online.poke()

    def ask_sign_out(self) -> None:
        """Sign out, after saying what happens to changes that still wait here."""
        waiting = self.board.status.waiting
        kept = "Your colleagues' work is not touched."
        if waiting:
            noun = "1 change waits" if waiting == 1 else f"{waiting:,} changes wait"
            kept = (
                f"{noun} to be sent. They stay on this computer and are sent when you sign in again."
                if self._cache.lasting
                else f"{noun} to be sent and would be lost: this computer has no keyring to keep them safe."
            )
        confirm(
            self.window,
            "Sign out?",
            f"You will need your password to come back. {kept}",
            "Sign out",
            self._sign_out,
            danger=bool(waiting) and not self._cache.lasting,
        )

    def close(self) -> None:
        """End every thread and close the cache. What waits stays in it."""
        if self._closed:
            return
        self._closed = True
        self._status_shown.close()
        if self._online is not None:
            self._online.stop()
        self.runner.close()
        self.window.deleteLater()
        self._cache.close()

    @property
    def _rooms(self) -> Rooms:
        if self._made is None:
            self._made = late.rooms().open_rooms(
                Given(
                    person=self._person,
                    clock=self._equipment.clock,
                    runner=self.runner,
                    changes=self.changes,
                    window=self.window,
                    database=self._cache.database,
                    sync=self.board,
                    sync_now=self.sync_now,
                    trials=_Trials(lambda: self._online),
                    team=_Team(lambda: self._online),
                    recorded=self._recorded,
                )
            )
        return self._made

    def _until_loaded(self) -> list[Room]:
        """The buttons are there from the first moment, with the same words as the rooms' own; but for the
        list of patients their pages wait for what is loaded later, if they have to.
        """

        def room(name: str, title: str, home: Route) -> Room:
            icon = "" if name in ("changes", "sending", "team") else name
            return Room(name, title, icon, home, lambda route: self._early_page(name, route))

        return [
            room("patients", "&Patients", PatientsRoute()),
            room("campaigns", "&Campaigns", CampaignsRoute()),
            room("calls", "C&alls", CallsRoute()),
            room("replies", "Repl&ies", RepliesRoute()),
            room("changes", "Waiting changes", ChangesRoute()),
            room("sending", "Sending", SendingRoute()),
            room("team", "Team", TeamRoute()),
        ]

    def _early_page(self, name: str, route: Route) -> QWidget | None:
        if name == "patients" and isinstance(route, PatientsRoute):
            page = listing(self.runner, self._patients, self.window, self.changes, route)
            self._first_list = self._first_list or page
            return page
        if name == "campaigns":
            if not isinstance(route, _CAMPAIGN_ROUTES):
                return None
            return late.campaign_room().create(self._rooms.context).page_for(route)
        return self._rooms.page_for(name, route)

    def _loaded(self, loaded: tuple[late.ConnectionModule, late.CampaignModule, str]) -> None:
        connection, campaigns, address = loaded
        if self._closed:
            return
        parts = connection.Parts(
            address=address,
            device_id=self._connection.device_id,
            refresh_name=self._connection.refresh_name,
            secrets=self._equipment.secrets,
            database=self._cache.database,
            person=self._person,
            clock=self._equipment.clock,
            announce=self.changes.announce,
            status_changed=self.board.put,
            crashed=self._equipment.crashed,
        )
        self._online = connection.connect(parts, self._connection.signed_in)
        self.window.furnish(self._rooms.beside(campaigns.create(self._rooms.context)))
        self._online.start()

    def _not_started(self, error: PrimoroError) -> None:
        self.window.problem(error)
        self.board.put(SyncStatus(phase=Phase.STUCK, title=error.title, advice=error.advice, code=error.code))

    def _recorded(self, changes: Changes) -> None:
        """On the writing thread, after each act."""
        self.changes.announce(changes)
        if self._online is not None:
            self._online.note_pending()

    def _remedy(self) -> tuple[str, Callable[[], None]] | None:
        """What the person can do about what stands in the way of the sync."""
        status = self.board.status
        if status.phase is Phase.SIGNED_OUT:
            return "Sign in", lambda: self._left(True)
        if status.phase is Phase.STUCK and status.code == "sync.mass_deletion":
            return "Let it go on", self._allow_deletion
        if status.phase is Phase.STUCK and self._online is not None:
            return "Try again", self.sync_now
        return None

    def _allow_deletion(self) -> None:
        if self._online is not None:
            self._online.allow_deletion()

    def _sign_out(self) -> None:
        online = self._online

        def leave(_ticket: Ticket) -> None:
            if online is not None:
                online.sign_out()

        self._online = None
        self.runner.run(
            leave, lambda _none: self._left(False), lambda _error: self._left(False), lane=Lane.NETWORK
        )

    def _fault(self, error: BaseException) -> None:
        self._equipment.crashed(error)


class _Trials:
    """``trial.Trials`` over the connection, once there is one."""

    def __init__(self, online: Callable[[], late.Connected | None]) -> None:
        self._online = online

    def own_addresses(self) -> OwnAddresses:
        return self._there().own_addresses()

    def send(self, provider_id: str, address: str, content: "Content | None" = None) -> TrialTold:
        return self._there().send(provider_id, address, content)

    def _there(self) -> Trials:
        online = self._online()
        if online is None:
            raise UnreachableError
        return online.trials


class _Team:
    """``colleague.Team`` over the connection, once there is one."""

    def __init__(self, online: Callable[[], late.Connected | None]) -> None:
        self._online = online

    def colleagues(self) -> Sequence[Colleague]:
        return self._there().colleagues()

    def add(self, newcomer: Newcomer) -> None:
        self._there().add(newcomer)

    def change(self, user_id: UserId, role: Role, location_ids: tuple[LocationId, ...] | None) -> None:
        self._there().change(user_id, role, location_ids)

    def activate(self, user_id: UserId) -> None:
        self._there().activate(user_id)

    def deactivate(self, user_id: UserId) -> None:
        self._there().deactivate(user_id)

    def set_password(self, user_id: UserId, password: str) -> None:
        self._there().set_password(user_id, password)

    def _there(self) -> Team:
        online = self._online()
        if online is None:
            raise UnreachableError
        return online.team
