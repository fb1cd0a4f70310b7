"""What is loaded only when it is first needed, so that the window comes up without waiting for it.

One thread loads at a time: the libraries import each other in circles, and a second thread that met them
half-way would find modules that are not finished.
"""

import importlib
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast
from zoneinfo import ZoneInfo

from primoro_campaigns.desktop.colleague import Team
from primoro_campaigns.desktop.given import RoomsModule
from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.shell.room import Room
from primoro_campaigns.desktop.trial import Trials
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.ids import CampaignId, PatientId
from primoro_campaigns.support.secrets import Secrets

if TYPE_CHECKING:
    from primoro_campaigns.desktop import online
    from primoro_campaigns.desktop.account import door
    from primoro_campaigns.desktop.account.presenter import Door
    from primoro_campaigns.desktop.account.profile import Profile
    from primoro_campaigns.desktop.account.view import AccountWindow
    from primoro_campaigns.desktop.context import Context
    from primoro_campaigns.desktop.local.audience import Counts
    from primoro_campaigns.domain.audience.rule import Group
    from primoro_campaigns.domain.campaign.model import Content
    from primoro_campaigns.domain.delivery.explanation import Explained
    from primoro_campaigns.domain.delivery.plan import Planned, Skipped


class Connected(Protocol):
    """``online.Online``."""

    def start(self) -> None: ...

    def poke(self) -> None: ...

    def note_pending(self) -> None: ...

    def allow_deletion(self) -> None: ...

    def sign_out(self) -> None: ...

    def stop(self) -> None: ...

    @property
    def trials(self) -> Trials: ...

    @property
    def team(self) -> Team: ...


class ConnectionModule(Protocol):
    """``online.py``."""

    Parts: "type[online.Parts]"

    def connect(self, parts: "online.Parts", signed_in: object | None) -> Connected: ...


class DoorModule(Protocol):
    """``account/door.py``."""

    SetUpForm: "type[door.SetUpForm]"
    SignedIn: "type[door.SignedIn]"

    def look(self, typed: str) -> "door.ServerSeen": ...

    def set_up(self, address: str, form: "door.SetUpForm") -> None: ...

    def sign_in(self, address: str, username: str, password: str, device_id: str) -> "door.SignedIn": ...


class CampaignModule(Protocol):
    """``campaign/room.py``."""

    def create(self, context: "Context") -> Room: ...


_LOADING = threading.RLock()


def _load(name: str) -> ModuleType:
    with _LOADING:
        return importlib.import_module(f"primoro_campaigns.{name}")


def connection() -> ConnectionModule:
    """The second stage of the start: requests, pydantic and APScheduler."""
    return cast("ConnectionModule", _load("desktop.online"))


def account_door() -> DoorModule:
    """What the sign-in pages ask of a server."""
    return cast("DoorModule", _load("desktop.account.door"))


def campaign_room() -> CampaignModule:
    """The room of campaigns, which needs the heavy libraries for its counts."""
    return cast("CampaignModule", _load("desktop.campaign.room"))


class PhoneModule(Protocol):
    """``domain/patient/phone.py``."""

    def as_dialled(self, e164: str, region: str) -> str: ...


def as_dialled(e164: str, region: str) -> str:
    """A number as people of ``region`` (ISO 3166-1 alpha-2) write it. Its first call loads phonenumbers: call
    on a reading lane.
    """
    module = cast("PhoneModule", _load("domain.patient.phone"))
    return module.as_dialled(e164, region)


class Selections(Protocol):
    """The functions of ``local.audience``."""

    def count(
        self, database: Database, content: "Content", today: date, stopped: Callable[[], bool] | None
    ) -> "Counts": ...

    def sample(
        self,
        database: Database,
        audience: "Group",
        location_ids: Sequence[str],
        today: date,
        page: tuple[int, int],
        stopped: Callable[[], bool] | None,
    ) -> list[PatientId]: ...

    def review(
        self,
        database: Database,
        content: "Content",
        today: date,
        now: datetime,
        zone: ZoneInfo,
        stopped: Callable[[], bool] | None,
        again: CampaignId | None,
    ) -> "Iterator[Planned | Skipped]": ...

    def explain(
        self,
        database: Database,
        content: "Content",
        patient_id: PatientId,
        today: date,
        now: datetime,
        zone: ZoneInfo,
    ) -> "Explained | None": ...


def selections() -> Selections:
    """Audiences on the cache. Its first call loads SQLAlchemy: call on a reading lane."""
    return cast("Selections", _load("desktop.local.audience"))


class EntryModule(Protocol):
    """``account/entry.py``."""

    def open_entry(
        self,
        door: "Door",
        runner: Running,
        profile: "Profile",
        signed_in: Callable[[object, bool], None],
        closed: Callable[[], None],
    ) -> "AccountWindow": ...


def account_entry() -> EntryModule:
    """The window in which one signs in."""
    return cast("EntryModule", _load("desktop.account.entry"))


class KeyringModule(Protocol):
    """``support/keyring_secrets.py``."""

    def open_secrets(self) -> Secrets: ...


def open_secrets() -> Secrets:
    """The keyring, or memory where there is none: ``support.keyring_secrets.open_secrets``."""
    return cast("KeyringModule", _load("support.keyring_secrets")).open_secrets()


def rooms() -> RoomsModule:
    """All rooms but that of campaigns. The list of patients does not wait for them."""
    return cast("RoomsModule", _load("desktop.rooms"))


def version() -> str:
    """The program's own."""
    found: str = importlib.import_module("importlib.metadata").version("primoro-campaigns")
    return found
