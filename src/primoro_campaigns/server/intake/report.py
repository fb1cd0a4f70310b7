"""The report of an import, row by row, written while the import goes on."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.intake.incoming import RowOutcome
from primoro_campaigns.server.intake.service import Tally


class ReportError(PrimoroError):
    """The report cannot be written where it was asked for."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The report cannot be written to “{path.name}”: {why}.",
            "What was taken in is safe. Choose another place for the report, and run the import again: "
            "it changes nothing that is in already.",
            "intake.report",
        )


class ReportFile:
    """One JSON object: ``rows`` with what became of each, then the counts.

    It appears under its name when it is complete.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._draft = path.with_name(f"{path.name}.part")
        self._first = True
        try:
            descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            self._file: TextIO = os.fdopen(descriptor, "w", encoding="utf-8")
            self._file.write('{"rows": [')
        except OSError as error:
            raise ReportError(path, error.strerror or "it is not writable") from error

    def add(self, outcomes: Sequence[RowOutcome]) -> None:
        try:
            for each in outcomes:
                self._file.write("\n" if self._first else ",\n")
                self._first = False
                self._file.write(json.dumps(asdict(each), ensure_ascii=False))
        except OSError as error:
            raise ReportError(self._path, error.strerror or "it is not writable") from error

    def finish(self, tally: Tally) -> None:
        counts = {outcome.value: count for outcome, count in tally.counts.items()}
        try:
            self._file.write(
                f'\n],\n"run_id": {json.dumps(tally.run_id)},\n"counts": {json.dumps(counts)}}}\n'
            )
            self._file.close()
            self._draft.replace(self._path)
        except OSError as error:
            raise ReportError(self._path, error.strerror or "it is not writable") from error

    def close(self) -> None:
        """Let go of the file; an unfinished report stays behind under its draft name and nothing else."""
        self._file.close()
