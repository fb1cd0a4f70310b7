"""The consent gate over a whole practice, as the review page and the freeze ask it, and for one patient.

The floor is the same question in one hand-written SQL statement over the same file: for each patient the
first reason that holds, or leave to write, one for each address. It is counted in the database, and it knows
less: e-mail alone, no rest that a booking within it leaves as it was, no letters beyond the English alphabet
in an address. Both must count the same, or the measurement ends.
``PRIMORO_BENCH_PATIENTS`` says how many patients (100,000).
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from benchmarks.measure import Measurement, seconds
from benchmarks.practice import alternately, patients, server_data
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.consent.rules import clear
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.campaign.sending import sending
from primoro_campaigns.server.database.engine import open_engine, sqlite_url
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.planner import candidates_among, preview
from primoro_campaigns.server.key import find_or_make_key
from primoro_campaigns.server.settings import DATABASE_FILE
from primoro_campaigns.support.clock import SystemClock

ROUNDS = 5
ONE_BY_ONE = 200

_SENDER = {
    "public_address": "https://practice.example",
    "sender_email": "hello@practice.example",
    "smtp_host": "127.0.0.1",
}
"""Without these the gate would answer for everybody that e-mail is not set up."""

_EACH = """
WITH asked AS (
  SELECT p.id, lower(p.email) AS address,
    CASE
      WHEN p.status = 'deceased' THEN 'deceased'
      WHEN p.status = 'archived' THEN 'archived'
      WHEN p.status = 'inactive' THEN 'inactive'
      WHEN p.born_on > :adult THEN 'under_18'
      WHEN r.purpose IS NOT NULL THEN 'restricted'
      WHEN m.state = 'opted_out' THEN 'opted_out'
      WHEN p.email_suppressed THEN 'suppressed'
      WHEN p.email IS NULL OR p.email = '' THEN 'no_address'
      WHEN p.email_state <> 'ok' THEN 'invalid_address'
      WHEN coalesce(m.state, 'unknown') = 'unknown' AND NOT (coalesce(m.soft_opt_in, 0) AND :soft)
        THEN 'unknown'
      WHEN NOT :ready THEN 'channel_not_ready'
      WHEN p.last_booked_on > :rested_on
        OR EXISTS (SELECT 1 FROM contact c WHERE c.patient_id = p.id AND c.direction = 'out'
            AND c.kind IN ('email', 'sms') AND c.status IN ('sent', 'unknown')
            AND c.category = 'promotions' AND c.at > :rested) THEN 'resting'
      WHEN EXISTS (SELECT 1 FROM contact c WHERE c.patient_id = p.id AND c.direction = 'out'
            AND c.kind IN ('email', 'sms') AND c.status IN ('sent', 'unknown')
            AND c.category IN ('promotions', 'newsletters') AND c.at > :week) THEN 'frequency_cap'
      WHEN (SELECT count(*) FROM contact c WHERE c.patient_id = p.id AND c.direction = 'out'
            AND c.kind IN ('email', 'sms') AND c.status IN ('sent', 'unknown')
            AND c.category IN ('promotions', 'newsletters') AND c.at > :quarter) >= 4 THEN 'frequency_cap'
      ELSE '' END AS reason
  FROM patient p
  LEFT JOIN restriction r ON r.patient_id = p.id AND r.purpose = 'promotions'
  LEFT JOIN permission m ON m.patient_id = p.id AND m.purpose = 'promotions' AND m.channel = 'email'
)
"""

_NUMBERS = "\n".join((_EACH, "SELECT reason, count(*), count(DISTINCT address) FROM asked GROUP BY reason"))
_ONE = "\n".join((_EACH, "SELECT reason FROM asked WHERE id = :id"))


class DifferentAnswerError(RuntimeError):
    """The two did not answer the same question: the numbers would say nothing."""


def run() -> Iterable[Measurement]:
    count = patients()
    path = server_data(count) / DATABASE_FILE
    now = datetime.now(UTC)
    database = Database(open_engine(sqlite_url(path)), SystemClock())
    content = Content(name="Measured")
    try:
        with database.write() as uow:
            organisation.configure(uow.connection, find_or_make_key(path.parent), _SENDER)
        with database.read() as connection, closing(sqlite3.connect(path)) as plain:
            decided = sending(connection)
            values = _values(now, decided.settings.soft_opt_in_allowed, decided.email_ready)
            ours, reference = alternately(
                ROUNDS,
                lambda: seconds(lambda: preview(connection, content, now)),
                lambda: seconds(lambda: _answers(plain, values)),
            )
            answer = preview(connection, content, now)
            theirs = _answers(plain, values)
            _compare(sum(answer.planned.values()), theirs[0], count)
            ids = [str(row[0]) for row in plain.execute("SELECT id FROM patient LIMIT ?", (ONE_BY_ONE,))]

            def ask(patient_id: str) -> None:
                found = candidates_among(connection, [patient_id], content, now, decided, ())
                for candidate in found.values():
                    clear(candidate.standings[Channel.EMAIL], now, decided.today(now), decided.frequency)

            def look_up(patient_id: str) -> None:
                plain.execute(_ONE, {**values, "id": patient_id}).fetchall()

            one = [seconds(partial(ask, each)) for each in ids]
            floor = [seconds(partial(look_up, each)) for each in ids]
    finally:
        database.close()
    yield Measurement("gate, everybody", median(ours), median(reference), "s", count)
    yield Measurement("gate, one patient", median(one) * 1000, median(floor) * 1000, "ms", len(ids))


def _values(now: datetime, soft: bool, ready: bool) -> dict[str, object]:
    month = (now.month - 2) % 12 + 1
    rested = now.replace(year=now.year - (now.month == 1), month=month, day=min(now.day, 28))
    return {
        "adult": now.date().replace(year=now.year - 18, day=min(now.day, 28)).isoformat(),
        "soft": soft,
        "ready": ready,
        "rested": rested.strftime("%Y-%m-%d 23:59:59"),
        "rested_on": rested.date().isoformat(),
        "week": (now - timedelta(days=7)).strftime("%Y-%m-%d %H:%M:%S"),
        "quarter": (now - timedelta(days=90)).strftime("%Y-%m-%d %H:%M:%S"),
    }


def _answers(plain: sqlite3.Connection, values: dict[str, object]) -> tuple[int, int]:
    """How many get it, and how many are asked about; counted where it is cheapest, in the database."""
    planned = selected = 0
    for reason, number, addresses in plain.execute(_NUMBERS, values):
        selected += number
        if reason == "":
            planned = addresses
    return planned, selected


def _compare(ours: int, theirs: int, count: int) -> None:
    # Days at the practice and days in UTC differ at midnight, for a few patients.
    if abs(ours - theirs) > max(count // 1000, 2):
        raise DifferentAnswerError(f"{ours} against {theirs} of {count}")
