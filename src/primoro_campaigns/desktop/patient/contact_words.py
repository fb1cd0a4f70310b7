"""How one line of the Contacts tab reads (domain.md E33)."""

from collections.abc import Mapping
from dataclasses import dataclass

from primoro_campaigns.desktop.local.patients import ContactRow
from primoro_campaigns.domain.consent.model import Purpose


@dataclass(frozen=True)
class ContactKind:
    """``icon`` is one of the kit's; ``filter_words`` are those of the filter."""

    words: str
    filter_words: str
    icon: str


KINDS: Mapping[str, ContactKind] = {
    "email": ContactKind("E-mail", "E-mails", "mail"),
    "sms": ContactKind("Text", "Texts", "sms"),
    "phone": ContactKind("Phone call", "Phone calls", "calls"),
    "consent": ContactKind("Consent", "Consent", "restrict"),
    "note": ContactKind("Note", "Notes", "edit"),
}
"""The kinds of ``storage.synced``, in the order of the filter."""

_DIRECTIONS = {"out": "To the patient", "in": "From the patient"}

STATUS_WORDS: Mapping[str, str] = {
    "sent": "Sent",
    "failed": "Failed",
    "unknown": "Not certain",
    "received": "Received",
    "recorded": "Recorded",
}

_CATEGORIES = {
    Purpose.PROMOTIONS.value: "Promotions",
    Purpose.NEWSLETTERS.value: "Newsletters",
    Purpose.IMPORTANT.value: "Important",
}


def kind_words(row: ContactRow) -> str:
    """Also for a kind that a newer server knows and this program does not."""
    known = KINDS.get(row.kind)
    return known.words if known is not None else row.kind.capitalize()


def kind_icon(row: ContactRow) -> str:
    known = KINDS.get(row.kind)
    return "phone-in" if row.kind == "phone" and row.direction == "in" else known.icon if known else "info"


def direction_words(row: ContactRow) -> str:
    return _DIRECTIONS.get(row.direction, "")


def category_words(row: ContactRow) -> str:
    return _CATEGORIES.get(row.category, row.category.capitalize())


def status_words(row: ContactRow) -> str:
    return STATUS_WORDS.get(row.status, row.status.capitalize())
