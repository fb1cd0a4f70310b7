"""The door for CSV files: one patient a row, columns named by a mapping."""

import codecs
import csv
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.intake import csv_field
from primoro_campaigns.server.intake.csv_field import FIELDS, CellError, Habit
from primoro_campaigns.server.intake.incoming import FileGoneError, Incoming, Unreadable, shown

LONGEST_LINE = 1_000_000
LINES_A_ROW = 20
"""How many lines one quoted row may go over; beyond that a quote was left open."""

_DELIMITERS = (",", ";", "\t", "|")
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")
"""What no heading holds, and every workbook, archive or file in UTF-16 without its mark."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CsvError(PrimoroError):
    """The file or its mapping cannot be used at all."""

    def __init__(self, title: str, advice: str, code: str = "intake.mapping") -> None:
        super().__init__(title, f"Nothing was changed. {advice}", code)


@dataclass(frozen=True)
class CsvFile:
    """A file and how to read it. ``columns`` is the position of each mapped field."""

    path: Path
    encoding: str
    delimiter: str
    columns: Mapping[str, int]
    width: int

    @property
    def remark(self) -> str:
        """What the person should know of how the file is read; empty when there is nothing to say."""
        if self.encoding != "cp1252":
            return ""
        return (
            f"“{self.path.name}” is not in UTF-8; it is read as Windows-1252 (Western European). "
            "Look at a few names with accents afterwards."
        )


def mapping_of(pairs: Sequence[str], file: Path | None = None) -> dict[str, str]:
    """What ``--map`` says, as ``field=Column heading`` pairs, over what a JSON file of such pairs says.

    Raises ``CsvError``.
    """
    mapping = {} if file is None else _mapping_file(file)
    for pair in pairs:
        field, sign, heading = pair.partition("=")
        if not sign:
            raise CsvError(f"“{pair}” names a field and no column.", 'It looks like family_name="Surname".')
        mapping[field.strip()] = heading.strip()
    for field in mapping:
        if field not in FIELDS:
            raise CsvError(
                f"There is no field “{field}” to map a column to.", f"The fields are: {', '.join(FIELDS)}."
            )
    return mapping


def _mapping_file(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise CsvError(
            f"The mapping file “{path.name}” cannot be read.", f"{error.strerror}. Check its name and place."
        ) from error
    except ValueError:
        content = None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise CsvError(
            f"The mapping file “{path.name}” is not a JSON object of texts.",
            'It looks like {"external_id": "Patient No", "family_name": "Surname"}.',
        )
    return {str(field): str(heading) for field, heading in content.items()}


def look_into(path: Path, mapping: Mapping[str, str]) -> CsvFile:
    """Find out how to read the file. Without a mapping the headings must be our fields' names.

    Raises ``CsvError``, which names the column that is missing and those that there are.
    """
    try:
        encoding = _encoding(path)
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            heading = file.readline(LONGEST_LINE)
    except OSError as error:
        raise CsvError(
            f"The file “{path.name}” cannot be read.", f"{error.strerror}. Check its name and place."
        ) from error
    if not heading.strip():
        raise CsvError(f"The file “{path.name}” is empty.", "Export it again.", "intake.empty")
    if _NO_TEXT.search(heading):
        raise CsvError(
            f"The file “{path.name}” is not a CSV file.",
            "Open it in the program it comes from, save it as “CSV UTF-8”, and import that file.",
            "intake.not_csv",
        )
    best: tuple[tuple[int, int], str, list[str]] | None = None
    for delimiter in _DELIMITERS:
        headings = _headings(heading, delimiter)
        wanted = {name.casefold() for name in mapping.values()} or set(FIELDS)
        score = (sum(name.casefold() in wanted for name in headings), len(headings))
        if best is None or score > best[0]:
            best = (score, delimiter, headings)
    if best is None:
        raise AssertionError("there are delimiters")
    _score, delimiter, headings = best
    columns = _columns(headings, mapping)
    if "external_id" not in columns and "number" not in columns:
        raise CsvError(
            "No column is mapped to “external_id” or “number”.",
            "Without the patient's own number the same person would come in twice. "
            f"The columns are: {', '.join(headings)}.",
        )
    return CsvFile(path, encoding, delimiter, columns, len(headings))


def rows(file: CsvFile, habit: Habit) -> Iterator[Incoming]:
    """Every row after the headings; those that cannot be read are handed on as such.

    So is a row with a number that stood in the file before: it may be somebody else's, and one patient would
    get what another one said. Raises ``FileGoneError``.
    """
    try:
        yield from _rows(file, habit)
    except OSError as error:
        raise FileGoneError(file.path.name, error) from error


def _rows(file: CsvFile, habit: Habit) -> Iterator[Incoming]:
    # Hashes, to stay small: a million patients are some 60 MB.
    seen: set[int] = set()
    with file.path.open(encoding=file.encoding, errors="replace", newline="") as text:
        source = _Lines(text)
        next(source)
        for number, cells, wrong in _records(source, file.delimiter, file.width):
            if wrong is not None:
                yield Incoming(file.path.name, number, wrong)
            elif any(cell.strip() for cell in cells):
                content, note = _content(file, cells, habit, source.cut_off)
                if not isinstance(content, Unreadable):
                    key = str(content["external_id"])
                    if key and hash(key) in seen:
                        words = (
                            "An earlier row of this file has the same number. Leave in the one that is right."
                        )
                        content, note = Unreadable("intake.repeated", words, "patient", shown(key)), ""
                    seen.add(hash(key))
                yield Incoming(file.path.name, number, content, note)


def _content(
    file: CsvFile, cells: list[str], habit: Habit, cut_off: bool
) -> tuple[csv_field.Row | Unreadable, str]:
    """The row or what is wrong with it, and what was left out of it."""
    told = {field: cells[at] for field, at in file.columns.items() if at < len(cells)}
    named = shown(told.get("external_id", "") or told.get("number", ""))
    if len(cells) < file.width or any(cell.strip() for cell in cells[file.width :]):
        words = f"The row has {len(cells)} cells, the heading has {file.width}."
        if cut_off and len(cells) < file.width:
            words += " The file ends here in the middle of a row: it was cut off. Export it again."
        return Unreadable("intake.row_length", words, "patient", named), ""
    if any("\ufffd" in cell for cell in told.values()):
        words = "The row holds characters that cannot be read. Export the file again as UTF-8."
        return Unreadable("intake.characters", words, "patient", named), ""
    try:
        return csv_field.row_of({field: _plain(cell) for field, cell in told.items()}, habit)
    except CellError as error:
        return Unreadable("intake.row_invalid", str(error), "patient", named), ""


def neutralised(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula (decisions.md, "Audience")."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    """The cell without what ``neutralised`` put in front of it."""
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


class _Lines:
    """The lines of a text with their numbers; lines can be handed back."""

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._back: deque[tuple[int, str]] = deque()
        self._number = 0
        self.cut_off = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> tuple[int, str]:
        if self._back:
            return self._back.popleft()
        line = self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self._number += 1
        rest = line
        while len(rest) == LONGEST_LINE and not rest.endswith("\n"):
            rest = self._text.readline(LONGEST_LINE)
        self.cut_off = not rest.endswith(("\n", "\r"))
        return self._number, line

    def hand_back(self, lines: list[tuple[int, str]]) -> None:
        self._back.extendleft(reversed(lines))


def _records(
    source: _Lines, delimiter: str, width: int
) -> Iterator[tuple[int, list[str], Unreadable | None]]:
    """(line, cells, what is wrong) of each record.

    A quote left open costs one line, not the rest of the file.
    """
    for number, line in source:
        if len(line) >= LONGEST_LINE:
            yield number, [], Unreadable("intake.line_too_long", "The line is longer than any row can be.")
            continue
        taken = [(number, line)]
        while True:
            try:
                records = list(csv.reader([text for _n, text in taken], delimiter=delimiter, strict=True))
            except csv.Error as error:
                if "unexpected end of data" in str(error) and len(taken) < LINES_A_ROW:
                    following = next(source, None)
                    if following is not None:
                        taken.append(following)
                        continue
                source.hand_back(taken[1:])
                yield number, [], _broken(str(error))
                break
            cells = records[0] if records else []
            if len(taken) > 1 and len(cells) != width:
                # It swallowed lines until some other quote closed it.
                source.hand_back(taken[1:])
                yield number, [], _broken("unexpected end of data")
            else:
                yield number, cells, None
            break


def _broken(told: str) -> Unreadable:
    if "unexpected end of data" in told:
        return Unreadable("intake.quote_open", "A quotation mark is opened and never closed.")
    if "field larger" in told:
        return Unreadable("intake.line_too_long", "A cell is longer than any can be.")
    return Unreadable("intake.quote_stray", "A quotation mark stands where none may be.")


def _encoding(path: Path) -> str:
    """UTF-8 if most of what is not plain ASCII is, UTF-16 if it says so, else Windows-1252.

    One broken character does not make every other name of a file unreadable; its own row is refused.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    good = bad = 0
    with path.open("rb") as file:
        block = file.read(1 << 20)
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16"
        while block:
            text = decoder.decode(block)
            if not text.isascii():
                broken = text.count("\ufffd")
                bad += broken
                good += len(text) - len(text.encode("ascii", "ignore")) - broken
            block = file.read(1 << 20)
    return "cp1252" if bad and bad >= good else "utf-8-sig"


def _headings(line: str, delimiter: str) -> list[str]:
    try:
        found = list(csv.reader([line], delimiter=delimiter))
    except csv.Error:
        return []
    return [cell.strip() for cell in found[0]] if found else []


def _columns(headings: list[str], mapping: Mapping[str, str]) -> dict[str, int]:
    folded = [heading.casefold() for heading in headings]
    mapping = mapping or {field: field for field in FIELDS if field in folded}
    columns = {}
    there_are = ", ".join(heading for heading in headings[:60])
    for field, heading in mapping.items():
        times = folded.count(heading.casefold())
        if times == 0:
            raise CsvError(
                f"The file has no column “{heading}” for the field “{field}”.",
                f"Its columns are: {there_are}.",
            )
        if times > 1:
            raise CsvError(
                f"The file has {times} columns “{heading}”, so it is not clear which one is “{field}”.",
                "Rename one of them, and repeat the import.",
            )
        columns[field] = folded.index(heading.casefold())
    return columns
