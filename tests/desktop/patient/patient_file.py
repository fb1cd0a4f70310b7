"""A patient's file for tests, with nothing out of the ordinary in it."""

from primoro_campaigns.desktop.local.patients import PatientFile
from primoro_campaigns.domain.ids import LocationId, PatientId
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus

FILE = PatientFile(
    patient_id=PatientId("p"),
    number="",
    title="",
    given_name="Priya",
    family_name="Anand",
    born_on=None,
    status=PatientStatus.ACTIVE,
    is_lead=False,
    email="priya@example.org",
    email_state=AddressState.OK,
    email_suppressed=False,
    mobile="07700 900101",
    mobile_e164="+447700900101",
    mobile_state=AddressState.OK,
    mobile_suppressed=False,
    landline=None,
    address_line="",
    town="",
    postcode="",
    location_id=LocationId("hillside"),
    location_name="Hillside",
    practitioner_id=None,
    practitioner_name="",
    preferred_channel=None,
    last_visit_on=None,
    next_visit_on=None,
    recall_due_on=None,
    last_contacted_on=None,
)
