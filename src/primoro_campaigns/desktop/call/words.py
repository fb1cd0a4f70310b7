"""How a call reads: who rang, for how long, and who decided what about it."""

from primoro_campaigns.desktop.local.calls import CallRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.domain.call.model import MatchMethod, MatchState, Presentation

NOT_SEEN = "A patient you do not see"
WAITING = "Waits to be sent to the server; it holds on this computer already."
MAY_NOT_MATCH = "You may not match calls to patients. Ask your practice manager."
ONE_MOMENT = "One moment: this is being recorded."
CHOOSE_FIRST = "Choose the patient who rang."
NO_NUMBER = "The caller did not show a number, so there is none to add to the patient’s file."
NO_FULL_NUMBER = "“{0}” is not a full telephone number, so it cannot be added to the patient’s file."
OUT_OF_SIGHT_FILE = "You do not see this patient’s record."
OUT_OF_SIGHT = "You do not see this patient’s record. Ask somebody who does to match the call."


def length_words(row: CallRow) -> str:
    """``Missed``, ``45 s``, ``1 min 35 s``, ``1 h 2 min``."""
    if not row.answered:
        return "Missed"
    minutes, seconds = divmod(row.duration_s, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def answer_words(row: CallRow) -> str:
    return f"Answered, {length_words(row)}" if row.answered else "Missed"


def caller_words(row: CallRow, number: str) -> str:
    """``number`` is the caller's as people here dial it, empty where there is no full one."""
    if row.state is MatchState.WITHHELD or row.presentation is not Presentation.AVAILABLE:
        return "Number withheld"
    return number or row.from_raw or "No number"


def patient_words(row: CallRow) -> str:
    """Who rang, as far as it is known; empty where it is not."""
    return "" if row.patient_id is None else row.patient_name or NOT_SEEN


def decided_words(row: CallRow, time_zone: str) -> str:
    """How it came to be matched or set aside, by whom, and when; empty while nobody has decided."""
    match row.state:
        case MatchState.AUTO_MATCHED:
            return "Matched by itself: the number is in this file alone."
        case MatchState.MATCHED_BY_HAND:
            added = row.method == MatchMethod.NUMBER_ADDED_TO_FILE
            what = "The number was added to the file" if added else "Matched for this call only"
        case MatchState.LEAD_CREATED:
            what = "A new lead was made from this call"
        case MatchState.IGNORED:
            what = "Marked as not from a patient"
        case _:
            return ""
    by = f" by {row.matched_by_name}" if row.matched_by_name else ""
    when = f", {instant_words(row.matched_at, time_zone)}" if row.matched_at is not None else ""
    return f"{what}{by}{when}."


def no_number_words(row: CallRow) -> str:
    """Why there is nothing to add to a file; empty where there is."""
    if row.from_e164 is not None:
        return ""
    hidden = row.presentation is not Presentation.AVAILABLE or row.state is MatchState.WITHHELD
    return NO_NUMBER if hidden or not row.from_raw else NO_FULL_NUMBER.format(row.from_raw)


def others_words(number: int) -> str:
    """What adding the number does besides; empty where it does nothing."""
    if not number:
        return ""
    calls = "1 other waiting call" if number == 1 else f"{number:,} other waiting calls"
    return f"Adding the number matches {calls} too."
