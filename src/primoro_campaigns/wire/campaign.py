"""A campaign's content and the requests about it."""

from datetime import datetime

from pydantic import BaseModel, TypeAdapter

from primoro_campaigns.domain.campaign.model import Content, Timing

CONTENT: TypeAdapter[Content] = TypeAdapter(Content)


def content_to_json(content: Content) -> str:
    """The JSON text in which content is stored and travels."""
    return CONTENT.dump_json(content).decode()


def content_from_json(text: str) -> Content:
    """Raises ``pydantic.ValidationError`` when the text is not a campaign's content."""
    return CONTENT.validate_json(text)


class DraftSave(BaseModel):
    """Keep this draft.

    ``base_revision`` is the server's revision the author started from, 0 for a new campaign.
    """

    campaign_id: str
    base_revision: int
    content: Content


class DraftDelete(BaseModel):
    campaign_id: str
    base_revision: int


class Submit(BaseModel):
    """Ask for approval of exactly the content with this fingerprint."""

    campaign_id: str
    fingerprint: str


class Approve(BaseModel):
    """Approve exactly the content with this fingerprint, and send it now or at ``scheduled_at``.

    ``outside_window`` says that the person was asked and wants an instant send outside the sending hours all
    the same.
    """

    campaign_id: str
    fingerprint: str
    timing: Timing
    scheduled_at: datetime | None = None
    outside_window: bool = False


class Resend(BaseModel):
    """Send exactly the content with this fingerprint again, to those whom the campaign did not reach."""

    campaign_id: str
    fingerprint: str


class Act(BaseModel):
    """Pause, resume, cancel: the event's kind says which."""

    campaign_id: str
