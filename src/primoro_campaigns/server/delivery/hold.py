"""Held, not lost: until when a run waits for a patient who rests or has had enough for now."""

from datetime import date, datetime, time, timedelta

from primoro_campaigns.domain.consent.model import REFUSAL_WORDS, Refusal
from primoro_campaigns.server.campaign.sending import Sending


def asked_again_at(
    decided: Sending, due_at: datetime, now: datetime, rests_until: date | None
) -> datetime | None:
    """When the gate is asked again about a patient; None when the campaign's time is over by then.

    That is on the day the rest ends, else each day: how long a cap holds depends on what else is sent. A
    campaign waits ``hold_days`` from its time on, and only within the sending hours.
    """
    day = decided.today(now) + timedelta(days=1)
    if rests_until is not None:
        day = max(day, rests_until)
    again = decided.window.next_opening(datetime.combine(day, time.min, decided.zone))
    return again if again <= due_at + timedelta(days=decided.settings.hold_days) else None


def held_words(reason: Refusal) -> str:
    """What stands beside a patient who waits."""
    words = REFUSAL_WORDS[reason]
    return f"Waits: {words[0].lower()}{words[1:]}"
