"""``primoro-campaigns server sign-mail``."""

import argparse
import sys
from pathlib import Path

from primoro_campaigns.domain.errors import PrimoroError
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.delivery.providers.signing.account import DKIM, DkimAccount, new_key, record
from primoro_campaigns.server.opening import add_place_options, opened, place_of

_KINDS = {DKIM: DkimAccount}


class OtherDomainError(PrimoroError):
    """The signature would be for a domain that the practice does not write from."""

    def __init__(self, sender: str, domain: str) -> None:
        super().__init__(
            f"The practice writes from {sender or 'no address yet'}, which does not belong to {domain}.",
            "Nothing was changed. Set sender_email first, or name the domain that it belongs to.",
            "delivery.other_domain",
        )


class KeyFileError(PrimoroError):
    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"The key cannot be read from {path}: {why}.",
            "Nothing was changed. Name a file with a private RSA key, or leave --key-file out for a new key.",
            "delivery.key_file",
        )


class NamesMissingError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            "A signature needs a domain and a selector.",
            "Nothing was changed. Give both: --domain practice.example --selector primoro",
            "delivery.names_missing",
        )


def add_signing_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the server's."""
    signing = commands.add_parser(
        "sign-mail",
        help="sign e-mail for the practice's domain (DKIM), with a new key or that of a file; "
        "prints the record that the domain has to publish",
    )
    add_place_options(signing)
    signing.add_argument("--domain", default="", metavar="DOMAIN")
    signing.add_argument("--selector", default="", metavar="NAME")
    signing.add_argument("--key-file", type=Path, metavar="FILE", help="a private RSA key in PEM")
    signing.add_argument("--off", action="store_true", help="sign no more, and forget the key")
    signing.set_defaults(run=_sign)


def _sign(arguments: argparse.Namespace) -> int:
    if arguments.off:
        names, words = dict.fromkeys(DkimAccount.model_fields, ""), "Mail is not signed any more.\n"
    else:
        if not (arguments.domain and arguments.selector):
            raise NamesMissingError
        names = {"domain": arguments.domain, "selector": arguments.selector, "private_key": _key(arguments)}
        words = ""
    with opened(place_of(arguments)) as (database, key), database.write() as uow:
        values = {f"{DKIM}.{name}": value for name, value in names.items()}
        settings = organisation.configure(uow.connection, key, values, _KINDS)
        account = organisation.account_of(settings, key, DKIM, DkimAccount)
        if account.signs and not account.covers(settings.sender_email):
            raise OtherDomainError(settings.sender_email, account.domain)
        audit.record(uow, SERVER, "delivery.signing", "", "Changed how e-mail is signed.")
    sys.stdout.write(words or _to_publish(account))
    return 0


def _key(arguments: argparse.Namespace) -> str:
    path: Path | None = arguments.key_file
    if path is None:
        return new_key()
    try:
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise KeyFileError(path, why) from None


def _to_publish(account: DkimAccount) -> str:
    name, text = record(account)
    return (
        f"Mail from {account.domain} is signed from now on.\n"
        "Whoever looks after the domain has to publish this as a TXT record:\n"
        f"{name}\n{text}\n"
    )
