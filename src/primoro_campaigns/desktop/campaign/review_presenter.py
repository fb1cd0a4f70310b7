"""Who would get it, who would not and why; the message as a chosen patient would see it; and the approval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from primoro_campaigns.desktop.campaign.held import Holding
from primoro_campaigns.desktop.campaign.previewed import Previewed
from primoro_campaigns.desktop.campaign.words import When, address_words, channel_words, number
from primoro_campaigns.desktop.context import Review
from primoro_campaigns.desktop.kit.rows import Order, PageSource
from primoro_campaigns.desktop.local.campaigns import CampaignRow
from primoro_campaigns.desktop.local.listed import PatientRow
from primoro_campaigns.desktop.local.patients import PatientFile
from primoro_campaigns.desktop.sync.pending import PendingEvent, PendingState
from primoro_campaigns.desktop.work.runner import Lane, Running
from primoro_campaigns.desktop.work.ticket import Ticket
from primoro_campaigns.domain.campaign.lawful_basis import on_record
from primoro_campaigns.domain.campaign.model import Content, Kind, State, Timing
from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Channel, Refusal
from primoro_campaigns.domain.delivery.plan import Planned, Skipped
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId, EventId, PatientId
from primoro_campaigns.domain.message.template import Field

OUTSIDE_WINDOW = "campaign.outside_window"
"""The server's code for an instant send outside the sending hours: the person is asked (domain.md 2.14)."""


WOULD_GET_IT = "Would get it"


@dataclass(frozen=True)
class Reviewed:
    """A campaign as it is to be reviewed. ``problem`` says what blocks it, empty when nothing does.

    ``again``: it has been sent before, and goes only to those whom it did not reach.
    """

    row: CampaignRow
    content: Content
    problem: str
    holding: Holding
    again: bool = False


@dataclass(frozen=True)
class Person:
    """One line of the list: the patient, and whether and how, or why not."""

    patient_id: PatientId
    name: str
    gets_it: bool
    channel: Channel | None
    address: str
    why: str


@dataclass(frozen=True)
class ReviewState:
    """``may_act`` False says in ``why_not`` what has to happen first.

    ``refused`` are acts the server said no to. ``listed`` says which patients the list shows.
    """

    name: str = ""
    loading: bool = True
    would: str = ""
    by_channel: str = ""
    basis: str = ""
    would_not: str = ""
    held: str = ""
    reasons: tuple[tuple[Refusal, str, int], ...] = ()
    planned: int = 0
    as_of: str = ""
    listed: str = ""
    approves: bool = False
    may_act: bool = False
    why_not: str = ""
    schedule: bool = False
    scheduled_at: datetime | None = None
    refused: tuple[PendingEvent, ...] = ()
    preview: Previewed = field(default_factory=lambda: Previewed("Choose a patient to see the message."))


class Source(Protocol):
    """What the review needs of this computer's copy. Called on working threads."""

    def open(self, campaign_id: CampaignId) -> Reviewed | None: ...

    def review(self, campaign: Reviewed, stopped: Callable[[], bool]) -> Review: ...

    def names(self, patient_ids: Sequence[PatientId]) -> Sequence[PatientRow]: ...

    def patient(self, patient_id: PatientId) -> PatientFile | None: ...

    def merge(self, patient: PatientFile) -> Mapping[Field, str]: ...

    def refused(self, campaign_id: CampaignId) -> Sequence[PendingEvent]: ...


class Acts(Protocol):
    """What a person can do here; written on this computer first, then sent."""

    def approve(
        self,
        campaign_id: CampaignId,
        fingerprint: str,
        timing: Timing,
        scheduled_at: datetime | None = None,
        outside_window: bool = False,
    ) -> object: ...

    def submit(self, campaign_id: CampaignId, fingerprint: str) -> object: ...

    def dismiss(self, event_id: EventId) -> None: ...


class ReviewView(Protocol):
    def show_state(self, state: ReviewState) -> None: ...

    def show_people(
        self, source: PageSource[Person], empty: str, *, with_addresses: bool, again: bool
    ) -> None:
        """``with_addresses`` is false where nobody in the list has one to be written to. ``again``: the same
        list, after a change.
        """
        ...

    def ask(self, title: str, words: str, yes: str, then: Callable[[], None]) -> None: ...

    def say_error(self, error: PrimoroError) -> None: ...


class People:
    """The patients of one verdict, page by page: ids are in memory, names are read for the page that is
    shown.
    """

    def __init__(
        self, source: Source, lines: Sequence[Planned | Skipped], why_not: Callable[[Skipped], str]
    ) -> None:
        self._source = source
        self._lines = lines
        self._why_not = why_not

    def count(self) -> int:
        return len(self._lines)

    def fetch(self, offset: int, limit: int, order: Order | None) -> Sequence[Person]:
        del order
        lines = self._lines[offset : offset + limit]
        ids = {_patient(line): None for line in lines}
        ids |= {line.instead: None for line in lines if isinstance(line, Skipped) and line.instead}
        named = {row.patient_id: row for row in self._source.names(list(ids))}
        return [self._person(line, named) for line in lines]

    def _person(self, line: Planned | Skipped, named: Mapping[PatientId, PatientRow]) -> Person:
        name = _name(named.get(_patient(line)))
        if isinstance(line, Planned):
            address = address_words(line.cleared.channel, line.cleared.address)
            return Person(line.cleared.patient_id, name, True, line.cleared.channel, address, line.why)
        why = self._why_not(line)
        if line.instead is not None:
            joined = ", " if line.reason is Refusal.UNDER_18 else "; it goes to "
            why += f"{joined}{_name(named.get(line.instead))}"
        return Person(line.patient_id, name, False, None, "", why)


class CampaignReview:
    """One campaign under review."""

    def __init__(
        self,
        view: ReviewView,
        source: Source,
        acts: Acts,
        runner: Running,
        *,
        may_approve: bool,
        online: Callable[[], bool],
        age: Callable[[], str],
        done: Callable[[CampaignId], None],
        when: When,
    ) -> None:
        """``age`` says how old this computer's copy is; ``done`` leads on after the approval."""
        self._view = view
        self._when = when
        self._source = source
        self._acts = acts
        self._runner = runner
        self._online = online
        self._age = age
        self._done = done
        self._campaign: Reviewed | None = None
        self._review = Review((), ())
        self._reading: Ticket | None = None
        self._reason: Refusal | None = None
        self.state = ReviewState(approves=may_approve)

    def open(self, campaign_id: CampaignId) -> None:
        """Read the campaign and ask the gate for each of its audience; an older reading is given up."""
        self.close()

        def read(ticket: Ticket) -> tuple[Reviewed, Review, Sequence[PendingEvent]] | None:
            campaign = self._source.open(campaign_id)
            if campaign is None:
                return None
            review = self._source.review(campaign, ticket.stopped)
            return campaign, review, self._source.refused(campaign_id)

        self._reading = self._runner.run(read, self._take, self._failed)

    def choose_reason(self, reason: Refusal | None) -> None:
        """List those left out for one reason; None lists those who would get it."""
        self._list(reason, again=False)

    def _list(self, reason: Refusal | None, *, again: bool) -> None:
        self._reason = reason
        if reason is None:
            lines: Sequence[Planned | Skipped] = self._review.planned
        else:
            lines = [line for line in self._review.skipped if line.reason is reason]
        listed = WOULD_GET_IT if reason is None else REFUSAL_WORDS[reason]
        self._show(replace(self.state, listed=f"{listed}: {number(len(lines), 'patient', 'patients')}"))
        self._view.show_people(
            People(self._source, lines, self._why_not), "Nobody.", with_addresses=reason is None, again=again
        )

    def choose_person(self, person: Person | None) -> None:
        """Show the message as this patient would get it."""
        campaign = self._campaign
        if person is None or campaign is None:
            self._show(replace(self.state, preview=Previewed("Choose a patient to see the message.")))
            return

        def read(_ticket: Ticket) -> Previewed:
            patient = self._source.patient(person.patient_id)
            if patient is None:
                return Previewed(person.name, problem="This record is no longer here.")
            content = campaign.content
            shown = Previewed.filled(content, self._source.merge(patient), _for_whom(person))
            return shown if person.channel is None else shown.only(person.channel)

        self._runner.run(
            read, lambda shown: self._show(replace(self.state, preview=shown)), self._view.say_error
        )

    def choose_time(self, scheduled_at: datetime | None) -> None:
        """None is: as soon as it is approved."""
        self._show(
            self._with_leave(
                replace(self.state, schedule=scheduled_at is not None, scheduled_at=scheduled_at)
            )
        )
        if self._campaign is not None:
            # Who rests until after the campaign's time depends on that time.
            self._show(replace(self.state, held=self._held()))
            self._list(self._reason, again=True)

    def act(self) -> None:
        """Approve, or ask for approval; the person is asked once more, with the numbers."""
        campaign, state = self._campaign, self.state
        if campaign is None or not state.may_act:
            return
        patients = number(state.planned, "patient", "patients")
        if not state.approves:
            self._view.ask(
                "Ask for approval?",
                f"The campaign would go to {patients}. Nothing is sent before it is approved.",
                "Ask for approval",
                lambda: self._submit(campaign),
            )
            return
        title, words, yes = _question(campaign.content, patients, self._when_to_begin())
        self._view.ask(
            title,
            f"{words} Before each message the server asks again whether the patient may be written to.",
            yes,
            lambda: self._approve(campaign, outside_window=False),
        )

    def _when_to_begin(self) -> str:
        state = self.state
        return self._when(state.scheduled_at) if state.schedule and state.scheduled_at is not None else ""

    def send_all_the_same(self, event: PendingEvent) -> None:
        """The server said that the sending hours are over; the person wants it sent now."""
        campaign = self._campaign
        if campaign is None:
            return

        def write(_ticket: Ticket) -> None:
            self._acts.dismiss(event.event_id)
            self._acts.approve(
                CampaignId(campaign.row.campaign_id), campaign.row.fingerprint, Timing.INSTANT, None, True
            )

        self._write(write, campaign)

    def dismiss(self, event: PendingEvent) -> None:
        def write(_ticket: Ticket) -> None:
            self._acts.dismiss(event.event_id)

        campaign = self._campaign
        if campaign is not None:
            self._runner.run(
                write,
                lambda _none: self.open(CampaignId(campaign.row.campaign_id)),
                self._view.say_error,
                lane=Lane.WRITE,
            )

    def said(self, patient_id: PatientId) -> str:
        """What is to be done with this patient; empty for who is not in the audience. On any thread."""
        review = self._review
        for line in review.skipped:
            if line.patient_id == patient_id:
                return f"Would not get it: {_clause(self._why_not(line))}."
        for each in review.planned:
            if each.cleared.patient_id == patient_id:
                where = address_words(each.cleared.channel, each.cleared.address)
                return f"Would get it, by {channel_words(each.cleared.channel)} to {where}."
        return ""

    def connection_changed(self) -> None:
        """The server went away or came back: what may be done here depends on it."""
        if self._campaign is not None:
            self._show(self._with_leave(replace(self.state, as_of=self._as_of())))

    def close(self) -> None:
        if self._reading is not None:
            self._reading.stop()
            self._reading = None

    # Inside

    def _take(self, found: tuple[Reviewed, Review, Sequence[PendingEvent]] | None) -> None:
        self._reading = None
        if found is None:
            self._view.say_error(
                PrimoroError(
                    "This campaign is no longer here.",
                    "It was deleted, perhaps at another desk. Go back to the list of campaigns.",
                    "campaign.gone",
                )
            )
            return
        self._campaign, self._review, refused = found
        counts: dict[Refusal, int] = {}
        for line in self._review.skipped:
            counts[line.reason] = counts.get(line.reason, 0) + 1
        channels: dict[Channel, int] = {}
        for each in self._review.planned:
            channels[each.cleared.channel] = channels.get(each.cleared.channel, 0) + 1
        planned, skipped = len(self._review.planned), len(self._review.skipped)
        basis = on_record(self._campaign.content)
        state = replace(
            self.state,
            name=self._campaign.row.name,
            loading=False,
            planned=planned,
            would=f"{number(planned, 'patient', 'patients')} would get it",
            basis=f"Uses data on patients' health: {basis}" if basis else "",
            by_channel=", ".join(
                f"{count:,} by {channel_words(channel)}"
                for channel, count in sorted(channels.items(), key=lambda item: -item[1])
            ),
            would_not=f"{number(skipped, 'patient', 'patients')} would not",
            held=self._held(),
            reasons=tuple(
                (reason, REFUSAL_WORDS[reason], count)
                for reason, count in sorted(counts.items(), key=lambda item: -item[1])
            ),
            as_of=self._as_of(),
            refused=tuple(refused),
        )
        self._show(self._with_leave(state))
        # What was listed before a change stays listed, as long as there is anybody in it.
        reason = self._reason if self._reason in counts else None
        self._list(reason, again=reason is self._reason)

    def _due_at(self, holding: Holding) -> datetime:
        return self.state.scheduled_at or holding.now

    def _held(self) -> str:
        if self._campaign is None:
            return ""
        holding = self._campaign.holding
        return holding.summary(self._review.skipped, self._due_at(holding))

    def _why_not(self, line: Skipped) -> str:
        if self._campaign is None:
            return line.why
        holding = self._campaign.holding
        return holding.words(line, self._due_at(holding))

    def _as_of(self) -> str:
        again = self._campaign is not None and self._campaign.again
        parts = ["only those whom it has not reached before" if again else "", self._age()]
        return ", ".join(part for part in parts if part)

    def _failed(self, error: PrimoroError) -> None:
        self._reading = None
        self._show(replace(self.state, loading=False))
        self._view.say_error(error)

    def _with_leave(self, state: ReviewState) -> ReviewState:
        """Say whether one may go on, and if not, what has to happen first."""
        campaign = self._campaign
        if campaign is None:
            return state
        why_not = ""
        if campaign.row.asked:
            why_not = "This was asked of the server already. Its answer is on the way."
        elif campaign.row.state not in (State.DRAFT, State.PENDING_APPROVAL):
            why_not = "This campaign has been approved already."
        elif campaign.problem:
            why_not = campaign.problem
        elif not state.planned and campaign.content.kind is not Kind.ONGOING:
            why_not = "Nobody would get it. Change the rules, or see below why each patient is left out."
        elif not self._online():
            why_not = (
                "The server cannot be reached, and only the server sends. You can approve when it is back."
            )
        elif not campaign.row.fingerprint:
            why_not = "Your changes are on their way to the server. One moment, please."
        elif campaign.row.state is State.PENDING_APPROVAL and not state.approves:
            why_not = "This campaign waits for somebody who may approve it."
        return replace(state, may_act=not why_not, why_not=why_not)

    def _approve(self, campaign: Reviewed, *, outside_window: bool) -> None:
        state = self.state
        timing = Timing.SCHEDULED if state.schedule else Timing.INSTANT
        when = state.scheduled_at if state.schedule else None

        def write(_ticket: Ticket) -> None:
            self._acts.approve(
                CampaignId(campaign.row.campaign_id), campaign.row.fingerprint, timing, when, outside_window
            )

        self._write(write, campaign)

    def _submit(self, campaign: Reviewed) -> None:
        def write(_ticket: Ticket) -> None:
            self._acts.submit(CampaignId(campaign.row.campaign_id), campaign.row.fingerprint)

        self._write(write, campaign)

    def _write(self, write: Callable[[Ticket], None], campaign: Reviewed) -> None:
        campaign_id = CampaignId(campaign.row.campaign_id)
        self._runner.run(write, lambda _none: self._done(campaign_id), self._view.say_error, lane=Lane.WRITE)

    def _show(self, state: ReviewState) -> None:
        self.state = state
        self._view.show_state(state)


def needs_answer(event: PendingEvent) -> bool:
    """Whether the server said no to this act, so that the person has to look at it."""
    return event.state in (PendingState.REFUSED, PendingState.CONFLICT)


def _question(content: Content, patients: str, when: str) -> tuple[str, str, str]:
    """Title, words and the button's words of the last question. ``when`` is empty for now."""
    if content.kind is Kind.ONGOING:
        begins = f"It goes live on {when}" if when else "It goes live now"
        words = (
            f"{begins}: to {patients} at first, and from then on, each day within the sending hours, to "
            "those who come to fit the rules. You can pause or cancel it at any time."
        )
        return "Approve and go live?", words, "Go live"
    pace = f" At most {content.most_a_day:,} go on one day." if content.most_a_day else ""
    if when:
        words = f"It is sent on {when}, to {patients}.{pace} You can pause or cancel it until then."
        return "Approve and send?", words, "Approve"
    words = f"It is sent now to {patients}.{pace} What has been sent cannot be taken back."
    return "Approve and send?", words, f"Send to {patients}"


def _patient(line: Planned | Skipped) -> PatientId:
    return line.cleared.patient_id if isinstance(line, Planned) else line.patient_id


def _clause(words: str) -> str:
    return words[:1].lower() + words[1:]


def _name(row: PatientRow | None) -> str:
    return "Record no longer here" if row is None else f"{row.family_name}, {row.given_name}".strip(", ")


def _for_whom(person: Person) -> str:
    if person.gets_it and person.channel is not None:
        return f"For {person.name}, by {channel_words(person.channel)} to {person.address}"
    return f"For {person.name}, who would not get it: {person.why}"
