"""A practice with two locations and a telephone, and the desks that say who called."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.call.service import CallService
from primoro_campaigns.server.call.tables import call
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.storage.synced import Room
from primoro_campaigns.wire.call import CallReport, MatchCall
from tests.server.outside import SECRET, Telephone, open_server
from tests.server.practice import Values, actor, add_location, add_patient
from tests.server.sender import add_practice, consent_service

NUMBER = "+447700900123"


@dataclass
class Calls:
    """Calls come in by ``ring``; ``shown`` is the row as desktops get it."""

    database: Database
    service: CallService

    def ring(self, key: str, from_number: str = "07700 900123", **values: Values) -> None:
        with self.database.write() as uow:
            report = {
                "provider_call_id": key,
                "received_at": uow.now,
                "from_number": from_number,
                "to_number": "020 7946 0000",
                **values,
            }
            self.service.take(uow, CallReport.model_validate(report))

    def shown(self, key: str) -> Any:
        with self.database.read() as connection:
            return connection.execute(select(call).where(call.c.provider_call_id == key)).one()

    def states(self) -> dict[str, str]:
        with self.database.read() as connection:
            return {row.provider_call_id: row.state for row in connection.execute(select(call))}

    def match(self, key: str, patient_id: str, *, add_number: bool = False, who: Actor | None = None) -> None:
        asked = MatchCall(call_id=self.shown(key).id, patient_id=patient_id, add_number=add_number)
        with self.database.write() as uow:
            self.service.match(uow, who or actor(), asked)

    def ignore(self, key: str, who: Actor | None = None) -> None:
        call_id = self.shown(key).id
        with self.database.write() as uow:
            self.service.ignore(uow, who or actor(), call_id)

    def patient(self, patient_id: str, **values: Values) -> None:
        with self.database.write() as uow:
            add_patient(uow, patient_id, **values)

    def seen_from(self, room: Room, entity_id: str) -> dict[str, bool]:
        """The change log: by location, whether the row has gone from there."""
        with self.database.read() as connection:
            query = select(change).where(change.c.room == room.value, change.c.entity_id == entity_id)
            return {row.location_id: bool(row.gone) for row in connection.execute(query)}

    def seq(self, key: str) -> int:
        with self.database.read() as connection:
            query = select(change.c.seq).where(change.c.entity_id == self.shown(key).id)
            return int(connection.execute(query).scalar_one())


@pytest.fixture
def calls(database: Database) -> Calls:
    with database.write() as uow:
        add_practice(uow, call_webhook_secret=SECRET)
        add_location(uow, "loc-2", name="High Street", phone="020 7946 0002")
    return Calls(database, CallService(consent_service()))


@pytest.fixture
def client(calls: Calls, tmp_path: Path) -> Iterator[TestClient]:
    with open_server(calls.database, tmp_path) as opened:
        yield opened


@pytest.fixture
def telephone(calls: Calls, client: TestClient) -> Telephone:
    return Telephone(client, calls.database)
