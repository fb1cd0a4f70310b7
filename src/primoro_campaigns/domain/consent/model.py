"""Restriction, permission, suppression: three separate things, never merged (decisions.md, "Consent")."""

from collections.abc import Mapping
from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a patient. ``post`` will join when letters do."""

    APP = "app"
    WHATSAPP = "whatsapp"
    SMS = "sms"
    EMAIL = "email"


CHANNEL_WORDS: Mapping[Channel, str] = {
    Channel.APP: "Patient app",
    Channel.WHATSAPP: "WhatsApp",
    Channel.SMS: "SMS",
    Channel.EMAIL: "E-mail",
}


class Purpose(StrEnum):
    """Why the practice writes: the "reason" of a campaign (domain.md E18)."""

    PROMOTIONS = "promotions"
    NEWSLETTERS = "newsletters"
    IMPORTANT = "important"


PURPOSE_WORDS: Mapping[Purpose, str] = {
    Purpose.PROMOTIONS: "Product and service information or promotions",
    Purpose.NEWSLETTERS: "Newsletters",
    Purpose.IMPORTANT: "Important notifications",
}

MARKETING: frozenset[Purpose] = frozenset({Purpose.PROMOTIONS, Purpose.NEWSLETTERS})
"""The purposes that need permission, can be restricted, and always carry a way out (PECR reg.

22; domain.md L01, L11).
"""


class PermissionState(StrEnum):
    """Three states, never a bare yes or no (domain.md E25)."""

    OPTED_IN = "opted_in"
    OPTED_OUT = "opted_out"
    UNKNOWN = "unknown"


PERMISSION_WORDS: Mapping[PermissionState, str] = {
    PermissionState.OPTED_IN: "Opted in",
    PermissionState.OPTED_OUT: "Opted out",
    PermissionState.UNKNOWN: "Not known",
}


class ConsentSource(StrEnum):
    """Where a change of consent came from (domain.md E06, E28)."""

    STAFF = "staff"
    UNSUBSCRIBE_PAGE = "unsubscribe_page"
    PREFERENCE_PAGE = "preference_page"
    ONE_CLICK = "one_click"
    STOP_TEXT = "stop_text"
    START_TEXT = "start_text"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    IMPORT = "import"
    ERASURE = "erasure"


SOURCE_WORDS: Mapping[ConsentSource, str] = {
    ConsentSource.STAFF: "at the practice",
    ConsentSource.UNSUBSCRIBE_PAGE: "on the unsubscribe page",
    ConsentSource.PREFERENCE_PAGE: "on the preferences page",
    ConsentSource.ONE_CLICK: "by one-click unsubscribe in the mail program",
    ConsentSource.STOP_TEXT: "by a STOP text",
    ConsentSource.START_TEXT: "by a START text",
    ConsentSource.BOUNCE: "because mail came back",
    ConsentSource.COMPLAINT: "by a spam complaint",
    ConsentSource.IMPORT: "in the practice-management system",
    ConsentSource.ERASURE: "when a patient's data was erased",
}


class Refusal(StrEnum):
    """Why one patient is not written to. Each has words in ``REFUSAL_WORDS`` (decisions.md, "Consent")."""

    DECEASED = "deceased"
    INACTIVE = "inactive"
    ARCHIVED = "archived"
    UNDER_18 = "under_18"
    RESTRICTED = "restricted"
    OPTED_OUT = "opted_out"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"
    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    LANDLINE = "landline"
    CHANNEL_NOT_READY = "channel_not_ready"
    RESTING = "resting"
    FREQUENCY_CAP = "frequency_cap"
    BOOKED = "booked"
    SAME_ADDRESS = "same_address"
    EXCLUDED_BY_HAND = "excluded_by_hand"
    OUTSIDE_WINDOW = "outside_window"
    HAD_IT = "had_it"
    CANCELLED = "cancelled"
    GONE = "gone"


REFUSAL_WORDS: Mapping[Refusal, str] = {
    Refusal.DECEASED: "Has died",
    Refusal.INACTIVE: "Is no longer an active patient",
    Refusal.ARCHIVED: "Record is archived",
    Refusal.UNDER_18: "Is under 18",
    Refusal.RESTRICTED: "Asked for no messages of this kind",
    Refusal.OPTED_OUT: "Opted out of this channel",
    Refusal.SUPPRESSED: "This address or number must not be used",
    Refusal.UNKNOWN: "Has not said yes to this channel",
    Refusal.NO_ADDRESS: "No address or number on file",
    Refusal.INVALID_ADDRESS: "The address or number on file is not valid",
    Refusal.LANDLINE: "The number on file is a landline",
    Refusal.CHANNEL_NOT_READY: "This channel is not set up yet",
    Refusal.RESTING: "Was written to or booked recently",
    Refusal.FREQUENCY_CAP: "Has had as many messages as we allow for now",
    Refusal.BOOKED: "Has booked already",
    Refusal.SAME_ADDRESS: "Someone else at the same address gets it",
    Refusal.EXCLUDED_BY_HAND: "Taken out by hand",
    Refusal.OUTSIDE_WINDOW: "The sending hours were over",
    Refusal.HAD_IT: "Has had this campaign already",
    Refusal.CANCELLED: "The campaign was cancelled first",
    Refusal.GONE: "The record is no longer there",
}
