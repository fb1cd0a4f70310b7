"""The words of a change of consent in the patient's Contacts tab."""

from primoro_campaigns.domain.consent.model import (
    SOURCE_WORDS,
    Channel,
    ConsentSource,
    PermissionState,
    Purpose,
)
from primoro_campaigns.server.consent.suppression import AddressKind

_PURPOSE = {
    Purpose.PROMOTIONS: "promotions",
    Purpose.NEWSLETTERS: "newsletters",
    Purpose.IMPORTANT: "important notifications",
}
_CHANNEL = {
    Channel.APP: "in the patient app",
    Channel.WHATSAPP: "by WhatsApp",
    Channel.SMS: "by SMS",
    Channel.EMAIL: "by e-mail",
}
_KIND = {AddressKind.EMAIL: "e-mail address", AddressKind.MOBILE: "mobile number"}


def restricted_title(purpose: Purpose) -> str:
    return f"Asked for no more {_PURPOSE[purpose]}"


def lifted_title(purpose: Purpose) -> str:
    return f"Wants {_PURPOSE[purpose]} again"


def permission_title(channel: Channel, purpose: Purpose, state: PermissionState) -> str:
    what = f"{_PURPOSE[purpose]} {_CHANNEL[channel]}"
    match state:
        case PermissionState.OPTED_IN:
            return f"Said yes to {what}"
        case PermissionState.OPTED_OUT:
            return f"Said no to {what}"
        case PermissionState.UNKNOWN:
            return f"Whether {what} are wanted is not known"


def soft_opt_in_title(channel: Channel, purpose: Purpose) -> str:
    return f"May be sent {_PURPOSE[purpose]} {_CHANNEL[channel]} (soft opt-in)"


def suppressed_title(kind: AddressKind) -> str:
    return f"The {_KIND[kind]} must not be used any more"


def released_title(kind: AddressKind) -> str:
    return f"The {_KIND[kind]} may be used again"


def provenance(source: ConsentSource, by_name: str, why: str) -> str:
    """ "Recorded at the practice by Jo Bell. Rang us this morning." """
    by = f" by {by_name}" if by_name and source is ConsentSource.STAFF else ""
    sentence = f"Recorded {SOURCE_WORDS[source]}{by}."
    return f"{sentence} {why.strip()}" if why.strip() else sentence
