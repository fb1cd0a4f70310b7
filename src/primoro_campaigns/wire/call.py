"""Calls: what the telephone provider reports, and what the desk says of them."""

from datetime import datetime

from pydantic import BaseModel, Field

from primoro_campaigns.domain.call.model import Presentation


class CallReport(BaseModel):
    """One event about one call, from the provider's webhook.

    Later events of the same ``provider_call_id`` update the row.
    """

    provider_call_id: str = Field(min_length=1, max_length=200)
    received_at: datetime
    ended_at: datetime | None = None
    from_number: str = Field(default="", max_length=100)
    to_number: str = Field(default="", max_length=100)
    presentation: Presentation = Presentation.AVAILABLE
    answered: bool = False
    duration_s: int = Field(default=0, ge=0)


class MatchCall(BaseModel):
    """The desk says who called; ``add_number`` also puts the caller's number into the patient's file."""

    call_id: str
    patient_id: str
    add_number: bool = False


class IgnoreCall(BaseModel):
    """The caller is not a patient: a supplier, a wrong number, spam."""

    call_id: str
