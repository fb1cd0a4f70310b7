"""One person's copy of everything, and erasure that leaves nothing but the no."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server import cli
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.call.tables import call
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.store import permissions
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.verify import verify
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery import accounts
from primoro_campaigns.server.delivery.assembly import assemble
from primoro_campaigns.server.intake.incoming import Incoming
from primoro_campaigns.server.intake.service import IntakeService, run_import
from primoro_campaigns.server.opening import Place, opened
from primoro_campaigns.server.patient.tables import appointment, patient, patient_number, planned_treatment
from primoro_campaigns.server.schema import metadata
from primoro_campaigns.server.settings import database_url
from primoro_campaigns.server.subject import service, store
from tests.fakes.recording import RecordingCarriers
from tests.server.practice import actor, add_location, add_patient, add_permission
from tests.server.sender import CONTENT, KEY, add_practice, approve, lines, save

MAIL, NUMBER = "zelda@quartz.example", "+447700900321"
SECRETS = (
    *(
        "Zelda",
        "Quartzmore",
        MAIL,
        NUMBER,
        "07700900321",
        "Rang from her sister",
        "Implant on the left",
        "PMS-77",
    ),
    *("1971-04-05", "12 Quince Lane"),
)


@pytest.fixture
def consent() -> ConsentService:
    return ConsentService(KEY.for_hashes)


@pytest.fixture
def database(database: Database, consent: ConsentService) -> Database:
    """Zelda has been here for long: visits, a message, calls, changes of mind. Ann is beside her."""
    with database.write() as uow:
        add_practice(uow)
        for who, values in {
            "zelda": {
                "given_name": "Zelda",
                "family_name": "Quartzmore",
                "email": MAIL,
                "mobile": "07700900321",
                "mobile_e164": NUMBER,
                "mobile_state": "ok",
                "born_on": date(1971, 4, 5),
                "address_line": "12 Quince Lane",
                "external_id": "PMS-77",
                "source": "pms",
            },
            "ann": {},
        }.items():
            add_patient(uow, who, **values)
        for who in ("zelda", "ann"):
            consent.permit(
                uow,
                actor(Role.MANAGER),
                who,
                Channel.EMAIL,
                Purpose.PROMOTIONS,
                PermissionState.OPTED_IN,
                how="At the desk",
                wording="May we write?",
            )
        uow.connection.execute(
            insert(appointment).values(
                id="a1", patient_id="zelda", location_id="loc-1", status="attended", starts_at=uow.now
            )
        )
        uow.connection.execute(
            insert(planned_treatment).values(
                id="t1", patient_id="zelda", description="Implant on the left", planned_on=date(2026, 1, 1)
            )
        )
        uow.connection.execute(
            insert(patient_number).values(patient_id="zelda", e164="+447700900322", added_at=uow.now)
        )
        row: dict[str, Any] = {"location_id": "loc-1", "received_at": uow.now, "presentation": "available"}
        uow.connection.execute(
            insert(call),
            [
                {
                    **row,
                    "id": "k1",
                    "from_raw": NUMBER,
                    "from_e164": NUMBER,
                    "state": "auto_matched",
                    "patient_id": "zelda",
                    "candidates": "[]",
                    "provider_call_id": "x1",
                },
                {
                    **row,
                    "id": "k2",
                    "from_raw": "+447700900999",
                    "from_e164": "+447700900999",
                    "state": "ambiguous",
                    "patient_id": None,
                    "candidates": json.dumps(
                        [{"patient_id": "zelda", "reason": "x"}, {"patient_id": "ann", "reason": "y"}]
                    ),
                    "provider_call_id": "x2",
                },
            ],
        )
    campaigns, worker = assemble(database, consent, RecordingCarriers())
    with database.write() as uow:
        save(campaigns, uow)
        approve(campaigns, uow)
    worker.work()
    worker.stop()
    assert {who: line.state for who, line in lines(database).items()} == {"zelda": "sent", "ann": "sent"}
    with database.write() as uow:
        consent.restrict(uow, actor(), "zelda", Purpose.NEWSLETTERS, why="Rang from her sister's.")
    return database


def erase(database: Database, consent: ConsentService, who: str = "zelda") -> service.Erased:
    with database.write() as uow:
        return service.erase(uow, SERVER, consent, who)


def whole_database(database: Database) -> str:
    with database.read() as connection:
        return "\n".join(
            str(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(select(table))
        )


def test_l27_one_copy_holds_everything(database: Database) -> None:
    with database.write() as uow:
        copy = service.copy_of(uow, SERVER, "zelda")
    bundle = json.loads(copy.as_json)
    (record,) = bundle["record"]
    assert (record["given_name"], record["email"], record["born_on"]) == ("Zelda", MAIL, "1971-04-05")
    assert [each["what"] for each in bundle["consent_entry"]] == ["permission_set", "restriction_set"]
    assert bundle["consent_entry"][1]["why"] == "Rang from her sister's."
    assert bundle["consent_entry"][0]["wording"] == "May we write?"
    assert (bundle["message"][0]["campaign"], bundle["message"][0]["address"]) == (CONTENT.name, MAIL)
    assert bundle["call"][0]["from_e164"] == NUMBER
    assert bundle["planned_treatment"][0]["description"] == "Implant on the left"
    assert bundle["appointment"][0]["location"] == "Bridge Street"
    assert [each["purpose"] for each in bundle["restriction"]] == ["newsletters"]
    assert len(bundle["contact"]) == 3
    assert bundle["patient_number"][0]["e164"] == "+447700900322"
    assert "ann@example.com" not in copy.as_json.decode()
    assert "key_hash" not in copy.as_json.decode()
    assert copy.as_pdf.startswith(b"%PDF-")
    with database.read() as connection:
        assert "subject.exported" in set(connection.execute(select(audit_entry.c.what)).scalars())


def test_every_table_that_names_patients_is_dealt_with() -> None:
    dealt_with = {table.name for table in (*store.DELETED, *store.EMPTIED, *store.KEPT)}
    assert {table.name for table in metadata.sorted_tables if "patient_id" in table.c} <= dealt_with


def test_l07_erasure_leaves_nothing_personal_anywhere(database: Database, consent: ConsentService) -> None:
    before = whole_database(database)
    assert [secret for secret in SECRETS if secret not in before and secret != "1971-04-05"] == []
    erase(database, consent)
    after = whole_database(database)
    assert [secret for secret in SECRETS if secret in after] == []
    assert "datetime.date(1971, 4, 5)" not in after
    assert "ann@example.com" in after
    with database.read() as connection:
        rows = {row.id: row for row in connection.execute(select(call))}
        words = set(connection.execute(select(audit_entry.c.what)).scalars())
        marks = {(row.room, row.entity_id): row.gone for row in connection.execute(select(change))}
    assert (rows["k1"].patient_id, rows["k1"].state) == (None, "ignored")
    assert json.loads(rows["k2"].candidates) == [{"patient_id": "ann", "reason": "y"}]
    assert "subject.erased" in words
    assert marks["patient", "zelda"]
    assert marks["restriction", "zelda:newsletters"]
    assert marks["permission", "zelda:email:promotions"]
    assert all(gone for (room, _), gone in marks.items() if room == "restriction")


def test_l07_the_account_and_the_chain_still_hold(database: Database, consent: ConsentService) -> None:
    erase(database, consent)
    with database.read() as connection:
        assert verify(connection, KEY.for_hashes).holds
        (run,) = accounts.every(connection)
    assert run.faults == ()
    line = lines(database)["zelda"]
    assert (line.state, line.address, line.token_hash) == ("sent", "", None)


def test_l07_an_import_never_revives_a_no(database: Database, consent: ConsentService) -> None:
    erased = erase(database, consent)
    assert erased.suppressed == (AddressKind.EMAIL, AddressKind.MOBILE)
    yes = {"channel": "email", "purpose": "promotions", "how": "On paper", "wording": "May we write?"}
    row = {
        "kind": "patient",
        "external_id": "PMS-77",
        "family_name": "Quartzmore",
        "email": MAIL.upper(),
        "mobile": "07700 900321",
        "opted_in": [yes, {**yes, "channel": "sms"}],
    }
    rows = [Incoming("rows", 1, row)]
    tally = run_import(database, IntakeService(consent), SERVER, rows, source="pms", door="test")
    assert tally.rows == 1
    with database.read() as connection:
        found = connection.execute(select(patient).where(patient.c.external_id == "PMS-77")).one()
    assert found.id != "zelda"
    assert (found.email_suppressed, found.mobile_suppressed) == (True, True)
    with database.read() as connection:
        said = {(each.patient_id, each.state) for each in permissions(connection)}
        assert said == {("ann", PermissionState.OPTED_IN)}
        assert verify(connection, KEY.for_hashes).holds


def test_erasing_a_child_does_not_silence_her_mother(database: Database, consent: ConsentService) -> None:
    with database.write() as uow:
        add_patient(uow, "kid", email="ann@example.com", mobile_e164="+447700900777", mobile_state="ok")
    erased = erase(database, consent, "kid")
    assert erased == service.Erased((AddressKind.MOBILE,), (AddressKind.EMAIL,))
    with database.write() as uow:
        add_patient(uow, "kit", email="ann@example.com")
        consent.restrict(uow, SERVER, "kit", Purpose.PROMOTIONS, source=ConsentSource.UNSUBSCRIBE_PAGE)
    assert erase(database, consent, "kit").suppressed == (AddressKind.EMAIL,)
    with database.read() as connection:
        assert connection.execute(
            select(patient.c.email_suppressed).where(patient.c.id == "ann")
        ).scalar_one()


def test_nobody_is_erased_twice_or_by_mistake(database: Database, consent: ConsentService) -> None:
    erase(database, consent)
    with pytest.raises(service.PatientUnknownError):
        erase(database, consent)
    with pytest.raises(service.PatientUnknownError), database.write() as uow:
        service.copy_of(uow, SERVER, "nobody")


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    place = ["--data", str(data)]
    with opened(Place(data, database_url(data))) as (database, _), database.write() as uow:
        add_location(uow)
        add_patient(uow, "ann")
        add_permission(uow, "ann")
    out = tmp_path / "copies"
    assert cli.main(["patient", "export", "--patient", "ann", "--out", str(out), *place]) == 0
    assert {path.name for path in out.iterdir()} == {"patient-ann.json", "patient-ann.pdf"}
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o600}
    assert cli.main(["patient", "erase", "--patient", "ann", *place]) == 1
    assert "add --yes" in capsys.readouterr().err
    assert cli.main(["patient", "erase", "--patient", "ann", "--yes", *place]) == 0
    assert "The e-mail address will never be written to again." in capsys.readouterr().out
    assert cli.main(["patient", "erase", "--patient", "ann", "--yes", *place]) == 1
    assert "no patient with this id" in capsys.readouterr().err
    assert cli.main(["audit", "verify", *place]) == 0
