"""The made-up practice as FHIR bulk files: the import takes in every line."""

import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from primoro_campaigns.demo.practice.bulk_files import FolderError, write_bulk_files
from primoro_campaigns.demo.practice.practice import people
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.intake import fhir
from primoro_campaigns.server.intake.incoming import RowOutcome
from primoro_campaigns.server.intake.service import IntakeService, run_import
from primoro_campaigns.server.patient.tables import appointment, patient
from primoro_campaigns.wire.intake import Outcome
from tests.conftest import NOW
from tests.demo.practice.conftest import SEED


def test_every_line_comes_in_as_it_was_made_up(database: Database, tmp_path: Path) -> None:
    assert write_bulk_files(tmp_path / "bulk", patients=400, seed=SEED, now=NOW) == 400
    heard: list[RowOutcome] = []
    run_import(
        database,
        IntakeService(ConsentService(b"a key for the hashes of tests 123")),
        SERVER,
        fhir.rows(fhir.look_into(tmp_path / "bulk"), today=NOW.date(), country="GB"),
        source="pms",
        door="fhir",
        on_batch=heard.extend,
    )
    assert {each.outcome for each in heard} == {Outcome.TAKEN}
    assert [each.words for each in heard if each.words] == []
    with database.read() as connection:
        rows = {row.external_id: row for row in connection.execute(select(patient))}
        visits = Counter(connection.execute(select(appointment.c.status)).scalars())
    told = list(people(400, SEED, NOW))
    assert rows.keys() == {each.external_id for each in told}
    for each in told:
        row = rows[each.external_id]
        assert (row.given_name, row.family_name, row.born_on) == (each.given, each.family, each.born_on)
        assert (row.email, row.email_state) == (each.email, each.email_state)
        assert (row.mobile, row.mobile_e164, row.mobile_state) == (
            each.mobile,
            each.mobile_e164,
            each.mobile_state,
        )
        assert (row.landline, row.town, row.postcode) == (each.landline, each.town, each.postcode)
        assert row.last_visit_on == max(
            (visit.on for visit in each.visits if visit.status == "attended"), default=None
        )
    assert visits == Counter(visit.status for each in told for visit in each.visits)


def test_the_same_seed_writes_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_bulk_files(tmp_path / name, patients=60, seed=SEED, now=NOW)
    write_bulk_files(tmp_path / "other", patients=60, seed=SEED + 1, now=NOW)
    for kind in ("Organization", "Practitioner", "Patient", "Appointment"):
        one, two, other = (
            (tmp_path / name / f"{kind}.ndjson").read_bytes() for name in ("one", "two", "other")
        )
        assert one == two
        assert (one == other) == (kind in ("Organization", "Practitioner"))
        assert all(json.loads(line)["resourceType"] == kind for line in one.splitlines())


def test_a_folder_with_files_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "Encounter.ndjson").write_text("{}\n")
    (tmp_path / "file").write_text("")
    for folder, why in ((tmp_path, "there are bulk files in it already"), (tmp_path / "file", "exists")):
        with pytest.raises(FolderError, match=why) as refused:
            write_bulk_files(folder, patients=5, seed=SEED, now=NOW)
        assert "What was there before is as it was." in refused.value.advice
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Encounter.ndjson", "file"]
