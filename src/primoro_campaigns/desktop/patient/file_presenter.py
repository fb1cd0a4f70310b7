"""The patient file without its widgets: what is in force, what is on record, and what can be recorded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from primoro_campaigns.desktop.local.patients import (
    ContactRow,
    PatientFile,
    PermissionRow,
    RestrictionRow,
)
from primoro_campaigns.desktop.local.rest import Rest
from primoro_campaigns.desktop.moment import born_words
from primoro_campaigns.desktop.patient.contact_words import KINDS
from primoro_campaigns.desktop.patient.in_force import Fact, facts
from primoro_campaigns.desktop.patient.permission_grid import ChannelLine, Rights, grid
from primoro_campaigns.desktop.patient.words import status_words
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.routes import Navigator, PatientRoute, PatientTab, ResultsRoute
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.desktop.sync.status import StatusSource, SyncStatus
from primoro_campaigns.desktop.work.changes import Subscription
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import EventId, PatientId
from primoro_campaigns.domain.patient.age import is_minor

ALL_KINDS = ""
_REFUSED = (PendingState.REFUSED, PendingState.CONFLICT)


class FileData(Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def get(self, patient_id: PatientId) -> PatientFile | None: ...

    def restrictions(self, patient_id: PatientId) -> Sequence[RestrictionRow]: ...

    def permissions(self, patient_id: PatientId) -> Sequence[PermissionRow]: ...

    def contacts(
        self, patient_id: PatientId, limit: int, offset: int = 0, kind: str = ""
    ) -> Sequence[ContactRow]: ...

    def contact_count(self, patient_id: PatientId, kind: str = "") -> int: ...

    def rest(self, patient_id: PatientId, now: datetime, zone: ZoneInfo) -> Rest: ...


class Acts(Protocol):
    """What is recorded here. Called on the writing thread."""

    def permit(
        self, patient_id: PatientId, channel: Channel, purpose: Purpose, state: PermissionState
    ) -> object: ...

    def dismiss(self, event_id: EventId) -> None: ...

    def events(self) -> Sequence[PendingEvent]: ...


@dataclass(frozen=True)
class FileState:
    """``gone``: the record is not, or no longer, within what this person may see.

    ``refused`` are acts for this patient that the server said no to. ``numbers`` counts the contacts by kind.
    """

    gone: bool
    file: PatientFile | None = None
    name: str = ""
    about: str = ""
    status: str = ""
    facts: tuple[Fact, ...] = ()
    lines: tuple[ChannelLine, ...] = ()
    refused: tuple[PendingEvent, ...] = ()
    numbers: Mapping[str, int] | None = None


@dataclass(frozen=True)
class _Read:
    file: PatientFile | None
    restrictions: Sequence[RestrictionRow]
    permissions: Sequence[PermissionRow]
    events: Sequence[PendingEvent]
    numbers: Mapping[str, int]
    rest: Rest


class ContactSource:
    """The contacts of one patient under one filter, latest first, page by page."""

    def __init__(self, data: FileData, patient_id: PatientId, kind: str) -> None:
        self._data = data
        self._patient_id = patient_id
        self._kind = kind

    def count(self) -> int:
        return self._data.contact_count(self._patient_id, self._kind)

    def fetch(self, offset: int, limit: int, order: object) -> Sequence[ContactRow]:
        """``order`` is left aside: the latest stands first."""
        del order
        return self._data.contacts(self._patient_id, limit, offset, self._kind)


class FileView(Protocol):
    def show_state(self, state: FileState) -> None: ...

    def show_contacts(self, source: ContactSource, empty: str) -> None: ...

    def refresh_contacts(self) -> None: ...

    def show_tab(self, tab: PatientTab) -> None: ...

    def say_error(self, error: PrimoroError) -> None: ...


class Patient:
    """One patient's file at a time: ``open`` another, ``refresh`` after a change."""

    def __init__(
        self,
        view: FileView,
        data: FileData,
        acts: Acts,
        runner: Running,
        navigator: Navigator,
        person: SignedInPerson,
        status: StatusSource,
        now: Callable[[], datetime],
    ) -> None:
        self._view = view
        self._data = data
        self._acts = acts
        self._runner = runner
        self._navigator = navigator
        self._person = person
        self._status = status
        self._now = now
        self._reading: Ticket | None = None
        self._read: _Read | None = None
        self._kind = ALL_KINDS
        self.patient_id: PatientId | None = None
        self.tab = PatientTab.DETAILS

    def follow_status(self) -> Subscription:
        """What can be recorded depends on whether the server can be reached."""
        return self._status.subscribe(self._on_status)

    def open(self, patient_id: PatientId, tab: PatientTab) -> None:
        """Show this patient's file. The file that is open already is only read again."""
        if patient_id != self.patient_id:
            self.patient_id = patient_id
            self._read = None
            self._kind = ALL_KINDS
            self._show_contacts()
        else:
            self._view.refresh_contacts()
        self.tab = tab
        self._view.show_tab(tab)
        self._look()

    def refresh(self) -> None:
        """After a change to this patient."""
        if self.patient_id is not None:
            self._look()
            self._view.refresh_contacts()

    def choose_tab(self, tab: PatientTab) -> None:
        """The person opened another tab; the way back leads to it."""
        if self.patient_id is not None and tab is not self.tab:
            self.tab = tab
            self._view.show_tab(tab)
            self._navigator.replace(PatientRoute(self.patient_id, tab))

    def choose_kind(self, kind: str) -> None:
        """Only contacts of one kind, or all."""
        if kind != self._kind:
            self._kind = kind
            self._show_contacts()

    def open_contact(self, row: ContactRow) -> None:
        """A contact that belongs to a campaign leads to the campaign's results."""
        if row.campaign_id is not None:
            self._navigator.go(ResultsRoute(row.campaign_id))

    def opt_out(self, channel: Channel, purpose: Purpose) -> None:
        """Recorded at once, also offline."""
        patient_id = self.patient_id
        if patient_id is None:
            return

        def write(_ticket: Ticket) -> None:
            self._acts.permit(patient_id, channel, purpose, PermissionState.OPTED_OUT)

        self._runner.run(write, None, self._view.say_error, lane=Lane.WRITE)

    def dismiss(self, event: PendingEvent) -> None:
        """The person has read what the server refused."""

        def write(_ticket: Ticket) -> None:
            self._acts.dismiss(event.event_id)

        self._runner.run(write, None, self._view.say_error, lane=Lane.WRITE)

    # Inside

    def _look(self) -> None:
        patient_id = self.patient_id
        if patient_id is None:
            return
        if self._reading is not None:
            self._reading.stop()

        def read(_ticket: Ticket) -> _Read:
            return _Read(
                rest=self._data.rest(patient_id, self._now(), ZoneInfo(self._person.time_zone)),
                file=self._data.get(patient_id),
                restrictions=self._data.restrictions(patient_id),
                permissions=self._data.permissions(patient_id),
                events=[each for each in self._acts.events() if _is_about(each, patient_id)],
                numbers={kind: self._data.contact_count(patient_id, kind) for kind in (ALL_KINDS, *KINDS)},
            )

        self._reading = self._runner.run(read, self._take, self._view.say_error)

    def _take(self, read: _Read) -> None:
        self._reading = None
        self._read = read
        self._show()

    def _on_status(self, _status: SyncStatus) -> None:
        if self._read is not None:
            self._show()

    def _show(self) -> None:
        read = self._read
        if read is None:
            return
        if read.file is None:
            self._view.show_state(FileState(gone=True))
            return
        file, zone = read.file, self._person.time_zone
        today = self._person.day_of(self._now())
        rights = Rights(
            self._person.may(Right.RESTRICT), self._person.may(Right.PERMIT), self._status.status.online
        )
        minor = is_minor(file.born_on, today)
        self._view.show_state(
            FileState(
                gone=False,
                file=file,
                name=file.name or "Without a name",
                about=_about(file, today),
                status=status_words(file.status, file.is_lead),
                facts=facts(file, read.restrictions, read.permissions, read.events, read.rest, minor, zone),
                lines=grid(file, read.permissions, rights, zone),
                refused=tuple(each for each in read.events if each.state in _REFUSED),
                numbers=read.numbers,
            )
        )

    def _show_contacts(self) -> None:
        if self.patient_id is None:
            return
        kind = KINDS.get(self._kind)
        if kind is None:
            empty = "No contacts yet.\nMessages, calls and changes of consent are listed here by themselves."
        else:
            empty = f"No {kind.filter_words.lower()} with this patient.\nChoose “All” to see every contact."
        self._view.show_contacts(ContactSource(self._data, self.patient_id, self._kind), empty)


def _about(file: PatientFile, today: date) -> str:
    born = born_words(file.born_on, today)
    parts = (f"Born {born}" if born else "Date of birth not known", file.number, file.location_name)
    return "  ·  ".join(part for part in parts if part)


def _is_about(event: PendingEvent, patient_id: PatientId) -> bool:
    return event.kind in (EventKind.RESTRICT, EventKind.PERMIT) and event.payload["patient_id"] == patient_id
