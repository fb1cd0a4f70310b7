"""A practice with rows in several rooms and locations."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.main import ROOMS
from primoro_campaigns.server.sync.round import Handlers, Rounds
from primoro_campaigns.server.sync.snapshot import Snapshots
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.wire.sync import Cell, Check, Round, RoundAnswer, RowBatch

Row = tuple[Cell, ...]


def person(*location_ids: str) -> Actor:
    """A receptionist of these locations; of every location when there are none."""
    return Actor("user-1", "Bea", ROLE_RIGHTS[Role.RECEPTION], not location_ids, frozenset(location_ids))


@dataclass
class Copy:
    """What a desktop holds: rows by room and id, as batches arrive."""

    rows: dict[tuple[str, str], Row] = field(default_factory=dict)

    def take(self, batches: Iterable[RowBatch]) -> "Copy":
        for batch in batches:
            place = batch.columns.index("id")
            for row in batch.rows:
                self.rows[batch.room, str(row[place])] = tuple(row)
            for gone in batch.gone_ids:
                self.rows.pop((batch.room, gone), None)
        return self

    def ids(self, room: Room) -> set[str]:
        return {entity_id for name, entity_id in self.rows if name == room.value}

    def holds(self, checks: list[Check] | None) -> bool:
        """Whether counts and sums are those the server told."""
        assert checks is not None
        return all(
            (check.count, check.seq_sum)
            == (len(held := self.of(check.room)), sum(int(row[0] or 0) for row in held))
            for check in checks
        )

    def of(self, room: str) -> list[Row]:
        return [row for (name, _), row in self.rows.items() if name == room]


@dataclass
class Practice:
    """Writes rows and their marks as services do."""

    database: Database

    def patient(self, patient_id: str, family_name: str, *location_ids: str) -> None:
        with self.database.write() as uow:
            uow.connection.execute(
                insert(ROOMS[Room.PATIENT]).values(
                    id=patient_id,
                    location_id=location_ids[0],
                    status="active",
                    family_name=family_name,
                    source="pms",
                    external_id=patient_id,
                    born_on=date(1980, 2, 29),
                    last_visit_on=date(2026, 1, 5),
                )
            )
            uow.changes.touched(Room.PATIENT, patient_id, location_ids)

    def contact(self, contact_id: str, patient_id: str, *location_ids: str) -> None:
        with self.database.write() as uow:
            uow.connection.execute(
                insert(ROOMS[Room.CONTACT]).values(
                    id=contact_id,
                    patient_id=patient_id,
                    at=uow.now,
                    kind="note",
                    direction="none",
                    title="Said hello",
                    status="recorded",
                )
            )
            uow.changes.touched(Room.CONTACT, contact_id, location_ids)

    def practitioner(self, practitioner_id: str) -> None:
        with self.database.write() as uow:
            uow.connection.execute(
                insert(ROOMS[Room.PRACTITIONER]).values(id=practitioner_id, name="Dr Oak", active=True)
            )
            uow.changes.touched(Room.PRACTITIONER, practitioner_id, [EVERYWHERE])

    def touch(self, room: Room, entity_id: str, *location_ids: str) -> None:
        with self.database.write() as uow:
            uow.changes.touched(room, entity_id, location_ids)

    def leave(self, room: Room, entity_id: str, *location_ids: str) -> None:
        with self.database.write() as uow:
            uow.changes.gone(room, entity_id, location_ids)

    def remove(self, room: Room, entity_id: str, *location_ids: str) -> None:
        table = ROOMS[room]
        with self.database.write() as uow:
            uow.connection.execute(delete(table).where(table.c.id == entity_id))
            uow.changes.gone(room, entity_id, location_ids)

    def fill(self) -> None:
        """A few rows in three rooms, seen from "a", from "b", from both, and from everywhere."""
        for number, name in enumerate(["Oak", "ash", "Élan", "Birch", "Zhou", "Fern", "O'Neil"]):
            self.patient(f"p{number}", name, "ab"[number % 2])
        self.patient("p-both", "Willow", "a", "b")
        for number in range(4):
            self.contact(f"c{number}", f"p{number}", "ab"[number % 2])
        self.practitioner("oak")

    def rounds(self, handlers: Handlers | None = None) -> Rounds:
        return Rounds(self.database, ROOMS, handlers or {})

    def snapshots(self, folder: Path) -> Snapshots:
        return Snapshots(self.database, ROOMS, folder / "snapshots")

    def pull(
        self, actor: Actor, *, after: int = 0, limit: int = 2000, copy: Copy | None = None
    ) -> tuple[Copy, RoundAnswer]:
        """Every page after the cursor, applied one after the other; and the last answer, with its checks."""
        held = copy or Copy()
        while True:
            answer = self.rounds().answer(
                actor, Round(device_id="d1", cursor=after, events=[], verify=True, limit=limit)
            )
            held.take(answer.batches)
            if not answer.more:
                return held, answer
            assert answer.checks is None
            assert answer.cursor > after
            after = answer.cursor


@pytest.fixture
def practice(database: Database) -> Practice:
    return Practice(database)
