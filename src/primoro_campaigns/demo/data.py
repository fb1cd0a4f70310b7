"""``primoro-campaigns demo-data``: a made-up practice, in a server's database or as FHIR bulk files."""

import argparse
import secrets
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

from primoro_campaigns.demo.practice.bulk_files import write_bulk_files
from primoro_campaigns.demo.practice.practice import STAFF, make_practice
from primoro_campaigns.domain.account.right import ROLE_WORDS
from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.opening import add_place_options, opened, place_of
from primoro_campaigns.support.clock import Clock, FixedClock, SystemClock

MOST_PATIENTS = 1_000_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status 0 when it was made, 1 when it was refused, 2 for wrong options."""
    parser = argparse.ArgumentParser(
        prog="primoro-campaigns demo-data",
        description="Make up a practice in an empty server database, or as FHIR bulk files. "
        "The same seed as of the same day makes the same patients. Nothing is sent to any of them: their "
        "telephone numbers are those that Ofcom keeps for drama, their addresses at example domains.",
    )
    parser.add_argument(
        "--patients",
        type=_patients,
        required=True,
        metavar="N",
        help=f"how many, at most {MOST_PATIENTS:,}; a thousand take about half a second and 6 MB",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="another one makes other patients")
    parser.add_argument(
        "--as-of",
        type=_day,
        metavar="DAY",
        help="the day as of which they are as old and as long ago seen as made up (2026-03-03); today",
    )
    add_place_options(parser)
    parser.add_argument("--fhir-out", type=Path, metavar="DIR", help="write bulk files instead of a database")
    parser.add_argument(
        "--distinct-mobiles",
        action="store_true",
        help="for measurements alone: a mobile number of one's own for everybody, of a range that no network "
        "has been given yet; Ofcom keeps a thousand for drama, so that many would share one otherwise",
    )
    parser.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password of the made-up users from standard input; otherwise one is made and shown",
    )
    given = parser.parse_args(arguments)
    in_a_database = hasattr(given, "data") or hasattr(given, "database")
    if (given.fhir_out is not None) is in_a_database:
        parser.error("say where: --data DIR or --database URL, or else --fhir-out DIR")
    try:
        return _files(given) if given.fhir_out is not None else _database(given)
    except PrimoroError as error:
        sys.stderr.write(f"{error.title}\n{error.advice}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped half-way. Delete what was made and start again.\n")
        return 130


def _patients(text: str) -> int:
    digits = text.replace(",", "").replace("_", "")
    if not digits.isdecimal() or not 1 <= int(digits) <= MOST_PATIENTS:
        raise argparse.ArgumentTypeError(f"must be a number between 1 and {MOST_PATIENTS:,}")
    return int(digits)


def _day(text: str) -> datetime:
    """Noon of that day."""
    try:
        return datetime.combine(date.fromisoformat(text), time(12), UTC)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a day such as 2026-03-03") from None


def _clock(given: argparse.Namespace) -> Clock:
    return SystemClock() if given.as_of is None else FixedClock(given.as_of)


def _progress(made: int) -> None:
    sys.stderr.write(f"{made:,} patients …\n")


def _files(given: argparse.Namespace) -> int:
    made = write_bulk_files(
        given.fhir_out,
        patients=given.patients,
        seed=given.seed,
        now=_clock(given).now(),
        distinct_mobiles=given.distinct_mobiles,
        on_progress=_progress,
    )
    sys.stdout.write(f"Wrote {made:,} patients to {given.fhir_out}.\n")
    return 0


def _database(given: argparse.Namespace) -> int:
    secret = sys.stdin.readline().rstrip("\r\n") if given.password_stdin else secrets.token_urlsafe(9)
    with opened(place_of(given), _clock(given)) as (database, key):
        made = make_practice(
            database,
            key,
            patients=given.patients,
            seed=given.seed,
            passwords=dict.fromkeys(STAFF, secret),
            distinct_mobiles=given.distinct_mobiles,
            on_progress=_progress,
        )
    sys.stdout.write(f"Made {made.patients:,} patients at {len(made.locations)} locations.\n")
    for name, (display_name, role) in STAFF.items():
        sys.stdout.write(f"Sign in as {name}: {display_name}, {ROLE_WORDS[role]}.\n")
    if not given.password_stdin:
        sys.stdout.write(f"The password of all of them: {secret}\n")
    return 0
