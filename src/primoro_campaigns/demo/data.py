"""``primoro-campaigns demo-data``: a made-up practice, in a server's database or as FHIR bulk files."""

import argparse
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from primoro_campaigns.demo.practice.bulk_files import write_bulk_files
from primoro_campaigns.demo.practice.practice import STAFF, make_practice
from primoro_campaigns.domain.account.right import ROLE_WORDS
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.opening import add_place_options, opened, place_of
from primoro_campaigns.support.clock import SystemClock

MOST_PATIENTS = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when it was made, 1 when it was refused, 2 for wrong options."""
    parser = argparse.ArgumentParser(
        prog="primoro-campaigns demo-data",
        description="Make up a practice in an empty server database, or as FHIR bulk files. "
        "The same seed on the same day makes the same patients. Nothing is sent to any of them.",
    )
    parser.add_argument("--patients", type=_patients, required=True, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    add_place_options(parser)
    parser.add_argument("--fhir-out", type=Path, metavar="DIR", help="write bulk files instead of a database")
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password of the made-up users from standard input; otherwise one is made and shown",
    )
    given = parser.parse_args(arguments)
    if given.fhir_out is None and not hasattr(given, "data") and not hasattr(given, "database"):
        parser.error("say where: --data DIR, --database URL or --fhir-out DIR")
    try:
        return _files(given) if given.fhir_out is not None else _database(given)
    except PrimoroError as error:
        sys.stderr.write(f"{error.title}\n{error.advice}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped half-way. Delete what was made and start again.\n")
        return 130


def _patients(text: str) -> int:
    count = int(text.replace(",", "").replace("_", ""))
    if not 1 <= count <= MOST_PATIENTS:
        raise argparse.ArgumentTypeError(f"must be between 1 and {MOST_PATIENTS:,}")
    return count


def _progress(made: int) -> None:
    sys.stderr.write(f"{made:,} patients …\n")


def _files(given: argparse.Namespace) -> int:
    made = write_bulk_files(
        given.fhir_out,
        patients=given.patients,
        seed=given.seed,
        now=SystemClock().now(),
        on_progress=_progress,
    )
    sys.stdout.write(f"Wrote {made:,} patients to {given.fhir_out}.\n")
    return 0


def _database(given: argparse.Namespace) -> int:
    secret = sys.stdin.readline().rstrip("\r\n") if given.password_stdin else secrets.token_urlsafe(9)
    with opened(place_of(given)) as (database, key):
        made = make_practice(
            database,
            key,
            patients=given.patients,
            seed=given.seed,
            passwords=dict.fromkeys(STAFF, secret),
            on_progress=_progress,
        )
    sys.stdout.write(f"Made {made.patients:,} patients at {len(made.locations)} locations.\n")
    for name, (display_name, role) in STAFF.items():
        sys.stdout.write(f"Sign in as {name}: {display_name}, {ROLE_WORDS[role]}.\n")
    if not given.password_stdin:
        sys.stdout.write(f"The password of all of them: {secret}\n")
    return 0
