"""What a person decides about messages of which nobody knows whether they left."""

from pydantic import BaseModel, Field

from primoro_campaigns.domain.delivery.doubt import MOST_LINES, Choice


class DecideDoubt(BaseModel):
    """``line_ids`` are rows of the room “recipient” in the state “unknown”; others among them stay as they
    are.
    """

    campaign_id: str
    line_ids: list[str] = Field(min_length=1, max_length=MOST_LINES)
    choice: Choice
