"""``primoro-campaigns server audit verify``."""

import argparse
import sys

from primoro_campaigns.server.consent.verify import verify
from primoro_campaigns.server.opening import add_place_options, opened, place_of


def add_audit_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``audit`` to the server's commands."""
    auditing = commands.add_parser("audit", help="check the record of who may be written to")
    acts = auditing.add_subparsers(title="commands", metavar="COMMAND", required=True)
    verifying = acts.add_parser(
        "verify",
        help="check that no entry about consent was changed, and that what is in force is what they say",
    )
    add_place_options(verifying)
    verifying.set_defaults(run=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    with opened(place_of(arguments)) as (database, key), database.read() as connection:
        verdict = verify(connection, key.for_hashes)
    if verdict.holds:
        entries = "1 entry" if verdict.entries == 1 else f"{verdict.entries} entries"
        sys.stdout.write(f"The record of consent holds: {entries}.\n")
        return 0
    who = f"First at the patient {verdict.patient_id}.\n" if verdict.patient_id else ""
    sys.stderr.write(
        f"{verdict.problem}\n{who}Nothing was changed. "
        "Keep a copy of the database as it is, and find out who could write to it.\n"
    )
    return 1
