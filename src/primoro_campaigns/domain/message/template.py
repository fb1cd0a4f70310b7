"""Merge fields: ``{first_name|there}`` is the patient's first name, or "there" where none is on file.

A brace that is meant as a brace is written twice. The list of fields is closed: none of them tells anything
clinical (domain.md L19).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from primoro_campaigns.domain.errors import PrimoroError


class Field(StrEnum):
    """A merge field by the name that stands between the braces."""

    FIRST_NAME = "first_name"
    FAMILY_NAME = "family_name"
    TITLE = "title"
    FULL_NAME = "full_name"
    PRACTICE_NAME = "practice_name"
    PRACTICE_PHONE = "practice_phone"
    PRACTITIONER_NAME = "practitioner_name"
    LAST_VISIT_ON = "last_visit_on"
    NEXT_VISIT_ON = "next_visit_on"


FIELD_WORDS: Mapping[Field, str] = {
    Field.FIRST_NAME: "First name",
    Field.FAMILY_NAME: "Family name",
    Field.TITLE: "Title",
    Field.FULL_NAME: "Full name",
    Field.PRACTICE_NAME: "Name of the practice",
    Field.PRACTICE_PHONE: "Telephone number of the practice",
    Field.PRACTITIONER_NAME: "Name of the patient's dentist",
    Field.LAST_VISIT_ON: "Day of the last visit",
    Field.NEXT_VISIT_ON: "Day of the next visit",
}

FIELD_SAMPLES: Mapping[Field, str] = {
    Field.FIRST_NAME: "Ann",
    Field.FAMILY_NAME: "Smith",
    Field.TITLE: "Mrs",
    Field.FULL_NAME: "Mrs Ann Smith",
    Field.PRACTICE_NAME: "Riverside Dental",
    Field.PRACTICE_PHONE: "020 7946 0123",
    Field.PRACTITIONER_NAME: "Dr Patel",
    Field.LAST_VISIT_ON: "3 March 2026",
    Field.NEXT_VISIT_ON: "14 September 2026",
}
"""What a field looks like while no patient has been chosen."""

ALWAYS_THERE: frozenset[Field] = frozenset({Field.PRACTICE_NAME})
"""Fields that need no fallback: a practice cannot send without a name (domain.md L15)."""


class UnresolvedFieldError(PrimoroError):
    """A message was to be rendered with a field that has no value and no fallback."""

    def __init__(self, field: Field) -> None:
        super().__init__(
            f"The message needs “{FIELD_WORDS[field]}”, and this patient has none on file.",
            f"Nothing was sent. Give the field a fallback, for example {{{field}|there}}.",
            "message.unresolved_field",
        )


class TemplateBrokenError(PrimoroError):
    """A template with problems was to be rendered."""

    def __init__(self, words: str) -> None:
        super().__init__(
            words, "Nothing was sent. Put the message right and try again.", "message.broken_template"
        )


@dataclass(frozen=True)
class Text:
    """Words that stand as they are, doubled braces already made single."""

    text: str


@dataclass(frozen=True)
class Merge:
    """A field from ``start`` to ``end`` of the source. ``fallback`` None means that none was given."""

    field: Field
    fallback: str | None
    start: int
    end: int


@dataclass(frozen=True)
class TemplateProblem:
    """What is wrong in the source from ``start`` to ``end``, as a sentence.

    Codes: ``unclosed``, ``stray``, ``unknown``, ``no_fallback``.
    """

    code: str
    words: str
    start: int
    end: int


@dataclass(frozen=True)
class Template:
    """A source that was read. It can be rendered when no problem but ``no_fallback`` is in it."""

    segments: tuple[Text | Merge, ...]
    problems: tuple[TemplateProblem, ...]

    @property
    def fields(self) -> frozenset[Field]:
        return frozenset(each.field for each in self.segments if isinstance(each, Merge))

    def render(self, values: Mapping[Field, str]) -> str:
        """The message for one patient. A value of nothing but blanks counts as missing.

        Raises ``UnresolvedFieldError`` for a field without value and fallback, ``TemplateBrokenError`` for a
        source that could not be read.
        """
        for problem in self.problems:
            if problem.code != "no_fallback":
                raise TemplateBrokenError(problem.words)
        return "".join(_piece(each, values) for each in self.segments)

    def longest(self, values: Mapping[Field, str]) -> str:
        """The message with the longest value of each field, or its fallback where that is longer.

        Raises as ``render`` does.
        """
        longer = {
            each.field: each.fallback
            for each in self.segments
            if isinstance(each, Merge)
            and each.fallback is not None
            and len(each.fallback) > len(values.get(each.field, ""))
        }
        return self.render({**values, **longer})


def _piece(segment: Text | Merge, values: Mapping[Field, str]) -> str:
    if isinstance(segment, Text):
        return segment.text
    value = values.get(segment.field, "").strip()
    if value:
        return value
    if segment.fallback is None:
        raise UnresolvedFieldError(segment.field)
    return segment.fallback


_TOKEN = re.compile(r"\{\{|\}\}|\{(?P<inside>[^{}]*)\}|[{}]")


def parse(source: str) -> Template:
    """Read a message with merge fields.

    Never raises: what is wrong is in ``problems``, all of it, in order.
    """
    segments: list[Text | Merge] = []
    problems: list[TemplateProblem] = []
    done = 0
    for match in _TOKEN.finditer(source):
        _add_text(segments, source[done : match.start()])
        done = match.end()
        if match[0] in ("{{", "}}"):
            _add_text(segments, match[0][0])
        elif match["inside"] is not None:
            read = _merge(match["inside"], match.start(), match.end())
            if isinstance(read, Merge):
                segments.append(read)
                if read.fallback is None and read.field not in ALWAYS_THERE:
                    problems.append(_no_fallback(read))
            else:
                _add_text(segments, match[0])
                problems.append(read)
        else:
            _add_text(segments, match[0])
            problems.append(_lone_brace(match))
    _add_text(segments, source[done:])
    return Template(tuple(segments), tuple(problems))


def _add_text(segments: list[Text | Merge], text: str) -> None:
    if not text:
        return
    if segments and isinstance(last := segments[-1], Text):
        segments[-1] = Text(last.text + text)
    else:
        segments.append(Text(text))


def _merge(inside: str, start: int, end: int) -> Merge | TemplateProblem:
    name, bar, fallback = inside.partition("|")
    name = name.strip()
    if name not in FIELD_WORDS:
        known = ", ".join(Field)
        return TemplateProblem("unknown", f"There is no field “{name}”. The fields are {known}.", start, end)
    return Merge(Field(name), fallback.strip() if bar else None, start, end)


def _no_fallback(merge: Merge) -> TemplateProblem:
    words = (
        f"“{FIELD_WORDS[merge.field]}” is not on file for every patient. Say what to write instead, "
        f"for example {{{merge.field}|there}}."
    )
    return TemplateProblem("no_fallback", words, merge.start, merge.end)


def _lone_brace(match: re.Match[str]) -> TemplateProblem:
    if match[0] == "{":
        words = "This opening brace is not closed. A brace meant as a brace is written twice: {{."
        return TemplateProblem("unclosed", words, match.start(), match.end())
    words = "This closing brace has no opening brace. A brace meant as a brace is written twice: }}."
    return TemplateProblem("stray", words, match.start(), match.end())
