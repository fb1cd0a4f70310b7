"""``server import`` and ``server export``, as an administrator uses them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from primoro_campaigns.server import cli
from primoro_campaigns.server.account.tables import location
from primoro_campaigns.server.audit.tables import audit_entry
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.intake.tables import intake_run
from primoro_campaigns.server.patient.tables import encounter, patient, practitioner
from tests.server.intake import export_from_abroad
from tests.server.intake.export_from_abroad import MADE

Bulk = Callable[..., Path]


@dataclass(frozen=True)
class Told:
    status: int
    out: str
    err: str


class Administrator:
    """Somebody at the command line of the server's computer. ``database`` is looked into from outside."""

    def __init__(self, database: Database, data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.database = database
        self._capsys = capsys
        url = database.engine.url.render_as_string(hide_password=False)
        self._place = ["--data", str(data_dir), "--database", url]

    def runs(self, command: str, *arguments: object) -> Told:
        """Within this process: it is quicker."""
        status = cli.main([command, *self._place, *map(str, arguments)])
        shown = self._capsys.readouterr()
        return Told(status, shown.out, shown.err)

    def starts(self, command: str, *arguments: object) -> "subprocess.Popen[str]":
        words = [sys.executable, "-m", "primoro_campaigns", "server", command]
        return subprocess.Popen(
            [*words, *self._place, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )

    def count(self, table: object = patient) -> int:
        with self.database.read() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()  # type: ignore[arg-type]  # a table


@pytest.fixture
def administrator(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Administrator:
    return Administrator(database, tmp_path / "data", capsys)


ROWS = MADE.patients + MADE.encounters + MADE.organizations + MADE.practitioners


def test_a_folder_of_bulk_files_comes_in_and_again_changes_nothing(
    administrator: Administrator, tmp_path: Path
) -> None:
    folder = export_from_abroad.make(tmp_path / "bulk")
    (folder / "Observation.ndjson").write_text('{"resourceType": "Observation"}\n')
    report = tmp_path / "report.json"
    with administrator.starts("import", "--fhir", folder, "--report", report) as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "Left aside: Observation.ndjson.\n")
    assert out == (
        f"{ROWS} rows. Taken: {ROWS}, changed: 0, unchanged: 0, refused: 0.\n"
        "In: 3 locations, 4 practitioners, 24 patients, 216 encounters.\n"
    )
    assert (administrator.count(), administrator.count(encounter)) == (24, 216)
    told = json.loads(report.read_text("utf-8"))
    assert told["counts"] == {"taken": ROWS, "changed": 0, "unchanged": 0, "refused": 0}
    assert len(told["rows"]) == ROWS
    assert told["rows"][-1] == {
        "file": "Encounter.ndjson",
        "line": 216,
        "kind": "encounter",
        "external_id": "enc-23-8",
        "outcome": "taken",
        "code": "",
        "words": "",
    }
    if os.name == "posix":
        assert report.stat().st_mode & 0o077 == 0
    again = administrator.runs("import", "--fhir", folder)
    assert again.out.startswith(f"{ROWS} rows. Taken: 0, changed: 0, unchanged: {ROWS}, refused: 0.\n")
    with administrator.database.read() as connection:
        assert len(connection.execute(select(audit_entry)).all()) == 1


def test_what_was_refused_and_left_out_is_said_in_words_one_can_act_on(
    administrator: Administrator, tmp_path: Path
) -> None:
    path = tmp_path / "patients.csv"
    rows = ["No,Name,Dentist,Practice", "1,Ash,Dr No,", "2,Birch", "3,Cox", "4,Dee,,Nowhere", "5,Elm,,"]
    path.write_text("\n".join(rows) + "\n")
    mapping = ["external_id=No", "family_name=Name", "practitioner=Dentist", "location=Practice"]
    report = tmp_path / "report.json"
    arguments = ["--csv", path, *(word for pair in mapping for word in ("--map", pair)), "--report", report]
    told = administrator.runs("import", *arguments)
    assert (told.status, told.err) == (3, "")
    assert told.out == (
        "5 rows. Taken: 2, changed: 0, unchanged: 0, refused: 3.\n"
        "In: 2 patients.\n"
        "Taken in, but for this:\n"
        "  patients.csv, line 2: The practitioner “Dr No” is not here and was left out.\n"
        "Refused:\n"
        "  patients.csv, line 3 and 1 more: The row has 2 cells, the heading has 4.\n"
        "  patients.csv, line 5: The location “Nowhere” is not here. Add it first, or import the locations, "
        "and repeat the import.\n"
        "What was refused changed nothing, and everything else is safely in. Put it right where the data "
        "comes from and run the same import again: what is in already stays as it is.\n"
    )
    refused = [row for row in json.loads(report.read_text("utf-8"))["rows"] if row["outcome"] == "refused"]
    assert [(row["line"], row["external_id"], row["code"]) for row in refused] == [
        (3, "2", "intake.row_length"),
        (4, "3", "intake.row_length"),
        (5, "4", "intake.location_unknown"),
    ]
    path.write_text("\n".join([*rows[:2], "2,Birch,,", "3,Cox,,", "4,Dee,,", rows[-1]]) + "\n")
    assert administrator.runs("import", *arguments).status == 0
    assert administrator.count() == 5


def test_a_thousand_different_refusals_do_not_fill_the_screen(
    administrator: Administrator, tmp_path: Path
) -> None:
    path = tmp_path / "patients.csv"
    path.write_text("external_id,location\n" + "".join(f"{each},Place {each}\n" for each in range(1000)))
    told = administrator.runs("import", "--csv", path)
    assert told.status == 3
    assert len(told.out.splitlines()) == 1 + 1 + 20 + 1 + 1
    assert "  … and 980 rows more; --report FILE names them all.\n" in told.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fhir", "nowhere"], "There is no folder “nowhere”.\nNothing was changed. "),
        (["--fhir", "."], "There are no FHIR bulk files in the folder"),
        (["--fhir", ".", "--map", "external_id=No"], "A mapping is for the columns of a CSV file.\n"),
        (["--csv", "nowhere.csv"], "The file “nowhere.csv” cannot be read.\nNothing was changed. "),
        (["--csv", "empty.csv"], "The file “empty.csv” is empty.\nNothing was changed. Export it again."),
        (["--csv", "some.csv"], "No column is mapped to “external_id” or “number”.\nNothing was changed. "),
        (
            ["--csv", "some.csv", "--map", "number=Nr"],
            "The file has no column “Nr” for the field “number”.\n",
        ),
        (["--csv", "bare.csv"], "There are no rows in what was named.\nNothing was changed. "),
    ],
)
def test_what_cannot_be_an_import_changes_nothing(
    administrator: Administrator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, text in {"empty.csv": "", "some.csv": "No,Name\n1,Ash\n", "bare.csv": "external_id\n"}.items():
        (folder / name).write_text(text)
    told = administrator.runs("import", *arguments)
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith(words)
    assert administrator.count() == 0


def test_a_location_is_never_made_by_a_slip_of_the_pen(administrator: Administrator, tmp_path: Path) -> None:
    path = tmp_path / "patients.csv"
    path.write_text("external_id\n1\n")
    # The first import of all may name the practice.
    assert administrator.runs("import", "--csv", path, "--location", "Leeds").status == 0
    told = administrator.runs("import", "--csv", path, "--location", "Leads")
    assert told.status == 1
    assert told.err == "There is no location “Leads”.\nNothing was changed. There are: Leeds.\n"
    assert administrator.count(location) == 1


def test_a_report_that_cannot_be_written_is_said_before_anything_is_taken_in(
    administrator: Administrator, tmp_path: Path
) -> None:
    path = tmp_path / "patients.csv"
    path.write_text("external_id\n1\n")
    told = administrator.runs("import", "--csv", path, "--report", tmp_path / "no" / "report.json")
    assert told.status == 1
    assert told.err.startswith("The report cannot be written to “report.json”")
    assert administrator.count() == 0


@pytest.mark.parametrize("cut", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_is_cut_short_leaves_whole_batches_and_goes_on_when_run_again(
    administrator: Administrator, bulk: Bulk, tmp_path: Path, cut: signal.Signals
) -> None:
    folder = bulk(
        Practitioner=[{"id": f"d{each}", "name": [{"family": f"Bell {each}"}]} for each in range(2000)],
        Patient=[{"id": f"p{each}", "name": [{"family": f"Ash {each}"}]} for each in range(1500)],
    )
    report = tmp_path / "report.json"
    with administrator.starts("import", "--fhir", folder, "--report", report) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "2,000 rows …\n"
        process.send_signal(cut)
        _, err = process.communicate()
    if cut is signal.SIGKILL:
        assert process.returncode == -signal.SIGKILL
    else:
        assert process.returncode == 130
        assert err == "Stopped. What was taken in so far is safe; run the same import again to go on.\n"
    assert not report.exists()
    before = administrator.count()
    assert administrator.count(practitioner) == 2000
    assert before < 1500
    assert before % 500 == 0
    told = administrator.runs("import", "--fhir", folder, "--report", report)
    assert told.out.startswith(
        f"3,500 rows. Taken: {1500 - before:,}, changed: 0, unchanged: {2000 + before:,}, refused: 0.\n"
    )
    assert administrator.count() == 1500
    assert len(json.loads(report.read_text("utf-8"))["rows"]) == 3500
    with administrator.database.read() as connection:
        ends = connection.execute(select(intake_run.c.finished_at).order_by(intake_run.c.id)).scalars().all()
    assert [end is None for end in ends] == [True, False]


def test_patients_go_out_as_a_file_that_the_import_reads(
    administrator: Administrator, tmp_path: Path
) -> None:
    administrator.runs("import", "--fhir", export_from_abroad.make(tmp_path / "bulk"))
    told = administrator.runs("export", "--out", tmp_path / "out")
    path = tmp_path / "out" / "patients.csv"
    assert (told.status, told.out) == (0, f"Wrote 24 patients to {path}.\n")
    again = administrator.runs("import", "--csv", path)
    assert again.out.startswith("24 rows. Taken: 0, changed: 0, unchanged: 24, refused: 0.\n")


def test_help_names_the_fields_and_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["import", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "external_id, number, title, given_name" in told
    assert "Exit status: 0 all taken in, 2 nothing to take in, 3 some rows refused, 130 stopped" in told
