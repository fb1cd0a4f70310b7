"""``POST /api/v1/ingest``: a practice-management system hands in rows and is told what became of each."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from primoro_campaigns.domain.account.right import Right, Role
from primoro_campaigns.server.account import password
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.account.authentication import current_actor
from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.http.app import create_app
from primoro_campaigns.server.intake.api import intake_router
from primoro_campaigns.server.intake.service import IntakeService
from primoro_campaigns.server.intake.tables import intake_refusal, intake_run
from primoro_campaigns.server.patient.tables import appointment, patient
from primoro_campaigns.wire.intake import ROWS_A_BATCH, IngestReport, Outcome
from tests.server.desk import Desk, add_user, services, set_up_practice
from tests.server.intake.conftest import KEY, Door
from tests.server.practice import actor, actor_with

TAKEN, CHANGED, UNCHANGED, REFUSED = Outcome.TAKEN, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.REFUSED
PATH = "/api/v1/ingest"


class System:
    """A practice-management system with a session of ``who``."""

    def __init__(self, database: Database, who: Actor) -> None:
        app = create_app(database, [intake_router(IntakeService(ConsentService(KEY)))])
        app.dependency_overrides[current_actor] = lambda: who
        self.client = TestClient(app)

    def hands_in(self, *rows: object, **more: object) -> IngestReport:
        answer = self.client.post(PATH, json={"rows": rows, **more})
        assert answer.status_code == 200, answer.text
        report = IngestReport.model_validate_json(answer.content)
        counts = {each: [row.outcome for row in report.rows].count(each) for each in Outcome}
        assert (report.taken, report.changed) == (counts[TAKEN], counts[CHANGED])
        assert (report.unchanged, report.refused) == (counts[UNCHANGED], counts[REFUSED])
        assert [row.line for row in report.rows] == list(range(1, len(rows) + 1))
        return report

    def is_refused(self, content: bytes) -> tuple[int, str]:
        answer = self.client.post(PATH, content=content, headers={"Content-Type": "application/json"})
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"].startswith("Nothing was changed.")
        return answer.status_code, answer.json()["code"]


@pytest.fixture
def system(database: Database) -> Iterator[System]:
    who = System(database, actor(Role.MANAGER, name="Bridge to the practice system"))
    yield who
    who.client.close()


LEEDS = {"kind": "location", "external_id": "L1", "name": "Leeds"}
ANN = {"kind": "patient", "external_id": "1", "family_name": "Ash", "location": "L1"}
VISIT = {
    "kind": "appointment",
    "external_id": "A1",
    "patient": "1",
    "status": "booked",
    "starts_at": "2026-04-01T09:00:00+01:00",
}


def outcomes(report: IngestReport) -> list[Outcome]:
    return [row.outcome for row in report.rows]


def test_each_row_has_its_outcome_and_a_bad_one_stops_nothing(door: Door, system: System) -> None:
    report = system.hands_in(
        VISIT, ANN, LEEDS, {"kind": "patient"}, 7, {**VISIT, "external_id": "A2", "patient": "9"}
    )
    assert outcomes(report) == [TAKEN, TAKEN, TAKEN, REFUSED, REFUSED, REFUSED]
    assert [(row.kind, row.external_id, row.code) for row in report.rows[3:]] == [
        ("patient", "", "intake.row_invalid"),
        ("", "", "intake.row_invalid"),
        ("appointment", "A2", "intake.patient_unknown"),
    ]
    assert report.rows[5].words == "The patient “9” is not here. Import the patients, then this again."
    (run,) = door.rows(intake_run)
    assert (run["id"], run["kind"], run["by_name"]) == (report.run_id, "api", "Bridge to the practice system")
    assert [row["run_id"] for row in door.rows(intake_refusal)] == [report.run_id] * 3
    assert [row["by_name"] for row in door.rows(audit_entry)] == ["Bridge to the practice system"]


def test_a_batch_sent_again_changes_nothing_and_a_change_is_one(door: Door, system: System) -> None:
    system.hands_in(LEEDS, ANN, VISIT)
    before = door.seq()
    assert outcomes(system.hands_in(LEEDS, ANN, VISIT)) == [UNCHANGED] * 3
    assert door.seq() == before
    assert outcomes(system.hands_in(LEEDS, {**ANN, "town": "York"}, VISIT)) == [UNCHANGED, CHANGED, UNCHANGED]
    assert door.seq() == before + 1
    assert len(door.rows(patient)) == len(door.rows(appointment)) == 1


def test_systems_are_told_apart_by_their_source(door: Door, system: System) -> None:
    system.hands_in(LEEDS, ANN)
    assert outcomes(system.hands_in(LEEDS, ANN, source="second")) == [TAKEN, TAKEN]
    assert sorted(str(row["source"]) for row in door.rows(patient)) == ["pms", "second"]


def test_a_batch_that_stops_half_way_is_safe_and_goes_on_when_sent_again(door: Door, system: System) -> None:
    rows = [LEEDS, *({**ANN, "external_id": str(number)} for number in range(900))]
    full = [True]

    @event.listens_for(door.database.engine, "before_cursor_execute")
    def fill(
        _connection: object,
        _cursor: object,
        statement: str,
        parameters: object,
        _context: object,
        _many: bool,
    ) -> None:
        if full and statement.startswith("INSERT INTO patient ") and "'700'" in repr(parameters):
            raise OperationalError(statement, None, Exception("database or disk is full"))

    answer = system.client.post(PATH, json={"rows": rows})
    assert (answer.status_code, answer.json()["code"]) == (503, "intake.stopped")
    assert "What was taken in before is safe" in answer.json()["detail"]
    assert len(door.rows(patient)) == 499
    full.clear()
    found = outcomes(system.hands_in(*rows))
    assert (found.count(UNCHANGED), found.count(TAKEN)) == (500, 401)


NO_BATCH: list[tuple[bytes, int, str]] = [
    (b"", 422, "http.malformed"),
    (b"{", 422, "http.malformed"),
    (b"\xff\xfe{", 400, "http.refused"),
    (b"[]", 422, "http.malformed"),
    (b'{"rows": {}}', 422, "http.malformed"),
    (b'{"rows": [], "source": "a b"}', 422, "http.malformed"),
    (b'{"rows": [], "sauce": "pms"}', 422, "http.malformed"),
    (json.dumps({"rows": [None] * (ROWS_A_BATCH + 1)}).encode(), 422, "http.malformed"),
    (b'{"rows": ' + b"[" * 100_000, 400, "http.refused"),
]


def test_what_is_no_batch_is_refused_whole(door: Door, system: System) -> None:
    assert [system.is_refused(content) for content, *_ in NO_BATCH] == [tuple(told) for _, *told in NO_BATCH]
    assert door.rows(intake_run) == []


def test_an_empty_batch_and_the_largest(door: Door, system: System) -> None:
    assert system.hands_in().rows == []
    rows = [{**ANN, "external_id": str(number)} for number in range(ROWS_A_BATCH - 1)]
    assert outcomes(system.hands_in(LEEDS, *rows)) == [TAKEN] * ROWS_A_BATCH
    assert len(door.rows(patient)) == ROWS_A_BATCH - 1


def test_a_huge_cell_is_refused_alone_and_not_kept(door: Door, system: System) -> None:
    huge = {**ANN, "external_id": "x" * 1_000_000, "family_name": "y" * 1_000_000, "z" * 1_000_000: 1}
    report = system.hands_in(LEEDS, huge, ANN)
    assert outcomes(report) == [TAKEN, REFUSED, TAKEN]
    assert "“external_id” has more than 200 characters." in report.rows[1].words
    (kept,) = door.rows(intake_refusal)
    assert len(str(kept["external_id"])) + len(str(kept["words"])) < 1000


@pytest.mark.parametrize(
    "who",
    [
        actor(Role.RECEPTION),
        actor(Role.TREATMENT_COORDINATOR),
        actor_with(*(each for each in Right if each is not Right.IMPORT)),
        # Somebody who sees one location alone cannot bring in everybody's patients.
        actor(Role.MANAGER, "loc-1"),
    ],
    ids=["reception", "co-ordinator", "all but import", "one location"],
)
def test_an_import_needs_its_right_and_sight_of_every_location(door: Door, who: Actor) -> None:
    content = json.dumps({"rows": [LEEDS, ANN]}).encode()
    status, _code = System(door.database, who).is_refused(content)
    assert status == 403
    assert door.rows(location) == door.rows(patient) == door.rows(intake_run) == []


def test_with_a_session_of_the_whole_server(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(password, "_HASHER", PasswordHasher(time_cost=1, memory_cost=256, parallelism=1))
    set_up_practice(database)
    add_user(database, "riley", Role.RECEPTION)
    client = TestClient(services(database, tmp_path).app)
    content = {"rows": [{**ANN, "location": "high street"}]}
    assert client.post(PATH, json=content).status_code == 401
    riley, anna = Desk(client).sign_in("riley"), Desk(client).sign_in()
    assert client.post(PATH, json=content, headers=riley.headers).status_code == 403
    assert client.post(PATH, json=content, headers=anna.headers).json()["taken"] == 1
    with database.read() as connection:
        (by_name,) = connection.execute(
            select(audit_entry.c.by_name).where(audit_entry.c.what == "intake.imported")
        ).scalars()
    assert by_name == "Anna Ash"
    client.close()
