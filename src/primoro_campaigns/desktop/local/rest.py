"""Until when one patient is left in peace: what the gate asks about the past, of one patient's contacts.

The same for many patients at once is ``storage.standing_sql``; a test holds the two equal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from primoro_campaigns.desktop.local.practice import read_policy
from primoro_campaigns.desktop.local.text import instant
from primoro_campaigns.domain.consent.model import MARKETING, Purpose
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.schedule.rest import FrequencyPolicy, resting_until

if TYPE_CHECKING:
    import sqlite3


@dataclass(frozen=True)
class Rest:
    """``until`` is by purpose the first day on which it may be sent again, for those that rest today.

    ``capped``: the patient has had as many marketing messages as ``allowed`` says.
    """

    until: Mapping[Purpose, date]
    capped: bool
    allowed: FrequencyPolicy


NO_REST = Rest({}, capped=False, allowed=FrequencyPolicy())


def rest_of(connection: "sqlite3.Connection", patient_id: PatientId, now: datetime, zone: ZoneInfo) -> Rest:
    """Of one patient, ``now``; ``zone`` is the practice's."""
    policy = read_policy(connection)
    found = connection.execute("SELECT last_booked_on FROM patient WHERE id = ?", (patient_id,)).fetchone()
    booked = [] if found is None or found[0] is None else [date.fromisoformat(found[0])]
    written = [
        (str(category), instant(at))
        for category, at in connection.execute(
            """SELECT category, at FROM contact WHERE patient_id = ? AND direction = 'out'
              AND kind IN ('email', 'sms') AND status IN ('sent', 'unknown')""",
            (patient_id,),
        )
    ]
    today = now.astimezone(zone).date()
    until = {}
    for purpose in MARKETING:
        last = max((at for category, at in written if category == purpose.value), default=None)
        starts = booked if last is None else [last.astimezone(zone).date(), *booked]
        ends = resting_until(starts, policy.reset_months(purpose))
        if ends is not None and today < ends:
            until[purpose] = ends
    marketing = [at for category, at in written if category in MARKETING]
    sent_7, sent_90 = (sum(at > now - timedelta(days=days) for at in marketing) for days in (7, 90))
    return Rest(until, policy.frequency.reached(sent_7, sent_90), policy.frequency)
