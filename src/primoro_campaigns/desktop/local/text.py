"""Days and instants as the cache stores them: ISO 8601 text."""

from datetime import UTC, date, datetime


def instant_text(instant: datetime) -> str:
    """Fixed width and in UTC, so that text order is time order; as ``storage.types.instant_text`` does."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def instant_or_none(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def day_or_none(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
