"""What a person decides about messages that are not certain: ask the provider, count as sent, send again.

The ledger never sends one of them again by itself. Whoever has it sent again knows that the patient may get
it twice, and so needs the right to approve a send.
"""

from collections.abc import Callable, Mapping, Sequence

from primoro_campaigns.domain.delivery.doubt import ANSWERS, CHOICE_RIGHTS, Choice
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.errors import ConflictError, PrimoroError
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.claiming import touch
from primoro_campaigns.server.delivery.ledger import Ledger
from primoro_campaigns.server.delivery.providers.provider import Found, LookedUp, Missing
from primoro_campaigns.server.delivery.queue.store import Line
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.wire.delivery import DecideDoubt
from primoro_campaigns.wire.sync import Event

ASKING = "The text gateway is being asked."
CONFIRMED = "The text gateway has it: it was sent."
NOT_THERE = "The text gateway has no such message. It is safe to send it again."
NO_ANSWER = "The text gateway could not be asked. Nothing was changed; ask again later."


class DecidedAlreadyError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "These messages have been decided about already.",
            "Nothing was changed. Look at the results again: somebody may have been quicker.",
            "delivery.decided",
        )


class NobodyToAskError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            "A mail server cannot be asked what it took.",
            "Nothing was changed. Ask the patient, count the messages as sent, or send them again.",
            "delivery.nobody_to_ask",
        )


class RunCancelledError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "The campaign was cancelled, so nothing of it is sent again.",
            "Nothing was changed. Make a copy of the campaign and send that.",
            "delivery.run_cancelled",
        )


class Doubts:
    def __init__(self, campaigns: CampaignService, ledger: Ledger, poke: Callable[[], None]) -> None:
        self._campaigns = campaigns
        self._ledger = ledger
        self._poke = poke

    def handle_decide(self, uow: UnitOfWork, actor: Actor, _event: Event, payload: DecideDoubt) -> None:
        self.decide(uow, actor, payload)

    def decide(self, uow: UnitOfWork, actor: Actor, asked: DecideDoubt) -> None:
        """Raises ``MissingRightError``, ``CampaignGoneError``, ``DecidedAlreadyError``,
        ``NobodyToAskError``, ``RunCancelledError``.
        """
        actor.require(CHOICE_RIGHTS[asked.choice])
        self._campaigns.content(uow.connection, actor, asked.campaign_id)
        self._campaigns.lock(uow, asked.campaign_id)
        lines = [
            line
            for line in store.doubtful_lines(uow.connection, asked.campaign_id, asked.line_ids)
            if actor.sees(line.location_id)
        ]
        if not lines:
            raise DecidedAlreadyError
        match asked.choice:
            case Choice.ASK:
                self._ask(uow, lines)
            case Choice.SENT:
                self._count_as_sent(uow, actor, lines)
            case Choice.AGAIN:
                self._send_again(uow, actor, lines)
        audit.record(
            uow, actor, f"delivery.doubt_{asked.choice}", asked.campaign_id, f"{len(lines)} messages"
        )
        uow.after_commit.append(self._poke)

    def looked_up(self, uow: UnitOfWork, line: Line, answer: LookedUp) -> None:
        """What the provider said of a line that somebody asked about."""
        self._campaigns.lock(uow, line.campaign_id)
        if not store.doubtful_lines(uow.connection, line.campaign_id, [line.id]):
            return
        if isinstance(answer, Found):
            more = {"provider_message_id": answer.provider_id, "provider_status": answer.status[:20]}
            self._settle(uow, [line], CONFIRMED, more)
            return
        words = NOT_THERE if isinstance(answer, Missing) else NO_ANSWER
        store.change_lines(uow.connection, [{"id": line.id, "ask_at": None, "detail": words}])
        touch(uow, [line])

    def _ask(self, uow: UnitOfWork, lines: Sequence[Line]) -> None:
        known = [line for line in lines if line.channel in ANSWERS]
        if not known:
            raise NobodyToAskError
        rows = [{"id": line.id, "ask_at": uow.now, "detail": ASKING} for line in known]
        store.change_lines(uow.connection, rows)
        touch(uow, known)

    def _count_as_sent(self, uow: UnitOfWork, actor: Actor, lines: Sequence[Line]) -> None:
        self._settle(uow, lines, f"Counted as sent by {actor.display_name}.", {})

    def _settle(self, uow: UnitOfWork, lines: Sequence[Line], words: str, more: Mapping[str, object]) -> None:
        state = DeliveryState.SENT
        rows = [
            {"id": line.id, "state": state.value, "detail": words, "ask_at": None, "at": uow.now, **more}
            for line in lines
        ]
        self._move(uow, lines, rows, state)
        contacts.amend(uow, {line.id: contacts.Amendment("sent", words) for line in lines})

    def _send_again(self, uow: UnitOfWork, actor: Actor, lines: Sequence[Line]) -> None:
        runs = [self._campaigns.run(uow, run_id) for run_id in {line.run_id for line in lines}]
        if any(run is None or run.state == "cancelled" for run in runs):
            raise RunCancelledError
        state = DeliveryState.PLANNED
        rows = [
            {
                "id": line.id,
                "state": state.value,
                "detail": f"Sent again by {actor.display_name}.",
                "ask_at": None,
                "at": uow.now,
                "attempts": 0,
                "not_before": uow.now,
                "claimed_by": None,
                "claimed_at": None,
                "lease_until": None,
            }
            for line in lines
        ]
        for run in runs:
            if run is not None and run.state == "completed":
                self._campaigns.reopened(uow, run)
        self._move(uow, lines, rows, state)
        # It no longer counts as a message to the patient, or the gate would hold the new one back.
        words = f"It was not certain that this arrived. {actor.display_name} had it sent again."
        contacts.amend(uow, {line.id: contacts.Amendment("recorded", words, again=True) for line in lines})

    def _move(
        self,
        uow: UnitOfWork,
        lines: Sequence[Line],
        rows: Sequence[Mapping[str, object]],
        state: DeliveryState,
    ) -> None:
        store.change_lines(uow.connection, rows)
        touch(uow, lines)
        by_run: dict[str, int] = {}
        for line in lines:
            by_run[line.run_id] = by_run.get(line.run_id, 0) + 1
        for run_id, number in by_run.items():
            run = self._campaigns.run(uow, run_id)
            if run is not None:
                deltas = {DeliveryState.UNKNOWN.value: -number, state.value: number}
                self._ledger.moved(uow, run, deltas)
