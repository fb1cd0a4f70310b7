"""The replies without their widgets: which are listed, what one says, what can be done about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from primoro_campaigns.desktop.kit.worklist import Worklist
from primoro_campaigns.desktop.local.replies import ReplyPatient, ReplyRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.reply import words
from primoro_campaigns.desktop.reply.listed import (
    BY_KEY,
    FILTERS,
    Dialled,
    ListedReply,
    ReplyLists,
    ReplySource,
    listed,
)
from primoro_campaigns.desktop.routes import Navigator, PatientRoute, PatientTab
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId, EventId, PatientId, ReplyId
from primoro_campaigns.domain.reply.model import REPLY_WORDS, ReplyState

_REFUSED = (PendingState.REFUSED, PendingState.CONFLICT)


class ReplyData(ReplyLists, Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def get(self, reply_id: ReplyId) -> ReplyRow | None: ...

    def count_by_state(self) -> Mapping[ReplyState, int]: ...


class Acts(Protocol):
    """What is recorded here. Called on the writing thread."""

    def mark_reply(self, reply_id: ReplyId, handled: bool) -> object: ...

    def dismiss(self, event_id: EventId) -> None: ...

    def events(self) -> Sequence[PendingEvent]: ...


@dataclass(frozen=True)
class ReplyShown:
    """What the selected reply says, and what can be done about it.

    ``holders`` stands over the patients, or in place of them. ``why_not_mark`` is empty where it can be
    marked. ``refused`` are acts on this reply that the server said no to.
    """

    reply_id: ReplyId
    sender: str
    state: ReplyState
    state_words: str
    came: str
    campaign: str
    subject: str
    text: str
    holders: str
    patients: tuple[ReplyPatient, ...]
    decided: str
    waits: str
    why_not_mark: str
    refused: tuple[PendingEvent, ...]


class RepliesView(Protocol):
    def show_replies(self, source: ReplySource, empty: str) -> None:
        """Show another filter, from the top."""
        ...

    def refresh_replies(self) -> None: ...

    def show_numbers(self, numbers: Mapping[str, int]) -> None:
        """How many replies each filter has."""
        ...

    def show_reply(self, state: ReplyShown | None) -> None: ...

    def say_error(self, error: PrimoroError) -> None: ...


@dataclass(frozen=True)
class _Read:
    listed: ListedReply | None
    campaign: str = ""
    events: Sequence[PendingEvent] = ()


class RepliesPresenter:
    """One reply is looked at. ``dialled`` and ``campaign_name`` are called on working threads."""

    def __init__(
        self,
        view: RepliesView,
        data: ReplyData,
        acts: Acts,
        runner: Running,
        navigator: Navigator,
        person: SignedInPerson,
        dialled: Dialled,
        campaign_name: Callable[[CampaignId], str],
    ) -> None:
        self._view = view
        self._data = data
        self._acts = acts
        self._navigator = navigator
        self._person = person
        self._dialled = dialled
        self._campaign_name = campaign_name
        self._list: Worklist[ListedReply, ReplyId] = Worklist(
            runner, lambda each: each.reply.reply_id, view.say_error
        )
        self._read = _Read(None)
        self._writing: ReplyId | None = None

    def show(self) -> None:
        """The first look: what is unread."""
        self.choose_filter(FILTERS[0].key)
        self._count()

    def choose_filter(self, key: str) -> None:
        wanted = BY_KEY[key]
        source = ReplySource(self._data, wanted.states, self._dialled)
        self._list.show(source)
        self._view.show_replies(source, wanted.empty)

    def refresh(self) -> None:
        """Replies, patients or what waits here have changed."""
        self._list.keep()
        self._view.refresh_replies()
        self._count()
        self._look()

    def select(self, wanted: ListedReply | None) -> None:
        """The person looks at this reply, or at none."""
        if self._list.is_here(wanted):
            return
        self._list.go(wanted)
        self._read = _Read(wanted)
        self._show()
        self._look()

    def mark(self, *, handled: bool) -> None:
        """The selected reply is dealt with, or is not after all."""
        state = self.state
        if state is None or state.why_not_mark or (state.state is ReplyState.HANDLED) == handled:
            return
        self._writing = state.reply_id
        self._list.work_on(state.reply_id)
        self._show()

        def written() -> None:
            self._writing = None
            self._look()

        def failed() -> None:
            self._writing = None
            self._show()

        self._list.write(lambda: self._acts.mark_reply(state.reply_id, handled), written, failed)

    def open_patient(self, patient_id: PatientId) -> None:
        self._navigator.go(PatientRoute(patient_id, PatientTab.CONTACTS))

    def dismiss(self, event: PendingEvent) -> None:
        """The person has read what the server refused."""
        self._list.write(lambda: self._acts.dismiss(event.event_id))

    @property
    def state(self) -> ReplyShown | None:
        """What is shown of the selected reply."""
        read = self._read
        return None if read.listed is None else self._state(read.listed, read)

    # Inside

    def _count(self) -> None:
        self._list.count(self._data.count_by_state, FILTERS, self._view.show_numbers)

    def _look(self) -> None:
        def read(reply_id: ReplyId) -> _Read:
            row = self._data.get(reply_id)
            if row is None:
                return _Read(None)
            return _Read(
                listed=listed(row, self._dialled),
                campaign="" if row.campaign_id is None else self._campaign_name(row.campaign_id),
                events=[each for each in self._acts.events() if _is_about(each, reply_id)],
            )

        def take(found: _Read) -> None:
            self._list.stay(found.listed)
            self._read = found
            self._show()

        self._list.look(read, take)

    def _show(self) -> None:
        self._view.show_reply(self.state)

    def _state(self, here: ListedReply, read: _Read) -> ReplyShown:
        row, zone = here.reply, self._person.time_zone
        may = self._person.may(Right.RESTRICT)
        busy = self._writing == row.reply_id
        return ReplyShown(
            reply_id=row.reply_id,
            sender=here.sender,
            state=row.state,
            state_words=REPLY_WORDS[row.state],
            came=f"{words.channel_words(row)}  ·  {instant_words(row.received_at, zone)}",
            campaign=f"Seems to answer the campaign: {read.campaign}" if read.campaign else "",
            subject=row.subject,
            text=row.text,
            holders=words.holders_words(row),
            patients=row.patients,
            decided=words.decided_words(row, zone),
            waits=words.WAITING if row.pending else "",
            why_not_mark=words.MAY_NOT if not may else words.ONE_MOMENT if busy else "",
            refused=tuple(each for each in read.events if each.state in _REFUSED),
        )


def _is_about(event: PendingEvent, reply_id: ReplyId) -> bool:
    return event.kind is EventKind.HANDLE_REPLY and event.payload["reply_id"] == reply_id
