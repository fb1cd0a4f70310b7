"""How the providers stand, and test messages to oneself."""

from datetime import datetime

from pydantic import BaseModel, Field

from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.delivery.health import Health


class Provider(BaseModel):
    """``channel`` is empty for one that carries no messages out; ``failure`` says what was wrong at
    ``last_failure_at``.
    """

    id: str
    title: str
    channel: str
    health: Health
    last_success_at: datetime | None
    last_failure_at: datetime | None
    failure: str


class Providers(BaseModel):
    """``own_email`` and ``own_mobile`` are where the person who asks has test messages sent, or empty."""

    providers: list[Provider]
    own_email: str
    own_mobile: str


class SendTest(BaseModel):
    """``address`` is the person's own, and is remembered as that. With ``content`` the message is that of a
    campaign, with a made-up patient's name in it; without, it only says that it is a test.
    """

    provider: str = Field(min_length=1, max_length=20)
    address: str = Field(min_length=1, max_length=320)
    content: Content | None = None


class Tested(BaseModel):
    """``sent`` when the provider took it. ``words`` are for the person who asked."""

    sent: bool
    words: str
