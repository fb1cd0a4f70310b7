"""Rows on their way in, whatever door they came through, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.wire.intake import AnyRow, Outcome

_ROWS: TypeAdapter[AnyRow] = TypeAdapter(AnyRow)
_KINDS = "location, practitioner, patient, appointment, encounter, recall, planned_treatment, invoice"

_WORDS: Mapping[str, str] = {
    "too_short": "is empty",
    "string_too_short": "is empty",
    "string_type": "must be a text",
    "list_type": "must be a list",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "date_from_datetime_parsing": "is no day of the calendar",
    "datetime_from_date_parsing": "is no instant there can be",
    "timezone_aware": "needs a time zone, as in 2026-03-03T10:30:00+00:00",
    "less_than_equal": "is too large",
    "greater_than_equal": "is too small",
    # Only countries have a pattern.
    "string_pattern_mismatch": "must be the two letters of a country, such as GB",
}
"""What pydantic's types of errors mean; the others keep pydantic's own words."""


class FileGoneError(PrimoroError):
    """A file that was there before the import can no longer be read, or not to its end."""

    def __init__(self, name: str, why: OSError) -> None:
        super().__init__(
            f"The file “{name}” cannot be read: {why.strerror or 'the disk gave no reason'}.",
            "What was taken in before is safe, and nothing is half-written. Look at the file and its disk, "
            "then run the same import again: it goes on where it stopped.",
            "intake.file_gone",
        )


@dataclass(frozen=True)
class Unreadable:
    """A row that could not even be read; ``words`` say why, without quoting it."""

    code: str
    words: str
    kind: str = ""
    external_id: str = ""


@dataclass(frozen=True)
class Incoming:
    """One row and where it stood.

    ``line`` counts from 1; ``file`` is a name without its folder. ``note`` says what the door left out.
    ``home`` is the external id of a location: where a patient goes who is new and names none.
    """

    file: str
    line: int
    content: Mapping[str, object] | JsonValue | Unreadable
    note: str = ""
    home: str = ""


@dataclass(frozen=True)
class RowOutcome:
    """What became of one row. ``words`` say why it was refused, or what was left out of one taken."""

    file: str
    line: int
    kind: str
    external_id: str
    outcome: Outcome
    code: str = ""
    words: str = ""


def read(content: Mapping[str, object] | JsonValue) -> AnyRow | Unreadable:
    """The row that ``content`` describes, or in words what is wrong with it."""
    try:
        return _ROWS.validate_python(content)
    except ValidationError as error:
        kind, external_id = "", ""
        if isinstance(content, Mapping):
            kind, external_id = shown(content.get("kind")), shown(content.get("external_id"))
        return Unreadable("intake.row_invalid", _words(error), kind, external_id)


def shown(value: object) -> str:
    """A key as it may go into a report: short, and of characters that every database takes."""
    if not isinstance(value, str | int):
        return ""
    return "".join(each for each in str(value)[:200] if each.isprintable())


def in_words(wrong: ErrorDetails) -> str:
    """What is wrong with a field, to follow its name in a sentence; never quotes the value."""
    if wrong["type"] == "missing" or wrong["input"] is None:
        return "is missing"
    bounds = wrong.get("ctx", {})
    match wrong["type"]:
        case "too_long" | "string_too_long":
            unit = "characters" if isinstance(wrong["input"], str) else "entries"
            return f"has more than {bounds['max_length']} {unit}"
        case "literal_error" | "enum":
            expected = str(bounds["expected"]).replace("'", "")
            return f"must be one of: {expected}"
    told = wrong["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
    return _WORDS.get(wrong["type"], told[:1].lower() + told[1:])


def _words(error: ValidationError) -> str:
    sentences = []
    for wrong in error.errors(include_url=False)[:5]:
        field = ".".join(str(part) for part in wrong["loc"][1:])
        if wrong["type"] in ("union_tag_invalid", "union_tag_not_found"):
            sentences.append(f"“kind” must be one of: {_KINDS}.")
        elif not field:
            sentences.append("A row must be an object with “kind” and “external_id”.")
        elif wrong["type"] == "extra_forbidden":
            sentences.append(f"There is no field “{shown(field)}”.")
        else:
            sentences.append(f"“{field}” {in_words(wrong)}.")
    return " ".join(dict.fromkeys(sentences))
