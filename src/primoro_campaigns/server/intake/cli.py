"""``primoro-campaigns server import`` and ``server export``."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from primoro_campaigns.domain.errors import NotFoundError, PrimoroError
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.intake import csv_file, export, fhir, store
from primoro_campaigns.server.intake.csv_field import FIELDS, Habit
from primoro_campaigns.server.intake.incoming import Incoming, RowOutcome
from primoro_campaigns.server.intake.report import ReportFile
from primoro_campaigns.server.intake.service import IntakeService, Tally, run_import
from primoro_campaigns.server.opening import add_place_options, opened, place_of
from primoro_campaigns.wire.intake import Outcome

ALL_TAKEN, NOTHING_READ, SOME_REFUSED, INTERRUPTED = 0, 2, 3, 130
"""Exit statuses. Where the database itself gives out it is 1, as for every command."""

_SHOWN = 20
"""So many different things are shown of what was refused, and of what was left out; a report names all."""

_ROWS_A_LINE = 2_000


def add_import_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``import`` and ``export`` to the server's commands."""
    importing = commands.add_parser(
        "import",
        help="take in patients from FHIR bulk files or a CSV file",
        epilog=f"The fields of a CSV file: {', '.join(FIELDS)}. A yes to messages counts only with "
        "consent_how and consent_wording, and never lifts a no. Run again, an import changes nothing that is "
        "in already. "
        f"Exit status: {ALL_TAKEN} all taken in, {NOTHING_READ} nothing to take in, {SOME_REFUSED} some rows "
        f"refused, {INTERRUPTED} stopped, 1 not possible.",
    )
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
        _check_location(database, arguments.location)
        return _run(database, intake, rows, door, arguments)


def _rows(database: Database, arguments: argparse.Namespace) -> tuple[Iterator[Incoming], str]:
    with database.read() as connection:
        habits = store.habits(connection)
    if arguments.fhir is not None:
        if arguments.map or arguments.map_file:
            raise csv_file.CsvError(
                "A mapping is for the columns of a CSV file.",
                "Leave it out for --fhir, or name a --csv file.",
            )
        folder = fhir.look_into(arguments.fhir)
        if folder.left_aside:
            sys.stderr.write(f"Left aside: {', '.join(folder.left_aside)}.\n")
        return fhir.rows(folder, today=database.clock.now().date(), country=habits.country), "fhir"
    file = csv_file.look_into(arguments.csv, csv_file.mapping_of(arguments.map, arguments.map_file))
    if file.remark:
        sys.stderr.write(f"{file.remark}\n")
    return csv_file.rows(file, Habit(month_first=habits.country == "US")), "csv"


def _check_location(database: Database, name: str | None) -> None:
    """A name that is mistyped makes no location: it is only made where there is none at all."""
    with database.read() as connection:
        names = sorted(store.location_labels(connection).values())
        known = store.locations_by_name(connection)
    if name is not None and known and name.casefold() not in known:
        raise NotFoundError(
            f"There is no location “{name}”.",
            f"Nothing was changed. There are: {', '.join(names)}.",
            "intake.location_unknown",
        )


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
    if tally.rows == 0:
        sys.stderr.write(
            "There are no rows in what was named.\n"
            "Nothing was changed. Look whether the export was complete, and repeat the import.\n"
        )
        return NOTHING_READ
    _summarise(tally, progress)
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


class _Told:
    """What was said of rows, in the order in which it first came, and of how many."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], int] = {}
        self._times: dict[tuple[str, str], int] = {}
        self._unshown = 0

    def add(self, row: RowOutcome) -> None:
        key = (row.file, row.words)
        if key in self._first:
            self._times[key] += 1
        elif len(self._first) < _SHOWN:
            self._first[key], self._times[key] = row.line, 1
        else:
            self._unshown += 1

    def lines(self) -> Iterator[str]:
        for (file, words), line in self._first.items():
            more = self._times[file, words] - 1
            yield f"{file}, line {line}{f' and {more:,} more' if more else ''}: {words}"
        if self._unshown:
            yield f"… and {_count(self._unshown, 'row')} more; --report FILE names them all."


class _Progress:
    """How far the import is, on standard error, and for the end what was refused and what was left out."""

    def __init__(self) -> None:
        self.refused = _Told()
        self.left_out = _Told()
        self._rows = 0
        self._said = 0
        self._on_a_terminal = sys.stderr.isatty()

    def heard(self, outcomes: Sequence[RowOutcome]) -> None:
        self._rows += len(outcomes)
        for each in outcomes:
            if each.outcome is Outcome.REFUSED:
                self.refused.add(each)
            elif each.words:
                self.left_out.add(each)
        if self._on_a_terminal:
            sys.stderr.write(f"\r{self._rows:,} rows …")
            sys.stderr.flush()
        elif self._rows - self._said >= _ROWS_A_LINE:
            self._said = self._rows
            sys.stderr.write(f"{self._rows:,} rows …\n")

    def end(self) -> None:
        if self._on_a_terminal and self._rows:
            sys.stderr.write("\n")


def _summarise(tally: Tally, progress: _Progress) -> None:
    counts = tally.counts
    kinds = ", ".join(_count(count, kind.replace("_", " ")) for kind, count in tally.kinds.items())
    said = [
        f"{_count(tally.rows, 'row')}. Taken: {counts[Outcome.TAKEN]:,}, "
        f"changed: {counts[Outcome.CHANGED]:,}, unchanged: {counts[Outcome.UNCHANGED]:,}, "
        f"refused: {counts[Outcome.REFUSED]:,}."
    ]
    if kinds:
        said.append(f"In: {kinds}.")
    said.extend(_listed("Taken in, but for this:", progress.left_out))
    said.extend(_listed("Refused:", progress.refused))
    if counts[Outcome.REFUSED]:
        said.append(
            "What was refused changed nothing, and everything else is safely in. Put it right where the data "
            "comes from and run the same import again: what is in already stays as it is."
        )
    sys.stdout.write("\n".join(said) + "\n")


def _listed(heading: str, told: _Told) -> list[str]:
    lines = [f"  {line}" for line in told.lines()]
    return [heading, *lines] if lines else []


def _count(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else f'{one}s'}"


def _export(arguments: argparse.Namespace) -> int:
    with opened(place_of(arguments)) as (database, _key):
        path, count = export.export(database, SERVER, arguments.out)
    sys.stdout.write(f"Wrote {count:,} patients to {path}.\n")
    return 0


def _say(error: PrimoroError) -> None:
    sys.stderr.write(f"{error.title}\n{error.advice}\n")
