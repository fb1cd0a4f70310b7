"""Finding patients. Apart from their files, which need more: the list is there before anything else."""

# ruff: noqa: S608 - what is put into a statement's text is written here; values are bound
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.desktop.local.search_index import match_expression
from primoro_campaigns.desktop.local.text import day_or_none
from primoro_campaigns.domain.ids import LocationId, PatientId
from primoro_campaigns.domain.patient.model import PatientStatus

if TYPE_CHECKING:
    import sqlite3

MOST_COUNTED = 1000
"""Beyond this a list says "more than 1,000": counting further would cost more than it tells."""


@dataclass(frozen=True)
class Count:
    """``more`` says that there are more than ``number``."""

    number: int
    more: bool


@dataclass(frozen=True)
class PatientRow:
    """One line of the list of patients. ``restricted``: asked for no promotions, counting what waits here."""

    patient_id: PatientId
    number: str
    title: str
    given_name: str
    family_name: str
    born_on: date | None
    status: PatientStatus
    is_lead: bool
    email: str | None
    mobile: str | None
    landline: str | None
    town: str
    postcode: str
    location_id: LocationId
    restricted: bool


# Whether promotions are restricted is looked up in both tables by their keys: for the view restriction_now,
# which says the same, SQLite would read every restriction there is, for each page of the list.
_LIST_COLUMNS = """
  p.id, p.number, p.title, p.given_name, p.family_name, p.born_on, p.status, p.is_lead, p.email, p.mobile,
  p.landline, p.town, p.postcode, p.location_id,
  coalesce(
    (SELECT o."on" FROM overlay_restriction o WHERE o.patient_id = p.id AND o.purpose = 'promotions'),
    EXISTS (SELECT 1 FROM restriction r WHERE r.patient_id = p.id AND r.purpose = 'promotions'))
"""


class ListedPatients:
    """Patients found by what was typed."""

    def __init__(self, database: Database, today: Callable[[], date]) -> None:
        self._database = database
        self._today = today

    def search(
        self, text: str, limit: int, offset: int = 0, stopped: Callable[[], bool] | None = None
    ) -> list[PatientRow]:
        """Patients in whom every word typed begins some word, by family name. An empty text lists
        everybody.

        Words may be names, a date of birth, digits of a number, or part of an e-mail address or chart
        number.
        """
        expression = match_expression(text, self._today())
        with self._database.read(stopped) as connection:
            if expression is None:
                rows = connection.execute(
                    f"SELECT {_LIST_COLUMNS} FROM patient p ORDER BY p.place LIMIT ? OFFSET ?",
                    (limit, offset),
                )
            else:
                rows = connection.execute(
                    f"""SELECT {_LIST_COLUMNS} FROM patient p WHERE p.place IN (
                      SELECT rowid FROM patient_search WHERE patient_search MATCH ?
                      ORDER BY rowid LIMIT ? OFFSET ?)
                    ORDER BY p.place""",
                    (expression, limit, offset),
                )
            return [_patient_row(row) for row in rows]

    def count(self, text: str, stopped: Callable[[], bool] | None = None) -> Count:
        """How many ``search`` finds, counted up to ``MOST_COUNTED``; everybody is counted in full."""
        expression = match_expression(text, self._today())
        with self._database.read(stopped) as connection:
            if expression is None:
                return Count(number_in(connection, "SELECT count(*) FROM patient"), more=False)
            found = number_in(
                connection,
                "SELECT count(*) FROM"
                " (SELECT rowid FROM patient_search WHERE patient_search MATCH ? LIMIT ?)",
                expression,
                MOST_COUNTED + 1,
            )
        return Count(min(found, MOST_COUNTED), more=found > MOST_COUNTED)

    def rows(self, patient_ids: list[PatientId]) -> list[PatientRow]:
        """These patients by family name; those not in the cache are left out. For at most a few hundred."""
        with self._database.read() as connection:
            places = ",".join("?" * len(patient_ids))
            rows = connection.execute(
                f"SELECT {_LIST_COLUMNS} FROM patient p WHERE p.id IN ({places}) ORDER BY p.place",
                patient_ids,
            )
            return [_patient_row(row) for row in rows]


def number_in(connection: "sqlite3.Connection", statement: str, *values: object) -> int:
    (number,) = connection.execute(statement, values).fetchone()
    return int(number)


def _patient_row(row: tuple[object, ...]) -> PatientRow:
    (patient_id, number, title, given, family, born_on, status, is_lead, email, mobile, landline, *rest) = row
    town, postcode, location_id, restricted = rest
    return PatientRow(
        patient_id=PatientId(str(patient_id)),
        number=str(number),
        title=str(title),
        given_name=str(given),
        family_name=str(family),
        born_on=day_or_none(text_or_none(born_on)),
        status=PatientStatus(str(status)),
        is_lead=bool(is_lead),
        email=text_or_none(email),
        mobile=text_or_none(mobile),
        landline=text_or_none(landline),
        town=str(town),
        postcode=str(postcode),
        location_id=LocationId(str(location_id)),
        restricted=bool(restricted),
    )


def text_or_none(value: object) -> str | None:
    return None if value is None else str(value)
