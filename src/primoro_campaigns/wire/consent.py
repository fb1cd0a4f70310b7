"""Restrictions and permissions as desktops ask for them."""

from pydantic import BaseModel

from primoro_campaigns.domain.consent.model import Channel, PermissionState, Purpose
from primoro_campaigns.domain.consent.soft_opt_in import Condition


class Restrict(BaseModel):
    """Set (``on``) or lift a restriction.

    Lifting needs the right ``permit`` and ``why``: who asked, and how (domain.md E07).
    """

    patient_id: str
    purpose: Purpose
    on: bool
    why: str = ""


class Permit(BaseModel):
    """Set a permission. Opting in needs the right ``permit``, ``how`` and ``wording`` (domain.md L05).

    With ``soft_opt_in``, its conditions, ``state`` is unknown and a soft opt-in is recorded (domain.md L02).
    """

    patient_id: str
    channel: Channel
    purpose: Purpose
    state: PermissionState
    how: str = ""
    wording: str = ""
    soft_opt_in: list[Condition] | None = None
