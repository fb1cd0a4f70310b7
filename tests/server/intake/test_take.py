"""The core that every door uses: idempotent, explained row by row, and a bad row stops nothing."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from primoro_campaigns.domain.consent.model import Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.consent.tables import consent_entry, permission, restriction
from primoro_campaigns.server.intake.incoming import Incoming
from primoro_campaigns.server.intake.service import IntakeStoppedError, run_import
from primoro_campaigns.server.intake.tables import intake_refusal, intake_run
from primoro_campaigns.server.patient.tables import (
    appointment,
    contact,
    encounter,
    invoice,
    patient,
    planned_treatment,
    practitioner,
    recall,
)
from primoro_campaigns.wire.intake import Outcome
from tests.server.intake.conftest import Door
from tests.server.practice import add_location, add_organisation

TAKEN, CHANGED, UNCHANGED, REFUSED = Outcome.TAKEN, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.REFUSED

LEEDS: dict[str, object] = {
    "kind": "location",
    "external_id": "L1",
    "name": "Leeds",
    "time_zone": "Europe/London",
}
DENTIST: dict[str, object] = {"kind": "practitioner", "external_id": "D1", "name": "Dr Jo Bell"}
ANN: dict[str, object] = {
    "kind": "patient",
    "external_id": "1",
    "given_name": "Ann",
    "family_name": "Ash",
    "born_on": "1980-05-17",
    "email": "ann@example.com",
    "mobile": "07700 900123",
    "location": "L1",
    "practitioner": "D1",
}
VISIT: dict[str, object] = {
    "kind": "appointment",
    "external_id": "A1",
    "patient": "1",
    "status": "attended",
    "starts_at": "2026-02-02T09:30:00+00:00",
}
EVERYTHING: list[dict[str, object]] = [
    # What refers comes before what is referred to: the batch sorts it out.
    VISIT,
    {**VISIT, "kind": "encounter", "external_id": "E1", "status": "finished"},
    {"kind": "recall", "external_id": "R1", "patient": "1", "due_on": "2026-08-01"},
    {
        "kind": "planned_treatment",
        "external_id": "T1",
        "patient": "1",
        "description": "Crown",
        "planned_on": "2026-02-02",
    },
    {
        "kind": "invoice",
        "external_id": "I1",
        "patient": "1",
        "issued_on": "2026-02-02",
        "amount_pence": 4500,
    },
    ANN,
    DENTIST,
    LEEDS,
]


def test_every_kind_is_taken_whatever_its_order_and_again_changes_nothing(door: Door) -> None:
    assert door.take(*EVERYTHING) == [TAKEN] * 8
    row = door.row(patient, "1")
    assert row["last_visit_on"] == date(2026, 2, 2)
    assert row["recall_due_on"] == date(2026, 8, 1)
    assert row["has_unscheduled_treatment"]
    assert row["practitioner_id"] == door.row(practitioner, "D1")["id"]
    assert row["location_id"] == door.row(location, "pms:L1")["id"]
    assert door.row(invoice, "I1")["location_id"] == row["location_id"]
    before = door.seq()
    assert door.take(*EVERYTHING) == [UNCHANGED] * 8
    assert door.seq() == before
    tables = (appointment, encounter, recall, planned_treatment, invoice, patient, practitioner, location)
    assert [len(door.rows(table)) for table in tables] == [1] * 8


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({**LEEDS, "name": "Leeds North"}, 1),
        ({**DENTIST, "active": False}, 1),
        ({**ANN, "town": "York"}, 1),
        ({**VISIT, "status": "missed"}, 1),
    ],
)
def test_a_change_is_one_change(door: Door, change: dict[str, object], number: int) -> None:
    door.take(*EVERYTHING)
    before = door.seq()
    assert door.take(change) == [CHANGED]
    assert door.seq() == before + number


def test_the_same_record_twice_in_a_batch_ends_as_the_last_one_says(door: Door) -> None:
    rows = [LEEDS, DENTIST, ANN, {**ANN, "town": "York"}, {**ANN, "town": "York"}]
    assert door.take(*rows) == [TAKEN, TAKEN, TAKEN, CHANGED, UNCHANGED]
    assert door.row(patient, "1")["town"] == "York"


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (None, "must be an object"),
        ("text", "must be an object"),
        ([], "must be an object"),
        ({}, "“kind” must be one of"),
        ({"kind": "patients", "external_id": "9"}, "“kind” must be one of"),
        ({"kind": "patient"}, "“external_id” is missing"),
        ({"kind": "patient", "external_id": "  "}, "“external_id” is empty."),
        ({"kind": "patient", "external_id": "9", "frist_name": "x"}, "no field “frist_name”"),
        ({"kind": "patient", "external_id": 9}, "“external_id” must be a text."),
        ({"kind": "patient", "external_id": "9", "country": "GBR"}, "the two letters of a country"),
        ({"kind": "patient", "external_id": "9", "tags": ["x"] * 101}, "“tags” has more than 100 entries."),
        ({"kind": "patient", "external_id": "9", "is_lead": "perhaps"}, "must be true or false"),
        ({"kind": "patient", "external_id": "9", "born_on": "17/05/1980"}, "a day such as"),
        ({"kind": "patient", "external_id": "9", "born_on": 0}, "a day such as"),
        ({"kind": "patient", "external_id": "9", "born_on": "1980-02-30"}, "“born_on” is no day"),
        ({"kind": "patient", "external_id": "9", "born_on": "0980-02-03"}, "between 1850 and 2200"),
        (
            {"kind": "patient", "external_id": "9", "family_name": "x" * 401},
            "“family_name” has more than 400 characters.",
        ),
        ({"kind": "patient", "external_id": "9", "status": "sleeping"}, "must be one of: active, inactive"),
        ({"kind": "patient", "external_id": "9", "location": "L9"}, "The location “L9” is not here"),
        ({"kind": "patient", "external_id": "9", "opted_in": [{"channel": "sms"}]}, "is missing"),
        ({**VISIT, "patient": "nobody"}, "The patient “nobody” is not here"),
        ({**VISIT, "starts_at": "2026-02-02T09:30:00"}, "“starts_at” needs a time zone"),
        ({**VISIT, "starts_at": 17}, "an instant such as"),
        ({**VISIT, "starts_at": None}, "“starts_at” is missing."),
        ({**VISIT, "status": "done"}, "“status”"),
        ({**EVERYTHING[4], "amount_pence": 10**13}, "“amount_pence” is too large."),
        ({**EVERYTHING[4], "amount_pence": "4500"}, "must be a whole number"),
        ({**LEEDS, "external_id": "L2", "time_zone": "Mars/Olympus"}, "a time zone such as"),
    ],
)
def test_a_bad_row_is_refused_in_words_and_stops_nothing(door: Door, bad: object, words: str) -> None:
    door.take(LEEDS, DENTIST)
    assert door.take(bad, ANN) == [REFUSED, TAKEN]
    assert words in door.outcomes[0].words
    (kept,) = door.rows(intake_refusal)
    assert (kept["line"], kept["words"]) == (1, door.outcomes[0].words)
    assert len(door.rows(patient)) == 1


def test_what_the_database_will_not_have_is_refused_alone(door: Door) -> None:
    @event.listens_for(door.database.engine, "before_cursor_execute", retval=True)
    def spoil(
        _connection: object,
        _cursor: object,
        statement: str,
        parameters: object,
        _context: object,
        many: bool,
    ) -> tuple[str, object]:
        # Stands for whatever a database may refuse that no check of ours foresaw.
        if statement.startswith("INSERT INTO patient ") and "Poison" in repr(parameters):
            statement = "INSERT INTO patient (id) VALUES (NULL)"
            parameters = [()] if many else ()
        return statement, parameters

    rows = [{**ANN, "external_id": str(number)} for number in range(5)]
    rows[2] = {**rows[2], "family_name": "Poison"}
    assert door.take(LEEDS, DENTIST, *rows) == [TAKEN, TAKEN, TAKEN, TAKEN, REFUSED, TAKEN, TAKEN]
    assert door.outcomes[4].code == "intake.not_storable"
    assert {row["external_id"] for row in door.rows(patient)} == {"0", "1", "3", "4"}


def test_odd_characters_are_cleaned_not_refused(door: Door) -> None:
    door.take(LEEDS, DENTIST, {**ANN, "given_name": " A\x00nn\u202e ", "family_name": "\ud800A\u0308sh\n"})
    row = door.row(patient, "1")
    assert (row["given_name"], row["family_name"]) == ("A nn", "Äsh")


def test_what_is_missing_is_left_out_and_said(door: Door) -> None:
    door.take(LEEDS)
    assert door.take(ANN, {**VISIT, "location": "L9", "practitioner": "D9"}) == [TAKEN, TAKEN]
    assert "The practitioner “D1” is not here" in door.outcomes[0].words
    assert "D9" in door.outcomes[1].words
    # Once the practitioner is there, the same row takes effect.
    assert door.take(DENTIST, ANN) == [TAKEN, CHANGED]


def test_patients_without_a_location_go_to_the_only_one_or_the_one_named(door: Door) -> None:
    homeless = {name: value for name, value in ANN.items() if name not in ("location", "practitioner")}
    door.take(LEEDS, homeless)
    assert door.row(patient, "1")["location_id"] == door.row(location, "pms:L1")["id"]
    door.take({**homeless, "external_id": "2"}, location="York")
    (york,) = (row["id"] for row in door.rows(location) if row["name"] == "York")
    assert door.row(patient, "2")["location_id"] == york
    # Where a patient already is, is not told by a row that names no place.
    assert door.take(homeless, location="York") == [UNCHANGED]


def test_a_location_that_a_person_made_is_the_same_under_its_name(door: Door) -> None:
    with door.database.write() as uow:
        add_organisation(uow)
        add_location(uow, "made", name="leeds")
    assert door.take(LEEDS) == [CHANGED]
    ((found, name),) = ((row["id"], row["name"]) for row in door.rows(location))
    assert (found, name) == ("made", "Leeds")
    assert door.take(LEEDS) == [UNCHANGED]
    # A second location of that name is another one.
    assert door.take({**LEEDS, "external_id": "L2"}) == [TAKEN]


def test_withdrawals_come_in_and_each_leaves_its_entries(door: Door) -> None:
    no = {
        **ANN,
        "restricted": ["promotions"],
        "opted_out": [{"channel": "sms", "purpose": "newsletters"}],
    }
    assert door.take(LEEDS, DENTIST, no) == [TAKEN] * 3
    assert [row["purpose"] for row in door.rows(restriction)] == ["promotions"]
    assert [row["state"] for row in door.rows(permission)] == ["opted_out"]
    assert len(door.rows(consent_entry)) == len(door.rows(contact)) == 2
    # Nothing in an import lifts them.
    door.take({**ANN, "town": "York"})
    assert len(door.rows(restriction)) == len(door.rows(permission)) == 1


YES = {"channel": "email", "purpose": "promotions", "how": "Form of 2024", "wording": "I would like offers"}


def test_a_yes_needs_evidence_and_never_revives_a_no(door: Door) -> None:
    door.take(LEEDS, DENTIST, ANN)
    patient_id = str(door.row(patient, "1")["id"])
    with door.database.write() as uow:
        door.consent.permit(
            uow, SERVER, patient_id, Channel.EMAIL, Purpose.PROMOTIONS, PermissionState.OPTED_OUT
        )
    assert door.take({**ANN, "opted_in": [YES]}) == [UNCHANGED]
    assert [row["state"] for row in door.rows(permission)] == ["opted_out"]
    assert [(each.code, each.words) for each in door.outcomes] == [
        ("intake.no_kept", "There is a no on record, and the no was kept.")
    ]
    assert door.take({**ANN, "opted_in": [{**YES, "how": " "}]}) == [REFUSED]


def test_a_yes_with_evidence_is_recorded_with_it(door: Door) -> None:
    assert door.take(LEEDS, DENTIST, {**ANN, "opted_in": [YES]}) == [TAKEN] * 3
    (row,) = door.rows(permission)
    assert (row["state"], row["how"], row["wording"]) == ("opted_in", YES["how"], YES["wording"])
    assert row["source"] == ConsentSource.IMPORT.value
    # Nor does another yes replace the evidence of the first.
    assert door.take({**ANN, "opted_in": [{**YES, "how": "Said so"}]}) == [UNCHANGED]
    assert [(row["how"], each.words) for row in door.rows(permission) for each in door.outcomes] == [
        (YES["how"], "")
    ]


def test_a_row_that_says_yes_and_no_is_a_no(door: Door) -> None:
    no = {"channel": "email", "purpose": "promotions"}
    door.take(LEEDS, DENTIST, {**ANN, "opted_in": [YES], "opted_out": [no]})
    assert [row["state"] for row in door.rows(permission)] == ["opted_out"]


def test_a_list_without_evidence_leaves_everything_unknown(door: Door) -> None:
    # domain.md L03: who comes with an imported list has no soft opt-in either.
    door.take(LEEDS, DENTIST, {**ANN, "is_lead": True})
    assert door.rows(permission) == door.rows(restriction) == []
    assert door.row(patient, "1")["is_lead"]


@pytest.mark.parametrize("restricted_first", [True, False])
def test_a_restriction_or_suppression_outweighs_a_yes(door: Door, restricted_first: bool) -> None:
    door.take(LEEDS, DENTIST, ANN)
    patient_id = str(door.row(patient, "1")["id"])
    with door.database.write() as uow:
        if restricted_first:
            door.consent.restrict(uow, SERVER, patient_id, Purpose.PROMOTIONS)
        else:
            door.consent.suppress(uow, AddressKind.EMAIL, "ann@example.com", source=ConsentSource.COMPLAINT)
    door.take({**ANN, "opted_in": [YES]})
    assert door.rows(permission) == []
    assert [each.code for each in door.outcomes] == ["intake.no_kept"]


def test_a_suppressed_address_comes_in_flagged(door: Door) -> None:
    with door.database.write() as uow:
        door.consent.suppress(uow, AddressKind.EMAIL, "ANN@example.com", source=ConsentSource.BOUNCE)
    door.take(LEEDS, DENTIST, ANN)
    assert door.row(patient, "1")["email_suppressed"]


def test_who_moves_takes_the_consents_along(door: Door) -> None:
    york = {**LEEDS, "external_id": "L2", "name": "York"}
    door.take(LEEDS, york, DENTIST, {**ANN, "restricted": ["promotions"]})
    before = door.seq()
    door.take({**ANN, "restricted": ["promotions"], "location": "L2"})
    # The patient, the restriction and its Contact entry: gone there and seen here.
    assert door.seq() == before + 6


def test_the_recall_of_a_patients_row_is_kept_and_closed(door: Door) -> None:
    door.take(LEEDS, DENTIST, {**ANN, "recall_due_on": "2026-09-01"})
    assert door.row(patient, "1")["recall_due_on"] == date(2026, 9, 1)
    assert door.take({**ANN, "recall_due_on": None}) == [CHANGED]
    assert door.row(patient, "1")["recall_due_on"] is None


def test_the_recall_of_a_patients_row_is_not_a_recall_with_a_row_of_its_own(door: Door) -> None:
    other = {"kind": "recall", "external_id": "1", "patient": "2", "due_on": "2026-10-01"}
    door.take(LEEDS, DENTIST, {**ANN, "recall_due_on": "2026-09-01"}, {**ANN, "external_id": "2"}, other)
    assert door.row(patient, "1")["recall_due_on"] == date(2026, 9, 1)
    assert door.row(patient, "2")["recall_due_on"] == date(2026, 10, 1)
    door.take({**ANN, "recall_due_on": None})
    assert door.row(patient, "1")["recall_due_on"] is None
    assert door.row(patient, "2")["recall_due_on"] == date(2026, 10, 1)


def test_two_imports_of_the_same_patient_at_once_refuse_nothing(door: Door) -> None:
    door.take(LEEDS, DENTIST)
    # SQLite lets the second one begin only when the first has ended.
    both = threading.Barrier(2 if door.database.engine.dialect.name == "postgresql" else 1)
    seen: set[int] = set()

    @event.listens_for(door.database.engine, "before_cursor_execute")
    def meet(
        _connection: object,
        _cursor: object,
        statement: str,
        _parameters: object,
        _context: object,
        _many: bool,
    ) -> None:
        if statement.startswith("INSERT INTO patient ") and threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            both.wait(timeout=30)

    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(Door(door.database).take, ANN) for _ in range(2)]
    assert sorted(outcome for each in found for outcome in each.result()) == [TAKEN, UNCHANGED]
    assert len(door.rows(patient)) == 1


def test_sources_keep_their_own_ids(door: Door) -> None:
    door.take(LEEDS, DENTIST, ANN)
    assert door.take({**ANN, "location": "Leeds", "practitioner": "Dr Jo Bell"}, source="other") == [TAKEN]
    assert len(door.rows(patient)) == 2
    assert {row["practitioner_id"] for row in door.rows(patient)} == {door.row(practitioner, "D1")["id"]}


def test_each_run_is_on_record_and_audited_when_it_changed_something(door: Door) -> None:
    door.take(*EVERYTHING, None)
    door.take(*EVERYTHING)
    first, second = sorted(door.rows(intake_run), key=lambda row: str(row["id"]))
    assert (first["taken"], first["refused"], second["unchanged"]) == (8, 1, 8)
    assert first["finished_at"] == second["finished_at"] == datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
    assert [row["what"] for row in door.rows(audit_entry)] == ["intake.imported"]


def test_when_the_disk_is_full_earlier_batches_are_safe_and_the_next_run_goes_on(door: Door) -> None:
    rows = [LEEDS, DENTIST, *({**ANN, "external_id": str(number)} for number in range(1200))]
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

    with pytest.raises(IntakeStoppedError) as stopped:
        door.take(*rows)
    assert "run the same import again" in stopped.value.advice
    assert len(door.rows(patient)) == 498
    full.clear()
    outcomes = door.take(*rows)
    assert (outcomes.count(UNCHANGED), outcomes.count(TAKEN)) == (500, 702)
    assert len(door.rows(patient)) == 1200


def test_the_more_a_row_says_of_consents_the_fewer_are_written_at_once(door: Door) -> None:
    plain = [LEEDS, DENTIST, *({**ANN, "external_id": str(number)} for number in range(600))]
    no = [{"channel": channel, "purpose": "promotions"} for channel in ("sms", "email")]
    heavy = [{**ANN, "external_id": f"h{number}", "opted_out": no} for number in range(60)]
    odd: list[object] = [{**ANN, "opted_out": 3}, None, []]
    sizes: list[int] = []
    run_import(
        door.database,
        door.intake,
        SERVER,
        (Incoming("rows", line, row) for line, row in enumerate([*plain, *heavy, *odd])),  # type: ignore[arg-type]  # any JSON
        source="pms",
        door="test",
        on_batch=lambda outcomes: sizes.append(len(outcomes)),
    )
    assert sum(sizes) == len(plain) + len(heavy) + len(odd)
    # 102 plain rows are followed by as many heavy ones as make 500 with them, at 9 a row.
    assert sizes == [500, 102 + 44, 16 + 3]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from([str(row["kind"]) for row in EVERYTHING])
NEARLY = st.builds(
    lambda row, name, value: {**row, name: value},
    st.sampled_from(EVERYTHING),
    st.sampled_from(
        ["external_id", "patient", "status", "born_on", "starts_at", "name", "amount_pence", "tags", "mobile"]
    ),
    JSON,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(JSON | NEARLY, max_size=12))
def test_whatever_comes_in_each_row_has_one_outcome(door: Door, rows: list[object]) -> None:
    outcomes = door.take(*rows)
    assert len(outcomes) == len(rows)
    assert all(each.words for each in door.outcomes if each.outcome is REFUSED)


def test_postgresql_knows_of_many_rows_while_they_come_in(door: Door) -> None:
    """Nobody looks at the sizes of tables in the tests' PostgreSQL but the import itself."""
    if door.database.engine.dialect.name != "postgresql":
        return
    known = text("SELECT reltuples FROM pg_class WHERE relname = 'patient'")

    def take(count: int) -> float:
        door.take(LEEDS, DENTIST, *({**ANN, "external_id": str(number)} for number in range(count)))
        with door.database.read() as connection:
            return float(connection.execute(known).scalar_one())

    assert take(10) == -1, "a batch is no reason to look"
    assert take(600) >= 498
