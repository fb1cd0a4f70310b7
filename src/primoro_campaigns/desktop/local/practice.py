"""The practice's own lists, locations and practitioners, and what it decided about sending."""

from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.domain.delivery.policy import SendingPolicy
from primoro_campaigns.domain.ids import LocationId, PractitionerId

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True)
class LocationRow:
    """``sms_ready``: the server can send texts for this location."""

    location_id: LocationId
    name: str
    time_zone: str
    phone: str
    town: str
    sms_ready: bool


@dataclass(frozen=True)
class PractitionerRow:
    practitioner_id: PractitionerId
    name: str
    active: bool


def read_policy(connection: "sqlite3.Connection") -> SendingPolicy:
    """What the practice decided about sending; the cautious defaults until the server has told."""
    row = connection.execute(
        """SELECT practice_name, soft_opt_in_allowed, reset_months_promotions, reset_months_newsletters,
          most_in_7_days, most_in_90_days, hold_days, selection_limit, window_opens, window_closes,
          email_ready, sms_takes_replies, opt_out_link, closed_weekdays, bank_holidays, holidays
          FROM policy"""
    ).fetchone()
    if row is None:
        return SendingPolicy()
    return SendingPolicy(
        practice_name=row[0],
        soft_opt_in_allowed=bool(row[1]),
        reset_months_promotions=int(row[2]),
        reset_months_newsletters=int(row[3]),
        most_in_7_days=int(row[4]),
        most_in_90_days=int(row[5]),
        hold_days=int(row[6]),
        selection_limit=int(row[7]),
        window_opens=time.fromisoformat(row[8]),
        window_closes=time.fromisoformat(row[9]),
        email_ready=bool(row[10]),
        sms_takes_replies=bool(row[11]),
        opt_out_link=row[12],
        closed_weekdays=row[13] or "",
        bank_holidays=row[14] or "",
        holidays=row[15] or "",
    )


class Practice:
    """Short lists, each read whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def locations(self) -> list[LocationRow]:
        """Those this person may see, by name."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, name, time_zone, phone, town, sms_ready FROM location"
                " ORDER BY name COLLATE NOCASE, id"
            ).fetchall()
        return [LocationRow(LocationId(row[0]), row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]

    def policy(self) -> SendingPolicy:
        """What the practice decided about sending."""
        with self._database.read() as connection:
            return read_policy(connection)

    def practitioners(self) -> list[PractitionerRow]:
        """Active ones first, by name."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, name, active FROM practitioner ORDER BY active DESC, name COLLATE NOCASE, id"
            ).fetchall()
        return [PractitionerRow(PractitionerId(row[0]), row[1], bool(row[2])) for row in rows]
