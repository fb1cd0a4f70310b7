"""Mail signed before it is handed over. The library composes and folds the signature; OpenSSL does the sum,
which in the library's own Python takes several times as long (docs/decisions: "Signing mail").
"""

import base64
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import dkim  # type: ignore[import-untyped]  # it has no types
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from primoro_campaigns.server.delivery.providers.provider import (
    Brake,
    Letter,
    MailProvider,
    Result,
    released,
)
from primoro_campaigns.server.delivery.providers.signing.account import DkimAccount, private_key

_log = logging.getLogger("primoro_campaigns.server.delivery.signing")

COVERED = (
    # Twice, so that a second one cannot be added; the others too when they are not there.
    b"from",
    b"from",
    b"reply-to",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
)
"""The headers that the signature covers (domain.md EM4; RFC 8058, section 4)."""

_RELAXED = (b"relaxed", b"relaxed")


class _Everything:
    """Takes what the library would hash."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def update(self, part: bytes) -> None:
        self.parts.append(part)


class Signer:
    """Signs for one domain with one key."""

    def __init__(self, account: DkimAccount) -> None:
        self._key = private_key(account.private_key.get_secret_value())
        # In the one form of PEM that the library reads whatever wrote the key.
        self._pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        self._domain, self._selector = account.domain.encode(), account.selector.encode()

    def signed(self, content: bytes) -> bytes:
        """The message with the signature before its first header."""
        made: bytes = _Signature(content, self._key).sign(
            self._selector, self._domain, self._pem, canonicalize=_RELAXED, include_headers=COVERED
        )
        return made + content


class _Signature(dkim.DKIM):  # type: ignore[misc]  # the library has no types
    """As the library's, but for who raises the number to the power."""

    def __init__(self, content: bytes, key: RSAPrivateKey) -> None:
        super().__init__(content, logger=_log)
        self._key = key

    def gen_header(
        self,
        fields: list[tuple[bytes, bytes]],
        include_headers: Sequence[bytes],
        canon_policy: Any,
        header_name: bytes,
        _pk: object,
        _standardize: bool = False,
    ) -> bytes:
        """The last of ``fields`` is the signature itself, which is not there yet."""
        header = (header_name, b" " + dkim.RE_BTAG.sub(b"\\1", _folded(fields, header_name)))
        everything = _Everything()
        headers = canon_policy.canonicalize_headers(self.headers)
        dkim.hash_headers(everything, canon_policy, headers, include_headers, header, dict(fields))
        signature = self._key.sign(b"".join(everything.parts), PKCS1v15(), SHA256())
        fields[-1] = (b"b", base64.b64encode(signature))
        return _folded(fields, header_name, b"\r\n")


def _folded(fields: Sequence[tuple[bytes, bytes]], header_name: bytes, end: bytes = b"") -> bytes:
    value = b"; ".join(b"=".join(field) for field in fields) + end
    folded: bytes = dkim.fold(value, namelen=len(header_name), linesep=b"\r\n")
    return folded


class SignedMail:
    """A ``MailProvider`` that signs what it hands on to another."""

    def __init__(self, carrier: MailProvider, account: DkimAccount) -> None:
        self._carrier = carrier
        self._account = account
        self._signer = Signer(account)

    def send(self, letters: Sequence[Letter], brake: Brake = released) -> Sequence[Result]:
        """Mail of another domain goes as it is: our signature would say nothing for it."""
        return self._carrier.send([self._with_signature(letter) for letter in letters], brake)

    def close(self) -> None:
        self._carrier.close()

    def _with_signature(self, letter: Letter) -> Letter:
        if not self._account.covers(letter.sender):
            return letter
        return replace(letter, content=self._signer.signed(letter.content))
