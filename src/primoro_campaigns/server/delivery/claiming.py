"""The claim: what is due is asked once more whether it may leave, made into messages, and taken.

Locks are taken in one order everywhere: lines, limits, campaign, change counter. Whoever pauses or cancels
holds the campaign; the claim looks at its run once more behind that lock, so after their commit nothing is
claimed any more.
"""

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial

from primoro_campaigns.domain.campaign.model import FALLS_BACK, Content
from primoro_campaigns.domain.channel.choose import refusal_in_words
from primoro_campaigns.domain.channel.fall_back import Hop, NoHop, failed_words, fall_back
from primoro_campaigns.domain.consent.model import MARKETING, REFUSAL_WORDS, Channel, Purpose, Refusal
from primoro_campaigns.domain.consent.rules import WAITS, Cleared, Refused, clear
from primoro_campaigns.domain.delivery.held import held_words
from primoro_campaigns.domain.delivery.plan import Candidate, against
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.email_address import address_key
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.sending import TOKEN_LENGTH, Sending, sending
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import KIND_OF, AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.claim import Claim, Claimed, Held
from primoro_campaigns.server.delivery.hold import asked_again_at
from primoro_campaigns.server.delivery.leaving import store as leaving
from primoro_campaigns.server.delivery.limits import Limits, limits_of
from primoro_campaigns.server.delivery.planner import candidates_among
from primoro_campaigns.server.delivery.providers.provider import Letter, Text
from primoro_campaigns.server.delivery.queue import store as queue
from primoro_campaigns.server.delivery.queue.store import Line, ToClaim
from primoro_campaigns.server.delivery.rendering import Rendering
from primoro_campaigns.server.delivery.token import token_hash
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.wire.campaign import content_from_json

LINES_A_CLAIM = 20
"""What a crash can leave in doubt."""
LEASE = timedelta(seconds=60)
"""After this a claimed line counts as abandoned, however alive its worker looks."""
STOPPED_FOR = timedelta(seconds=2)
"""How soon a worker looks again while sending is stopped for the whole organisation."""

_RUNS_IN_MIND = 8
_BUSY = timedelta(seconds=1)
"""When a line is looked at again whose patient's record was just being changed."""


@dataclass
class Verdicts:
    """What became of lines that were due."""

    claimed: list[Claimed] = field(default_factory=list)
    rows: list[ToClaim] = field(default_factory=list)
    refused: list[tuple[Line, Refusal, str]] = field(default_factory=list)
    failed: list[tuple[Line, str]] = field(default_factory=list)
    waiting: dict[str, tuple[datetime, str | None]] = field(default_factory=dict)
    held: list[Line] = field(default_factory=list)
    hops: list[tuple[Line, Hop]] = field(default_factory=list)
    paced: bool = False

    def keep_to(self, most: int, until: datetime) -> None:
        """Of those that would leave now, the others wait."""
        self.waiting |= {row.line_id: (until, None) for row in self.rows[most:]}
        del self.rows[most:], self.claimed[most:]

    def __bool__(self) -> bool:
        return bool(self.rows or self.refused or self.failed or self.waiting or self.hops)


@dataclass(frozen=True)
class _Compiled:
    """A run's content, read and prepared once."""

    decided: Sending
    content: Content
    rendering: Rendering


class Claiming:
    """Finds what is due and decides about each line; ``Ledger`` writes it down."""

    def __init__(self, campaigns: CampaignService, consent: ConsentService) -> None:
        self._campaigns = campaigns
        self._consent = consent
        self._compiled: dict[str, _Compiled] = {}

    def due(
        self, uow: UnitOfWork, channel: Channel, lease: timedelta
    ) -> tuple[Claim, Verdicts] | Held | None:
        """The lines due first on ``channel`` and what is to become of each; None when nothing is due.

        The claim holds what ``Verdicts.claimed`` says; nothing is written yet but what only moves in time.
        """
        found = queue.next_run(uow.connection, channel, uow.now)
        if found is None:
            # Asked first: a server that has not been set up yet has nothing to send and no settings either.
            return None
        run_id, purpose = found
        decided = sending(uow.connection)
        if decided.settings.sending_stopped:
            return Held(uow.now + STOPPED_FOR)
        run = self._campaigns.run(uow, run_id)
        if run is None:
            raise AssertionError("a line without its run")
        compiled = self._prepared(run, decided)
        claim = Claim(run, channel, compiled.content.purpose.value, compiled.content.name, uow.now + lease)
        if not run.outside_window and not decided.is_open_anywhere(uow.now):
            queue.postpone(uow.connection, run.id, uow.now, decided.opens_anywhere(uow.now))
            return claim, Verdicts()
        paced = bool(compiled.content.most_a_day)
        left, tomorrow = _left_today(uow, run, compiled) if paced else (LINES_A_CLAIM, uow.now)
        if left < 1:
            queue.postpone(uow.connection, run.id, uow.now, tomorrow)
            return claim, Verdicts()
        limits = limits_of(decided.settings, channel, uow.now, marketing=purpose is not Purpose.IMPORTANT)
        limits.lock(uow.connection)
        most = limits.free(LINES_A_CLAIM)
        if most < 1:
            return Held(limits.free_at())
        lines = queue.due_lines(uow.connection, run.id, channel, uow.now, min(most, left))
        verdicts = self._decide(uow, run, compiled, lines, limits)
        limits.keep(uow.connection)
        verdicts.paced = paced
        return replace(claim, closes=_closes(run, decided, verdicts, uow.now)), verdicts

    def left_today(self, uow: UnitOfWork, run: RunRow) -> tuple[int, datetime]:
        """How many messages may still leave today of a campaign that has a pace, and when the next may."""
        decided = sending(uow.connection)
        return _left_today(uow, run, self._prepared(run, decided))

    def _prepared(self, run: RunRow, decided: Sending) -> _Compiled:
        known = self._compiled.get(run.id)
        if known is None or known.decided != decided:
            content = content_from_json(run.content)
            known = _Compiled(decided, content, Rendering(content, decided))
            while len(self._compiled) >= _RUNS_IN_MIND:
                del self._compiled[next(iter(self._compiled))]
            self._compiled[run.id] = known
        return known

    def _decide(
        self, uow: UnitOfWork, run: RunRow, compiled: _Compiled, lines: Sequence[Line], limits: Limits
    ) -> Verdicts:
        verdicts = Verdicts()
        if not lines:
            return verdicts
        content, decided = compiled.content, compiled.decided
        patient_ids = [line.patient_id for line in lines]
        patient_ids += sorted({each for line in lines for each in line.stands_for}.difference(patient_ids))
        still = leaving.keep_still(uow.connection, patient_ids)
        booked = store.booked_since(uow.connection, patient_ids, run.approved_at)
        found = candidates_among(uow.connection, patient_ids, content, uow.now, decided, booked)
        limits.lock(
            uow.connection, [each.standings[lines[0].channel].address or "" for each in found.values()]
        )
        barred = self._barred(uow, found.values())
        written: set[str] = set()
        merged = store.merge_values(uow.connection, patient_ids)
        today = decided.today(uow.now)
        for line in lines:
            candidate = found.get(PatientId(line.patient_id))
            if candidate is None:
                verdicts.refused.append((line, Refusal.GONE, REFUSAL_WORDS[Refusal.GONE]))
                continue
            window = decided.window_of(line.location_id)
            if not run.outside_window and not window.is_open(uow.now):
                verdicts.waiting[line.id] = (window.next_opening(uow.now), None)
                continue
            if not still.issuperset((line.patient_id, *line.stands_for)):
                verdicts.waiting[line.id] = (uow.now + _BUSY, None)
                continue
            no = against(found.get(PatientId(each)) for each in line.stands_for)
            if no is not None:
                verdicts.refused.append((line, no, f"For the child: {REFUSAL_WORDS[no]}"))
                continue
            ask = partial(_ask, candidate, barred, uow.now, today, decided)
            answer = ask(line.channel)
            if isinstance(answer, Refused):
                again = None
                if answer.reason in WAITS:
                    again = asked_again_at(decided, run.due_at, uow.now, answer.until)
                if again is not None:
                    verdicts.waiting[line.id] = (again, held_words(answer.reason))
                    verdicts.held.append(line)
                else:
                    _refuse(verdicts, content, line, answer, ask)
                continue
            if self._again(uow, run, line, answer.address, written):
                verdicts.refused.append((line, Refusal.SAME_ADDRESS, REFUSAL_WORDS[Refusal.SAME_ADDRESS]))
                continue
            later = limits.domain_free_at(answer.address)
            if later is not None:
                verdicts.waiting[line.id] = (later, None)
                continue
            token = secrets.token_urlsafe(16)[:TOKEN_LENGTH]
            try:
                message = _message(compiled.rendering, answer, line, merged[line.patient_id], token, uow)
            except PrimoroError as error:
                verdicts.failed.append((line, error.title))
                continue
            limits.take(answer.address)
            written.add(address_key(answer.address))
            verdicts.claimed.append(Claimed(line, message))
            hashed = token_hash(token) if content.purpose in MARKETING else None
            provider = "smtp" if isinstance(message, Letter) else decided.settings.sms_gateway
            verdicts.rows.append(ToClaim(line.id, answer.address, hashed, provider))
        return verdicts

    def after_failure(
        self, uow: UnitOfWork, run: RunRow, failures: Sequence[tuple[Line, str]]
    ) -> dict[str, Hop | NoHop]:
        """By line id, where messages go on to that have certainly not left. The gate is asked about it."""
        decided = sending(uow.connection)
        content = self._prepared(run, decided).content
        if content.channel_policy not in FALLS_BACK or not failures:
            return {}
        patient_ids = [line.patient_id for line, _ in failures]
        booked = store.booked_since(uow.connection, patient_ids, run.approved_at)
        found = candidates_among(uow.connection, patient_ids, content, uow.now, decided, booked)
        barred = self._barred(uow, found.values())
        today = decided.today(uow.now)
        return {
            line.id: fall_back(
                content.channel_policy,
                line.channel,
                failed_words(line.channel, words),
                partial(_ask, found[PatientId(line.patient_id)], barred, uow.now, today, decided),
            )
            for line, words in failures
            if line.patient_id in found
        }

    def _barred(self, uow: UnitOfWork, candidates: Iterable[Candidate]) -> set[str]:
        """Addresses that nobody may use, by the list itself: a file may have come in at the very moment at
        which its number was taken out, and not know it.
        """
        barred: set[str] = set()
        found = [each for candidate in candidates for each in candidate.standings.values()]
        for kind in AddressKind:
            some = {each.address for each in found if each.address and KIND_OF[each.channel] is kind}
            if some:
                barred |= self._consent.suppressed_among(uow, kind, sorted(some))
        return barred

    def _again(self, uow: UnitOfWork, run: RunRow, line: Line, address: str, written: set[str]) -> bool:
        """Whether the run wrote to this address already, or is about to (domain.md L22). The plan saw to it
        for the addresses it froze; a line that waited, that came from another channel, or whose record was
        corrected since, has another.
        """
        key = address_key(address)
        if key in written:
            return True
        if address_key(line.address) == key:
            return False
        return leaving.is_taken(uow.connection, run.id, line.id, line.channel, address)


def _closes(run: RunRow, decided: Sending, verdicts: Verdicts, now: datetime) -> datetime | None:
    """When the sending hours end first of those who are written to; None where they do not matter."""
    if run.outside_window:
        return None
    ends = [decided.window_of(each.line.location_id).closing(now) for each in verdicts.claimed]
    return min((each for each in ends if each is not None), default=None)


def _left_today(uow: UnitOfWork, run: RunRow, compiled: _Compiled) -> tuple[int, datetime]:
    """Counted over all runs and channels of the campaign, on the practice's day."""
    decided = compiled.decided
    midnight = datetime.combine(decided.today(uow.now), time.min, decided.zone)
    written = store.written_since(uow.connection, run.campaign_id, midnight)
    return max(compiled.content.most_a_day - written, 0), decided.window.next_day(uow.now)


def _ask(
    candidate: Candidate, barred: set[str], now: datetime, today: date, decided: Sending, channel: Channel
) -> Cleared | Refused:
    standing = candidate.standings[channel]
    if standing.address in barred:
        standing = replace(standing, suppressed=True)
    return clear(standing, now, today, decided.frequency)


def _refuse(
    verdicts: Verdicts,
    content: Content,
    line: Line,
    answer: Refused,
    ask: Callable[[Channel], Cleared | Refused],
) -> None:
    """The line's channel was closed since it was chosen: it goes on to the next one, or not at all."""
    hop: Hop | NoHop = NoHop()
    if not answer.about_the_person and not answer.held:
        because = refusal_in_words(line.channel, answer.reason)
        hop = fall_back(content.channel_policy, line.channel, because, ask)
    if isinstance(hop, Hop):
        verdicts.hops.append((line, hop))
    else:
        verdicts.refused.append((line, answer.reason, REFUSAL_WORDS[answer.reason]))


def _message(
    rendering: Rendering, cleared: Cleared, line: Line, merged: store.Merged, token: str, uow: UnitOfWork
) -> Letter | Text:
    if cleared.channel is Channel.EMAIL:
        return rendering.letter(cleared, line.id, merged, token, uow.now)
    return rendering.text(cleared, line.id, merged, token)


def touch(uow: UnitOfWork, lines: Sequence[Line]) -> None:
    """Have desktops told of these lines."""
    for line in lines:
        uow.changes.touched(Room.RECIPIENT, line.id, [line.location_id])
