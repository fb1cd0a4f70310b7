"""An import into a fresh database, and the outcomes of its rows."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import Table, select

from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.change_log import latest
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.intake import fhir
from primoro_campaigns.server.intake.incoming import Incoming, RowOutcome
from primoro_campaigns.server.intake.service import IntakeService, Tally, run_import
from primoro_campaigns.wire.intake import Outcome

KEY = b"a key for the hashes of tests 123"

Row = Mapping[str, object]


class Door:
    """Takes rows in as the doors do, and shows what became of them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.consent = ConsentService(KEY)
        self.intake = IntakeService(self.consent)
        self.outcomes: list[RowOutcome] = []

    def take(self, *rows: object, source: str = "pms", location: str | None = None) -> list[Outcome]:
        """Take in rows as a program would hand them in."""
        incoming = (Incoming("rows", line, row) for line, row in enumerate(rows, start=1))  # type: ignore[arg-type]  # any JSON
        self.run(incoming, source, location)
        return [each.outcome for each in self.outcomes]

    def take_fhir(self, folder: Path) -> Tally:
        today = self.database.clock.now().date()
        return self.run(fhir.rows(fhir.look_into(folder), today=today, country="GB"))

    def run(self, rows: Iterable[Incoming], source: str = "pms", location: str | None = None) -> Tally:
        self.outcomes = []
        tally = run_import(
            self.database,
            self.intake,
            SERVER,
            rows,
            source=source,
            door="test",
            default_location=location,
            on_batch=self.outcomes.extend,
        )
        assert tally.rows == len(self.outcomes)
        return tally

    def rows(self, table: Table) -> list[dict[str, object]]:
        with self.database.read() as connection:
            return [dict(row._mapping) for row in connection.execute(select(table))]

    def row(self, table: Table, external_id: str) -> dict[str, object]:
        (found,) = (row for row in self.rows(table) if row["external_id"] == external_id)
        return found

    def seq(self) -> int:
        with self.database.read() as connection:
            return latest(connection)


@pytest.fixture
def door(database: Database) -> Door:
    return Door(database)


@pytest.fixture
def bulk(tmp_path: Path) -> Callable[..., Path]:
    """Write a folder of bulk files: ``bulk(Patient=[{...}], …)``; a text or bytes stands for itself."""

    def write(**files: Iterable[Row | str | bytes]) -> Path:
        folder = tmp_path / "bulk"
        folder.mkdir(exist_ok=True)
        for kind, resources in files.items():
            lines = []
            for each in resources:
                if isinstance(each, bytes):
                    lines.append(each)
                elif isinstance(each, str):
                    lines.append(each.encode())
                else:
                    lines.append(json.dumps({"resourceType": kind, **each}).encode())
            (folder / f"{kind}.ndjson").write_bytes(b"\n".join(lines) + b"\n")
        return folder

    return write
