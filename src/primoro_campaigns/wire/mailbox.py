"""What a mail provider tells us of an e-mail of ours, where no report comes by mail."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

Printable = StringConstraints(max_length=500, pattern=r"^[^\x00-\x1f]*$")


class MailEvent(StrEnum):
    """``bounced``: it came back, for good or for now. ``complained``: the patient called it spam."""

    BOUNCED = "bounced"
    COMPLAINED = "complained"


class MailReport(BaseModel):
    """One event about one e-mail. The same ``event_id`` is taken in once.

    ``message_id`` is the Message-ID, with or without its brackets; ``recipient`` the address that the mail
    server spoke of; ``status`` its enhanced code (RFC 3463, "5.1.1"), ``diagnostic`` its own words.
    """

    event_id: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
    event: MailEvent
    message_id: Annotated[str, Printable]
    recipient: Annotated[str, Printable] = ""
    status: Annotated[str, Printable] = ""
    diagnostic: Annotated[str, Printable] = ""
