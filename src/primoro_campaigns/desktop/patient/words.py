"""Words that the list of patients and the patient file share."""

from collections.abc import Mapping

from primoro_campaigns.desktop.local.listed import PatientRow
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.domain.patient.model import STATUS_WORDS, PatientStatus

SHORT_PURPOSE: Mapping[Purpose, str] = {
    Purpose.PROMOTIONS: "Promotions",
    Purpose.NEWSLETTERS: "Newsletters",
    Purpose.IMPORTANT: "Important",
}


def listed_name(row: PatientRow) -> str:
    """``Anand, Priya``: as the list is ordered."""
    return ", ".join(part for part in (row.family_name, row.given_name) if part) or "Without a name"


def listed_phone(row: PatientRow) -> str:
    """The mobile number, or the landline where there is none."""
    return row.mobile or row.landline or ""


def status_words(status: PatientStatus, is_lead: bool) -> str:
    """A lead is told as such while nothing graver is to be told."""
    return "Lead" if is_lead and status is PatientStatus.ACTIVE else STATUS_WORDS[status]
