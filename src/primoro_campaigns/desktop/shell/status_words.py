"""How fresh the copy is, in words one can act on. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from primoro_campaigns.desktop.kit.token import Tone
from primoro_campaigns.desktop.sync.status import Phase, SyncStatus


@dataclass(frozen=True)
class StatusLine:
    """``icon`` and ``tone`` go with the words. ``waiting`` is the button's words, empty when nothing waits.

    ``notice`` is a sentence and its advice that stay on screen until it is put right; empty when all is well.
    """

    words: str
    icon: str
    tone: Tone
    waiting: str = ""
    notice: tuple[str, str] = ("", "")


def status_line(status: SyncStatus, now: datetime) -> StatusLine:
    """What the status bar says at ``now``."""
    waiting = _waiting(status)
    clock = _clock(status)
    match status.phase:
        case Phase.STARTING:
            return StatusLine("Starting …", "sync", Tone.NEUTRAL, waiting)
        case Phase.FILLING:
            share = f", part {status.done + 1} of {status.total}" if status.total else ""
            words = f"Filling this computer's copy{share}. You can search what is here already."
            return StatusLine(words, "sync", Tone.INFO, waiting, clock)
        case Phase.OFFLINE:
            since = "" if status.offline_since is None else f" since {_time(status.offline_since, now)}"
            go_on = "You can go on working"
            kept = (
                "; what you change is kept and sent later." if not status.waiting else "; changes wait here."
            )
            return StatusLine(f"Offline{since}. {go_on}{kept}", "offline", Tone.WARNING, waiting, clock)
        case Phase.SIGNED_OUT:
            return StatusLine(
                "Signed out. Sign in again to sync.",
                "lock",
                Tone.WARNING,
                waiting,
                ("You are signed out.", "You can go on working. What you do is kept here until you sign in."),
            )
        case Phase.STUCK:
            return StatusLine(
                status.title or "The sync needs your attention.",
                "warning",
                Tone.ERROR,
                waiting,
                (status.title, status.advice),
            )
        case Phase.SYNCING | Phase.CURRENT:
            if status.last_success_at is None:
                return StatusLine("Syncing …", "sync", Tone.INFO, waiting, clock)
            return StatusLine(
                f"Up to date, {_ago(status.last_success_at, now)}", "online", Tone.SUCCESS, waiting, clock
            )


def _waiting(status: SyncStatus) -> str:
    parts = []
    if status.waiting:
        parts.append("1 change waits" if status.waiting == 1 else f"{status.waiting:,} changes wait")
    if status.refused:
        parts.append("1 needs you" if status.refused == 1 else f"{status.refused:,} need you")
    return ", ".join(parts)


def _clock(status: SyncStatus) -> tuple[str, str]:
    if not status.clock_off_s:
        return "", ""
    minutes = abs(status.clock_off_s) // 60
    way = "fast" if status.clock_off_s > 0 else "slow"
    return (
        f"This computer's clock is {minutes} minutes {way}.",
        "Nothing is lost: the order of changes never depends on it. Set the clock, so that times show right.",
    )


def _ago(moment: datetime, now: datetime) -> str:
    passed = now - moment
    if passed < timedelta(seconds=5):
        return "just now"
    if passed < timedelta(minutes=1):
        return f"{int(passed.total_seconds())} seconds ago"
    if passed < timedelta(hours=1):
        minutes = int(passed.total_seconds()) // 60
        return "a minute ago" if minutes == 1 else f"{minutes} minutes ago"
    return f"at {_time(moment, now)}"


def _time(moment: datetime, now: datetime) -> str:
    local, today = moment.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b, %H:%M}"
