"""What a patient or a lead is, as far as campaigns care."""

from collections.abc import Mapping
from enum import StrEnum


class PatientStatus(StrEnum):
    """Whether the practice still writes to this person at all (domain.md L21)."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DECEASED = "deceased"
    ARCHIVED = "archived"


STATUS_WORDS: Mapping[PatientStatus, str] = {
    PatientStatus.ACTIVE: "Active",
    PatientStatus.INACTIVE: "Inactive",
    PatientStatus.DECEASED: "Deceased",
    PatientStatus.ARCHIVED: "Archived",
}


class AddressState(StrEnum):
    """Whether an e-mail address or a mobile number can be written to, told once when the record comes in."""

    NONE = "none"
    OK = "ok"
    INVALID = "invalid"
    LANDLINE = "landline"
