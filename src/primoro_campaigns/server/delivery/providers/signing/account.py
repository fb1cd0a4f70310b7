"""For which domain mail is signed, and with which key."""

import base64
from typing import ClassVar

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import SecretStr, field_validator

from primoro_campaigns.server.account.provider_account import ProviderAccount

DKIM = "dkim"
"""The name under which the account is kept."""

BITS = 2048
"""Longer keys do not fit the record of every name server; shorter ones count as unsigned with some."""

_LEAST_BITS = 1024


class DkimAccount(ProviderAccount):
    """``private_key`` is an RSA key in PEM, without a password. All three, or mail is not signed."""

    needed: ClassVar[tuple[str, ...]] = ("domain", "selector", "private_key")

    domain: str = ""
    selector: str = ""
    private_key: SecretStr = SecretStr("")

    @field_validator("domain", "selector")
    @classmethod
    def _name(cls, value: str) -> str:
        labels = value.split(".")
        if value and not all(_is_label(label) for label in labels):
            raise ValueError("must be of letters, digits, dots and hyphens")
        return value.lower()

    @field_validator("private_key")
    @classmethod
    def _key(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            private_key(value.get_secret_value())
        return value

    @property
    def signs(self) -> bool:
        return not self.missing()

    def covers(self, address: str) -> bool:
        """Whether mail from ``address`` is signed by its own domain, or by the one above (domain.md EM5)."""
        domain = address.rpartition("@")[2].lower()
        return domain == self.domain or domain.endswith(f".{self.domain}")


def new_key() -> str:
    """A fresh private key in PEM."""
    fresh = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
    return fresh.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def private_key(pem: str) -> rsa.RSAPrivateKey:
    """Raises ``ValueError`` in words for anything else."""
    try:
        found = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):
        raise ValueError("must be an RSA key in PEM, without a password") from None
    if not isinstance(found, rsa.RSAPrivateKey) or found.key_size < _LEAST_BITS:
        raise ValueError(f"must be an RSA key of at least {_LEAST_BITS} bits")
    return found


def record(account: DkimAccount) -> tuple[str, str]:
    """The name and the text of the TXT record that the domain has to publish (RFC 6376, section 3.6.1)."""
    public = private_key(account.private_key.get_secret_value()).public_key()
    encoded = base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    return f"{account.selector}._domainkey.{account.domain}", f"v=DKIM1; k=rsa; p={encoded}"


def _is_label(label: str) -> bool:
    return label.isascii() and label.replace("-", "a").replace("_", "a").isalnum() and len(label) <= 63
