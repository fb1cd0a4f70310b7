"""Visit facts: days on the patient's row that the visits imply, kept by the writes (domain.md C08, C09)."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date, datetime
from zoneinfo import ZoneInfo

from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.patient import store
from primoro_campaigns.server.patient.store import Facts
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.storage.synced import Room

Day = Callable[[str, datetime], date]
"""The day it is at a location at an instant."""


def recompute(uow: UnitOfWork, patient_ids: Iterable[str]) -> int:
    """Bring the visit facts of these patients up to date. Returns how many rows changed; those are logged."""
    ids = sorted(set(patient_ids))
    standing = store.standing_facts(uow.connection, ids)
    told = _told(uow, ids)
    changed = []
    for patient_id, (location_id, before) in standing.items():
        after = told.get(patient_id, Facts())
        if after != before:
            changed.append({"id": patient_id, **asdict(after)})
            uow.changes.touched(Room.PATIENT, patient_id, [location_id])
    store.update_rows(uow.connection, patient, changed)
    return len(changed)


def catch_up(database: Database, batch: int = store.ROWS_A_QUERY) -> int:
    """Turn next visits that time has made last visits. Run once a day; returns how many patients changed."""
    total, after = 0, ""
    while True:
        with database.write() as uow:
            late = store.overtaken_by_time(uow.connection, uow.now.date(), after, batch)
            if not late:
                return total
            total += recompute(uow, late)
        # Behind them: west of Greenwich some wait for an evening that is still to come.
        after = late[-1]


def _told(uow: UnitOfWork, ids: list[str]) -> dict[str, Facts]:
    day = _days(store.zones(uow.connection))
    last: dict[str, date] = {}
    following: dict[str, date] = {}
    missed: dict[str, date] = {}
    booked: dict[str, date] = {}
    for patient_id, what, location_id, moment in store.visit_moments(uow.connection, ids, uow.now):
        on = day(location_id, moment)
        if what == "next":
            following[patient_id] = min(on, following.get(patient_id, on))
        else:
            latest = {"last": last, "missed": missed, "booked": booked}[what]
            latest[patient_id] = max(on, latest.get(patient_id, on))
    due = store.recalls_due(uow.connection, ids)
    unscheduled = store.with_unscheduled_treatment(uow.connection, ids)
    return {
        each: Facts(
            last.get(each),
            following.get(each),
            missed.get(each),
            due.get(each),
            each in unscheduled,
            booked.get(each),
        )
        for each in ids
    }


def _days(zones: dict[str, str]) -> Day:
    known = {location_id: ZoneInfo(name) for location_id, name in zones.items()}
    utc = ZoneInfo("UTC")

    def day(location_id: str, moment: datetime) -> date:
        return moment.astimezone(known.get(location_id, utc)).date()

    return day
