"""``primoro-campaigns server import`` and ``server export``."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.intake import csv_file, export, fhir, store
from primoro_campaigns.server.intake.csv_field import Habit
from primoro_campaigns.server.intake.incoming import Incoming, RowOutcome
from primoro_campaigns.server.intake.report import ReportFile
from primoro_campaigns.server.intake.service import IntakeService, Tally, run_import
from primoro_campaigns.server.opening import add_place_options, opened, place_of
from primoro_campaigns.wire.intake import Outcome

ALL_TAKEN, NOTHING_READ, SOME_REFUSED, INTERRUPTED = 0, 2, 3, 130
"""Exit statuses. Where the database itself gives out it is 1, as for every command."""

_SHOWN_REFUSALS = 20
_ROWS_A_LINE = 10_000


def add_import_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``import`` and ``export`` to the server's commands."""
    importing = commands.add_parser("import", help="take in patients from FHIR bulk files or a CSV file")
    add_place_options(importing)
    door = importing.add_mutually_exclusive_group(required=True)
    door.add_argument("--fhir", type=Path, metavar="DIR", help="a folder of FHIR R4 bulk files (NDJSON)")
    door.add_argument("--csv", type=Path, metavar="FILE", help="a CSV file with one patient a row")
    importing.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="which column of the CSV file is which field; again for each",
    )
    importing.add_argument(
        "--map-file", type=Path, metavar="FILE", help='the same as a JSON file: {"family_name": "Surname", …}'
    )
    importing.add_argument("--location", metavar="NAME", help="where patients go who name no location")
    importing.add_argument(
        "--source",
        default="pms",
        type=_source,
        metavar="NAME",
        help="the system whose patient numbers these are; the same each time (default: pms)",
    )
    importing.add_argument("--report", type=Path, metavar="FILE", help="write what became of each row (JSON)")
    importing.set_defaults(run=_import)
    exporting = commands.add_parser("export", help="write all patients as a CSV file")
    add_place_options(exporting)
    exporting.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for the file")
    exporting.set_defaults(run=_export)


def _source(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,40}", text):
        raise argparse.ArgumentTypeError("a source is a short word of letters, digits, dots and dashes")
    return text


def _import(arguments: argparse.Namespace) -> int:
    with opened(place_of(arguments)) as (database, key):
        intake = IntakeService(ConsentService(key.for_hashes))
        try:
            rows, door = _rows(database, arguments)
        except (fhir.NothingToImportError, csv_file.CsvError) as error:
            _say(error)
            return NOTHING_READ
        return _run(database, intake, rows, door, arguments)


def _rows(database: Database, arguments: argparse.Namespace) -> tuple[Iterator[Incoming], str]:
    with database.read() as connection:
        habits = store.habits(connection)
    if arguments.fhir is not None:
        folder = fhir.look_into(arguments.fhir)
        if folder.left_aside:
            sys.stderr.write(f"Left aside: {', '.join(folder.left_aside)}.\n")
        return fhir.rows(folder, today=database.clock.now().date(), country=habits.country), "fhir"
    file = csv_file.look_into(arguments.csv, csv_file.mapping_of(arguments.map, arguments.map_file))
    if file.remark:
        sys.stderr.write(f"{file.remark}\n")
    return csv_file.rows(file, Habit(month_first=habits.country == "US")), "csv"


def _run(
    database: Database,
    intake: IntakeService,
    rows: Iterator[Incoming],
    door: str,
    arguments: argparse.Namespace,
) -> int:
    progress = _Progress()
    with _report(arguments.report) as report:

        def heard(outcomes: Sequence[RowOutcome]) -> None:
            progress.heard(outcomes)
            if report is not None:
                report.add(outcomes)

        try:
            tally = run_import(
                database,
                intake,
                SERVER,
                rows,
                source=arguments.source,
                door=door,
                default_location=arguments.location,
                on_batch=heard,
            )
        except KeyboardInterrupt:
            progress.end()
            sys.stderr.write(
                "Stopped. What was taken in so far is safe; run the same import again to go on.\n"
            )
            return INTERRUPTED
        if report is not None:
            report.finish(tally)
    progress.end()
    _summarise(tally, progress.refused)
    if tally.rows == 0:
        sys.stderr.write("There were no rows to take in.\n")
        return NOTHING_READ
    return SOME_REFUSED if tally.counts[Outcome.REFUSED] else ALL_TAKEN


@contextmanager
def _report(path: Path | None) -> Iterator[ReportFile | None]:
    if path is None:
        yield None
        return
    report = ReportFile(path)
    try:
        yield report
    finally:
        report.close()


class _Progress:
    """How far the import is, on standard error, and the first refusals for the end."""

    def __init__(self) -> None:
        self.refused: list[RowOutcome] = []
        self._rows = 0
        self._said = 0
        self._on_a_terminal = sys.stderr.isatty()

    def heard(self, outcomes: Sequence[RowOutcome]) -> None:
        self._rows += len(outcomes)
        for each in outcomes:
            if each.outcome is Outcome.REFUSED and len(self.refused) < _SHOWN_REFUSALS:
                self.refused.append(each)
        if self._on_a_terminal:
            sys.stderr.write(f"\r{self._rows:,} rows …")
            sys.stderr.flush()
        elif self._rows - self._said >= _ROWS_A_LINE:
            self._said = self._rows
            sys.stderr.write(f"{self._rows:,} rows …\n")

    def end(self) -> None:
        if self._on_a_terminal and self._rows:
            sys.stderr.write("\n")


def _summarise(tally: Tally, refused: Sequence[RowOutcome]) -> None:
    counts = tally.counts
    kinds = ", ".join(f"{count:,} {_KIND_WORDS[kind]}" for kind, count in tally.kinds.items())
    sys.stdout.write(
        f"{tally.rows:,} rows. Taken: {counts[Outcome.TAKEN]:,}, changed: {counts[Outcome.CHANGED]:,}, "
        f"unchanged: {counts[Outcome.UNCHANGED]:,}, refused: {counts[Outcome.REFUSED]:,}.\n"
    )
    if kinds:
        sys.stdout.write(f"Read: {kinds}.\n")
    for each in refused:
        sys.stdout.write(f"{each.file}, line {each.line}: {each.words}\n")
    hidden = counts[Outcome.REFUSED] - len(refused)
    if hidden > 0:
        sys.stdout.write(f"… and {hidden:,} more; --report FILE names them all.\n")


_KIND_WORDS = {
    "location": "locations",
    "practitioner": "practitioners",
    "patient": "patients",
    "appointment": "appointments",
    "encounter": "encounters",
    "recall": "recalls",
    "planned_treatment": "planned treatments",
    "invoice": "invoices",
}


def _export(arguments: argparse.Namespace) -> int:
    with opened(place_of(arguments)) as (database, _key):
        path, count = export.export(database, SERVER, arguments.out)
    sys.stdout.write(f"Wrote {count:,} patients to {path}.\n")
    return 0


def _say(error: PrimoroError) -> None:
    sys.stderr.write(f"{error.title}\n{error.advice}\n")
