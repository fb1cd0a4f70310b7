"""A desk with a real, empty cache. Rows of the server are brought by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from primoro_campaigns.domain.account.right import ROLE_RIGHTS, Role
from primoro_campaigns.support.clock import FixedClock
from tests.fakes.inline_runner import InlineRunner
from tests.fakes.reception import Reception


@pytest.fixture
def desk(tmp_path: Path, clock: FixedClock) -> Iterator[Reception]:
    """A manager's."""
    made = Reception(tmp_path, clock, InlineRunner(), lambda act: act(), ROLE_RIGHTS[Role.MANAGER])
    yield made
    made.close()
