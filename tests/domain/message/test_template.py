"""Merge fields: reading, problems with their places, rendering."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.domain.message.template import (
    ALWAYS_THERE,
    FIELD_SAMPLES,
    FIELD_WORDS,
    Field,
    Merge,
    TemplateBrokenError,
    Text,
    UnresolvedFieldError,
    parse,
)

ANN = {Field.FIRST_NAME: "Ann", Field.PRACTICE_NAME: "Riverside Dental"}


def test_c29_fields_are_filled_in() -> None:
    template = parse("Dear {first_name|there}, greetings from {practice_name}.")
    assert template.problems == ()
    assert template.fields == {Field.FIRST_NAME, Field.PRACTICE_NAME}
    assert template.render(ANN) == "Dear Ann, greetings from Riverside Dental."


@pytest.mark.parametrize("value", ["", "   "])
def test_a_fallback_stands_in_for_what_is_not_on_file(value: str) -> None:
    template = parse("Dear {first_name| there }!")
    assert template.render({}) == "Dear there!"
    assert template.render({Field.FIRST_NAME: value}) == "Dear there!"


def test_an_empty_fallback_is_a_fallback() -> None:
    template = parse("Hello {title|}")
    assert template.problems == ()
    assert template.render({}) == "Hello "


def test_a18_a_field_without_value_and_fallback_is_never_sent() -> None:
    template = parse("Dear {first_name}")
    assert [each.code for each in template.problems] == ["no_fallback"]
    assert template.render(ANN) == "Dear Ann"
    with pytest.raises(UnresolvedFieldError) as refused:
        template.render({})
    assert refused.value.code == "message.unresolved_field"


@pytest.mark.parametrize(
    ("source", "code", "start", "end"),
    [
        ("Dear {frist_name|you}", "unknown", 5, 21),
        ("Dear {}", "unknown", 5, 7),
        ("Dear {first_name", "unclosed", 5, 6),
        ("Dear first_name}", "stray", 15, 16),
        ("{first_name {title|x}", "unclosed", 0, 1),
        ("Dear {first_name}", "no_fallback", 5, 17),
    ],
)
def test_problems_say_where_they_are(source: str, code: str, start: int, end: int) -> None:
    assert [(each.code, each.start, each.end) for each in parse(source).problems] == [(code, start, end)]


def test_all_problems_are_told_at_once() -> None:
    found = parse("{nope} {first_name} } {")
    assert [each.code for each in found.problems] == ["unknown", "no_fallback", "stray", "unclosed"]
    assert all(each.words for each in found.problems)


def test_a_broken_template_is_not_rendered() -> None:
    with pytest.raises(TemplateBrokenError):
        parse("Dear {frist_name|you}").render(ANN)


def test_doubled_braces_are_braces() -> None:
    template = parse("{{first_name}} {first_name|x}}}")
    assert template.problems == ()
    assert template.render(ANN) == "{first_name} Ann}"


def test_a_value_is_never_read_as_a_template() -> None:
    assert (
        parse("Dear {first_name|you}").render({Field.FIRST_NAME: "{practice_name}"}) == "Dear {practice_name}"
    )


def test_every_field_has_words_and_a_sample() -> None:
    assert set(FIELD_WORDS) == set(FIELD_SAMPLES) == set(Field)


@pytest.mark.parametrize("field", list(Field))
def test_every_field_reads_back(field: Field) -> None:
    template = parse(f"{{{field}|x}}")
    assert template.segments == (Merge(field, "x", 0, len(field) + 4),)
    assert bool(parse(f"{{{field}}}").problems) == (field not in ALWAYS_THERE)


def test_s3_the_longest_message_takes_the_longer_of_value_and_fallback() -> None:
    template = parse("{first_name|dear patient} {title|x}")
    assert template.longest({Field.FIRST_NAME: "Ann", Field.TITLE: "Professor"}) == "dear patient Professor"
    assert template.longest({}) == "dear patient x"


@given(st.text())
def test_text_with_braces_doubled_comes_out_as_it_was(text: str) -> None:
    template = parse(text.replace("{", "{{").replace("}", "}}"))
    assert template.problems == ()
    assert template.segments == ((Text(text),) if text else ())
    assert template.render({}) == text


@given(st.text(st.sampled_from("{}|ab_ first_name"), max_size=40))
def test_anything_can_be_typed(source: str) -> None:
    template = parse(source)
    for problem in template.problems:
        assert 0 <= problem.start < problem.end <= len(source)
    if not template.problems:
        assert isinstance(template.render(FIELD_SAMPLES), str)
