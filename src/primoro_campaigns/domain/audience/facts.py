"""What audience rules test of one patient."""

from dataclasses import dataclass
from datetime import date

from primoro_campaigns.domain.audience.rule import DateFact
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus


@dataclass(frozen=True)
class PatientFacts:
    """The facts as the record holds them; None is "not known", or "there is none".

    The last and next visits leave out cancelled appointments (domain.md C08, C09); last contacted is the last
    marketing message on any channel (C10). ``practitioner_name`` is None also where the id leads nowhere.
    """

    location_id: str
    status: PatientStatus = PatientStatus.ACTIVE
    is_lead: bool = False
    born_on: date | None = None
    practitioner_id: str | None = None
    practitioner_name: str | None = None
    preferred_channel: Channel | None = None
    email_state: AddressState = AddressState.NONE
    mobile_state: AddressState = AddressState.NONE
    last_visit_on: date | None = None
    next_visit_on: date | None = None
    last_contacted_on: date | None = None
    last_no_show_on: date | None = None
    recall_due_on: date | None = None
    has_unscheduled_treatment: bool = False
    tags: frozenset[str] = frozenset()

    def day(self, fact: DateFact) -> date | None:
        """The recorded day of ``fact``."""
        match fact:
            case DateFact.LAST_VISIT:
                return self.last_visit_on
            case DateFact.NEXT_VISIT:
                return self.next_visit_on
            case DateFact.LAST_CONTACTED:
                return self.last_contacted_on
            case DateFact.LAST_NO_SHOW:
                return self.last_no_show_on
            case DateFact.RECALL_DUE:
                return self.recall_due_on
