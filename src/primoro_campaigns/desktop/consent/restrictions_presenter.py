"""The Restrictions dialog without its widgets (domain.md E03, E04, E07).

Ticking is open to everybody who may restrict, works offline and holds at once. Unticking asks for the right
``permit``, for who asked and how, and for the server.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from primoro_campaigns.desktop.consent import words
from primoro_campaigns.desktop.local.patients import PatientFile, PermissionRow, RestrictionRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.sync.status import StatusSource, SyncStatus
from primoro_campaigns.desktop.work.changes import Subscription
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.consent.model import (
    SOURCE_WORDS,
    Channel,
    ConsentSource,
    PermissionState,
    Purpose,
)
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId

PURPOSES = (Purpose.PROMOTIONS, Purpose.NEWSLETTERS)
"""What can be restricted; important notifications always arrive (domain.md L11)."""


@dataclass(frozen=True)
class Asked:
    """What the dialog is opened with, read in one go."""

    file: PatientFile
    restrictions: Sequence[RestrictionRow]
    permissions: Sequence[PermissionRow]


@dataclass(frozen=True)
class Tick:
    """One box. ``under`` stands below it. ``locked`` says why it cannot be changed, empty where it can."""

    purpose: Purpose
    on: bool
    in_force: bool
    under: str
    locked: str


@dataclass(frozen=True)
class RestrictionsState:
    """``asks_why``: a box was unticked, so who asked and how is needed. ``note`` is what unticking leaves."""

    name: str
    ticks: tuple[Tick, ...]
    asks_why: bool = False
    why: str = ""
    note: str = ""
    problem: str = ""
    saving: bool = False

    def tick(self, purpose: Purpose) -> Tick:
        return self.ticks[PURPOSES.index(purpose)]


class Acts(Protocol):
    """Called on the writing thread."""

    def restrict(self, patient_id: PatientId, purpose: Purpose, on: bool, why: str = "") -> object: ...


class RestrictionsView(Protocol):
    def show_state(self, state: RestrictionsState) -> None: ...

    def finish(self, said: str) -> None:
        """Close: all of it is recorded. ``said`` is empty when nothing was changed."""
        ...


class Restrictions:
    """OK records what was changed; before that nothing is."""

    def __init__(
        self,
        view: RestrictionsView,
        asked: Asked,
        acts: Acts,
        runner: Running,
        person: SignedInPerson,
        status: StatusSource,
    ) -> None:
        self._view = view
        self._asked = asked
        self._acts = acts
        self._runner = runner
        self._person = person
        self._status = status
        self._on: Mapping[Purpose, bool] = {purpose: self._row(purpose) is not None for purpose in PURPOSES}
        self.state = RestrictionsState(asked.file.name, ())
        self._show(problem="")

    def follow_status(self) -> Subscription:
        """Unticking is open only while the server can be reached."""
        return self._status.subscribe(self._on_status)

    def turn(self, purpose: Purpose) -> None:
        """The person pressed a box. One that is locked stays as it is and says why."""
        tick = self.state.tick(purpose)
        if self.state.saving:
            return
        if tick.locked:
            self._show(problem=tick.locked)
            return
        self._on = {**self._on, purpose: not tick.on}
        self._show(problem="")

    def say_why(self, text: str) -> None:
        """Who asked for messages again, and how."""
        if text != self.state.why:
            self.state = replace(self.state, why=text)
            self._show(problem="")

    def ok(self) -> None:
        """Record what was changed, then close; or say what is missing."""
        if self.state.saving:
            return
        changes = [(tick.purpose, tick.on) for tick in self.state.ticks if tick.on is not tick.in_force]
        if not changes:
            self._view.finish("")
            return
        lifting = any(not on for _, on in changes)
        why = self.state.why.strip()
        if lifting and not self._status.status.online:
            self._show(problem=words.NEEDS_SERVER)
            return
        if lifting and not why:
            self._show(problem="Say who asked for messages again, and how.")
            return
        patient_id = self._asked.file.patient_id

        def write(_ticket: Ticket) -> None:
            for purpose, on in changes:
                self._acts.restrict(patient_id, purpose, on, "" if on else why)

        self._show(problem="", saving=True)
        self._runner.run(write, lambda _: self._view.finish(_said(changes)), self._failed, lane=Lane.WRITE)

    # Inside

    def _failed(self, error: PrimoroError) -> None:
        self._show(problem=f"{error.title} {error.advice}")

    def _on_status(self, _status: SyncStatus) -> None:
        self._show(problem=self.state.problem, saving=self.state.saving)

    def _show(self, *, problem: str, saving: bool = False) -> None:
        ticks = tuple(self._tick(purpose) for purpose in PURPOSES)
        lifted = [tick.purpose for tick in ticks if tick.in_force and not tick.on]
        self.state = replace(
            self.state,
            ticks=ticks,
            asks_why=bool(lifted),
            note=self._note(lifted),
            problem=problem,
            saving=saving,
        )
        self._view.show_state(self.state)

    def _row(self, purpose: Purpose) -> RestrictionRow | None:
        return next((row for row in self._asked.restrictions if row.purpose is purpose), None)

    def _tick(self, purpose: Purpose) -> Tick:
        row = self._row(purpose)
        on = self._on[purpose]
        under = "Not restricted." if row is None else self._since(row)
        if on and row is None:
            under = "From now on, on every channel."
        return Tick(purpose, on, row is not None, under, self._locked(on, row))

    def _since(self, row: RestrictionRow) -> str:
        by = f" by {row.by_name}" if row.by_name and row.source is ConsentSource.STAFF else ""
        since = instant_words(row.since_at, self._person.time_zone)
        words_ = f"Since {since}, {SOURCE_WORDS[row.source]}{by}."
        return f"{words_} Waiting to be sent to the server." if row.pending else words_

    def _locked(self, on: bool, row: RestrictionRow | None) -> str:
        """Why the next press would be refused."""
        if row is None:
            may = self._person.may(Right.RESTRICT)
            return "" if on or may else words.MAY_NOT_RESTRICT
        if not on:
            return ""
        if not self._person.may(Right.PERMIT):
            return words.MAY_NOT_PERMIT
        return "" if self._status.status.online else words.NEEDS_SERVER

    def _note(self, lifted: Sequence[Purpose]) -> str:
        """What still stops messages once the tick is off."""
        if not lifted:
            return ""
        file, permissions = self._asked.file, self._asked.permissions
        notes = []
        if file.mobile_suppressed:
            stopped = any(
                each.channel is Channel.SMS and each.source is ConsentSource.STOP_TEXT for each in permissions
            )
            notes.append(words.STOPPED if stopped else words.MUST_NOT_BE_USED.format("mobile number"))
        if file.email_suppressed:
            notes.append(words.MUST_NOT_BE_USED.format("e-mail address"))
        channels = [
            _CHANNELS[channel]
            for channel in Channel
            if any(
                each.channel is channel and each.purpose in lifted and each.state is PermissionState.OPTED_OUT
                for each in permissions
            )
        ]
        if channels:
            notes.append(f"Opt-outs by channel stay as they are: {', '.join(channels)}.")
        return " ".join(("Unticking changes this tick alone.", *notes)) if notes else ""


def _said(changes: Sequence[tuple[Purpose, bool]]) -> str:
    set_ = [_PURPOSES[purpose] for purpose, on in changes if on]
    lifted = [_PURPOSES[purpose] for purpose, on in changes if not on]
    parts = []
    if set_:
        parts.append(f"No more {' or '.join(set_)}, on any channel, from now on.")
    if lifted:
        parts.append(f"Recorded: {' and '.join(lifted)} are wanted again. The server has the last word.")
    return " ".join(parts)


_PURPOSES = {Purpose.PROMOTIONS: "promotions", Purpose.NEWSLETTERS: "newsletters"}
_CHANNELS = {
    Channel.EMAIL: "e-mail",
    Channel.SMS: "SMS",
    Channel.WHATSAPP: "WhatsApp",
    Channel.APP: "the patient app",
}
