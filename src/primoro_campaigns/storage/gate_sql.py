"""The consent gate as SQL, for many patients at once: what ``domain.consent.rules`` decides, by reason.

The meaning of the gate is ``clear``; this is its one translation, and a property test holds the two equal on
SQLite and PostgreSQL. It gives reasons and never leave: only ``clear`` makes a ``Cleared``. Where a rest
depends on the length of a month it answers ``ASK``, and the domain is asked about that patient.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    case,
    false,
    func,
    literal_column,
    or_,
    select,
)

from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.channel.choose import Chosen, NoChannel, choose
from primoro_campaigns.domain.consent.model import MARKETING, Channel, PermissionState, Purpose, Refusal
from primoro_campaigns.domain.consent.rules import WAITS, Refused, clear
from primoro_campaigns.domain.delivery.plan import Candidate, Skipped
from primoro_campaigns.domain.delivery.tally import Outcome, Tally, Tallying
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.age import adult_if_born_by
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy, rested_from
from primoro_campaigns.storage.standing_sql import (
    ADDRESS_COLUMNS,
    StandingRules,
    StandingTables,
    consent_join,
    written_to,
)

Condition = ColumnElement[bool]

ASK = "ask"
OPEN = ""

_ADDRESS_REFUSALS: Mapping[AddressState, Refusal] = {
    AddressState.NONE: Refusal.NO_ADDRESS,
    AddressState.LANDLINE: Refusal.LANDLINE,
    AddressState.INVALID: Refusal.INVALID_ADDRESS,
}


@dataclass(frozen=True)
class Asking:
    """What the gate is asked about all patients: ``today`` is the day at the practice at the instant ``now``.

    ``ready`` is, for each channel, the condition under which it can be used, over the patient's table: what
    ``rules.ready`` says of a location.
    """

    purpose: Purpose
    channels: Sequence[Channel]
    now: datetime
    today: date
    frequency: FrequencyPolicy
    rules: StandingRules
    ready: Mapping[Channel, Condition]


def gate_select(tables: StandingTables, condition: Condition, asking: Asking) -> Select[*tuple[object, ...]]:
    """One row for each patient for whom ``condition`` holds: id, preferred channel, for each channel the
    reason (a ``Refusal``, ``OPEN`` or ``ASK``), and for each channel the address.
    """
    joined, held = consent_join(tables, asking.purpose, asking.channels)
    gate = _Gate(tables, asking)
    columns: list[ColumnElement[Any]] = [tables.patient.c.id, tables.patient.c.preferred_channel]
    for channel in asking.channels:
        columns.append(gate.reason(channel, held[channel]).label(f"{channel}_reason"))
    for channel in asking.channels:
        columns.append(tables.patient.c[ADDRESS_COLUMNS[channel][0]].label(f"{channel}_address"))
    return select(*columns).select_from(joined).where(condition)


def decided(
    rows: Iterable[Sequence[Any]],
    asking: Asking,
    policy: ChannelPolicy,
    candidates: Callable[[Sequence[str]], Iterable[Candidate]],
    also: Collection[str] = frozenset(),
) -> Iterator[Candidate | Skipped]:
    """The rows of ``gate_select`` for ``domain.delivery.plan``, about in their order.

    Who is refused for good needs no more questions. The others, who may be written to now or later, or in
    whose place a guardian may be, are asked about with ``candidates``; so are ``also``.
    """
    first_address = 2 + len(asking.channels)
    known: dict[object, NoChannel | None] = {}
    open_ones: list[str] = []
    for row in rows:
        answers = tuple(row[1:first_address])
        if answers not in known:
            known[answers] = _refused_for_good(asking, policy, answers)
        found = known[answers]
        if found is not None and row[0] not in also:
            yield Skipped(PatientId(row[0]), found.channel, found.reason, found.why)
            continue
        open_ones.append(row[0])
        if len(open_ones) == _AT_A_TIME:
            yield from candidates(open_ones)
            open_ones.clear()
    if open_ones:
        yield from candidates(open_ones)


_AT_A_TIME = 500


def _refused_for_good(
    asking: Asking, policy: ChannelPolicy, answers: Sequence[str | None]
) -> NoChannel | None:
    preferred, *reasons = answers
    if ASK in reasons or OPEN in reasons:
        return None
    nobody = PatientId("")
    refused = {
        channel: Refused(nobody, channel, Refusal(str(reason)))
        for channel, reason in zip(asking.channels, reasons, strict=True)
    }
    choice = choose(policy, None if preferred is None else Channel(preferred), refused)
    if isinstance(choice, Chosen) or choice.reason in WAITS or choice.reason is Refusal.UNDER_18:
        return None
    return choice


def tally(
    rows: Iterable[Sequence[Any]],
    asking: Asking,
    policy: ChannelPolicy,
    candidates: Callable[[Sequence[str]], Iterable[Candidate]],
    also: Collection[str] = frozenset(),
) -> Tally:
    """The rows of ``gate_select`` in numbers; ``asking.channels`` are those of ``policy``.

    ``candidates`` gives those of the patients about whom the domain has to be asked; ``also`` are patients to
    be asked about whatever the row says.
    """
    counting = Tallying(policy)
    first_address = 2 + len(asking.channels)
    known: dict[object, tuple[Outcome, int] | None] = {}
    later: list[str] = []
    for row in rows:
        answers = tuple(row[1:first_address])
        if answers not in known:
            known[answers] = _outcome(counting, answers, first_address)
        found = known[answers]
        if found is None or row[0] in also:
            later.append(row[0])
        else:
            outcome, place = found
            counting.add(outcome, row[place])
    for candidate in candidates(later) if later else ():
        given = [
            clear(candidate.standings[each], asking.now, asking.today, asking.frequency)
            for each in asking.channels
        ]
        reasons = tuple(each.reason if isinstance(each, Refused) else None for each in given)
        outcome = counting.outcome(candidate.preferred, reasons)
        counting.add(outcome, candidate.standings[outcome.channel].address)
    return counting.tally()


def _outcome(
    counting: Tallying, answers: Sequence[str | None], first_address: int
) -> tuple[Outcome, int] | None:
    """What the answers come to, and where in the row its address stands; None where the domain is asked."""
    preferred, *reasons = answers
    if ASK in reasons:
        return None
    outcome = counting.outcome(
        None if preferred is None else Channel(preferred),
        tuple(Refusal(each) if each else None for each in reasons),
    )
    return outcome, first_address + outcome.place


class _Gate:
    """The conditions, in the order of ``domain.consent.rules``: the first that holds is the answer."""

    def __init__(self, tables: StandingTables, asking: Asking) -> None:
        self._tables = tables
        self._asking = asking
        self._marketing = asking.purpose in MARKETING

    def reason(self, channel: Channel, held: FromClause) -> ColumnElement[str]:
        whens = [*self._person(), *self._channel(channel, held)]
        if self._marketing:
            whens += self._for_now()
        return case(*whens, else_=_answer(OPEN))

    def _person(self) -> Iterator[tuple[Condition, ColumnElement[str]]]:
        patient, rules = self._tables.patient.c, self._asking.rules
        yield patient.status == PatientStatus.DECEASED.value, _answer(Refusal.DECEASED)
        yield patient.status == PatientStatus.ARCHIVED.value, _answer(Refusal.ARCHIVED)
        if self._marketing:
            yield patient.status == PatientStatus.INACTIVE.value, _answer(Refusal.INACTIVE)
            yield patient.born_on > adult_if_born_by(self._asking.today), _answer(Refusal.UNDER_18)
        yield self._tables.restriction.c.purpose.is_not(None), _answer(Refusal.RESTRICTED)
        if rules.excluded_patient_ids:
            taken_out = patient.id.in_(sorted(rules.excluded_patient_ids))
            yield taken_out, _answer(Refusal.EXCLUDED_BY_HAND)

    def _channel(self, channel: Channel, held: FromClause) -> Iterator[tuple[Condition, ColumnElement[str]]]:
        patient = self._tables.patient.c
        address, state, suppressed = (patient[name] for name in ADDRESS_COLUMNS[channel])
        yield held.c.state == PermissionState.OPTED_OUT.value, _answer(Refusal.OPTED_OUT)
        yield suppressed, _answer(Refusal.SUPPRESSED)
        yield or_(address.is_(None), address == ""), _answer(Refusal.NO_ADDRESS)
        for wrong, refusal in _ADDRESS_REFUSALS.items():
            yield state == wrong.value, _answer(refusal)
        if self._marketing:
            unknown: Condition = or_(held.c.state.is_(None), held.c.state == PermissionState.UNKNOWN.value)
            if self._asking.rules.soft_opt_in_allowed:
                unknown = and_(unknown, func.coalesce(held.c.soft_opt_in, false()).is_not(True))
            yield unknown, _answer(Refusal.UNKNOWN)
        yield ~self._asking.ready[channel], _answer(Refusal.CHANNEL_NOT_READY)

    def _for_now(self) -> Iterator[tuple[Condition, ColumnElement[str]]]:
        patient, rules = self._tables.patient.c, self._asking.rules
        if rules.booked_patient_ids:
            yield patient.id.in_(sorted(rules.booked_patient_ids)), _answer(Refusal.BOOKED)
        if rules.reset_months:
            yield from self._rest(rules.reset_months)
        for days, most in (
            (7, self._asking.frequency.most_in_7_days),
            (90, self._asking.frequency.most_in_90_days),
        ):
            if most:
                contact = self._tables.contact.c
                counted = self._written(contact.category.in_(sorted(MARKETING)), self._asking.now, days)
                yield counted >= most, _answer(Refusal.FREQUENCY_CAP)

    def _rest(self, months: int) -> Iterator[tuple[Condition, ColumnElement[str]]]:
        """``domain.schedule.rest.resting_until`` over the last contact and the last booking.

        Of the two the earlier begins the rest. The later one alone counts where the other's rest was over
        before it by any count of days; where that is not certain, the domain is asked.
        """
        rested = rested_from(self._asking.today, months)
        long_rested = rested_from(rested, months)
        booked_on = self._tables.patient.c.last_booked_on
        booked = func.coalesce(booked_on > rested, false())
        resting, ask = _answer(Refusal.RESTING), _answer(ASK)
        booked_before = and_(booked_on > long_rested, booked_on <= rested)
        yield self._contacted_after(rested), case((booked_before, ask), else_=resting)
        yield booked, case((self._contacted_after(long_rested), ask), else_=resting)

    def _contacted_after(self, day: date) -> Condition:
        """Whether a message of the purpose went to the patient on a later day at the practice."""
        start = datetime.combine(day + timedelta(days=1), time(), self._asking.rules.zone).astimezone(UTC)
        contact = self._tables.contact
        query = select(contact.c.id).where(
            written_to(self._tables), contact.c.category == self._asking.purpose.value, contact.c.at >= start
        )
        return query.correlate(self._tables.patient).exists()

    def _written(self, category: Condition, now: datetime, days: int) -> ColumnElement[int]:
        contact = self._tables.contact
        counted = and_(written_to(self._tables), category, contact.c.at > now - timedelta(days=days))
        query = select(func.count()).select_from(contact).where(counted)
        return query.correlate(self._tables.patient).scalar_subquery()


def _answer(value: str) -> ColumnElement[str]:
    """Written into the statement: none of these words comes from outside."""
    return literal_column(f"'{value!s}'", Text)
