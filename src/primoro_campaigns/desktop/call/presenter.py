"""The calls without their widgets: which are listed, what is known about one, what can be done about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from primoro_campaigns.desktop.call import words
from primoro_campaigns.desktop.call.listed import BY_KEY, FILTERS, CallLists, CallSource, Ends, ListedCall
from primoro_campaigns.desktop.call.people import Candidates, FoundPeople, LikelyPeople, PatientLists, Person
from primoro_campaigns.desktop.kit.worklist import Worklist
from primoro_campaigns.desktop.local.calls import CallRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.desktop.person import SignedInPerson
from primoro_campaigns.desktop.routes import Navigator, PatientRoute, PatientTab
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.desktop.work.runner import Running
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.call.model import MATCH_WORDS, SETTLED, WAITING, MatchState
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CallId, CampaignId, EventId, PatientId

_ABOUT_CALLS = (EventKind.MATCH_CALL, EventKind.IGNORE_CALL)
_REFUSED = (PendingState.REFUSED, PendingState.CONFLICT)

PeopleSource = FoundPeople | LikelyPeople


class CallData(CallLists, Candidates, Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def get(self, call_id: CallId) -> CallRow | None: ...

    def count_by_state(self) -> Mapping[MatchState, int]: ...

    def others_from(self, call_id: CallId) -> int: ...


class Acts(Protocol):
    """What is recorded here. Called on the writing thread."""

    def match_call(self, call_id: CallId, patient_id: PatientId, add_number: bool = False) -> object: ...

    def ignore_call(self, call_id: CallId) -> object: ...

    def dismiss(self, event_id: EventId) -> None: ...

    def events(self) -> Sequence[PendingEvent]: ...


@dataclass(frozen=True)
class CallState:
    """What is known about the selected call, and what can be done about it.

    ``answer`` and ``called`` say when it was and where it went. ``picker``: a patient can be chosen for it.
    ``can_put_right``: the program matched it, and a person may say otherwise. Each ``why_not`` is empty where
    the act can be done. ``refused`` are acts on this call that the server said no to.
    """

    call_id: CallId
    caller: str
    state: MatchState
    state_words: str
    answer: str
    called: str
    campaign: str
    patient: str
    decided: str
    waits: str
    picker: bool
    can_put_right: bool
    why_not_open: str
    why_not_once: str
    why_not_add: str
    why_not_ignore: str
    note: str
    refused: tuple[PendingEvent, ...]


class CallsView(Protocol):
    def show_calls(self, source: CallSource, empty: str) -> None:
        """Show another filter, from the top."""
        ...

    def refresh_calls(self) -> None: ...

    def show_numbers(self, numbers: Mapping[str, int]) -> None:
        """How many calls each filter has."""
        ...

    def show_call(self, state: CallState | None) -> None: ...

    def show_people(self, source: PeopleSource, empty: str) -> None: ...

    def refresh_people(self) -> None: ...

    def clear_search(self) -> None:
        """Another call: nobody is looked for yet."""
        ...

    def say_error(self, error: PrimoroError) -> None: ...


@dataclass(frozen=True)
class _Read:
    listed: ListedCall | None
    others: int = 0
    campaign: str = ""
    events: Sequence[PendingEvent] = ()


class CallsPresenter:
    """One call is looked at. ``campaign_name`` is called on working threads; ``tell`` says what went well."""

    def __init__(
        self,
        view: CallsView,
        data: CallData,
        patients: PatientLists,
        acts: Acts,
        runner: Running,
        navigator: Navigator,
        person: SignedInPerson,
        ends: Ends,
        campaign_name: Callable[[CampaignId], str],
        today: Callable[[], date],
        tell: Callable[[str], None],
    ) -> None:
        self._view = view
        self._data = data
        self._patients = patients
        self._acts = acts
        self._navigator = navigator
        self._person = person
        self._ends = ends
        self._campaign_name = campaign_name
        self._today = today
        self._tell = tell
        self._list: Worklist[ListedCall, CallId] = Worklist(
            runner, lambda each: each.call.call_id, view.say_error
        )
        self._read = _Read(None)
        self._putting_right = False
        self._writing: CallId | None = None
        self._busy = False
        self._chosen: Person | None = None

    def show(self) -> None:
        """The first look: what waits."""
        self.choose_filter(FILTERS[0].key)
        self._count()

    def choose_filter(self, key: str) -> None:
        wanted = BY_KEY[key]
        source = CallSource(self._data, wanted.states, self._ends)
        self._list.show(source)
        self._view.show_calls(source, wanted.empty)

    def refresh(self) -> None:
        """Calls, patients or what waits here have changed."""
        self._list.keep()
        self._view.refresh_calls()
        self._count()
        if self._read.listed is not None:
            self._view.refresh_people()
            self._look()

    def select(self, listed: ListedCall | None) -> None:
        """The person looks at this call, or at none."""
        if self._list.is_here(listed):
            return
        self._list.go(listed)
        self._read = _Read(listed)
        self._putting_right = False
        self._busy = False
        self._chosen = None
        self._view.clear_search()
        self._show()
        if listed is not None:
            self._look_for("")
            self._look()

    def search(self, text: str) -> None:
        """Look for a patient who may have rung; an empty text shows the likely ones again."""
        if self._read.listed is not None:
            self._look_for(text)

    def choose(self, person: Person | None) -> None:
        """The patient to match the call to."""
        if person != self._chosen:
            self._chosen = person
            self._show()

    def put_right(self) -> None:
        """The program's match is wrong: choose somebody else."""
        self._putting_right = True
        self._show()

    def match(self, *, add_number: bool) -> None:
        """The chosen patient rang. ``add_number`` puts the number into the file."""
        state, person = self.state, self._chosen
        if state is None or person is None or (state.why_not_add if add_number else state.why_not_once):
            return
        others = self._read.others if add_number else 0

        def done() -> None:
            if others:
                calls = "1 other call" if others == 1 else f"{others:,} other calls"
                self._tell(f"{calls} from this number {'is' if others == 1 else 'are'} matched too.")

        self._act(
            state.call_id, lambda: self._acts.match_call(state.call_id, person.patient_id, add_number), done
        )

    def ignore(self) -> None:
        """The caller is not a patient."""
        state = self.state
        if state is None or state.why_not_ignore:
            return
        self._act(state.call_id, lambda: self._acts.ignore_call(state.call_id), lambda: None)

    def open_patient(self) -> None:
        listed = self._read.listed
        if listed is not None and listed.call.patient_id is not None and listed.call.patient_name:
            self._navigator.go(PatientRoute(listed.call.patient_id, PatientTab.CONTACTS))

    def dismiss(self, event: PendingEvent) -> None:
        """The person has read what the server refused."""
        self._list.write(lambda: self._acts.dismiss(event.event_id))

    @property
    def state(self) -> CallState | None:
        """What is shown of the selected call."""
        read = self._read
        return None if read.listed is None else self._state(read.listed, read)

    # Inside

    def _act(self, call_id: CallId, act: Callable[[], object], done: Callable[[], None]) -> None:
        """Record it; until it shows, nothing more can be done about the call."""
        self._writing = call_id
        self._busy = True
        self._list.work_on(call_id)
        self._show()

        def failed() -> None:
            self._writing = None
            self._busy = False
            self._show()

        def written() -> None:
            self._writing = None
            done()
            self._look()

        self._list.write(act, written, failed)

    def _count(self) -> None:
        self._list.count(self._data.count_by_state, FILTERS, self._view.show_numbers)

    def _look(self) -> None:
        def read(call_id: CallId) -> _Read:
            call = self._data.get(call_id)
            if call is None:
                return _Read(None)
            return _Read(
                listed=self._ends.listed([call])[0],
                others=self._data.others_from(call_id),
                campaign="" if call.campaign_id is None else self._campaign_name(call.campaign_id),
                events=[each for each in self._acts.events() if _is_about(each, call_id)],
            )

        self._list.look(read, self._take)

    def _take(self, read: _Read) -> None:
        self._list.stay(read.listed)
        self._read = read
        self._busy = read.listed is not None and read.listed.call.call_id == self._writing
        self._show()

    def _look_for(self, text: str) -> None:
        listed = self._read.listed
        assert listed is not None
        today = self._today()
        if text:
            self._view.show_people(FoundPeople(self._patients, text, today), _nobody_found(text))
            return
        source = LikelyPeople(self._data, self._patients, listed.call.call_id, today)
        self._view.show_people(source, _nobody_likely(listed.call))

    def _show(self) -> None:
        self._view.show_call(self.state)

    def _state(self, listed: ListedCall, read: _Read) -> CallState:
        call, zone = listed.call, self._person.time_zone
        may = self._person.may(Right.MATCH_CALLS)
        matched_by_itself = call.state is MatchState.AUTO_MATCHED
        first = words.MAY_NOT_MATCH if not may else words.ONE_MOMENT if self._busy else ""
        why_not_once = first or self._why_not_chosen()
        hidden = words.no_number_words(call)
        return CallState(
            call_id=call.call_id,
            caller=listed.caller,
            state=call.state,
            state_words=MATCH_WORDS[call.state],
            answer=f"{instant_words(call.received_at, zone)}  ·  {words.answer_words(call)}",
            called=f"To {listed.called}" if listed.called else "",
            campaign=f"Campaign: {read.campaign}" if read.campaign else "",
            patient=words.patient_words(call),
            decided=words.decided_words(call, zone),
            waits=words.WAITING if call.pending else "",
            picker=call.state not in SETTLED and (not matched_by_itself or self._putting_right),
            can_put_right=may and matched_by_itself and not self._putting_right,
            why_not_open="" if call.patient_name else words.OUT_OF_SIGHT_FILE,
            why_not_once=why_not_once,
            why_not_add=hidden or why_not_once,
            why_not_ignore=first,
            note=self._note(may, hidden, read.others),
            refused=tuple(each for each in read.events if each.state in _REFUSED),
        )

    def _why_not_chosen(self) -> str:
        if self._chosen is None:
            return words.CHOOSE_FIRST
        return "" if self._chosen.seen else words.OUT_OF_SIGHT

    def _note(self, may: bool, hidden: str, others: int) -> str:
        """What to know before one presses a button: the first thing that stands in the way."""
        if not may:
            return words.MAY_NOT_MATCH
        if self._chosen is not None and not self._chosen.seen:
            return words.OUT_OF_SIGHT
        first = words.CHOOSE_FIRST if self._chosen is None else ""
        return hidden or words.others_words(others) or first


def _is_about(event: PendingEvent, call_id: CallId) -> bool:
    return event.kind in _ABOUT_CALLS and event.payload["call_id"] == call_id


def _nobody_found(text: str) -> str:
    return f"Nobody is found for “{text}”.\nTry fewer letters, or a date of birth."


def _nobody_likely(call: CallRow) -> str:
    if call.state is MatchState.WITHHELD:
        return "The caller did not show a number.\nIf you know who it was, look the patient up above."
    if call.state in WAITING:
        return "Nobody has this number on file.\nAsk who rang, then look the patient up above."
    return "Look up above who it really was."
