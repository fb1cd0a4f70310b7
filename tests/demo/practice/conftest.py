"""Three thousand made-up patients, made once."""

import pytest

from primoro_campaigns.demo.practice.person import Person
from primoro_campaigns.demo.practice.practice import people
from tests.conftest import NOW

SEED = 5


@pytest.fixture(scope="session")
def everybody() -> list[Person]:
    return list(people(3000, SEED, NOW))
