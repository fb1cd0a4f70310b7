"""``primoro-campaigns demo``: the product on this machine alone, with a made-up practice.

Without options it opens the desktop, signed in, over a server and catchers on loopback. With ``--scripted``
it
plays the whole story with nobody at the keys.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from primoro_campaigns.demo.practice_on_stage import MANAGER, open_practice, sign_in
from primoro_campaigns.demo.report import NotHeldError, Report
from primoro_campaigns.demo.stage import Stage, StageError
from primoro_campaigns.demo.story import tell

PATIENTS = 300
OURS = ("mail", "texts", "screens", "logs")
"""The folders in ``--out`` that belong to the story, and are begun afresh."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when all of it held, 1 when something did not."""
    parser = argparse.ArgumentParser(prog="primoro-campaigns demo", description=__doc__)
    parser.add_argument("--scripted", action="store_true", help="play the story with nobody at the keys")
    parser.add_argument(
        "--out", type=Path, help="where the story leaves its report, mail, texts and pictures"
    )
    parser.add_argument("--patients", type=int, default=PATIENTS, help="how many made-up patients")
    parser.add_argument(
        "--database", default="", metavar="URL", help="a PostgreSQL database instead of SQLite"
    )
    given = parser.parse_args(arguments)
    out: Path = given.out or Path(tempfile.mkdtemp(prefix="primoro-demo-"))
    if given.scripted:
        return _scripted(out, given.patients, given.database)
    return _played(out, given.patients)


def _scripted(out: Path, patients: int, database: str) -> int:
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    _begin_afresh(out)
    report = Report()
    try:
        with (
            tempfile.TemporaryDirectory(prefix="primoro-story-") as work,
            Stage(Path(work), out, database) as stage,
        ):
            tell(stage, report, patients)
    except (NotHeldError, StageError, RuntimeError, TimeoutError, OSError) as broken:
        _say(f"The story broke: {broken}")
    finally:
        report.save(out / "report.json")
    _say(f"{'All of it held.' if report.held else 'Not all of it held.'} See {out / 'report.json'}.")
    return 0 if report.held else 1


def _played(out: Path, patients: int) -> int:
    _say("Making a practice and starting its server; nothing leaves this machine …")
    with tempfile.TemporaryDirectory(prefix="primoro-demo-") as work, Stage(Path(work), out) as stage:
        passwords = open_practice(stage, patients)
        _say(f"Mail to patients is kept in {out / 'mail'}, texts in {out / 'texts'}.")
        with stage.desktop(MANAGER) as desk:
            sign_in(desk, MANAGER, passwords[MANAGER])
            _say("The desktop is open. Close its window to end the demo.")
            desk.wait_until_closed()
    return 0


def _begin_afresh(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in OURS:
        shutil.rmtree(out / name, ignore_errors=True)
    (out / "report.json").unlink(missing_ok=True)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
