"""The command: it starts the program that was asked for, and loads nothing else."""

import subprocess
import sys

import pytest

from primoro_campaigns import __main__ as command


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_command_itself_loads_none_of_the_programs() -> None:
    done = run(
        "import sys; from primoro_campaigns.__main__ import main; main(['--version']);"
        "heavy = {'sqlalchemy', 'pydantic', 'fastapi', 'PySide6', 'requests', 'keyring', 'phonenumbers'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert done.returncode == 0, done.stderr
    version, loaded = done.stdout.splitlines()
    assert version.startswith("Primoro Campaigns 0.")
    assert loaded == "[]"


def test_an_unknown_program_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["servre"]) == 2
    assert "There is no program “servre”." in capsys.readouterr().err


def test_help_names_every_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--help"]) == 0
    told = capsys.readouterr().out
    for program in ("server", "demo", "demo-data", "--version"):
        assert program in told


@pytest.mark.parametrize(
    ("arguments", "library", "extra"), [("['server']", "fastapi", "server"), ("[]", "PySide6", "desktop")]
)
def test_a_missing_library_is_told_with_what_to_install(arguments: str, library: str, extra: str) -> None:
    done = run(
        f"import sys; sys.modules['{library}'] = None\n"
        f"from primoro_campaigns.__main__ import main; sys.exit(main({arguments}))"
    )
    assert done.returncode == 1
    assert library in done.stderr
    assert f"primoro-campaigns[{extra}]" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_server_has_its_own_help() -> None:
    done = run("from primoro_campaigns.__main__ import main; main(['server', '--help'])")
    assert done.returncode == 0
    for word in ("create-user", "configure", "import", "export", "--data", "--database", "--port"):
        assert word in done.stdout
