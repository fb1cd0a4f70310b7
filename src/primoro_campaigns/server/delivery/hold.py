"""Held, not lost: until when a run waits for a patient who rests or has had enough for now."""

from datetime import date, datetime

from primoro_campaigns.domain.schedule import hold
from primoro_campaigns.server.campaign.sending import Sending


def asked_again_at(
    decided: Sending, due_at: datetime, now: datetime, rests_until: date | None
) -> datetime | None:
    """``domain.schedule.hold.asked_again_at`` with what the organisation decided."""
    return hold.asked_again_at(decided.window, decided.settings.hold_days, due_at, now, rests_until)
