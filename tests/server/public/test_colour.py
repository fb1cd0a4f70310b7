"""The practice's colour can be read whatever it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from primoro_campaigns.server.account.organisation import SettingError
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.public.colour import DARK_PAPER, LIGHT_PAPER, colours, contrast
from tests.server.practice import add_organisation
from tests.server.sender import configure


@given(st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"))
def test_any_colour_can_be_read_on_both_papers(colour: str) -> None:
    found = colours(colour)
    assert contrast(found.light, LIGHT_PAPER) >= 4.5
    assert contrast(found.dark, DARK_PAPER) >= 4.5


def test_a_colour_that_can_be_read_stays_as_it_is() -> None:
    assert colours("#7A1FA2").light == "#7a1fa2"
    assert colours("#80deea").dark == "#80deea"


def test_the_ratio_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("value", ["red", "#12345", "#1234567", "#12345g", "#fff;} body{display:none}"])
def test_what_is_no_colour_is_refused(database: Database, value: str) -> None:
    with database.write() as uow:
        add_organisation(uow)
        with pytest.raises(SettingError, match="practice_colour"):
            configure(uow, practice_colour=value)
        configure(uow, practice_colour="#7a1fa2")
