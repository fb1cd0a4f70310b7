"""The keyed hash under which an address or number is known once nobody may use it any more."""

import hmac
from enum import StrEnum
from hashlib import sha256

from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.patient.email_address import address_key


class AddressKind(StrEnum):
    """What is suppressed: an e-mail address, or a mobile number on every channel that uses it."""

    EMAIL = "email"
    MOBILE = "mobile"


KIND_OF: dict[Channel, AddressKind] = {
    Channel.EMAIL: AddressKind.EMAIL,
    Channel.SMS: AddressKind.MOBILE,
    Channel.WHATSAPP: AddressKind.MOBILE,
    Channel.APP: AddressKind.MOBILE,
}


def key_hash(key: bytes, kind: AddressKind, address: str) -> str:
    """HMAC-SHA256 of the folded address or E.164 number; it outlives erasure (domain.md L07)."""
    return hmac.new(key, f"{kind}:{address_key(address)}".encode(), sha256).hexdigest()
