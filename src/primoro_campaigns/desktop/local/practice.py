"""The practice's own lists: locations, practitioners, users."""

from dataclasses import dataclass

from primoro_campaigns.desktop.local.database import Database
from primoro_campaigns.domain.ids import LocationId, PractitionerId


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

    def practitioners(self) -> list[PractitionerRow]:
        """Active ones first, by name."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT id, name, active FROM practitioner ORDER BY active DESC, name COLLATE NOCASE, id"
            ).fetchall()
        return [PractitionerRow(PractitionerId(row[0]), row[1], bool(row[2])) for row in rows]
