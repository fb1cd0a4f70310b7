"""Held, not lost: until when a campaign waits for a patient who rests or has had enough for now."""

from datetime import date, datetime, time, timedelta

from primoro_campaigns.domain.schedule.window import SendWindow


def asked_again_at(
    window: SendWindow, hold_days: int, due_at: datetime, now: datetime, rests_until: date | None
) -> datetime | None:
    """When the gate is asked again about a patient; None when the campaign's time is over by then.

    That is on the day the rest ends, else each day: how long a cap holds depends on what else is sent. A
    campaign waits ``hold_days`` from its time on, and only within the sending hours.
    """
    day = window.today(now) + timedelta(days=1)
    if rests_until is not None:
        day = max(day, rests_until)
    again = window.next_opening(datetime.combine(day, time.min, window.zone))
    return again if again <= due_at + timedelta(days=hold_days) else None
