"""What became of a campaign, patient by patient, and what can still be done about it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from primoro_campaigns.desktop.campaign import doubts
from primoro_campaigns.desktop.campaign.doubts import Question
from primoro_campaigns.desktop.campaign.progress import Progress, Sending
from primoro_campaigns.desktop.campaign.words import When, number, state_words
from primoro_campaigns.desktop.kit.rows import Order, PageSource
from primoro_campaigns.desktop.local.campaigns import CampaignRow, RecipientRow
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.campaign.lifecycle import GOES_LIVE
from primoro_campaigns.domain.campaign.model import State
from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Refusal
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId, DeliveryId

ALL = "all"
FILTERS: Mapping[str, tuple[str, frozenset[DeliveryState]]] = {
    ALL: ("Everybody", frozenset(DeliveryState)),
    "sent": ("Sent", frozenset({DeliveryState.SENT})),
    "waiting": ("Waiting", frozenset({DeliveryState.PLANNED, DeliveryState.CLAIMED})),
    "skipped": ("Not sent", frozenset({DeliveryState.SKIPPED})),
    "failed": ("Failed", frozenset({DeliveryState.FAILED})),
    "unknown": ("Not certain", frozenset({DeliveryState.UNKNOWN})),
}

_PAUSABLE = frozenset({State.SCHEDULED, State.SENDING, State.LIVE})
_CANCELLABLE = frozenset({State.SCHEDULED, State.SENDING, State.LIVE, State.PAUSED})


@dataclass(frozen=True)
class ResultsState:
    """``account`` is the whole account in one sentence; ``numbers`` are the parts it is made of.

    ``progress`` says how far a running campaign is; with ``progress_goes_off`` it holds an estimate, to be
    looked at again after a while (``CampaignResults.look_again``). ``stops``: cancelling stops a sending.
    ``doubts`` are messages that are not certain and about which nothing was decided here yet.
    ``not_reached`` are those to whom a completed send can be repeated.
    """

    name: str = ""
    state_words: str = ""
    row: CampaignRow | None = None
    account: str = ""
    numbers: Mapping[str, int] | None = None
    reasons: tuple[tuple[Refusal, str, int], ...] = ()
    when: str = ""
    problem: str = ""
    may_pause: bool = False
    may_resume: bool = False
    may_cancel: bool = False
    pace: str = ""
    not_reached: int = 0
    not_reached_words: str = ""
    may_resend: bool = False
    why_not: str = ""
    progress: str = ""
    progress_goes_off: bool = False
    stops: bool = False
    doubts: tuple[RecipientRow, ...] = ()
    doubt_words: str = ""
    doubt_advice: str = ""
    may_decide: bool = False


@dataclass(frozen=True)
class Pace:
    """At most ``most`` messages leave a day, 0 for no limit; ``today`` is how many have."""

    most: int
    today: int


@dataclass(frozen=True)
class _Read:
    row: CampaignRow | None
    skipped: Mapping[Refusal, int]
    doubts: Sequence[RecipientRow]
    not_reached: int
    held: int
    sending: Sending
    pace: Pace


class Source(Protocol):
    """Reads of this computer's copy. Called on working threads."""

    def campaign(self, campaign_id: CampaignId) -> CampaignRow | None: ...

    def skipped_by_reason(self, campaign_id: CampaignId) -> Mapping[Refusal, int]: ...

    def doubts(self, campaign_id: CampaignId) -> Sequence[RecipientRow]: ...

    def held(self, campaign_id: CampaignId) -> int:
        """How many wait because they rest or have had enough for now."""
        ...

    def sending(self) -> Sending: ...

    def not_reached(self, campaign_id: CampaignId) -> int: ...

    def pace(self, campaign_id: CampaignId) -> Pace: ...

    def results(
        self,
        campaign_id: CampaignId,
        limit: int,
        offset: int,
        states: frozenset[DeliveryState],
        reasons: frozenset[Refusal] | None,
    ) -> Sequence[RecipientRow]: ...

    def results_count(
        self,
        campaign_id: CampaignId,
        states: frozenset[DeliveryState],
        reasons: frozenset[Refusal] | None,
    ) -> int: ...


class Acts(Protocol):
    def pause(self, campaign_id: CampaignId) -> object: ...

    def resume(self, campaign_id: CampaignId) -> object: ...

    def cancel(self, campaign_id: CampaignId) -> object: ...

    def decide_doubt(
        self, campaign_id: CampaignId, line_ids: Sequence[DeliveryId], choice: Choice
    ) -> object: ...

    def resend(self, campaign_id: CampaignId, fingerprint: str) -> object: ...


class ResultsView(Protocol):
    def show_state(self, state: ResultsState) -> None: ...

    def show_people(self, source: PageSource[RecipientRow]) -> None: ...

    def refresh_people(self) -> None: ...

    def ask(self, title: str, words: str, yes: str, then: Callable[[], None]) -> None: ...

    def ask_doubt(self, question: Question, then: Callable[[Choice], None]) -> None: ...

    def say_error(self, error: PrimoroError) -> None: ...


class Recipients:
    """The ledger of one campaign under one filter, page by page."""

    def __init__(
        self,
        source: Source,
        campaign_id: CampaignId,
        states: frozenset[DeliveryState],
        reasons: frozenset[Refusal] | None,
    ) -> None:
        self._source = source
        self._campaign_id = campaign_id
        self._states = states
        self._reasons = reasons

    def count(self) -> int:
        return self._source.results_count(self._campaign_id, self._states, self._reasons)

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[RecipientRow]:
        del order
        return self._source.results(self._campaign_id, limit, offset, self._states, self._reasons)


class CampaignResults:
    def __init__(
        self,
        view: ResultsView,
        source: Source,
        acts: Acts,
        runner: Running,
        campaign_id: CampaignId,
        *,
        may: Callable[[Right], bool],
        online: Callable[[], bool],
        when: When,
        now: Callable[[], datetime],
    ) -> None:
        self._view = view
        self._when = when
        self._source = source
        self._acts = acts
        self._runner = runner
        self._campaign_id = campaign_id
        self._may = may
        self._online = online
        self._now = now
        self._progress = Progress(when)
        self.state = ResultsState()

    def start(self) -> None:
        self.choose(ALL)
        self.refresh()

    def choose(self, key: str, reason: Refusal | None = None) -> None:
        """List those in one state; of those not sent to, for one reason only, if named."""
        states = FILTERS[key][1]
        reasons = None if reason is None else frozenset({reason})
        self._view.show_people(Recipients(self._source, self._campaign_id, states, reasons))

    def refresh(self) -> None:
        """Read the account again; the list refreshes in place."""

        def read(_ticket: Ticket) -> _Read:
            source, campaign_id = self._source, self._campaign_id
            return _Read(
                source.campaign(campaign_id),
                source.skipped_by_reason(campaign_id),
                source.doubts(campaign_id),
                source.not_reached(campaign_id),
                source.held(campaign_id),
                source.sending(),
                source.pace(campaign_id),
            )

        self._runner.run(read, self._take, self._view.say_error)
        self._view.refresh_people()

    def look_again(self) -> None:
        """Some time has passed without news: what was estimated may hold no more."""
        self.refresh()

    def pause(self) -> None:
        self._write(self._acts.pause)

    def resume(self) -> None:
        self._write(self._acts.resume)

    def cancel(self) -> None:
        row = self.state.row
        waiting, leaving = (0, 0) if row is None else (row.planned, row.claimed)
        words = ["What has been sent stays sent."]
        if waiting:
            words.append(f"{number(waiting, 'message', 'messages')} still waiting will not go out.")
        if leaving:
            words.append(f"{number(leaving, 'message is', 'messages are')} leaving at this moment.")
        words.append("A cancelled campaign cannot be taken up again; to wait a while, pause it.")
        self._view.ask(
            "Stop this campaign?" if self.state.stops else "Cancel this campaign?",
            " ".join(words),
            "Stop and cancel the rest" if self.state.stops else "Cancel the campaign",
            lambda: self._write(self._acts.cancel),
        )

    def decide(self, chosen: Sequence[RecipientRow] | None = None) -> None:
        """Ask what is to become of those of ``chosen`` that are not certain; None is all of them."""
        lines = self.state.doubts if chosen is None else self._open(chosen)
        if not lines or doubts.open_to(lines, self._may):
            return
        question = doubts.question(lines, self._may, online=self._online())

        def decided(choice: Choice) -> None:
            self._write(lambda campaign_id: self._acts.decide_doubt(campaign_id, question.line_ids, choice))

        self._view.ask_doubt(question, decided)

    def resend(self) -> None:
        """The same message once more, to those whom it certainly did not reach."""
        row = self.state.row
        if row is None or not self.state.may_resend:
            return
        patients = number(self.state.not_reached, "patient", "patients")
        self._view.ask(
            f"Send again to {patients}?",
            "It goes only to those whom it certainly did not reach, within the sending hours. Nobody gets it "
            "twice. Before each message the server asks again whether the patient may be written to.",
            f"Send again to {patients}",
            lambda: self._write(lambda campaign_id: self._acts.resend(campaign_id, row.fingerprint)),
        )

    def why_not_decide(self, chosen: Sequence[RecipientRow]) -> str:
        """Why nothing can be decided about ``chosen``; empty when it can."""
        return doubts.open_to(self._open(chosen), self._may)

    def _open(self, chosen: Sequence[RecipientRow]) -> list[RecipientRow]:
        """Those of ``chosen`` about which something can be decided."""
        ids = {each.delivery_id for each in self.state.doubts}
        return [each for each in chosen if each.delivery_id in ids]

    def _take(self, found: _Read) -> None:
        row, skipped = found.row, found.skipped
        may_manage = self._may(Right.MANAGE)
        not_yours = doubts.open_to(found.doubts, self._may)
        if row is None:
            self._view.say_error(
                PrimoroError(
                    "This campaign is no longer here.",
                    "It may belong to locations you no longer see. Go back to the list of campaigns.",
                    "campaign.gone",
                )
            )
            return
        asked = bool(row.asked)
        not_reached = _not_reached_words(row, found.not_reached)
        pace = _pace_words(row, found.pace)
        progress, goes_off = self._progress.words(
            row, found.held, found.sending, self._now(), current=self._online()
        )
        self.state = ResultsState(
            name=row.name,
            state_words=state_words(row),
            row=row,
            account=account_words(row),
            numbers={
                "Sent": row.sent,
                "Not sent": row.skipped,
                "Failed": row.failed,
                "Not certain": row.unknown,
                "Waiting": row.planned + row.claimed,
            }
            if row.recipients
            else None,
            reasons=tuple((reason, REFUSAL_WORDS[reason], count) for reason, count in skipped.items()),
            when=_when(row, self._when),
            problem=row.problem,
            may_pause=may_manage and not asked and row.state in _PAUSABLE,
            may_resume=may_manage and not asked and row.state is State.PAUSED,
            may_cancel=may_manage and not asked and row.state in _CANCELLABLE,
            pace=pace,
            not_reached=found.not_reached,
            not_reached_words=not_reached,
            may_resend=bool(not_reached) and not asked and self._may(Right.APPROVE),
            why_not="" if may_manage else "Your role does not include managing campaigns.",
            # A pace decides how long it takes, not what was sent in the last minutes.
            progress="" if pace else progress,
            progress_goes_off=goes_off and not pace,
            stops=row.state is State.SENDING,
            doubts=tuple(found.doubts),
            doubt_words=_doubt_words(len(found.doubts)),
            doubt_advice=f"{doubts.meaning(len(found.doubts))} {not_yours}".strip(),
            may_decide=bool(found.doubts) and not not_yours,
        )
        self._view.show_state(self.state)

    def _write(self, act: Callable[[CampaignId], object]) -> None:
        def write(_ticket: Ticket) -> None:
            act(self._campaign_id)

        self._runner.run(write, lambda _none: self.refresh(), self._view.say_error, lane=Lane.WRITE)


def _pace_words(row: CampaignRow, pace: Pace) -> str:
    """Empty where nobody set a pace, or nothing waits."""
    waiting = row.planned + row.claimed
    if not pace.most or not waiting:
        return ""
    return f"At most {pace.most:,} a day: {pace.today:,} sent today, {waiting:,} wait."


def _not_reached_words(row: CampaignRow, not_reached: int) -> str:
    """Empty where nothing can be sent again."""
    if row.state is not State.COMPLETED or row.kind in GOES_LIVE or not not_reached:
        return ""
    return f"{number(not_reached, 'patient was', 'patients were')} not reached: it failed, or came back."


def account_words(row: CampaignRow) -> str:
    """The account in one line that always adds up: every recipient is in exactly one of its parts."""
    if not row.recipients:
        return "The recipients are chosen when the sending begins."
    parts = [
        f"{row.sent:,} sent",
        f"{row.failed:,} failed",
        f"{row.skipped:,} not sent",
        f"{row.unknown:,} not certain",
    ]
    if row.planned or row.claimed:
        parts.append(f"{row.planned + row.claimed:,} waiting")
    return f"{number(row.recipients, 'recipient', 'recipients')} = " + " + ".join(parts)


def _doubt_words(amount: int) -> str:
    if not amount:
        return ""
    return "1 message is not certain." if amount == 1 else f"{amount:,} messages are not certain."


def _when(row: CampaignRow, when: When) -> str:
    parts = []
    if row.approved_by_name:
        parts.append(f"Approved by {row.approved_by_name}, {when(row.approved_at)}")
    if row.scheduled_at is not None and row.state is State.SCHEDULED:
        parts.append(f"sends on {when(row.scheduled_at)}")
    return "; ".join(parts)
