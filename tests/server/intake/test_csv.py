"""CSV files as spreadsheets and practice systems really write them, and what goes wrong with them."""

import csv
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.errors import NotAllowedError
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.consent.tables import permission, restriction
from primoro_campaigns.server.intake import csv_file
from primoro_campaigns.server.intake.csv_field import FIELDS, Habit
from primoro_campaigns.server.intake.csv_file import CsvError
from primoro_campaigns.server.intake.export import ExportError, export
from primoro_campaigns.server.intake.incoming import FileGoneError, Unreadable
from primoro_campaigns.server.intake.tables import intake_refusal
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.storage.patient_facts import tags_of
from primoro_campaigns.wire.intake import Outcome
from tests.server.intake.conftest import Door
from tests.server.practice import actor

TAKEN, CHANGED, UNCHANGED, REFUSED = Outcome.TAKEN, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.REFUSED
BRITISH = Habit()

Sheet = Callable[..., Path]


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    """Write a file: ``sheet("a,b", "1,2")`` as lines, bytes as they are."""

    def write(*lines: str | bytes, name: str = "patients.csv") -> Path:
        path = tmp_path / name
        whole = (line if isinstance(line, bytes) else f"{line}\r\n".encode() for line in lines)
        path.write_bytes(b"".join(whole))
        return path

    return write


def take(
    door: Door, path: Path, mapping: dict[str, str] | None = None, habit: Habit = BRITISH
) -> list[Outcome]:
    door.run(csv_file.rows(csv_file.look_into(path, mapping or {}), habit))
    return [each.outcome for each in door.outcomes]


HEADING = "external_id,given_name,family_name,email,born_on"
ANN = "1,Ann,Ash,ann@example.com,17/05/1980"
BEN = "2,Ben,Birch,,"


def test_columns_are_found_by_a_mapping_whatever_else_is_in_the_file(door: Door, sheet: Sheet) -> None:
    path = sheet(
        "Patient No;SURNAME;Forename;Born;Gender;Active?;E-Mail;Tags",
        '77;"Ash; Smith";Ann;17.05.1980;F;Left;ANN@Example.COM;VIP| staff family',
    )
    mapping = {
        "external_id": "patient no",
        "family_name": "Surname",
        "given_name": "Forename",
        "born_on": "Born",
        "status": "Active?",
        "email": "E-mail",
        "tags": "Tags",
    }
    assert take(door, path, mapping) == [TAKEN]
    row = door.row(patient, "77")
    assert (row["family_name"], row["given_name"], row["born_on"]) == ("Ash; Smith", "Ann", date(1980, 5, 17))
    assert (row["status"], row["email"]) == ("inactive", "ANN@example.com")
    assert tags_of(str(row["tags"])) == {"VIP", "staff family"}
    assert take(door, path, mapping) == [UNCHANGED]


def test_without_a_mapping_the_headings_are_our_fields(door: Door, sheet: Sheet) -> None:
    assert take(door, sheet(HEADING, ANN, BEN)) == [TAKEN, TAKEN]
    assert door.row(patient, "1")["email"] == "ann@example.com"
    # An empty cell is told: there is none. A column that is not there is not told.
    assert take(door, sheet("external_id,email", "1,")) == [CHANGED]
    row = door.row(patient, "1")
    assert (row["email"], row["family_name"]) == (None, "Ash")


def test_the_patients_number_stands_in_for_an_id(door: Door, sheet: Sheet) -> None:
    assert take(door, sheet("number,family_name", "77,Ash")) == [TAKEN]
    assert door.row(patient, "77")["number"] == "77"


TEXT = f"{HEADING}\n1,Zoë,Núñez-O’Brien,,\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TEXT.encode(), ""),
        (TEXT.encode("utf-8-sig"), ""),
        (TEXT.encode("utf-16"), ""),
        (TEXT.encode("cp1252"), "is not in UTF-8; it is read as Windows-1252"),
        (TEXT.replace("\n", "\r").encode(), ""),
        (TEXT.replace(",", "\t").encode(), ""),
        (TEXT.replace(",", ";").encode(), ""),
        (TEXT.strip().encode(), ""),
    ],
    ids=["utf-8", "mark", "utf-16", "windows", "old mac", "tabs", "semicolons", "no last line break"],
)
def test_every_way_programs_write_text_is_read(sheet: Sheet, content: bytes, told: str) -> None:
    file = csv_file.look_into(sheet(content), {})
    assert told in file.remark
    assert bool(told) == bool(file.remark)
    ((name, family),) = (
        (each.content["given_name"], each.content["family_name"])
        for each in csv_file.rows(file, BRITISH)
        if isinstance(each.content, dict)
    )
    assert (name, family) == ("Zoë", "Núñez-O’Brien")


def test_one_broken_character_spoils_its_own_row_alone(door: Door, sheet: Sheet) -> None:
    broken = "3,J\xe9r\xf4me,Ash,,\r\n".encode("latin-1")
    assert take(door, sheet(HEADING, "1,Zoë,Núñez,,", "2,Siân,Ó Néill,,", broken)) == [TAKEN, TAKEN, REFUSED]
    assert door.row(patient, "1")["family_name"] == "Núñez"
    refused = door.outcomes[2]
    assert (refused.code, refused.external_id) == ("intake.characters", "3")


def test_a_file_cut_off_in_the_middle_of_a_character_is_still_utf_8(door: Door, sheet: Sheet) -> None:
    cut = "2,Zo\xeb".encode()[:-1]
    assert take(door, sheet(HEADING, "1,Siân,Ash,,", cut)) == [TAKEN, REFUSED]
    assert "it was cut off" in door.outcomes[1].words


BAD: list[tuple[str, str, str]] = [
    ("101,Ann,Ash,ann@example.com", "intake.row_length", "The row has 4 cells, the heading has 5."),
    ("102,Ann,Ash,,,surplus", "intake.row_length", "The row has 6 cells, the heading has 5."),
    ("103,Ann,Ash,,31/02/1980", "intake.row_invalid", "“born_on” is no day of the calendar."),
    ("104,Ann,Ash,,80", "intake.row_invalid", "“born_on” must be a day such as 17/05/1980"),
    ("105,Ann,Ash,,1/1/0980", "intake.row_invalid", "“born_on” must lie between 1850 and 2200."),
    (",Ann,Ash,,", "intake.row_invalid", "“external_id” is empty."),
    ("  ,Ann,Ash,,", "intake.row_invalid", "“external_id” is empty."),
    (f"106,{'x' * 100_000},Ash,,", "intake.row_invalid", "“given_name” has more than 400 characters."),
    (f"107,{'x' * 200_000},Ash,,", "intake.line_too_long", "A cell is longer than any can be."),
    (f"108,{'x' * 1_000_000},Ash,,", "intake.line_too_long", "The line is longer than any row can be."),
    ('110,"Ann"x,Ash,,', "intake.quote_stray", "A quotation mark stands where none may be."),
    ('109,"Ann,Ash,,', "intake.quote_open", "A quotation mark is opened and never closed."),
    (f"{'9' * 300},\x00,Ash", "intake.row_length", "The row has 3 cells"),
]


def test_a_bad_row_is_refused_in_words_and_stops_nothing(door: Door, sheet: Sheet) -> None:
    lines = [line for number, (bad, _, _) in enumerate(BAD) for line in (f"g{number},Ann,Ash,,", bad)]
    assert take(door, sheet(HEADING, *lines, "last,Ann,Ash,,")) == [TAKEN, REFUSED] * len(BAD) + [TAKEN]
    for number, (_, code, words) in enumerate(BAD):
        refused = door.outcomes[number * 2 + 1]
        assert (refused.line, refused.code) == (number * 2 + 3, code)
        assert words in refused.words
    assert len(door.rows(patient)) == len(BAD) + 1
    assert len(door.rows(intake_refusal)) == len(BAD)


def test_a_quoted_cell_may_go_over_lines_and_an_open_quote_costs_one(door: Door, sheet: Sheet) -> None:
    path = sheet(
        HEADING, '1,"Ann', 'Mary",Ash,,', '2,"Ben,Birch,,', *(f"{each},Cy,Cox,," for each in range(3, 40))
    )
    outcomes = take(door, path)
    assert outcomes == [TAKEN, REFUSED] + [TAKEN] * 37
    assert door.row(patient, "1")["given_name"] == "Ann Mary"
    assert [each.line for each in door.outcomes[:3]] == [2, 4, 5]


def test_the_rows_of_nobody_are_passed_over(door: Door, sheet: Sheet) -> None:
    assert take(door, sheet(HEADING, ",,,,", "", ANN, "  , ,,,", "2,Ben,Birch,,,,,")) == [TAKEN, TAKEN]


def test_the_second_row_of_one_number_is_refused(door: Door, sheet: Sheet) -> None:
    # Taken in, Bob would have got Ann's yes, or Ann his address.
    head = "external_id,given_name,email,consent_email,consent_how,consent_wording"
    path = sheet(
        head, "1,Ann,ann@example.com,yes,Form,I agree", " 1 ,Bob,bob@example.com,,,", "2,Cy,,,,", "1,Di,,,,"
    )
    assert take(door, path) == [TAKEN, REFUSED, TAKEN, REFUSED]
    assert {each.code for each in door.outcomes if each.words} == {"intake.repeated"}
    assert door.row(patient, "1")["email"] == "ann@example.com"
    # A row that could not be read does not stand in the way of the right one.
    assert take(door, sheet(HEADING, "3,Ed,Elm,,99/99/1999", "3,Ed,Elm,,9/9/1999")) == [REFUSED, TAKEN]


def test_days_are_read_as_they_are_written_where_the_file_comes_from(door: Door, sheet: Sheet) -> None:
    rows = [
        f"{number},{text}" for number, text in enumerate(["03/04/1980", "3.4.1980", "1980-04-03 00:00:00"])
    ]
    take(door, sheet("external_id,born_on", *rows))
    assert {row["born_on"] for row in door.rows(patient)} == {date(1980, 4, 3)}
    take(door, sheet("external_id,born_on", "9,03/04/1980"), habit=Habit(month_first=True))
    assert door.row(patient, "9")["born_on"] == date(1980, 3, 4)


CONSENTS = "external_id,consent_email,consent_sms,consent_how,consent_wording,no_promotions,no_newsletters"


def test_consents_come_in_with_their_evidence_and_withdrawals_without(door: Door, sheet: Sheet) -> None:
    path = sheet(
        CONSENTS,
        "1,yes,no,Form of 2024,I would like offers,,",
        "2,yes,yes,,,,",
        "3,yes,,Form,,,",
        "4,,,,,yes,x",
        "5,,,,,no,n",
        "6,maybe,,,,,",
    )
    assert take(door, path) == [TAKEN] * 5 + [REFUSED]
    numbers = {row["id"]: row["external_id"] for row in door.rows(patient)}
    said = {
        (numbers[row["patient_id"]], row["channel"], row["purpose"]): (row["state"], row["wording"])
        for row in door.rows(permission)
    }
    assert said == {
        ("1", "email", "promotions"): ("opted_in", "I would like offers"),
        ("1", "email", "newsletters"): ("opted_in", "I would like offers"),
        ("1", "sms", "promotions"): ("opted_out", ""),
        ("1", "sms", "newsletters"): ("opted_out", ""),
    }
    stops = {(numbers[row["patient_id"]], row["purpose"]) for row in door.rows(restriction)}
    assert stops == {("4", "promotions"), ("4", "newsletters")}
    # Without evidence the answer is not known (domain.md L05), and that is said.
    assert [each.code for each in door.outcomes] == [
        "",
        "intake.left_out",
        "intake.left_out",
        "",
        "",
        "intake.row_invalid",
    ]
    assert "was left as not known" in door.outcomes[1].words


def test_a_later_file_that_says_yes_or_nothing_revives_no_no(door: Door, sheet: Sheet) -> None:
    take(door, sheet(CONSENTS, "1,no,,,,yes,", "2,,,,,,"))
    with door.database.write() as uow:
        patient_id = str(door.row(patient, "2")["id"])
        door.consent.permit(
            uow, SERVER, patient_id, Channel.SMS, Purpose.PROMOTIONS, PermissionState.OPTED_OUT
        )
    before = door.rows(restriction), [(row["id"], row["state"]) for row in door.rows(permission)]
    path = sheet(CONSENTS, "1,yes,,Form,I agree,no,no", "2,,yes,Form,I agree,,")
    take(door, path)
    after = door.rows(permission)
    assert door.rows(restriction) == before[0]
    assert [(row["id"], row["state"]) for row in after if row["state"] == "opted_out"] == before[1]
    # Newsletters by text are another question, and it was answered.
    assert [row["id"] for row in after if row["state"] == "opted_in"] == [f"{patient_id}:sms:newsletters"]
    assert [each.code for each in door.outcomes] == ["intake.no_kept", "intake.no_kept"]


@pytest.mark.parametrize(
    ("lines", "mapping", "title", "advice"),
    [
        (
            (HEADING,),
            {"external_id": "Nr"},
            "no column “Nr” for the field “external_id”",
            "Its columns are: exter",
        ),
        (
            (HEADING,),
            {"family_name": "family_name"},
            "No column is mapped",
            "the same person would come in twice",
        ),
        (("First,Last", "Ann,Ash"), {}, "No column is mapped", "The columns are: First, Last."),
        (
            ("No,First,First", "1,A,B"),
            {"number": "No", "given_name": "First"},
            "2 columns “First”",
            "Rename one",
        ),
        (("external_id,email,email", "1,A,B"), {}, "2 columns “email”", "Rename one of them"),
        ((b"",), {}, "is empty", "Export it again."),
        ((b"\xef\xbb\xbf\r\n",), {}, "is empty", "Export it again."),
        ((b"PK\x03\x04\x14\x00\x06\x00",), {}, "is not a CSV file", "save it as “CSV UTF-8”"),
        ((HEADING.encode("utf-16-le"),), {}, "is not a CSV file", "save it as “CSV UTF-8”"),
    ],
)
def test_a_file_or_mapping_that_cannot_be_right_changes_nothing(
    sheet: Sheet, lines: tuple[str | bytes, ...], mapping: dict[str, str], title: str, advice: str
) -> None:
    with pytest.raises(CsvError) as refused:
        csv_file.look_into(sheet(*lines), mapping)
    assert title in refused.value.title
    assert refused.value.advice.startswith("Nothing was changed. ")
    assert advice in refused.value.advice


def test_a_file_that_is_not_there_or_goes_away(door: Door, sheet: Sheet, tmp_path: Path) -> None:
    with pytest.raises(CsvError, match="nowhere"):
        csv_file.look_into(tmp_path / "nowhere.csv", {})
    path = sheet(HEADING, ANN)
    file = csv_file.look_into(path, {})
    path.unlink()
    with pytest.raises(FileGoneError) as gone:
        door.run(csv_file.rows(file, BRITISH))
    assert "run the same import again" in gone.value.advice


@pytest.mark.parametrize(
    ("pairs", "file", "title"),
    [
        (["surname=Surname"], None, "There is no field “surname”"),
        (["family_name"], None, "names a field and no column"),
        ([], '{"surname": "Surname"}', "There is no field “surname”"),
        ([], "[1]", "is not a JSON object of texts"),
        ([], '{"family_name": 5}', "is not a JSON object of texts"),
        ([], "{", "is not a JSON object of texts"),
    ],
)
def test_a_wrong_mapping_is_refused(tmp_path: Path, pairs: list[str], file: str | None, title: str) -> None:
    path = tmp_path / "mapping.json"
    if file is not None:
        path.write_text(file)
    with pytest.raises(CsvError) as refused:
        csv_file.mapping_of(pairs, None if file is None else path)
    assert title in refused.value.title
    assert refused.value.advice.startswith("Nothing was changed. ")


def test_pairs_go_over_a_mapping_file(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text('\ufeff{"family_name": "Surname", "number": "No"}', encoding="utf-8")
    assert csv_file.mapping_of(["family_name = Last name"], path) == {
        "family_name": "Last name",
        "number": "No",
    }
    with pytest.raises(CsvError, match="cannot be read"):
        csv_file.mapping_of([], tmp_path / "nowhere.json")


FORMULAS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", '=HYPERLINK("http://x")']


def test_formulas_come_in_as_text_and_go_out_as_text(door: Door, tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    with path.open("w", newline="") as text:
        csv.writer(text).writerows(
            [
                ["external_id", "family_name", "mobile"],
                *([each, each, "+44 7700 900123"] for each in FORMULAS),
            ]
        )
    assert take(door, path) == [TAKEN] * len(FORMULAS)
    assert {row["family_name"] for row in door.rows(patient)} == set(FORMULAS)
    written, _ = export(door.database, SERVER, tmp_path)
    with written.open(encoding="utf-8-sig", newline="") as text:
        cells = [cell for row in csv.reader(text) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert {f"'{each}" for each in FORMULAS} < set(cells)
    # The mark in front goes away again on the way in.
    assert take(door, written) == [UNCHANGED] * len(FORMULAS)
    assert {row["family_name"] for row in door.rows(patient)} == set(FORMULAS)
    assert {row["mobile_e164"] for row in door.rows(patient)} == {"+447700900123"}


def test_what_was_exported_comes_back_as_it_was(door: Door, tmp_path: Path) -> None:
    leeds = {"kind": "location", "external_id": "L1", "name": "Leeds"}
    york = {"kind": "location", "external_id": "L2", "name": "York"}
    dentist = {"kind": "practitioner", "external_id": "D1", "name": "Dr Jo Bell"}
    people: list[dict[str, object]] = [
        {
            "kind": "patient",
            "external_id": str(number),
            "family_name": "Núñez, “O'Brien”\n",
            "born_on": "1980-05-17",
            "email": "ann@example.com",
            "mobile": "07700 900123",
            "location": "L1" if number % 2 else "L2",
            "practitioner": "D1",
            "household": "H1",
            "is_head_of_household": number == 1,
            "preferred_channel": "sms",
            "tags": ["VIP", "staff family"],
            "recall_due_on": "2026-09-01",
            "status": "inactive",
            "restricted": ["promotions"],
            "opted_out": [{"channel": "sms", "purpose": "promotions"}],
        }
        for number in range(1, 6)
    ]
    door.take(leeds, york, dentist, *people)
    before = door.rows(patient), door.rows(restriction), door.rows(permission)
    path, count = export(door.database, SERVER, tmp_path)
    assert (path.name, count) == ("patients.csv", 5)
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0
    take(door, path)
    assert [each.words for each in door.outcomes if each.words] == []
    ignored = {"intake_hash", "change_seq"}

    def bare(rows: list[dict[str, object]]) -> dict[object, dict[str, object]]:
        return {
            row["id"]: {name: value for name, value in row.items() if name not in ignored} for row in rows
        }

    assert bare(door.rows(patient)) == bare(before[0])
    assert door.rows(restriction) == before[1]
    # A no by text says no to newsletters by text as well: the file has one column for both.
    assert len(door.rows(permission)) == 2 * len(before[2])
    assert take(door, path) == [UNCHANGED] * 5


def test_an_export_needs_its_right_and_is_audited_before_it_is_written(door: Door, tmp_path: Path) -> None:
    door.take({"kind": "patient", "external_id": "1", "family_name": "Ash"})
    for role in (Role.RECEPTION, Role.TREATMENT_COORDINATOR):
        with pytest.raises(NotAllowedError):
            export(door.database, actor(role), tmp_path / "out")
    assert not (tmp_path / "out").exists()
    export(door.database, actor(Role.MANAGER, name="Morgan Hale"), tmp_path / "out")
    (entry,) = (row for row in door.rows(audit_entry) if row["what"] == "patient.exported")
    assert (entry["by_name"], entry["words"]) == ("Morgan Hale", "Exported all patients as CSV: 1.")
    (tmp_path / "taken").write_text("")
    with pytest.raises(ExportError) as refused:
        export(door.database, SERVER, tmp_path / "taken")
    assert "No file was left there." in refused.value.advice
    assert len([row for row in door.rows(audit_entry) if row["what"] == "patient.exported"]) == 2


def test_an_export_names_two_locations_of_one_name_apart(door: Door, tmp_path: Path) -> None:
    for key in ("L1", "L2"):
        door.take({"kind": "location", "external_id": key, "name": "Leeds"})
        door.take({"kind": "patient", "external_id": key, "location": key})
    places = {row["external_id"]: row["location_id"] for row in door.rows(patient)}
    path, _ = export(door.database, SERVER, tmp_path)
    take(door, path)
    assert {row["external_id"]: row["location_id"] for row in door.rows(patient)} == places
    assert len(door.rows(location)) == 2


CELLS = st.text(max_size=12) | st.sampled_from(['"', ",", "\n", "yes", "17/05/1980", "=x", "\x00", "\ufeff"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.lists(st.lists(CELLS, max_size=6), max_size=8), fields=st.permutations(FIELDS))
def test_whatever_a_file_holds_each_row_is_read_or_refused_in_words(
    tmp_path: Path, table: list[list[str]], fields: list[str]
) -> None:
    path = tmp_path / "any.csv"
    heading = ["external_id", *fields[:3]]
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as text:
        text.write(",".join(dict.fromkeys(heading)) + "\n")
        text.writelines(",".join(row) + "\n" for row in table)
    for each in csv_file.rows(csv_file.look_into(path, {}), BRITISH):
        if isinstance(each.content, Unreadable):
            assert each.content.words
        else:
            assert "external_id" in dict(each.content)  # type: ignore[arg-type]  # a row, not any JSON
