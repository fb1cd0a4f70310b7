"""Merge values: names and days as a letter says them."""

from datetime import date

from primoro_campaigns.domain.message.template import Field, parse
from primoro_campaigns.domain.message.values import Addressee, merge_values


def test_a_day_is_said_in_british_words() -> None:
    values = merge_values(Addressee(last_visit_on=date(2026, 3, 3)))
    assert values[Field.LAST_VISIT_ON] == "3 March 2026"
    assert values[Field.NEXT_VISIT_ON] == ""


def test_a_missing_part_of_a_name_leaves_no_gap() -> None:
    assert (
        merge_values(Addressee(given_name="Zoë", family_name="O’Brien-Smyth"))[Field.FULL_NAME]
        == "Zoë O’Brien-Smyth"
    )


def test_every_field_has_a_value_so_that_fallbacks_step_in() -> None:
    values = merge_values(Addressee(practice_name="Hillside"))
    assert set(values) == set(Field)
    assert parse("{first_name|there}, from {practice_name}").render(values) == "there, from Hillside"
