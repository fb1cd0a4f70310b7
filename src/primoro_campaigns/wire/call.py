"""Calls: what the telephone provider reports, and what the desk says of them."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from primoro_campaigns.domain.call.model import Presentation

Printable = StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f]*$")


class CallReport(BaseModel):
    """One event about one call, from the provider's webhook.

    Later events of the same ``provider_call_id`` update the row.
    """

    provider_call_id: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
    received_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    from_number: Annotated[str, Printable] = ""
    to_number: Annotated[str, Printable] = ""
    presentation: Presentation = Presentation.AVAILABLE
    answered: bool = False
    duration_s: int = Field(default=0, ge=0, le=604_800)


class MatchCall(BaseModel):
    """The desk says who called; ``add_number`` also puts the caller's number into the patient's file."""

    call_id: str
    patient_id: str
    add_number: bool = False


class IgnoreCall(BaseModel):
    """The caller is not a patient: a supplier, a wrong number, spam."""

    call_id: str
