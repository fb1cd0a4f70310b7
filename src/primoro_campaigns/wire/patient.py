"""A patient's file as other programs read it."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus


class PatientFile(BaseModel):
    """``…_state`` says whether the address can be written to; ``…_suppressed`` that nobody may use it."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    location_id: str
    external_id: str | None
    number: str
    title: str
    given_name: str
    family_name: str
    born_on: date | None
    status: PatientStatus
    is_lead: bool
    email: str | None
    email_state: AddressState
    email_suppressed: bool
    mobile: str | None
    mobile_e164: str | None
    mobile_state: AddressState
    mobile_suppressed: bool
    landline: str | None
    landline_e164: str | None
    address_line: str
    town: str
    postcode: str
    household_id: str | None
    is_head_of_household: bool
    practitioner_id: str | None
    preferred_channel: Channel | None
    last_visit_on: date | None
    next_visit_on: date | None
    last_no_show_on: date | None
    recall_due_on: date | None
    last_contacted_on: date | None
    has_unscheduled_treatment: bool
    tags: list[str]
