"""Who gets a run's message: asked once, frozen into the ledger in one transaction."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain, islice

from sqlalchemy import ColumnElement, Connection

from primoro_campaigns.domain.campaign.model import CHANNELS, Content, Kind, Receives
from primoro_campaigns.domain.channel.choose import channels_of
from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Refusal
from primoro_campaigns.domain.delivery.account import Account, account_of
from primoro_campaigns.domain.delivery.held import held_words
from primoro_campaigns.domain.delivery.model import DeliveryState
from primoro_campaigns.domain.delivery.plan import Candidate, Planned, Skipped, plan
from primoro_campaigns.domain.delivery.tally import Tally
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.email_address import address_key
from primoro_campaigns.server.audience import service as audience
from primoro_campaigns.server.campaign.run import RunRow
from primoro_campaigns.server.campaign.sending import Sending, sending
from primoro_campaigns.server.campaign.service import CampaignService
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.hold import asked_again_at
from primoro_campaigns.server.delivery.ongoing import store as ongoing
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.storage.gate_sql import Asking, tally
from primoro_campaigns.storage.standing_sql import StandingRules, candidate_of, guardians, standing_select
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.campaign import content_from_json

_ROWS_AT_A_TIME = 1000

PACE = timedelta(hours=1)
"""The time between two batches of a send that is over the selection limit."""


def candidates(
    connection: Connection, condition: ColumnElement[bool], content: Content, now: datetime, decided: Sending
) -> Iterator[tuple[Candidate, str]]:
    """Each patient for whom ``condition`` holds, with the standing on every channel, and the location id."""
    channels, rules = CHANNELS[content.channel_policy], _rules(content, decided)
    statement = standing_select(store.STANDING, condition, content.purpose, channels, now).order_by(
        patient.c.id
    )
    for row in connection.execute(statement.execution_options(yield_per=_ROWS_AT_A_TIME)):
        values = {str(name): value for name, value in row._mapping.items()}
        yield candidate_of(values, content.purpose, channels, rules), str(values["location_id"])


def candidates_among(
    connection: Connection,
    patient_ids: Collection[str],
    content: Content,
    now: datetime,
    decided: Sending,
    booked: Collection[str],
) -> dict[PatientId, Candidate]:
    """Those of the patients who are still there."""
    channels, rules = CHANNELS[content.channel_policy], _rules(content, decided, booked)
    rows = store.standings_among(connection, patient_ids, content.purpose, channels, now)
    found = (candidate_of(row, content.purpose, channels, rules) for row in rows)
    return {each.member.patient_id: each for each in found}


def _rules(content: Content, decided: Sending, booked: Collection[str] = frozenset()) -> StandingRules:
    return StandingRules(
        zone=decided.zone,
        ready=decided.ready,
        soft_opt_in_allowed=decided.settings.soft_opt_in_allowed,
        excluded_patient_ids=frozenset(content.excluded_patient_ids),
        booked_patient_ids=booked,
        reset_months=decided.reset_months(content.purpose),
    )


def freeze(uow: UnitOfWork, campaigns: CampaignService, run: RunRow) -> Account:
    """Write one line for every patient the rules select: planned, or skipped with a reason."""
    content = content_from_json(run.content)
    decided = sending(uow.connection)
    today = decided.today(uow.now)
    location_of: dict[str, str] = {}

    left_out: list[Skipped] = []

    def each(condition: ColumnElement[bool]) -> Iterator[Candidate]:
        for candidate, location_id in candidates(uow.connection, condition, content, uow.now, decided):
            location_of[candidate.member.patient_id] = location_id
            if candidate.member.patient_id not in had_it:
                yield candidate
            elif condition is selected:
                left_out.append(_has_had_it(candidate, content))

    stood_for = store.stood_for(uow.connection, run.campaign_id) if run.only_not_reached else {}
    selected = _selection(run, content, today, stood_for)
    able = guardians(patient, selected, today)
    had_it = _had_it(uow, run, content, selected | able)
    slots = _slots(uow.now, run, content.most_a_day, decided)
    shared = _shared(uow.connection, selected | able)
    decisions = plan(
        each(selected),
        content.channel_policy,
        uow.now,
        today,
        decided.frequency,
        lambda _channel, key: key in shared,
        # Sent again, it goes to those who have a line, and a guardian who was to get it has one.
        None if run.only_not_reached else lambda: each(able),
    )
    # Read to its end, the first has filled the second.
    every = chain(decisions, left_out)
    lines = (_line(uow.now, run, decided, location_of, stood_for, slots, decision) for decision in every)
    recipients = 0
    while some := list(islice(lines, _ROWS_AT_A_TIME)):
        store.add_lines(uow.connection, some)
        recipients += len(some)
    uow.changes.added(Room.RECIPIENT, store.places_of_run(run.id))
    account = account_now(uow.connection, run.id, recipients)
    campaigns.started(uow, run, account, _replaced(uow, run) if run.only_not_reached else {})
    return account


def _selection(run: RunRow, content: Content, today: date, stood_for: Collection[str]) -> ColumnElement[bool]:
    """Whom the run is for: those the rules select; of an ongoing campaign, those who came to fit by this run;
    of one that is sent again, those whom earlier runs did not reach.
    """
    if content.kind is Kind.ONGOING:
        return ongoing.entered(run)
    if not run.only_not_reached:
        return audience.selection(content, today)
    condition = store.not_reached(run.campaign_id)
    if content.location_ids:
        # A guardian may be a patient of another location than the child.
        elsewhere = patient.c.id.in_(stood_for)
        condition &= patient.c.location_id.in_(content.location_ids) | elsewhere
    return condition


def _had_it(uow: UnitOfWork, run: RunRow, content: Content, condition: ColumnElement[bool]) -> set[str]:
    """Who came to fit an ongoing campaign again, and is not to get it again, or not yet (domain.md C22)."""
    if content.kind is not Kind.ONGOING:
        return set()
    since = None
    if content.receives is Receives.EVERY_TIME:
        since = uow.now - timedelta(days=content.cool_down_days)
    return ongoing.had_it(uow.connection, run, condition, since)


def _has_had_it(candidate: Candidate, content: Content) -> Skipped:
    channel = channels_of(content.channel_policy, candidate.preferred)[0]
    words = REFUSAL_WORDS[Refusal.HAD_IT]
    return Skipped(candidate.member.patient_id, channel, Refusal.HAD_IT, words)


def _replaced(uow: UnitOfWork, run: RunRow) -> Counter[str]:
    """How many lines of earlier runs, by state, count no more since ``run`` has one for the same patient."""
    lines = store.replace_lines(uow.connection, run)
    for line_id, location_id, _ in lines:
        uow.changes.touched(Room.RECIPIENT, line_id, [location_id])
    return Counter(state.value for _, _, state in lines)


def _shared(connection: Connection, condition: ColumnElement[bool]) -> set[str]:
    """The keys of addresses and numbers that more than one of the selected patients has."""
    seen: set[int] = set()
    shared: set[str] = set()
    for address in store.addresses(connection, condition):
        key = address_key(address)
        # The hash alone: of a hundred thousand addresses nearly none is needed again. Two that clash are only
        # looked at more closely.
        hashed = hash(key)
        if hashed in seen:
            shared.add(key)
        seen.add(hashed)
    return shared


def _line(
    now: datetime,
    run: RunRow,
    decided: Sending,
    location_of: dict[str, str],
    stood_for: Mapping[str, str],
    slots: Iterator[datetime],
    decision: Planned | Skipped,
) -> dict[str, object]:
    patient_id = decision.cleared.patient_id if isinstance(decision, Planned) else decision.patient_id
    base = {
        "id": new_id(),
        "campaign_id": run.campaign_id,
        "run_id": run.id,
        "patient_id": patient_id,
        "location_id": location_of.pop(patient_id),
        "stands_for": " ".join(decision.stands_for) or stood_for.get(patient_id, ""),
        "at": now,
        "step": 1,
    }
    if isinstance(decision, Planned):
        cleared = decision.cleared
        return {
            **base,
            "channel": cleared.channel.value,
            "address": cleared.address,
            "state": DeliveryState.PLANNED.value,
            "reason": "",
            "detail": "",
            "why_channel": decision.why,
            "not_before": next(slots),
        }
    again = asked_again_at(decided, run.due_at, now, decision.until) if decision.waits else None
    return {
        **base,
        "channel": decision.channel.value,
        "address": "",
        "state": (DeliveryState.PLANNED if again else DeliveryState.SKIPPED).value,
        "reason": "" if again else decision.reason.value,
        "detail": held_words(decision.reason) if again else decision.why,
        "why_channel": "",
        "not_before": again or now,
    }


class AccountError(AssertionError):
    """A patient is lost or counted twice: a mistake in the program."""


def account_now(connection: Connection, run_id: str, recipients: int) -> Account:
    """The account counted from the ledger. Raises ``AccountError`` when it does not balance."""
    try:
        account = account_of(
            recipients, store.count_states(connection, run_id), store.count_skipped(connection, run_id)
        )
    except ValueError as error:
        raise AccountError(str(error)) from error
    if not account.balances():
        raise AccountError("the account does not balance")
    return account


def preview(connection: Connection, content: Content, now: datetime) -> Tally:
    """How many of the selected patients would get a message if it were sent now, and how many not and why.

    A guardian who gets it in place of a minor, and is not selected, comes on top.
    """
    decided = sending(connection)
    asking = _asking(content, decided, now)
    rows = store.reasons(connection, audience.selection(content, asking.today), asking)
    ask = partial(_candidates_of, connection, content, decided, now)
    return tally(rows, asking, content.channel_policy, ask)


def _asking(content: Content, decided: Sending, now: datetime) -> Asking:
    channels = CHANNELS[content.channel_policy]
    return Asking(
        content.purpose,
        channels,
        now,
        decided.today(now),
        decided.frequency,
        _rules(content, decided),
        {each: store.holds(decided.ready(each, "")) for each in channels},
    )


def _candidates_of(
    connection: Connection, content: Content, decided: Sending, now: datetime, patient_ids: Sequence[str]
) -> Iterator[Candidate]:
    """In the order of the ids."""
    for start in range(0, len(patient_ids), _ROWS_AT_A_TIME):
        some = patient_ids[start : start + _ROWS_AT_A_TIME]
        found = candidates_among(connection, some, content, now, decided, ())
        yield from (found[PatientId(each)] for each in some if each in found)


def _slots(now: datetime, run: RunRow, most_a_day: int, decided: Sending) -> Iterator[datetime]:
    """When each planned line may go: at most the selection limit in one batch, a batch an hour, and at most
    ``most_a_day`` on one day (0: no limit).
    """
    window = decided.window

    def opening(instant: datetime) -> datetime:
        return instant if run.outside_window else window.next_opening(instant)

    slot = opening(max(now, run.due_at))
    in_batch = on_day = 0
    while True:
        if most_a_day and on_day == most_a_day:
            slot, in_batch, on_day = window.next_day(slot), 0, 0
        elif in_batch == decided.settings.selection_limit:
            following = opening(slot + PACE)
            on_day = on_day if window.today(following) == window.today(slot) else 0
            slot, in_batch = following, 0
        yield slot
        in_batch, on_day = in_batch + 1, on_day + 1
