"""The ledger's life: claim, settle, and what becomes of lines whose worker died.

A claim is committed before anything is sent; the outcome is written in a transaction of its own. Whatever is
claimed and has no outcome may have been sent: it becomes "unknown" and is never sent again by itself.
"""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import MARKETING, REFUSAL_WORDS, Channel, ConsentSource, Refusal
from primoro_campaigns.domain.consent.rules import WAITS, Cleared, Refused, clear
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.delivery.outcome import settle as settled_by
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import CampaignId, DeliveryId, PatientId
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.sending import TOKEN_LENGTH, Sending, sending
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.hold import asked_again_at, held_words
from primoro_campaigns.server.delivery.planner import account_now, candidates
from primoro_campaigns.server.delivery.providers.provider import Away, Letter, Result, Text
from primoro_campaigns.server.delivery.rendering import Rendering
from primoro_campaigns.server.delivery.store import Line
from primoro_campaigns.server.delivery.token import token_hash
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.wire.campaign import content_from_json

LINES_A_CLAIM = 20
LEASE = timedelta(minutes=10)
"""After this a claimed line counts as abandoned, however alive its worker looks."""
DEAD_AFTER = timedelta(minutes=2)
"""A worker that was not heard of for so long is dead."""

_WRITTEN = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN})
"""Outcomes that stand in the patient's Contacts tab."""

MAY_HAVE_LEFT = "The server stopped while this was being sent. It may have reached the patient."


@dataclass(frozen=True)
class Claimed:
    """A claimed line with its message, ready to go."""

    line: Line
    message: Letter | Text


@dataclass(frozen=True)
class Claim:
    """What one worker holds: lines of one run on one channel; none when all were refused."""

    run: RunRow
    channel: Channel
    purpose: str
    title: str
    claimed: tuple[Claimed, ...]

    @property
    def letters(self) -> list[Letter]:
        return [each.message for each in self.claimed if isinstance(each.message, Letter)]

    @property
    def texts(self) -> list[Text]:
        return [each.message for each in self.claimed if isinstance(each.message, Text)]


class Ledger:
    """All methods are called with a unit of work and change nothing outside it."""

    def __init__(self, campaigns: CampaignService, consent: ConsentService, worker: str) -> None:
        self._campaigns = campaigns
        self._consent = consent
        self._worker = worker

    def claim(self, uow: UnitOfWork, channel: Channel) -> Claim | None:
        """Claim what is due first on ``channel``, asking the gate once more; None when nothing is due."""
        run_id = store.next_run(uow.connection, channel, uow.now)
        if run_id is None:
            return None
        run = self._campaigns.run(uow, run_id)
        if run is None:
            return None
        # Whoever pauses or cancels holds this lock too: after their commit nothing is claimed any more.
        self._campaigns.lock(uow, run.campaign_id)
        run = self._campaigns.run(uow, run_id)
        if run is None or run.state != "sending":
            return None
        content = content_from_json(run.content)
        decided = sending(uow.connection)
        empty = Claim(run, channel, content.purpose.value, content.name, ())
        if not run.outside_window and not decided.window.is_open(uow.now):
            store.postpone(uow.connection, run.id, uow.now, decided.window.next_opening(uow.now))
            return empty
        lines = store.due_lines(uow.connection, run.id, channel, uow.now, LINES_A_CLAIM)
        if not lines:
            return empty
        claimed = self._prepare(uow, run, content, decided, lines)
        return Claim(run, channel, content.purpose.value, content.name, tuple(claimed))

    def settle(self, uow: UnitOfWork, claim: Claim, results: Sequence[Result], away_until: timedelta) -> str:
        """Write down what became of a claim's lines. Returns the words of a provider that is away.

        Lines that certainly did not leave because the provider was away wait for ``away_until`` and count no
        attempt.
        """
        self._campaigns.lock(uow, claim.run.campaign_id)
        run = self._campaigns.run(uow, claim.run.id)
        cancelled = run is not None and run.state == "cancelled"
        deltas: Counter[str] = Counter()
        entries: list[contacts.ContactEntry] = []
        problem = ""
        for each, result in zip(claim.claimed, results, strict=True):
            line = each.line
            if isinstance(result.outcome, Away):
                problem = result.outcome.words
                state, words, provider_id = DeliveryState.PLANNED, "", ""
                not_before, attempts = uow.now + away_until, line.attempts
            else:
                settlement = settled_by(result.outcome, line.attempts + 1, uow.now)
                state, words, provider_id = settlement.state, settlement.words, settlement.provider_id
                not_before, attempts = settlement.not_before or uow.now, line.attempts + 1
            reason = ""
            if state is DeliveryState.PLANNED and cancelled:
                state, reason = DeliveryState.SKIPPED, Refusal.CANCELLED.value
                words = REFUSAL_WORDS[Refusal.CANCELLED]
            values: dict[str, object] = {
                "state": state.value,
                "reason": reason,
                "detail": words,
                "at": uow.now,
                "attempts": attempts,
                "not_before": not_before,
                "claimed_by": None,
                "claimed_at": None,
                "lease_until": None,
            }
            if provider_id:
                values["provider_message_id"] = provider_id
            status = result.provider_status
            if not store.settle_line(uow.connection, line.id, self._worker, values, status):
                # Somebody took us for dead, and the line is "unknown" by now; it stays that.
                continue
            uow.changes.touched(Room.RECIPIENT, line.id, [line.location_id])
            deltas[DeliveryState.CLAIMED.value] -= 1
            deltas[state.value] += 1
            if state in _WRITTEN:
                entries.append(_contact(claim, line, state, words))
            if result.opted_out:
                self._consent.suppress(
                    uow,
                    AddressKind.MOBILE,
                    each.message.cleared.address,
                    source=ConsentSource.STOP_TEXT,
                    why="The text gateway reported it.",
                )
        contacts.record(uow, entries)
        self._moved(uow, claim.run, deltas)
        self._campaigns.held_up(uow, claim.run.campaign_id, problem)
        return problem

    def recover(self, uow: UnitOfWork) -> int:
        """Lines that a dead worker had claimed become "unknown". Returns how many."""
        lines = store.abandoned_lines(uow.connection, self._worker, uow.now, uow.now - DEAD_AFTER)
        by_run: dict[str, list[Line]] = {}
        for line in lines:
            by_run.setdefault(line.run_id, []).append(line)
        for run_id, some in by_run.items():
            run = self._campaigns.run(uow, run_id)
            if run is None:
                raise AssertionError("a line without its run")
            content = content_from_json(run.content)
            store.change_lines(
                uow.connection,
                [
                    {
                        "id": line.id,
                        "state": DeliveryState.UNKNOWN.value,
                        "detail": MAY_HAVE_LEFT,
                        "at": uow.now,
                        "lease_until": None,
                    }
                    for line in some
                ],
            )
            for line in some:
                uow.changes.touched(Room.RECIPIENT, line.id, [line.location_id])
            held = Claim(run, some[0].channel, content.purpose.value, content.name, ())
            contacts.record(
                uow, [_contact(held, line, DeliveryState.UNKNOWN, MAY_HAVE_LEFT) for line in some]
            )
            number = len(some)
            self._moved(uow, run, {DeliveryState.CLAIMED.value: -number, DeliveryState.UNKNOWN.value: number})
        return len(lines)

    def cancelled(self, uow: UnitOfWork, run: RunRow) -> None:
        """Whoever is still waiting in a cancelled run is skipped."""
        lines = store.waiting_lines(uow.connection, run.id)
        self._skip(uow, run, [(line, Refusal.CANCELLED, REFUSAL_WORDS[Refusal.CANCELLED]) for line in lines])

    def finish(self, uow: UnitOfWork, run: RunRow) -> bool:
        """Complete the run when nobody is waiting any more, with its account counted anew."""
        if store.is_waiting(uow.connection, run.id):
            return False
        self._campaigns.lock(uow, run.campaign_id)
        fresh = self._campaigns.run(uow, run.id)
        if fresh is None or fresh.finished_at is not None or fresh.state == "cancelled":
            return False
        recipients = sum(store.count_states(uow.connection, run.id).values())
        account_now(uow.connection, run.id, recipients)
        self._campaigns.completed(uow, fresh)
        return True

    def _prepare(
        self, uow: UnitOfWork, run: RunRow, content: Content, decided: Sending, lines: Sequence[Line]
    ) -> list[Claimed]:
        patient_ids = [line.patient_id for line in lines]
        booked = store.booked_since(uow.connection, patient_ids, run.approved_at)
        found = {
            candidate.member.patient_id: candidate
            for candidate, _ in candidates(
                uow.connection, patient.c.id.in_(patient_ids), content, uow.now, decided, booked
            )
        }
        merged = store.merge_values(uow.connection, patient_ids)
        rendering = Rendering(content, decided)
        today = decided.today(uow.now)
        refused: list[tuple[Line, Refusal, str]] = []
        failed: list[tuple[Line, str]] = []
        held: list[dict[str, object]] = []
        claimed: list[Claimed] = []
        rows: list[dict[str, object]] = []
        for line in lines:
            candidate = found.get(PatientId(line.patient_id))
            if candidate is None:
                refused.append((line, Refusal.GONE, REFUSAL_WORDS[Refusal.GONE]))
                continue
            answer = clear(candidate.standings[line.channel], uow.now, today, decided.frequency)
            if isinstance(answer, Refused) and answer.reason in WAITS:
                again = asked_again_at(decided, run.due_at, uow.now, answer.until)
                if again is not None:
                    held.append({"id": line.id, "not_before": again, "detail": held_words(answer.reason)})
                    uow.changes.touched(Room.RECIPIENT, line.id, [line.location_id])
                    continue
            if isinstance(answer, Refused):
                refused.append((line, answer.reason, REFUSAL_WORDS[answer.reason]))
                continue
            token = secrets.token_urlsafe(16)[:TOKEN_LENGTH]
            try:
                message = _message(rendering, answer, line, merged[line.patient_id], token, uow)
            except PrimoroError as error:
                failed.append((line, error.title))
                continue
            claimed.append(Claimed(line, message))
            rows.append(
                {
                    "id": line.id,
                    "state": DeliveryState.CLAIMED.value,
                    "address": answer.address,
                    "claimed_by": self._worker,
                    "claimed_at": uow.now,
                    "lease_until": uow.now + LEASE,
                    "token_hash": token_hash(token) if content.purpose in MARKETING else None,
                    "provider": "smtp" if isinstance(message, Letter) else "twilio",
                }
            )
            uow.changes.touched(Room.RECIPIENT, line.id, [line.location_id])
        store.change_lines(uow.connection, rows)
        store.change_lines(uow.connection, held)
        self._skip(uow, run, refused)
        self._fail(uow, run, content, failed)
        if rows:
            self._moved(
                uow, run, {DeliveryState.PLANNED.value: -len(rows), DeliveryState.CLAIMED.value: len(rows)}
            )
        return claimed

    def _skip(self, uow: UnitOfWork, run: RunRow, lines: Sequence[tuple[Line, Refusal, str]]) -> None:
        rows = [
            {
                "id": line.id,
                "state": DeliveryState.SKIPPED.value,
                "reason": reason.value,
                "detail": words,
                "at": uow.now,
            }
            for line, reason, words in lines
        ]
        self._leave(uow, run, [line for line, _, _ in lines], rows, DeliveryState.SKIPPED)

    def _fail(
        self, uow: UnitOfWork, run: RunRow, content: Content, lines: Sequence[tuple[Line, str]]
    ) -> None:
        rows = [
            {"id": line.id, "state": DeliveryState.FAILED.value, "detail": words, "at": uow.now}
            for line, words in lines
        ]
        self._leave(uow, run, [line for line, _ in lines], rows, DeliveryState.FAILED)
        for line, words in lines:
            claim = Claim(run, line.channel, content.purpose.value, content.name, ())
            contacts.record(uow, [_contact(claim, line, DeliveryState.FAILED, words)])

    def _leave(
        self,
        uow: UnitOfWork,
        run: RunRow,
        lines: Sequence[Line],
        rows: Sequence[Mapping[str, object]],
        state: DeliveryState,
    ) -> None:
        if not lines:
            return
        store.change_lines(uow.connection, rows)
        for line in lines:
            uow.changes.touched(Room.RECIPIENT, line.id, [line.location_id])
        self._moved(uow, run, {DeliveryState.PLANNED.value: -len(lines), state.value: len(lines)})

    def _moved(self, uow: UnitOfWork, run: RunRow, deltas: Mapping[str, int]) -> None:
        if not any(deltas.values()):
            return
        latest = self._campaigns.latest_run(uow, run.campaign_id)
        if latest is None or latest.id != run.id:
            # The campaign shows the account of a newer run by now.
            return
        if not self._campaigns.moved(uow, run.campaign_id, deltas):
            raise AssertionError("the account does not balance")


def _message(
    rendering: Rendering, cleared: Cleared, line: Line, merged: store.Merged, token: str, uow: UnitOfWork
) -> Letter | Text:
    if cleared.channel is Channel.EMAIL:
        return rendering.letter(cleared, line.id, merged, token, uow.now)
    return rendering.text(cleared, line.id, merged, token)


def _contact(claim: Claim, line: Line, state: DeliveryState, words: str) -> contacts.ContactEntry:
    status: Literal["sent", "failed", "unknown"] = "unknown"
    if state is DeliveryState.SENT:
        status = "sent"
    elif state is DeliveryState.FAILED:
        status = "failed"
    return contacts.ContactEntry(
        PatientId(line.patient_id),
        kind="email" if line.channel is Channel.EMAIL else "sms",
        direction="out",
        # The name of the campaign is the description in the Contacts tab (domain.md E11).
        title=claim.title,
        status=status,
        category=claim.purpose,
        detail=words or f"To {line.address}",
        campaign_id=CampaignId(line.campaign_id),
        delivery_id=DeliveryId(line.id),
    )
