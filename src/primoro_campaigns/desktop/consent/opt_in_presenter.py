"""Recording an opt-in without the widgets: who asked, how, in which words, on which channels (domain.md L05).

Each channel is agreed to by itself, and every box starts unticked (domain.md L04). Where the patient was not
asked for a yes, the four conditions of a soft opt-in take its place (domain.md L02).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from primoro_campaigns.desktop.consent import words
from primoro_campaigns.desktop.local.patients import PatientFile, PermissionRow
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.sync.status import StatusSource, SyncStatus
from primoro_campaigns.desktop.work.changes import Subscription
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.consent.model import (
    CHANNEL_WORDS,
    MARKETING,
    PURPOSE_WORDS,
    Channel,
    ConsentSource,
    PermissionState,
    Purpose,
)
from primoro_campaigns.domain.consent.soft_opt_in import Condition
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId

CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.WHATSAPP, Channel.APP)


@dataclass(frozen=True)
class ChannelBox:
    """``under`` is the address, or what stands in the way. ``locked`` says why it cannot be ticked."""

    channel: Channel
    on: bool
    under: str
    locked: str


@dataclass(frozen=True)
class OptInState:
    """``errors`` are by field: ``channels``, ``who``, ``how``, ``wording``, ``confirmed``, ``conditions``.

    ``soft``: not a yes, but a soft opt-in, which there is for marketing alone (``may_be_soft``).
    """

    name: str
    purpose: Purpose
    boxes: tuple[ChannelBox, ...]
    who: str = ""
    how: str = ""
    wording: str = ""
    confirmed: bool = False
    soft: bool = False
    may_be_soft: bool = False
    conditions: frozenset[Condition] = frozenset()
    errors: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    saving: bool = False

    def error(self, field: str) -> str:
        return dict(self.errors).get(field, "")


class Acts(Protocol):
    """Called on the writing thread."""

    def permit(
        self,
        patient_id: PatientId,
        channel: Channel,
        purpose: Purpose,
        state: PermissionState,
        how: str = "",
        wording: str = "",
        soft_opt_in: Collection[Condition] | None = None,
    ) -> object: ...


class OptInView(Protocol):
    def show_state(self, state: OptInState) -> None: ...

    def finish(self, said: str) -> None: ...


class OptIn:
    """OK records one permission for each ticked channel; before that nothing is."""

    def __init__(
        self,
        view: OptInView,
        file: PatientFile,
        permissions: Sequence[PermissionRow],
        purpose: Purpose,
        acts: Acts,
        runner: Running,
        person: SignedInPerson,
        status: StatusSource,
    ) -> None:
        self._view = view
        self._file = file
        self._permissions = permissions
        self._acts = acts
        self._runner = runner
        self._person = person
        self._status = status
        self._on: frozenset[Channel] = frozenset()
        wording = default_wording(purpose, person.organisation_name)
        self.state = OptInState(file.name, purpose, (), wording=wording, may_be_soft=purpose in MARKETING)
        self._show(self.state)

    def follow_status(self) -> Subscription:
        return self._status.subscribe(self._on_status)

    def turn(self, channel: Channel) -> None:
        """The person pressed a channel's box."""
        box = next(each for each in self.state.boxes if each.channel is channel)
        if self.state.saving:
            return
        if box.locked:
            self._show(replace(self.state, problem=box.locked))
            return
        self._on ^= {channel}
        self._show(replace(self.state, errors=(), problem=""))

    def turn_confirmed(self) -> None:
        self._show(replace(self.state, confirmed=not self.state.confirmed, errors=(), problem=""))

    def choose_soft(self, soft: bool) -> None:
        """Whether there is no yes, but a soft opt-in. Words that nobody has changed make way for the other
        ones.
        """
        state = self.state
        if soft == state.soft or not state.may_be_soft:
            return
        usual = default_wording(state.purpose, self._person.organisation_name)
        before, after = (usual, SOFT_WORDING) if soft else (SOFT_WORDING, usual)
        wording = after if state.wording == before else state.wording
        self._show(replace(state, soft=soft, wording=wording, errors=(), problem=""))

    def turn_condition(self, condition: Condition) -> None:
        conditions = self.state.conditions ^ {condition}
        self._show(replace(self.state, conditions=conditions, errors=(), problem=""))

    def write(self, *, who: str, how: str, wording: str) -> None:
        """What stands in the fields now."""
        fresh = replace(self.state, who=who, how=how, wording=wording)
        if fresh != self.state:
            self._show(replace(fresh, errors=(), problem=""))

    def ok(self) -> None:
        state = self.state
        if state.saving:
            return
        if not self._person.may(Right.PERMIT) or not self._status.status.online:
            problem = words.NEEDS_SERVER if self._person.may(Right.PERMIT) else words.MAY_NOT_PERMIT
            self._show(replace(state, problem=problem))
            return
        errors = tuple(_missing(state, self._on))
        if errors:
            self._show(replace(state, errors=errors, problem=""))
            return
        channels = [channel for channel in CHANNELS if channel in self._on]
        patient_id, purpose, wording = self._file.patient_id, state.purpose, state.wording.strip()
        verb = "gave it" if state.soft else "asked"
        how = f"{state.who.strip()} {verb}: {state.how.strip()}"
        recorded = PermissionState.UNKNOWN if state.soft else PermissionState.OPTED_IN
        conditions = state.conditions if state.soft else None

        def write(_ticket: Ticket) -> None:
            for channel in channels:
                self._acts.permit(patient_id, channel, purpose, recorded, how, wording, conditions)

        self._show(replace(state, errors=(), problem="", saving=True))
        said = _said(channels, soft=state.soft)
        self._runner.run(write, lambda _: self._view.finish(said), self._failed, lane=Lane.WRITE)

    # Inside

    def _failed(self, error: PrimoroError) -> None:
        self._show(replace(self.state, problem=f"{error.title} {error.advice}", saving=False))

    def _on_status(self, _status: SyncStatus) -> None:
        self._show(self.state)

    def _show(self, state: OptInState) -> None:
        self.state = replace(state, boxes=tuple(self._box(channel) for channel in CHANNELS))
        self._view.show_state(self.state)

    def _box(self, channel: Channel) -> ChannelBox:
        row = next(
            (
                each
                for each in self._permissions
                if each.channel is channel and each.purpose is self.state.purpose
            ),
            None,
        )
        on = channel in self._on
        if row is not None and row.state is PermissionState.OPTED_IN:
            return ChannelBox(channel, on, "Has opted in already.", "The patient has opted in here already.")
        if self.state.soft and row is not None and row.state is PermissionState.OPTED_OUT:
            return ChannelBox(channel, on, words.SAID_NO, words.SAID_NO)
        suppressed = self._suppressed(channel)
        if suppressed:
            return ChannelBox(channel, on, suppressed, suppressed)
        locked = "" if on or self._status.status.online else words.NEEDS_SERVER
        return ChannelBox(channel, on, self._address(channel), locked)

    def _suppressed(self, channel: Channel) -> str:
        if channel is Channel.EMAIL:
            return words.MUST_NOT_BE_USED.format("e-mail address") if self._file.email_suppressed else ""
        if not self._file.mobile_suppressed:
            return ""
        stopped = any(
            each.channel is Channel.SMS and each.source is ConsentSource.STOP_TEXT
            for each in self._permissions
        )
        return words.STOPPED if stopped else words.MUST_NOT_BE_USED.format("mobile number")

    def _address(self, channel: Channel) -> str:
        match channel:
            case Channel.EMAIL:
                return self._file.email or "No e-mail address on file yet."
            case Channel.SMS | Channel.WHATSAPP:
                return self._file.mobile or "No mobile number on file yet."
            case Channel.APP:
                return ""


SOFT_WORDING = (
    "We may write to you about treatments like this one. Say no now, or at any time; it costs you nothing."
)
"""What the patient is told when asked for the address or number."""


def default_wording(purpose: Purpose, practice: str) -> str:
    """What the patient is asked, ready to be read out."""
    what = {
        Purpose.PROMOTIONS: "information about products, services and offers",
        Purpose.NEWSLETTERS: "newsletters",
        Purpose.IMPORTANT: "important notifications",
    }[purpose]
    return f"May {practice} send you {what} this way? You can say no at any time, and it costs you nothing."


def purpose_words(purpose: Purpose) -> str:
    return PURPOSE_WORDS[purpose]


def _missing(state: OptInState, on: frozenset[Channel]) -> list[tuple[str, str]]:
    errors = []
    if not on:
        errors.append(("channels", "Tick each channel the patient said yes to."))
    if not state.who.strip():
        verb = "gave the address or number" if state.soft else "asked"
        errors.append(("who", f"Say who {verb}: the patient, a parent, a carer."))
    if not state.how.strip() and state.soft:
        errors.append(("how", "Say when, and over which treatment or enquiry."))
    elif not state.how.strip():
        errors.append(("how", "Say how: at reception, on the telephone, on a form."))
    if not state.wording.strip():
        errors.append(("wording", "Write down the words the patient was told."))
    if state.soft and len(state.conditions) < len(Condition):
        errors.append(("conditions", "All four are needed. Without one of them, ask the patient for a yes."))
    if not state.soft and not state.confirmed:
        errors.append(("confirmed", "Tick this once the patient has said yes to these words."))
    return errors


def _said(channels: Sequence[Channel], *, soft: bool) -> str:
    names = ", ".join(CHANNEL_WORDS[channel] for channel in channels)
    return f"{'Soft opt-in' if soft else 'Opt-in'} recorded for {names}. The server has the last word."
