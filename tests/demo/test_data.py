"""``primoro-campaigns demo-data``."""

import io
import json
from pathlib import Path

import pytest
from sqlalchemy import func, select

from primoro_campaigns.demo import data
from primoro_campaigns.server.database.engine import open_engine
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import SystemClock

PASSWORD = "three quiet words"


def run(*arguments: object) -> int:
    return data.main([str(each) for each in arguments])


def test_bulk_files_are_the_same_for_the_same_seed_and_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, day in (("one", "2026-03-03"), ("two", "2026-03-03"), ("later", "2027-03-03")):
        assert run("--patients", "40", "--seed", 9, "--as-of", day, "--fhir-out", tmp_path / name) == 0
    assert f"Wrote 40 patients to {tmp_path / 'one'}.\n" in capsys.readouterr().out
    one, two, later = ((tmp_path / name / "Patient.ndjson").read_bytes() for name in ("one", "two", "later"))
    assert one == two != later
    assert len({json.loads(line)["id"] for line in one.splitlines()}) == 40


def test_a_practice_in_a_servers_folder_and_who_may_sign_in(
    server_database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--data", tmp_path / "data", "--database", server_database)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("--patients", "1_20", *place, "--password-stdin") == 0
    shown = capsys.readouterr()
    assert shown.out == (
        "Made 120 patients at 3 locations.\n"
        "Sign in as riley: Riley Shaw, Reception.\n"
        "Sign in as morgan: Morgan Hale, Manager.\n"
        "Sign in as olive: Olive Grant, Owner.\n"
    )
    assert PASSWORD not in shown.err
    assert (tmp_path / "data" / "server.key").exists()
    database = Database(open_engine(server_database), SystemClock())
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(patient)).scalar_one() == 120
    database.close()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert run("--patients", 120, *place, "--password-stdin") == 1
    assert capsys.readouterr().err == (
        "There is a practice in this database already.\n"
        "Nothing was changed. Made-up patients go into a folder or database of their own.\n"
    )


def test_a_password_is_made_up_and_shown_when_none_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--patients", 1, "--data", tmp_path) == 0
    assert "The password of all of them: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--patients"),
        (["--patients", "5"], "say where: --data DIR or --database URL, or else --fhir-out DIR"),
        (["--patients", "5", "--data", "d", "--fhir-out", "f"], "say where: --data DIR or --database URL"),
        (["--patients", "0", "--data", "d"], "must be a number between 1 and 1,000,000"),
        (["--patients", "1000001", "--data", "d"], "must be a number between 1 and 1,000,000"),
        (["--patients", "many", "--data", "d"], "must be a number between 1 and 1,000,000"),
        (["--patients", "5", "--as-of", "today", "--data", "d"], "must be a day such as 2026-03-03"),
    ],
)
def test_wrong_options_are_told_in_words(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as refused:
        run(*arguments)
    assert refused.value.code == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_help_says_what_each_option_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as shown:
        run("--help")
    assert shown.value.code == 0
    told = capsys.readouterr().out
    options = ("--patients", "--seed", "--as-of", "--data", "--database", "--fhir-out", "--distinct-mobiles")
    lines = " ".join(told.split())
    assert all(option in lines for option in options)
    assert "Nothing is sent to any of them" in lines


def test_a_folder_that_cannot_be_written_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Patient.ndjson").write_text("")
    assert run("--patients", 5, "--fhir-out", tmp_path) == 1
    assert capsys.readouterr().err.startswith("The made-up practice cannot be written to the folder")
