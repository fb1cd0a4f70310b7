"""Replies as they will be once what waits here has arrived."""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.text import instant, instant_or_none
from primoro_campaigns.domain.ids import CampaignId, PatientId, ReplyId
from primoro_campaigns.domain.reply.model import ReplyState

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True)
class ReplyPatient:
    """Somebody whose file holds the sender's number or address. ``name`` is empty when this person may not
    see the record, or it is gone.
    """

    patient_id: PatientId
    name: str


@dataclass(frozen=True)
class ReplyRow:
    """``channel`` is "sms" or "email". ``patients``: the head of the household first.

    ``pending``: what ``state`` says was recorded here and is not at the server yet.
    """

    reply_id: ReplyId
    received_at: datetime
    channel: str
    from_raw: str
    from_address: str
    subject: str
    text: str
    patients: tuple[ReplyPatient, ...]
    campaign_id: CampaignId | None
    state: ReplyState
    handled_by_name: str
    handled_at: datetime | None
    pending: bool


_COLUMNS = """id, received_at, channel, from_raw, from_address, subject, text, patient_ids, campaign_id,
  state, handled_by_name, handled_at, pending"""


class Replies:
    """Reads only; what a person changes goes through the outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        limit: int,
        offset: int = 0,
        states: frozenset[ReplyState] = frozenset(ReplyState),
        also: frozenset[ReplyId] = frozenset(),
    ) -> list[ReplyRow]:
        """Latest first. ``also`` are a few replies to be listed whatever their state."""
        wanted, values = _wanted(states, also)
        with self._database.read() as connection:
            rows = connection.execute(
                f"""SELECT {_COLUMNS} FROM reply_now
                WHERE {wanted} ORDER BY received_at DESC, id DESC LIMIT ? OFFSET ?""",
                (*values, limit, offset),
            ).fetchall()
            return _with_names(connection, rows)

    def count(
        self,
        states: frozenset[ReplyState] = frozenset(ReplyState),
        also: frozenset[ReplyId] = frozenset(),
    ) -> int:
        """How many ``page`` lists."""
        wanted, values = _wanted(states, also)
        with self._database.read() as connection:
            (number,) = connection.execute(
                f"SELECT count(*) FROM reply_now WHERE {wanted}", values
            ).fetchone()
        return int(number)

    def count_by_state(self) -> dict[ReplyState, int]:
        """States without a reply are left out."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT state, count(*) FROM reply_now GROUP BY state").fetchall()
        return {ReplyState(state): int(number) for state, number in rows}

    def unread(self) -> int:
        """For the counter on the Replies button."""
        return self.count(frozenset({ReplyState.UNREAD}))

    def get(self, reply_id: ReplyId) -> ReplyRow | None:
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM reply_now WHERE id = ?", (reply_id,)
            ).fetchall()
            found = _with_names(connection, rows)
        return found[0] if found else None


def _wanted(states: frozenset[ReplyState], also: frozenset[ReplyId]) -> tuple[str, list[str]]:
    marks, more = ",".join("?" * len(states)), ",".join("?" * len(also))
    return f"(state IN ({marks}) OR id IN ({more}))", [*sorted(state.value for state in states), *also]


def _with_names(
    connection: "sqlite3.Connection", rows: "Iterable[sqlite3.Row | tuple[str, ...]]"
) -> list[ReplyRow]:
    held = [(row, [str(each) for each in json.loads(row[7])]) for row in rows]
    ids = sorted({patient_id for _, patient_ids in held for patient_id in patient_ids})
    names = dict(
        connection.execute(
            f"""SELECT id, trim(given_name || ' ' || family_name) FROM patient
            WHERE id IN ({",".join("?" * len(ids))})""",
            ids,
        ).fetchall()
    )
    return [_row(row, patient_ids, names) for row, patient_ids in held]


def _row(row: "sqlite3.Row | tuple[str, ...]", patient_ids: Iterable[str], names: dict[str, str]) -> ReplyRow:
    return ReplyRow(
        reply_id=ReplyId(row[0]),
        received_at=instant(row[1]),
        channel=row[2],
        from_raw=row[3],
        from_address=row[4],
        subject=row[5],
        text=row[6],
        patients=tuple(ReplyPatient(PatientId(each), names.get(each, "")) for each in patient_ids),
        campaign_id=None if row[8] is None else CampaignId(row[8]),
        state=ReplyState(row[9]),
        handled_by_name=row[10],
        handled_at=instant_or_none(row[11]),
        pending=bool(row[12]),
    )
