"""Whether a provider does its work: what happened last decides (domain.md M18)."""

from datetime import UTC, datetime, timedelta

import pytest

from primoro_campaigns.domain.delivery.health import HEALTH_WORDS, Health, health

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("success", "failure", "found"),
    [
        (None, None, Health.UNTRIED),
        (NOON, None, Health.WORKS),
        (None, NOON, Health.FAILS),
        (NOON, LATER, Health.FAILS),
        (LATER, NOON, Health.WORKS),
        (NOON, NOON, Health.FAILS),
    ],
)
def test_what_happened_last_decides(
    success: datetime | None, failure: datetime | None, found: Health
) -> None:
    assert health(success, failure) is found
    assert HEALTH_WORDS[found]
