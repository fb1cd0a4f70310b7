"""What a person decides about messages of which nobody knows whether they left."""

from enum import StrEnum

from pydantic import BaseModel, Field

MOST_LINES = 500


class Choice(StrEnum):
    """``ask`` the provider, where it can answer; count as ``sent``; send ``again``."""

    ASK = "ask"
    SENT = "sent"
    AGAIN = "again"


class DecideDoubt(BaseModel):
    """``line_ids`` are rows of the room “recipient” in the state “unknown”; others among them stay as they
    are.
    """

    campaign_id: str
    line_ids: list[str] = Field(min_length=1, max_length=MOST_LINES)
    choice: Choice
