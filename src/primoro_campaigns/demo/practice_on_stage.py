"""Opening a made-up practice on the stage: data in from files, people who may sign in, channels to the
catchers.
"""

import json
import secrets
from pathlib import Path

from primoro_campaigns.demo.cast import CONSENT_COLUMNS, write_bulk_files, write_consents
from primoro_campaigns.demo.played_desktop import PlayedDesktop
from primoro_campaigns.demo.stage import Stage

RECEPTION = "riley"
MANAGER = "morgan"
PRACTICE = "Hillside Dental Care"
SEED = 7


def add_people(stage: Stage) -> dict[str, str]:
    """A receptionist and a manager, with passwords made up for this rehearsal."""
    passwords = {}
    for person, role in ((MANAGER, "manager"), (RECEPTION, "reception")):
        passwords[person] = secrets.token_urlsafe(12)
        stage.command(
            "server",
            "create-user",
            *stage.place(),
            *("--username", person, "--name", person.title(), "--role", role),
            *("--organisation", PRACTICE, "--location-name", "Hillside"),
            "--password-stdin",
            given=passwords[person] + "\n",
        )
    return passwords


def write_files(stage: Stage, patients: int) -> tuple[Path, Path, int]:
    """Bulk files of a made-up practice with the cast in it, and the consents.

    Returns them and the number of patients.
    """
    files, consents = stage.work / "bulk", stage.work / "consents.csv"
    stage.command("demo-data", "--patients", str(patients), "--seed", str(SEED), "--fhir-out", str(files))
    written = write_bulk_files(files)
    write_consents(files, consents)
    return files, consents, written


def take_in(stage: Stage, files: Path) -> dict[str, object]:
    """Import the bulk files; the report, read from the file the import writes."""
    return _import(stage, "--fhir", str(files))


def take_in_consents(stage: Stage, consents: Path) -> dict[str, object]:
    """Import what patients said, for the patients of the bulk files."""
    mapping = [word for field, column in CONSENT_COLUMNS.items() for word in ("--map", f"{field}={column}")]
    return _import(stage, "--csv", str(consents), *mapping)


def open_practice(stage: Stage, patients: int) -> dict[str, str]:
    """The whole opening, up to the running server. Returns the passwords."""
    files, consents, _ = write_files(stage, patients)
    passwords = add_people(stage)
    stage.configure()
    take_in(stage, files)
    take_in_consents(stage, consents)
    stage.start_server()
    return passwords


def sign_in(desk: PlayedDesktop, person: str, password: str) -> None:
    """Type the name and the password, and wait for the list of patients."""
    desk.write("sign_in.username", person)
    desk.write("sign_in.password", password)
    desk.click("sign_in.submit")
    desk.sees("patients.search", patience_s=60)


def _import(stage: Stage, *words: str) -> dict[str, object]:
    report = stage.work / "import-report.json"
    stage.command("server", "import", *stage.place(), *words, "--report", str(report), accept=(0, 3))
    found: dict[str, object] = json.loads(report.read_text(encoding="utf-8"))
    return found
