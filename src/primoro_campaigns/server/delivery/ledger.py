"""The ledger's life: claim, settle, and what becomes of lines whose worker died.

A claim is committed before anything is sent; the outcome is written in a transaction of its own, or in that
of the next claim (``follow``). Whatever is claimed and has no outcome may have been sent: it becomes
"unknown" and is never sent again by itself.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from primoro_campaigns.domain.channel.fall_back import Hop, NoHop
from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Channel, ConsentSource, Refusal
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.delivery.outcome import Sent
from primoro_campaigns.domain.delivery.outcome import settle as settled_by
from primoro_campaigns.domain.ids import CampaignId, DeliveryId, PatientId
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.claim import Claim, Held
from primoro_campaigns.server.delivery.claiming import LEASE, Claiming, Verdicts, touch
from primoro_campaigns.server.delivery.leaving import store as leaving
from primoro_campaigns.server.delivery.planner import account_now
from primoro_campaigns.server.delivery.providers.provider import Away, Result
from primoro_campaigns.server.delivery.queue import store as queue
from primoro_campaigns.server.delivery.queue.store import Line, Settled
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.wire.campaign import content_from_json

_WRITTEN = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.UNKNOWN})
"""Outcomes that stand in the patient's Contacts tab."""

_LOOK_AGAIN = timedelta(seconds=2)
"""How often it is looked whether another worker said of a campaign that something holds it up."""

MAY_HAVE_LEFT = "The server stopped while this was being sent. It may have reached the patient."


class Ledger:
    """All methods are called with a unit of work and change nothing outside it."""

    def __init__(
        self, campaigns: CampaignService, consent: ConsentService, worker: str, lease: timedelta = LEASE
    ) -> None:
        self._campaigns = campaigns
        self._consent = consent
        self._worker = worker
        self._lease = lease
        self._claiming = Claiming(campaigns, consent)
        self._well: dict[str, datetime] = {}

    def claim(self, uow: UnitOfWork, channel: Channel) -> Claim | Held | None:
        """Claim what is due first on ``channel``, asking the gate once more; None when nothing is due.

        The claim is empty when of what was due nothing may leave now.
        """
        found = self._claiming.due(uow, channel, self._lease)
        if found is None or isinstance(found, Held):
            return found
        claim, verdicts = found
        if not verdicts:
            return claim
        self._campaigns.lock(uow, claim.run.campaign_id)
        return self._claimed(uow, claim, verdicts, Counter())

    def follow(
        self, uow: UnitOfWork, last: Claim, results: Sequence[Result], channel: Channel
    ) -> Claim | Held | None:
        """Write down a claim whose messages have all left (``all_left``), and claim what is due next.

        One transaction for both, and one wait for the disk. Locks are taken in one order here too: our lines,
        patients, limits, campaigns. Lines and patients of the new claim are passed over where somebody else
        has them, so they may come after the limits.
        """
        rows = [
            _settled(each.line, result, uow.now, timedelta())
            for each, result in zip(last.claimed, results, strict=True)
        ]
        mine = queue.settle_lines(uow.connection, rows, self._worker, uow.now)
        leaving.hold(uow.connection, [each.line.patient_id for each in last.claimed])
        settled = [each for each in last.claimed if each.line.id in mine]
        touch(uow, [each.line for each in settled])
        contacts.record(
            uow,
            [
                contact_entry(last, each.line, DeliveryState.SENT, f"To {each.message.cleared.address}")
                for each in settled
            ],
        )
        left = Counter({DeliveryState.CLAIMED.value: -len(mine), DeliveryState.SENT.value: len(mine)})
        found = self._claiming.due(uow, channel, self._lease)
        claim, verdicts = found if isinstance(found, tuple) else (found, Verdicts())
        campaigns = {last.run.campaign_id}
        if isinstance(claim, Claim) and verdicts:
            campaigns.add(claim.run.campaign_id)
        if not _alone(uow):
            for campaign_id in sorted(campaigns):
                self._campaigns.lock(uow, campaign_id)
        self._is_well(uow, last.run.campaign_id)
        if isinstance(claim, Claim) and verdicts and claim.run.id == last.run.id:
            return self._claimed(uow, claim, verdicts, left)
        self.moved(uow, last.run, left)
        if isinstance(claim, Claim) and verdicts:
            return self._claimed(uow, claim, verdicts, Counter())
        return claim

    def _claimed(self, uow: UnitOfWork, claim: Claim, verdicts: Verdicts, left: Counter[str]) -> Claim:
        """Take what may leave, behind the lock of its campaign. ``left`` moves in the same account."""
        fresh = claim.run if _alone(uow) else self._campaigns.run(uow, claim.run.id)
        if fresh is not None and fresh.state == "sending":
            if verdicts.paced:
                # Behind the campaign's lock no other worker takes what is left of the day.
                verdicts.keep_to(*self._claiming.left_today(uow, claim.run))
            self._take(uow, claim, verdicts, left)
            return replace(claim, claimed=tuple(verdicts.claimed))
        self.moved(uow, claim.run, left)
        if fresh is not None and fresh.state == "cancelled":
            # Whoever cancelled passed over the lines that we had locked.
            self.cancelled(uow, claim.run)
        return claim

    def _is_well(self, uow: UnitOfWork, campaign_id: str) -> None:
        """Nothing holds the campaign up. Not asked of the database for every twenty messages."""
        asked_at = self._well.get(campaign_id)
        if asked_at is None or abs(uow.now - asked_at) >= _LOOK_AGAIN:
            self._campaigns.held_up(uow, campaign_id, "")
            self._well = {campaign_id: uow.now}

    def settle(self, uow: UnitOfWork, claim: Claim, results: Sequence[Result], away_until: timedelta) -> str:
        """Write down what became of a claim's lines. Returns the words of a provider that is away.

        Lines that certainly did not leave because the provider was away wait for ``away_until`` and count no
        attempt. A line that somebody took from us, thinking us dead, is "unknown" by now; it stays that.
        """
        rows = [
            _settled(each.line, result, uow.now, away_until)
            for each, result in zip(claim.claimed, results, strict=True)
        ]
        mine = queue.settle_lines(uow.connection, rows, self._worker, uow.now)
        leaving.hold(uow.connection, [each.line.patient_id for each in claim.claimed])
        self._campaigns.lock(uow, claim.run.campaign_id)
        run = self._campaigns.run(uow, claim.run.id)
        cancelled = run is not None and run.state == "cancelled"
        deltas: Counter[str] = Counter()
        entries: dict[str, contacts.ContactEntry] = {}
        dropped: list[Line] = []
        failures: list[tuple[Line, str]] = []
        problem = ""
        for each, result, row in zip(claim.claimed, results, rows, strict=True):
            line = each.line
            if isinstance(result.outcome, Away):
                problem = result.outcome.words
            if line.id not in mine:
                continue
            deltas[DeliveryState.CLAIMED.value] -= 1
            deltas[row.state.value] += 1
            if row.state is DeliveryState.PLANNED and cancelled:
                dropped.append(line)
            if row.state is DeliveryState.FAILED and not cancelled:
                failures.append((line, row.detail))
            if row.state in _WRITTEN:
                words = row.detail or f"To {each.message.cleared.address}"
                entries[line.id] = contact_entry(claim, line, row.state, words)
            if result.opted_out:
                self._consent.suppress(
                    uow,
                    AddressKind.MOBILE,
                    each.message.cleared.address,
                    source=ConsentSource.STOP_TEXT,
                    why="The text gateway reported it.",
                )
        touch(uow, [each.line for each in claim.claimed if each.line.id in mine])
        hops = self._hops(uow, claim.run, failures)
        for line, _ in hops:
            # The attempt stays in the patient's Contacts; the line will make another entry.
            entries[line.id] = replace(entries[line.id], delivery_id=None)
            deltas[DeliveryState.FAILED.value] -= 1
            deltas[DeliveryState.PLANNED.value] += 1
        self._hop(uow, hops)
        contacts.record(uow, list(entries.values()))
        self.moved(uow, claim.run, deltas)
        self._skip(uow, claim.run, [(line, Refusal.CANCELLED, _CANCELLED) for line in dropped])
        self._campaigns.held_up(uow, claim.run.campaign_id, problem)
        self._well.clear()
        return problem

    def recover(self, uow: UnitOfWork) -> int:
        """Lines that a dead worker had claimed become "unknown". Returns how many."""
        lines = queue.abandoned_lines(uow.connection, self._worker, uow.now)
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
            touch(uow, some)
            held = Claim(run, some[0].channel, content.purpose.value, content.name, uow.now)
            contacts.record(
                uow, [contact_entry(held, line, DeliveryState.UNKNOWN, MAY_HAVE_LEFT) for line in some]
            )
            number = len(some)
            self.moved(uow, run, {DeliveryState.CLAIMED.value: -number, DeliveryState.UNKNOWN.value: number})
            account_now(uow.connection, run.id, sum(store.count_states(uow.connection, run.id).values()))
        return len(lines)

    def cancelled(self, uow: UnitOfWork, run: RunRow) -> None:
        """Whoever is still waiting in a cancelled run is skipped.

        Lines that are being claimed at this moment are left to their claim, which finds the run cancelled.
        """
        lines = store.waiting_lines(uow.connection, run.id)
        self._skip(uow, run, [(line, Refusal.CANCELLED, _CANCELLED) for line in lines])

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

    def moved(self, uow: UnitOfWork, run: RunRow, deltas: Mapping[str, int]) -> None:
        """Lines of ``run`` went from one state to another; the campaign's account still adds up."""
        if not any(deltas.values()):
            return
        if not self._campaigns.moved(uow, run.campaign_id, deltas):
            raise AssertionError("the account does not balance")

    def _take(self, uow: UnitOfWork, claim: Claim, verdicts: Verdicts, left: Counter[str]) -> None:
        # Desktops are not told of each claimed line: it is settled in a moment, and its campaign counts it.
        queue.claim_lines(uow.connection, verdicts.rows, self._worker, uow.now, claim.until)
        queue.let_wait(uow.connection, verdicts.waiting)
        touch(uow, verdicts.held)
        self._hop(uow, verdicts.hops)
        self._skip(uow, claim.run, verdicts.refused)
        self._fail(uow, claim, verdicts.failed)
        deltas = Counter(left)
        deltas[DeliveryState.PLANNED.value] -= len(verdicts.rows)
        deltas[DeliveryState.CLAIMED.value] += len(verdicts.rows)
        self.moved(uow, claim.run, deltas)

    def _hops(
        self, uow: UnitOfWork, run: RunRow, failures: Sequence[tuple[Line, str]]
    ) -> list[tuple[Line, Hop]]:
        """Of lines that have failed for good, those that go on to the next channel; others say why not."""
        if not failures:
            return []
        found = self._claiming.after_failure(uow, run, failures)
        hops = []
        for line, words in failures:
            following = found.get(line.id, NoHop())
            if isinstance(following, Hop):
                hops.append((line, following))
            elif following.why:
                store.change_lines(uow.connection, [{"id": line.id, "detail": f"{words} {following.why}."}])
        return hops

    def _hop(self, uow: UnitOfWork, hops: Sequence[tuple[Line, Hop]]) -> None:
        """Lines go on to another channel, where the claim asks about them again."""
        rows = [
            {
                "id": line.id,
                "state": DeliveryState.PLANNED.value,
                "channel": hop.channel.value,
                "why_channel": hop.why,
                "address": "",
                "detail": "",
                "at": uow.now,
                "attempts": 0,
                "not_before": uow.now,
                "provider_message_id": None,
                "provider_status": "",
                "token_hash": None,
            }
            for line, hop in hops
        ]
        store.change_lines(uow.connection, rows)
        touch(uow, [line for line, _ in hops])

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

    def _fail(self, uow: UnitOfWork, claim: Claim, lines: Sequence[tuple[Line, str]]) -> None:
        rows = [
            {"id": line.id, "state": DeliveryState.FAILED.value, "detail": words, "at": uow.now}
            for line, words in lines
        ]
        self._leave(uow, claim.run, [line for line, _ in lines], rows, DeliveryState.FAILED)
        contacts.record(
            uow, [contact_entry(claim, line, DeliveryState.FAILED, words) for line, words in lines]
        )

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
        touch(uow, lines)
        self.moved(uow, run, {DeliveryState.PLANNED.value: -len(lines), state.value: len(lines)})


_CANCELLED = REFUSAL_WORDS[Refusal.CANCELLED]


def _alone(uow: UnitOfWork) -> bool:
    """On SQLite nobody else writes before we commit, and what was read stays true."""
    return uow.connection.dialect.name == "sqlite"


def all_left(results: Sequence[Result]) -> bool:
    """Whether the provider took every message and said nothing else of any."""
    return all(isinstance(each.outcome, Sent) and not each.opted_out for each in results)


def _settled(line: Line, result: Result, now: datetime, away_until: timedelta) -> Settled:
    if isinstance(result.outcome, Away):
        state, words, provider_id = DeliveryState.PLANNED, "", ""
        not_before, attempts = now + away_until, line.attempts
    else:
        settlement = settled_by(result.outcome, line.attempts + 1, now)
        state, words, provider_id = settlement.state, settlement.words, settlement.provider_id
        not_before, attempts = settlement.not_before or now, line.attempts + 1
    return Settled(
        line.id, state, "", words, attempts, not_before, provider_id or None, result.provider_status
    )


def contact_entry(claim: Claim, line: Line, state: DeliveryState, words: str) -> contacts.ContactEntry:
    """What stands in the patient's Contacts tab of a line in one of its final states."""
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
        detail=words,
        campaign_id=CampaignId(line.campaign_id),
        delivery_id=DeliveryId(line.id),
    )
