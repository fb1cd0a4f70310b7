"""The list of what waits for the server and of what it refused. Without Qt."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from primoro_campaigns.desktop.changes import words
from primoro_campaigns.desktop.routes import (
    CallsRoute,
    ComposerRoute,
    Navigator,
    PatientRoute,
    PatientTab,
    RepliesRoute,
    ResultsRoute,
    Route,
)
from primoro_campaigns.desktop.sync.pending import EventKind, PendingEvent, PendingState
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId, EventId, PatientId

_ANSWERED_NO = frozenset({PendingState.REFUSED, PendingState.CONFLICT})
_OF_A_SENDING = frozenset({EventKind.PAUSE, EventKind.RESUME, EventKind.CANCEL, EventKind.DECIDE_DOUBT})


@dataclass(frozen=True)
class ChangeRow:
    """One line. ``refused``: the person has to look at it; ``title`` and ``advice`` say why and what to do.
    ``conflict``: there is another version of a draft.

    ``made`` is when, in words.
    """

    event_id: EventId
    what: str
    about: str
    made: str
    state: str
    refused: bool
    conflict: bool
    title: str
    advice: str
    route: Route | None


class View(Protocol):
    def show_rows(self, rows: tuple[ChangeRow, ...]) -> None: ...

    def show_problem(self, error: PrimoroError) -> None: ...


class Events(Protocol):
    """What is needed of ``local.outbox.Outbox``."""

    def events(self) -> list[PendingEvent]: ...

    def retry(self, event_id: EventId) -> EventId | None: ...

    def dismiss(self, event_id: EventId) -> None: ...


class ChangesPresenter:
    """``when`` puts an instant of an event into words."""

    def __init__(
        self,
        view: View,
        events: Events,
        runner: Running,
        navigator: Navigator,
        when: Callable[[PendingEvent], str],
    ) -> None:
        self._view = view
        self._events = events
        self._runner = runner
        self._navigator = navigator
        self._when = when
        self._reading: Ticket | None = None

    def refresh(self) -> None:
        """Read again; what an earlier reading would still bring is out of date."""
        if self._reading is not None:
            self._reading.stop()

        def read(_ticket: Ticket) -> tuple[ChangeRow, ...]:
            return tuple(self._row(event) for event in reversed(self._events.events()))

        self._reading = self._runner.run(read, self._view.show_rows, self._view.show_problem)

    def send_again(self, row: ChangeRow) -> None:
        """Only for what was refused; the list is told of the change and refreshes by itself."""
        if row.refused:
            self._runner.run(
                lambda _: self._events.retry(row.event_id), None, self._view.show_problem, lane=Lane.WRITE
            )

    def dismiss(self, row: ChangeRow) -> None:
        """Forget it. For a draft this gives up the version made here."""
        if row.refused:
            self._runner.run(
                lambda _: self._events.dismiss(row.event_id), None, self._view.show_problem, lane=Lane.WRITE
            )

    def open(self, row: ChangeRow) -> None:
        """Go to what it is about."""
        if row.route is not None:
            self._navigator.go(row.route)

    def _row(self, event: PendingEvent) -> ChangeRow:
        return ChangeRow(
            event_id=event.event_id,
            what=words.what(event),
            about=event.about,
            made=self._when(event),
            state=words.state(event),
            refused=event.state in _ANSWERED_NO,
            conflict=event.state is PendingState.CONFLICT and event.kind is EventKind.DRAFT_SAVE,
            title=event.title,
            advice=event.advice,
            route=_route(event),
        )


def _route(event: PendingEvent) -> Route | None:
    payload = event.payload
    if event.kind in _OF_A_SENDING:
        return ResultsRoute(CampaignId(str(payload["campaign_id"])))
    if "campaign_id" in payload:
        return ComposerRoute(CampaignId(str(payload["campaign_id"])))
    if "call_id" in payload:
        return CallsRoute()
    if "reply_id" in payload:
        return RepliesRoute()
    if "patient_id" in payload:
        return PatientRoute(PatientId(str(payload["patient_id"])), PatientTab.CONTACTS)
    return None
