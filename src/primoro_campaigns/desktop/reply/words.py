"""How a reply reads: who wrote, whose number it is, and who has dealt with it."""

from collections.abc import Sequence

from primoro_campaigns.desktop.local.providers import ProviderRow
from primoro_campaigns.desktop.local.replies import ReplyPatient, ReplyRow
from primoro_campaigns.desktop.moment import instant_words
from primoro_campaigns.domain.reply.model import ReplyState

NOT_SEEN = "A patient you do not see"
IN_NO_FILE = "In no patient’s file"
WAITING = "Waits to be sent to the server; it holds on this computer already."
MAY_NOT = "You may not mark replies as handled: for that you need the right to set restrictions."
ONE_MOMENT = "One moment: this is being recorded."
OUT_OF_SIGHT = "You do not see this patient’s record. Ask somebody who does to look at this reply."


def mail_unread_words(mailbox: ProviderRow, time_zone: str) -> tuple[str, str]:
    """What happened, and what is safe and to be done. It was read for the last time about then."""
    since = instant_words(mailbox.last_success_at or mailbox.last_failure_at, time_zone)
    return (
        f"Answers and returned e-mails have not been read since {since}.",
        f"{mailbox.failure} Nothing is lost: they wait in the mailbox and come in by themselves once it can "
        "be read. Have whoever looks after the server see to it.",
    )


_CHANNELS = {"sms": "Text", "email": "E-mail"}
_MOST_LISTED = 200


def sender_words(row: ReplyRow, number: str) -> str:
    """``number`` is the sender's as people here dial it, empty where it is no number."""
    return number or row.from_raw or "No number"


def channel_words(row: ReplyRow) -> str:
    return _CHANNELS.get(row.channel, row.channel)


def channel_icon(row: ReplyRow) -> str:
    return "mail" if row.channel == "email" else "sms"


def name_words(patient: ReplyPatient) -> str:
    return patient.name or NOT_SEEN


def patients_words(patients: Sequence[ReplyPatient]) -> str:
    """For a line of the list."""
    return ", ".join(name_words(each) for each in patients) or IN_NO_FILE


def holders_words(row: ReplyRow) -> str:
    """Over the patients, or in place of them."""
    what = "address" if row.channel == "email" else "number"
    match len(row.patients):
        case 0 if row.channel == "sms" and not row.from_address:
            return "The sender shows no telephone number, so it cannot be told who wrote."
        case 0:
            return (
                f"No file held this {what} when the message came. If it says who wrote, look the patient up."
            )
        case 1:
            return f"This {what} is in the file of"
        case several:
            return f"{several} files hold this {what}. Any of them may have written:"


def first_line(row: ReplyRow) -> str:
    """The beginning, on one line."""
    words = " ".join(f"{row.subject}  {row.text}".split())
    return words if len(words) <= _MOST_LISTED else f"{words[:_MOST_LISTED]}…"


def decided_words(row: ReplyRow, time_zone: str) -> str:
    """Who dealt with it, and when; empty while nobody has."""
    if row.state is not ReplyState.HANDLED:
        return ""
    by = f" by {row.handled_by_name}" if row.handled_by_name else ""
    when = f", {instant_words(row.handled_at, time_zone)}" if row.handled_at is not None else ""
    return f"Marked as handled{by}{when}."
