"""Phone calls as they will be once what waits here has arrived."""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.text import instant, instant_or_none
from primoro_campaigns.domain.call.model import WAITING, MatchState, Presentation
from primoro_campaigns.domain.ids import CallId, CampaignId, LocationId, PatientId

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True)
class CallCandidate:
    """Somebody who may have called, and why. ``name`` is empty when this person may not see the record."""

    patient_id: PatientId
    name: str
    reason: str


@dataclass(frozen=True)
class CallRow:
    """One call. ``method``: a ``MatchMethod`` or empty. ``pending``: matched here, not yet at the server."""

    call_id: CallId
    location_id: LocationId
    received_at: datetime
    from_raw: str
    from_e164: str | None
    to_e164: str
    presentation: Presentation
    answered: bool
    duration_s: int
    state: MatchState
    method: str
    patient_id: PatientId | None
    patient_name: str
    matched_by_name: str
    matched_at: datetime | None
    campaign_id: CampaignId | None
    pending: bool


_COLUMNS = """c.id, c.location_id, c.received_at, c.from_raw, c.from_e164, c.to_e164, c.presentation,
  c.answered, c.duration_s, c.state, c.method, c.patient_id,
  trim(coalesce(p.given_name, '') || ' ' || coalesce(p.family_name, '')),
  c.matched_by_name, c.matched_at, c.campaign_id, c.pending"""


class Calls:
    """Reads only; what a person changes goes through the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        limit: int,
        offset: int = 0,
        states: frozenset[MatchState] = frozenset(MatchState),
        also: frozenset[CallId] = frozenset(),
    ) -> list[CallRow]:
        """Latest first. ``also`` are a few calls to be listed whatever their state."""
        wanted, values = _wanted(states, also)
        with self._database.read() as connection:
            rows = connection.execute(
                f"""SELECT {_COLUMNS} FROM call_now c LEFT JOIN patient p ON p.id = c.patient_id
                WHERE {wanted} ORDER BY c.received_at DESC, c.id DESC LIMIT ? OFFSET ?""",
                (*values, limit, offset),
            ).fetchall()
        return [_call_row(row) for row in rows]

    def count(
        self,
        states: frozenset[MatchState] = frozenset(MatchState),
        also: frozenset[CallId] = frozenset(),
    ) -> int:
        """How many ``page`` lists."""
        wanted, values = _wanted(states, also)
        with self._database.read() as connection:
            (number,) = connection.execute(
                f"SELECT count(*) FROM call_now c WHERE {wanted}", values
            ).fetchone()
        return int(number)

    def count_by_state(self) -> dict[MatchState, int]:
        """States without a call are left out."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT state, count(*) FROM call_now GROUP BY state").fetchall()
        return {MatchState(state): int(number) for state, number in rows}

    def waiting(self) -> int:
        """For the counter on the Calls button: calls somebody still has to look at."""
        return self.count(WAITING)

    def get(self, call_id: CallId) -> CallRow | None:
        with self._database.read() as connection:
            row = connection.execute(
                f"SELECT {_COLUMNS} FROM call_now c LEFT JOIN patient p ON p.id = c.patient_id"
                " WHERE c.id = ?",
                (call_id,),
            ).fetchone()
        return None if row is None else _call_row(row)

    def candidates(self, call_id: CallId) -> list[CallCandidate]:
        """Who may have called, best first; empty unless the number is in several files."""
        with self._database.read() as connection:
            row = connection.execute("SELECT candidates FROM call WHERE id = ?", (call_id,)).fetchone()
            if row is None:
                return []
            found = [(str(each["patient_id"]), str(each["reason"])) for each in json.loads(row[0])]
            marks = ",".join("?" * len(found))
            names = dict(
                connection.execute(
                    f"SELECT id, trim(given_name || ' ' || family_name) FROM patient WHERE id IN ({marks})",
                    [patient_id for patient_id, _ in found],
                ).fetchall()
            )
        return [
            CallCandidate(PatientId(patient_id), names.get(patient_id, ""), reason)
            for patient_id, reason in found
        ]

    def others_from(self, call_id: CallId) -> int:
        """How many other waiting calls came from the same number: they are matched too when the number is
        added.
        """
        marks, values = _states(WAITING)
        with self._database.read() as connection:
            (number,) = connection.execute(
                f"""SELECT count(*) FROM call_now c WHERE c.id <> ? AND c.state IN ({marks})
                  AND c.from_e164 = (SELECT from_e164 FROM call WHERE id = ?)""",
                (call_id, *values, call_id),
            ).fetchone()
        return int(number)


def _states(states: frozenset[MatchState]) -> tuple[str, list[str]]:
    return ",".join("?" * len(states)), sorted(state.value for state in states)


def _wanted(states: frozenset[MatchState], also: frozenset[CallId]) -> tuple[str, list[str]]:
    marks, values = _states(states)
    return f"(c.state IN ({marks}) OR c.id IN ({','.join('?' * len(also))}))", [*values, *also]


def _call_row(row: "sqlite3.Row | tuple[str, ...]") -> CallRow:
    return CallRow(
        call_id=CallId(row[0]),
        location_id=LocationId(row[1]),
        received_at=instant(row[2]),
        from_raw=row[3],
        from_e164=row[4],
        to_e164=row[5],
        presentation=Presentation(row[6]),
        answered=bool(row[7]),
        duration_s=int(row[8]),
        state=MatchState(row[9]),
        method=row[10],
        patient_id=None if row[11] is None else PatientId(row[11]),
        patient_name=row[12],
        matched_by_name=row[13],
        matched_at=instant_or_none(row[14]),
        campaign_id=None if row[15] is None else CampaignId(row[15]),
        pending=bool(row[16]),
    )
