"""Whether a provider does its work, from when it last did and when it last did not (domain.md M18)."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum


class Health(StrEnum):
    """How a provider stands at the moment."""

    UNTRIED = "untried"
    WORKS = "works"
    FAILS = "fails"


HEALTH_WORDS: Mapping[Health, str] = {
    Health.UNTRIED: "Not used yet",
    Health.WORKS: "Working",
    Health.FAILS: "Not working",
}


def health(last_success_at: datetime | None, last_failure_at: datetime | None) -> Health:
    """What happened last decides."""
    if last_failure_at is not None and (last_success_at is None or last_failure_at >= last_success_at):
        return Health.FAILS
    return Health.UNTRIED if last_success_at is None else Health.WORKS
