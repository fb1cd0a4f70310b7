"""Rows on their way in, whatever door they came through, and what became of each."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue, TypeAdapter, ValidationError

from primoro_campaigns.wire.intake import AnyRow, Outcome

_ROWS: TypeAdapter[AnyRow] = TypeAdapter(AnyRow)
_KINDS = "location, practitioner, patient, appointment, encounter, recall, planned_treatment, invoice"


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
    """

    file: str
    line: int
    content: Mapping[str, object] | JsonValue | Unreadable
    note: str = ""


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
            kind, external_id = _shown(content.get("kind")), _shown(content.get("external_id"))
        return Unreadable("intake.row_invalid", _words(error), kind, external_id)


def _shown(value: object) -> str:
    """A key as it may go into a report: short, and of characters that every database takes."""
    if not isinstance(value, str | int):
        return ""
    return "".join(each for each in str(value)[:200] if each.isprintable())


def _words(error: ValidationError) -> str:
    sentences = []
    for wrong in error.errors(include_url=False, include_input=False, include_context=False)[:5]:
        names = [str(part) for part in wrong["loc"]]
        field = ".".join(names[1:])
        if wrong["type"] in ("union_tag_invalid", "union_tag_not_found"):
            sentences.append(f"“kind” must be one of: {_KINDS}.")
        elif not field:
            sentences.append("A row must be an object with “kind” and “external_id”.")
        elif wrong["type"] == "missing":
            sentences.append(f"“{field}” is missing.")
        elif wrong["type"] == "extra_forbidden":
            sentences.append(f"There is no field “{_shown(field)}”.")
        else:
            told = wrong["msg"].removeprefix("Value error, ").removeprefix("Input ").rstrip(".")
            sentences.append(f"“{field}” {_in_a_sentence(told)}.")
    return " ".join(dict.fromkeys(sentences))


def _in_a_sentence(told: str) -> str:
    told = told[:1].lower() + told[1:]
    return told.replace("string should", "should").replace("value should", "should").replace("input", "it")
