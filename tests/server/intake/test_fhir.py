"""FHIR R4 bulk files: an export comes in whole, nothing is made up, and what cannot be read is said."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.intake import fhir, ndjson
from primoro_campaigns.server.intake.fhir import NothingToImportError
from primoro_campaigns.server.intake.incoming import FileGoneError
from primoro_campaigns.server.patient.tables import appointment, encounter, patient, practitioner
from primoro_campaigns.wire.intake import Outcome
from tests.server.intake import export_from_abroad
from tests.server.intake.conftest import Door

TAKEN, CHANGED, UNCHANGED, REFUSED = Outcome.TAKEN, Outcome.CHANGED, Outcome.UNCHANGED, Outcome.REFUSED

Bulk = Callable[..., Path]

WHOLE = export_from_abroad.whole()
EXPORTS = ["made up", *(["whole"] if WHOLE is not None else [])]


@pytest.fixture(params=EXPORTS)
def export(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, export_from_abroad.Size]:
    """An export with numbers of the United States; the whole one only where it is at hand."""
    if request.param == "whole" and WHOLE is not None:
        return WHOLE, export_from_abroad.WHOLE
    return export_from_abroad.make(tmp_path / "export"), export_from_abroad.MADE


def test_an_export_comes_in_whole_and_nobody_is_given_an_address(
    door: Door, export: tuple[Path, export_from_abroad.Size]
) -> None:
    folder, size = export
    tally = door.take_fhir(folder)
    assert tally.counts == {TAKEN: tally.rows, CHANGED: 0, UNCHANGED: 0, REFUSED: 0}
    assert [each.words for each in door.outcomes if each.words] == []
    assert len(door.rows(location)) == size.organizations
    assert len(door.rows(practitioner)) == size.practitioners
    told = {str(each["id"]): each for each in export_from_abroad.resources(folder, "Patient")}
    people = {str(row["external_id"]): row for row in door.rows(patient)}
    assert people.keys() == told.keys()
    assert len(people) == size.patients
    for key, row in people.items():
        assert (row["email"], row["email_state"], row["mobile"], row["mobile_state"]) == (
            None,
            "none",
            None,
            "none",
        )
        (number,) = (each["value"] for each in _of(told[key], "telecom"))
        assert row["landline"] == number
        assert row["landline_e164"] == "+1" + "".join(each for each in str(number) if each.isdigit())
        address = _of(told[key], "address")[0]
        assert (row["town"], row["postcode"]) == (address["city"], address.get("postalCode", ""))
        died = bool(told[key].get("deceasedDateTime") or told[key].get("deceasedBoolean"))
        assert row["status"] == ("deceased" if died else "active")
        assert str(row["born_on"]) == told[key]["birthDate"]
    # Nobody said anything about messages: not known is not recorded as anything else.
    assert door.rows(permission) == []


def test_every_encounter_is_with_its_patient_and_shows_in_the_last_visit(
    door: Door, export: tuple[Path, export_from_abroad.Size]
) -> None:
    folder, size = export
    door.take_fhir(folder)
    ours = {str(row["id"]): row for row in door.rows(patient)}
    visits = Counter(str(ours[str(row["patient_id"])]["external_id"]) for row in door.rows(encounter))
    told = export_from_abroad.resources(folder, "Encounter")
    assert visits.total() == size.encounters
    assert visits == Counter(_key(each, "subject") for each in told)
    last: dict[str, datetime] = {}
    places: dict[str, Counter[str]] = {}
    for each in told:
        period = each["period"]
        assert isinstance(period, dict)
        start = datetime.fromisoformat(period["start"])
        person = _key(each, "subject")
        last[person] = max(start, last.get(person, start))
        places.setdefault(person, Counter())[_key(each, "serviceProvider")] += 1
    zone = ZoneInfo("Europe/London")
    names = {str(row["id"]): str(row["external_id"]).removeprefix("pms:") for row in door.rows(location)}
    for row in ours.values():
        person = str(row["external_id"])
        assert row["last_visit_on"] == last[person].astimezone(zone).date()
        # Nothing says where the patients belong: they belong where they were seen most.
        assert places[person][names[str(row["location_id"])]] == max(places[person].values())


def test_the_same_export_again_changes_nothing(
    door: Door, export: tuple[Path, export_from_abroad.Size]
) -> None:
    folder, _size = export
    rows = door.take_fhir(folder).rows
    before = door.seq()
    assert door.take_fhir(folder).counts[UNCHANGED] == rows
    assert door.seq() == before


ANN: dict[str, object] = {"id": "1", "name": [{"family": "Ash", "given": ["Ann"]}]}
LEEDS: dict[str, object] = {
    "id": "L1",
    "name": "Leeds",
    "telecom": [{"system": "phone", "value": "0113 496 0000"}],
    "address": [{"city": "Leeds"}],
}
BELL: dict[str, object] = {
    "id": "D1",
    "name": [{"family": "Bell", "given": ["Jo", "Q."], "prefix": ["Dr"]}],
}


def visit(key: str, place: str, day: str = "2026-01-05", person: str = "1") -> dict[str, object]:
    return {
        "id": key,
        "status": "finished",
        "subject": {"reference": f"Patient/{person}"},
        "period": {"start": f"{day}T10:00:00Z"},
        "serviceProvider": {"reference": f"Organization/{place}"},
    }


REACHED: list[tuple[list[object], tuple[str | None, str | None, str | None]]] = [
    ([{"system": "email", "value": "ann@example.org"}], ("ann@example.org", None, None)),
    ([{"system": "phone", "use": "mobile", "value": "07700 900123"}], (None, "07700 900123", None)),
    ([{"system": "sms", "value": "07700 900123"}], (None, "07700 900123", None)),
    ([{"system": "phone", "use": "home", "value": "07700 900123"}], (None, None, "07700 900123")),
    # Where the use is not said, the number itself tells.
    ([{"system": "phone", "value": "07700 900123"}], (None, "07700 900123", None)),
    ([{"system": "phone", "value": "0113 496 0123"}], (None, None, "0113 496 0123")),
    (
        [
            {"system": "email", "value": "old@example.org", "use": "old"},
            {"system": "email", "value": "ended@example.org", "period": {"end": "2025-12-31"}},
            {"system": "email", "value": "second@example.org", "rank": 2},
            {"system": "email", "value": "first@example.org", "rank": 1},
            {"system": "fax", "value": "0113 496 0999"},
            {"system": "phone", "use": "mobile"},
        ],
        ("first@example.org", None, None),
    ),
    ([], (None, None, None)),
]


def test_ways_to_reach_a_patient(door: Door, bulk: Bulk) -> None:
    told = [{**ANN, "id": str(number), "telecom": telecom} for number, (telecom, _) in enumerate(REACHED)]
    door.take_fhir(bulk(Patient=told))
    rows = {int(str(row["external_id"])): row for row in door.rows(patient)}
    found = [tuple(rows[each][name] for name in ("email", "mobile", "landline")) for each in range(len(rows))]
    assert found == [expected for _, expected in REACHED]


READ: list[tuple[dict[str, object], dict[str, object]]] = [
    ({"active": False}, {"status": "inactive"}),
    ({"deceasedBoolean": True, "active": False}, {"status": "deceased"}),
    ({"deceasedDateTime": "2020"}, {"status": "deceased"}),
    ({"deceasedBoolean": False}, {"status": "active"}),
    # A year alone is not made up to a day.
    ({"birthDate": "1980"}, {"born_on": None}),
    ({"birthDate": "1980-05"}, {"born_on": None}),
    ({"name": []}, {"given_name": "", "family_name": ""}),
    ({"name": [{"text": "Ann Ash"}]}, {"given_name": "", "family_name": "Ann Ash"}),
    (
        {
            "name": [
                {"use": "nickname", "given": ["Annie"]},
                {"use": "usual", "family": "Ash", "given": [None, "Anna"], "prefix": ["Dr"]},
            ]
        },
        {"given_name": "Anna", "family_name": "Ash", "title": "Dr"},
    ),
    (
        {
            "address": [
                {"use": "billing", "city": "Hull"},
                {"use": "home", "line": ["1 High St", None, "Flat 2"], "city": "York", "country": "UK"},
            ]
        },
        {"address_line": "1 High St, Flat 2", "town": "York", "country": "GB"},
    ),
    ({"address": [{"use": "old", "city": "Hull"}]}, {"town": ""}),
    (
        {"identifier": [{"value": "x"}, {"type": {"coding": [{"code": "MR"}]}, "value": "77"}]},
        {"number": "77"},
    ),
    ({"telecom": None, "address": None, "name": None}, {"family_name": "", "town": "", "email": None}),
]


def test_what_is_read_of_a_patient(door: Door, bulk: Bulk) -> None:
    door.take_fhir(
        bulk(Patient=[{**ANN, **told, "id": str(number)} for number, (told, _) in enumerate(READ)])
    )
    for number, (_, expected) in enumerate(READ):
        row = door.row(patient, str(number))
        assert {name: row[name] for name in expected} == expected


def test_what_a_resource_no_longer_says_is_taken_away(door: Door, bulk: Bulk) -> None:
    telecom = [{"system": "email", "value": "ann@example.org"}]
    door.take_fhir(bulk(Patient=[{**ANN, "telecom": telecom, "birthDate": "1980-05-17"}]))
    assert door.take_fhir(bulk(Patient=[ANN])).counts[CHANGED] == 1
    row = door.row(patient, "1")
    assert (row["email"], row["email_state"], row["born_on"]) == (None, "none", None)


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("booked", "booked"),
        ("fulfilled", "attended"),
        ("noshow", "missed"),
        ("entered-in-error", "cancelled"),
    ],
)
def test_appointments(door: Door, bulk: Bulk, status: str, kept: str) -> None:
    actors = ["Location/L1", "Practitioner/D1", "Patient/1"]
    told = {
        "id": "A1",
        "status": status,
        "description": "Crown",
        "created": "2026-02-01T09:00:00Z",
        "start": "2026-04-01T09:00:00+01:00",
        "participant": [{"actor": {"reference": each}} for each in actors],
    }
    folder = bulk(Organization=[LEEDS], Practitioner=[BELL], Patient=[ANN], Appointment=[told])
    door.take_fhir(folder)
    (row,) = door.rows(appointment)
    assert (row["status"], row["description"]) == (kept, "Crown")
    assert row["starts_at"] == datetime(2026, 4, 1, 8, tzinfo=UTC)
    assert row["booked_at"] == datetime(2026, 2, 1, 9, tzinfo=UTC)
    assert row["location_id"] == door.row(location, "pms:L1")["id"]
    assert row["practitioner_id"] == door.row(practitioner, "D1")["id"]


def test_an_appointment_of_nobody_is_refused(door: Door, bulk: Bulk) -> None:
    told = {"id": "A1", "status": "booked", "start": "2026-04-01T09:00:00Z", "participant": []}
    door.take_fhir(bulk(Appointment=[told]))
    assert [each.words for each in door.outcomes] == ["“patient” is missing."]


def test_a_practitioner_who_is_not_here_is_left_out_and_said(door: Door, bulk: Bulk) -> None:
    looked_after = {**ANN, "generalPractitioner": [{"reference": "Practitioner/gone"}]}
    door.take_fhir(bulk(Practitioner=[BELL], Patient=[looked_after]))
    assert [each.outcome for each in door.outcomes] == [TAKEN, TAKEN]
    assert door.outcomes[1].code == "intake.practitioner_unknown"
    assert "“gone” is not here" in door.outcomes[1].words
    assert door.row(patient, "1")["practitioner_id"] is None


def test_an_export_of_what_changed_lately_keeps_the_practitioner(door: Door, bulk: Bulk) -> None:
    looked_after = {**ANN, "generalPractitioner": [{"reference": "Practitioner/D1"}]}
    door.take_fhir(bulk(Practitioner=[BELL], Patient=[looked_after]))
    door.take_fhir(
        bulk(Practitioner=[{**BELL, "id": "D2"}], Patient=[looked_after, {**looked_after, "id": "2"}])
    )
    assert door.row(patient, "2")["practitioner_id"] == door.row(practitioner, "D1")["id"]


def test_an_organisation_or_a_role_is_no_practitioner(door: Door, bulk: Bulk) -> None:
    told = [
        {"reference": "Organization/L1"},
        {"reference": "PractitionerRole/9"},
        {"reference": "urn:uuid:L1"},
    ]
    door.take_fhir(bulk(Organization=[LEEDS], Patient=[{**ANN, "generalPractitioner": told}]))
    assert [each.words for each in door.outcomes] == ["", ""]


def test_who_is_on_file_is_not_moved_by_the_visits_of_one_export(door: Door, bulk: Bulk) -> None:
    york = {"id": "L2", "name": "York"}
    visits = [visit("E1", "L1"), visit("E2", "L1"), visit("E3", "L2")]
    door.take_fhir(bulk(Organization=[LEEDS, york], Patient=[ANN], Encounter=visits))
    leeds = door.row(location, "pms:L1")["id"]
    assert door.row(patient, "1")["location_id"] == leeds
    lately = bulk(
        Organization=[york], Patient=[{**ANN, "birthDate": "1980-05-17"}], Encounter=[visit("E4", "L2")]
    )
    assert door.take_fhir(lately).counts[REFUSED] == 0
    assert door.row(patient, "1")["location_id"] == leeds


def test_who_has_a_managing_organisation_goes_where_it_says(door: Door, bulk: Bulk) -> None:
    york = {"id": "L2", "name": "York"}
    at_leeds = {**ANN, "managingOrganization": {"reference": "Organization/L1"}}
    at_york = {**ANN, "managingOrganization": {"reference": "Organization/L2"}}
    visits = [visit("E1", "L2"), visit("E2", "L2")]
    door.take_fhir(bulk(Organization=[LEEDS, york], Patient=[at_leeds], Encounter=visits))
    assert door.row(patient, "1")["location_id"] == door.row(location, "pms:L1")["id"]
    # Also when the organisation itself came with an earlier export.
    door.take_fhir(bulk(Organization=[LEEDS], Patient=[at_york], Encounter=[]))
    assert door.row(patient, "1")["location_id"] == door.row(location, "pms:L2")["id"]


def test_an_organisation_with_locations_does_not_say_at_which_one_a_patient_is(
    door: Door, bulk: Bulk
) -> None:
    sites = [
        {"id": each, "name": each, "managingOrganization": {"reference": "Organization/L1"}}
        for each in ("North", "South")
    ]
    at = {**ANN, "managingOrganization": {"reference": "Organization/L1"}}
    here = {**visit("E1", "L1"), "location": [{"location": {"reference": "Location/South"}}]}
    door.take_fhir(
        bulk(Organization=[LEEDS], Location=sites, Patient=[at, {**at, "id": "2"}], Encounter=[here])
    )
    assert door.row(patient, "1")["location_id"] == door.row(location, "pms:South")["id"]
    assert door.row(patient, "2")["location_id"] == door.row(location, "pms:North")["id"]


def test_an_unknown_managing_organisation_never_puts_a_patient_elsewhere_unsaid(
    door: Door, bulk: Bulk
) -> None:
    lost = {**ANN, "managingOrganization": {"reference": "Organization/gone"}}
    door.take_fhir(bulk(Organization=[LEEDS], Patient=[lost, {**ANN, "id": "2"}]))
    assert [each.outcome for each in door.outcomes] == [TAKEN, REFUSED, TAKEN]
    assert "“gone” is not here" in door.outcomes[1].words
    # Where visits say where the patient belongs, they do, and the rest is said.
    door.take_fhir(bulk(Organization=[LEEDS], Patient=[lost], Encounter=[visit("E1", "L1")]))
    assert door.row(patient, "1")["location_id"] == door.row(location, "pms:L1")["id"]
    assert "“gone” is not here" in door.outcomes[1].words


def test_a_location_keeps_the_number_that_an_export_does_not_tell(door: Door, bulk: Bulk) -> None:
    door.take_fhir(bulk(Organization=[LEEDS]))
    door.take_fhir(bulk(Organization=[{"id": "L1", "name": "Leeds North"}]))
    row = door.row(location, "pms:L1")
    assert (row["name"], row["phone"], row["town"]) == ("Leeds North", "0113 496 0000", "Leeds")


GOOD = json.dumps({"resourceType": "Patient", **ANN})
BAD: list[tuple[str | bytes, str, str]] = [
    (GOOD[:40], "intake.not_json", "The line is not JSON."),
    ("garbage", "intake.not_json", "Export the file again"),
    ("[" * 100_000, "intake.not_json", "The line is not JSON."),
    ("[1, 2]", "intake.wrong_resource", "This is no FHIR Patient."),
    ("null", "intake.wrong_resource", "This is no FHIR Patient."),
    ('{"resourceType": "Observation", "id": "1"}', "intake.wrong_resource", "This is no FHIR Patient."),
    ('{"resourceType": "Patient"}', "intake.row_invalid", "“id” is missing."),
    ('{"resourceType": "Patient", "id": ""}', "intake.row_invalid", "“id” is empty."),
    ('{"resourceType": "Patient", "id": 7}', "intake.row_invalid", "“id” must be a text."),
    (GOOD.replace('"Ann"', "5"), "intake.row_invalid", "“name.0.given.0” must be a text."),
    (
        GOOD.replace("Ash", "A" * 1_000_000),
        "intake.row_invalid",
        "“family_name” has more than 400 characters.",
    ),
    (GOOD.replace("Ash", "A" * ndjson.LONGEST_LINE), "intake.line_too_long", "longer than any record"),
    (GOOD.replace("Ash", "Müller").encode("latin-1"), "intake.characters", "The line is not in UTF-8."),
    (GOOD.encode("utf-16"), "intake.characters", "Export the file again as UTF-8."),
]


def test_a_bad_line_is_refused_in_words_and_stops_nothing(door: Door, bulk: Bulk) -> None:
    people = [{**ANN, "id": str(number)} for number in range(len(BAD))]
    door.take_fhir(
        bulk(Patient=[line for each in zip(people, BAD, strict=True) for line in (each[0], each[1][0])])
    )
    assert [each.outcome for each in door.outcomes] == [TAKEN, REFUSED] * len(BAD)
    for number, (_, code, words) in enumerate(BAD):
        refused = door.outcomes[number * 2 + 1]
        found = (refused.file, refused.line, refused.kind, refused.code)
        assert found == ("Patient.ndjson", number * 2 + 2, "patient", code)
        assert words in refused.words
    assert len(door.rows(patient)) == len(BAD)


def test_a_refused_line_is_named_by_its_id_where_it_has_one(door: Door, bulk: Bulk) -> None:
    door.take_fhir(bulk(Patient=[{**ANN, "id": "who", "birthDate": 5}]))
    assert [each.external_id for each in door.outcomes] == ["who"]


def test_a_file_that_was_cut_off_says_so_and_the_whole_one_completes_it(door: Door, bulk: Bulk) -> None:
    folder = bulk(Patient=[{**ANN, "id": str(number)} for number in range(3)])
    file = folder / "Patient.ndjson"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - 20])
    door.take_fhir(folder)
    assert [each.outcome for each in door.outcomes] == [TAKEN, TAKEN, REFUSED]
    assert door.outcomes[2].code == "intake.cut_off"
    file.write_bytes(whole)
    door.take_fhir(folder)
    assert [each.outcome for each in door.outcomes] == [UNCHANGED, UNCHANGED, TAKEN]


def test_marks_blank_lines_and_line_breaks_of_other_systems_are_passed_over(door: Door, bulk: Bulk) -> None:
    folder = bulk(Patient=[])
    second = GOOD.replace('"1"', '"2"')
    (folder / "Patient.ndjson").write_bytes(f"\ufeff{GOOD}\r\n\r\n  \n{second}".encode())
    door.take_fhir(folder)
    assert [(each.line, each.outcome) for each in door.outcomes] == [(1, TAKEN), (4, TAKEN)]


def test_a_patient_twice_in_one_file_ends_as_the_last_line_says(door: Door, bulk: Bulk) -> None:
    door.take_fhir(bulk(Patient=[ANN, {**ANN, "birthDate": "1980-05-17"}]))
    assert [each.outcome for each in door.outcomes] == [TAKEN, CHANGED]
    assert str(door.row(patient, "1")["born_on"]) == "1980-05-17"


def test_an_encounter_without_its_patient_is_refused_until_the_patient_is_there(
    door: Door, bulk: Bulk
) -> None:
    folder = bulk(Encounter=[visit("E1", "L1")], Organization=[LEEDS])
    door.take_fhir(folder)
    assert [each.outcome for each in door.outcomes] == [TAKEN, REFUSED]
    assert "The patient “1” is not here." in door.outcomes[1].words
    door.take_fhir(bulk(Patient=[ANN]))
    assert [each.outcome for each in door.outcomes] == [UNCHANGED, TAKEN, TAKEN]


def test_files_are_known_by_name_or_by_their_first_line(tmp_path: Path) -> None:
    for name, text in {
        "2026-Patient-1.ndjson": GOOD,
        "export.000.ndjson": GOOD,
        "Location.ndjson": "",
        "Observation.ndjson": '{"resourceType": "Observation"}',
        "odd.ndjson": "not JSON",
        "void.ndjson": "",
        "readme.txt": "",
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "Practitioner.ndjson").mkdir()
    folder = fhir.look_into(tmp_path)
    assert [(kind, path.name) for kind, path in folder.files] == [
        ("Location", "Location.ndjson"),
        ("Patient", "2026-Patient-1.ndjson"),
        ("Patient", "export.000.ndjson"),
    ]
    assert folder.left_aside == ("Observation.ndjson", "odd.ndjson", "void.ndjson")


@pytest.mark.parametrize("name", ["empty", "nowhere", "file"])
def test_a_folder_without_files_says_what_belongs_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(NothingToImportError) as refused:
        fhir.look_into(tmp_path / name)
    assert f"“{name}”" in refused.value.title
    assert refused.value.advice.startswith("Nothing was changed. Name the folder")


def test_a_file_that_goes_away_half_way_leaves_what_was_taken_in(door: Door, bulk: Bulk) -> None:
    folder = bulk(Organization=[LEEDS], Patient=[ANN])
    found = fhir.look_into(folder)
    (folder / "Patient.ndjson").unlink()
    with pytest.raises(FileGoneError) as gone:
        door.run(fhir.rows(found, today=door.database.clock.now().date(), country="GB"))
    assert "“Patient.ndjson”" in gone.value.title
    assert "run the same import again" in gone.value.advice


def _of(resource: dict[str, object], name: str) -> list[dict[str, object]]:
    found = resource.get(name, [])
    assert isinstance(found, list)
    return found


def _key(resource: dict[str, object], name: str) -> str:
    reference = resource[name]
    assert isinstance(reference, dict)
    return str(reference["reference"]).rpartition(":")[2]
