"""Lines of JSON, read one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from primoro_campaigns.server.intake.incoming import FileGoneError

LONGEST_LINE = 8 * 1024 * 1024
"""Bytes. A patient with every photograph is smaller; a file that is not lines at all is not."""


@dataclass(frozen=True)
class Line:
    """``text`` is None for a line longer than ``LONGEST_LINE``.

    ``ended`` is False for a last line without its line break, as a cut-off file has.
    """

    number: int
    text: bytes | None
    ended: bool


def lines(path: Path) -> Iterator[Line]:
    """The lines that hold something, numbered from 1, without ever holding more than one.

    Raises ``FileGoneError``.
    """
    try:
        yield from _lines(path)
    except OSError as error:
        raise FileGoneError(path.name, error) from error


def _lines(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        number = 0
        while raw := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                ended = raw.endswith(b"\n")
                while not ended and (more := file.readline(LONGEST_LINE)):
                    ended = more.endswith(b"\n")
                yield Line(number, None, ended)
                continue
            text = raw.strip()
            if number == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            if text:
                yield Line(number, text, raw.endswith(b"\n"))
