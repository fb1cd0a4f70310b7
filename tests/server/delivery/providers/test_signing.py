"""Signed mail: what the receiver's side makes of it, by the library's own check (domain.md EM4)."""

import io
import re
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import cache
from pathlib import Path

import dkim  # type: ignore[import-untyped]  # it has no types
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from pydantic import SecretStr, ValidationError

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import Purpose
from primoro_campaigns.server import cli
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.tables import organisation as table
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.providers.signing.account import (
    DKIM,
    DkimAccount,
    new_key,
    private_key,
    record,
)
from primoro_campaigns.server.delivery.providers.signing.signed import COVERED
from tests.server.delivery.conftest import House
from tests.server.sender import CONTENT, KEY, add_practice, add_willing, configure

DOMAIN, SELECTOR = "practice.example", "primoro"


@cache
def pem() -> str:
    """Made once: it takes its time."""
    return new_key()


def account(**more: str) -> DkimAccount:
    values = {"domain": DOMAIN, "selector": SELECTOR, "private_key": pem(), **more}
    return DkimAccount.model_validate({**values, "private_key": SecretStr(values["private_key"])})


def verifies(message: bytes, of: DkimAccount | None = None) -> bool:
    """What a receiver finds who asks the domain for its record."""
    name, text = record(of or account())

    def txt(asked: bytes, timeout: int = 5) -> bytes:
        del timeout
        return text.encode() if asked == f"{name}.".encode() else b""

    return bool(dkim.verify(message, dnsfunc=txt))


@pytest.fixture
def signing(house: House) -> House:
    with house.database.write() as uow:
        add_willing(uow, "ann")
        names = {"domain": DOMAIN, "selector": SELECTOR, "private_key": pem()}
        configure(uow, **{f"dkim.{name}": value for name, value in names.items()})
    return house


CONTENTS: Mapping[str, Content] = {
    "plain": CONTENT,
    "a dot": replace(
        CONTENT, email_body="Dear {first_name|patient},\n\n.\n.. and so on\n\nwe are here for you."
    ),
    "a notice": replace(CONTENT, purpose=Purpose.IMPORTANT, reply_to="desk@practice.example"),
    "long and odd": replace(
        CONTENT,
        subject="Frühling " + "in der Praxis, mit Bäumen und Blüten " * 5,
        email_body="Dear {first_name|patient},\n\n"
        + "ein langer Satz ohne Ende \U0001f642 " * 60
        + "\n\n\n  ",
    ),
}


@pytest.mark.parametrize("kind", sorted(CONTENTS))
def test_em4_what_arrives_is_signed_and_holds(signing: House, mail: MailCatcher, kind: str) -> None:
    signing.approved(CONTENTS[kind])
    signing.worker.work()
    (caught,) = mail.caught
    assert caught.content.startswith(
        b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=practice.example;"
    )
    assert verifies(caught.content)
    assert max(map(len, caught.content.split(b"\r\n"))) <= 998


def test_em4_the_signature_covers_the_way_out(signing: House, mail: MailCatcher) -> None:
    signing.approved()
    signing.worker.work()
    (caught,) = mail.caught
    head = caught.content.partition(b"\r\n\r\n")[0]
    covered = re.search(rb"h=([^;]+);", re.sub(rb"\s", b"", head))
    assert covered is not None
    names = covered.group(1).split(b":")
    assert names == list(COVERED)
    assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= set(names)
    assert b"\r\nList-Unsubscribe: <https://practice.example/u/" in head


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"come and see us", b"come and pay us"),
        (b"List-Unsubscribe: <https://practice", b"List-Unsubscribe: <https://elsewhere"),
        (b"List-Unsubscribe-Post: List", b"List-Unsubscribe-Post: Lost"),
        (b"\r\nTo: ann@", b"\r\nTo: bea@"),
        (b"\r\nSubject: ", b"\r\nSubject: Re: "),
        (b"\r\nFrom: ", b"\r\nFrom: somebody@else.example\r\nFrom: "),
        (b"\r\nMIME-Version: ", b"\r\nReply-To: somebody@else.example\r\nMIME-Version: "),
    ],
)
def test_whoever_changes_it_breaks_it(signing: House, mail: MailCatcher, before: bytes, after: bytes) -> None:
    signing.approved()
    signing.worker.work()
    (caught,) = mail.caught
    assert caught.content.count(before) >= 1
    assert not verifies(caught.content.replace(before, after, 1))


def test_relays_may_fold_the_lines_anew(signing: House, mail: MailCatcher) -> None:
    signing.approved()
    signing.worker.work()
    (caught,) = mail.caught
    folded = caught.content.replace(b">, <mailto:", b">,\r\n\t <mailto:")
    assert folded != caught.content
    assert verifies(folded)


def test_without_a_key_nothing_is_signed(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
    house.approved()
    house.worker.work()
    assert b"DKIM-Signature" not in mail.caught[0].content


def test_mail_of_another_domain_goes_as_it_is(signing: House, mail: MailCatcher) -> None:
    with signing.database.write() as uow:
        configure(uow, sender_email="hello@elsewhere.example")
    signing.approved()
    signing.worker.work()
    assert b"DKIM-Signature" not in mail.caught[0].content


@pytest.mark.parametrize(
    ("sender", "covered"),
    [
        ("a@practice.example", True),
        ("a@Mail.Practice.Example", True),
        ("a@notpractice.example", False),
        ("a@example", False),
        ("", False),
    ],
)
def test_em5_the_domain_signs_for_itself_and_those_below_it(sender: str, covered: bool) -> None:
    assert account().covers(sender) is covered


def written(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: KeySerializationEncryption | None = None,
) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()).decode()


def test_a_key_in_another_form_of_pem_signs_as_well(signing: House, mail: MailCatcher) -> None:
    other = written(private_key(pem()))
    assert other.startswith("-----BEGIN PRIVATE KEY-----")
    with signing.database.write() as uow:
        configure(uow, **{"dkim.private_key": other})
    signing.approved()
    signing.worker.work()
    assert verifies(mail.caught[0].content)


def _curve() -> str:
    return written(ec.generate_private_key(ec.SECP256R1()))


def _locked() -> str:
    return written(private_key(pem()), BestAvailableEncryption(b"a password"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("private_key", "no key"),
        ("private_key", _curve()),
        ("private_key", _locked()),
        ("domain", "practice example"),
        ("domain", "practice.example; d=other.example"),
        ("selector", "a..b"),
        ("selector", "s\r\nBcc: all"),
    ],
)
def test_what_cannot_sign_is_refused_and_not_repeated(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        account(**{field: value})
    assert "must be" in caught.value.errors()[0]["msg"]


class Office:
    """The administrator at the command line."""

    def __init__(self, *place: str) -> None:
        self._place = place

    def sign_mail(self, *words: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            status = cli.main(["sign-mail", *words, *self._place])
        return status, out.getvalue(), err.getvalue()


@pytest.fixture
def office(
    database: Database, migrated_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Office:
    monkeypatch.setenv("PRIMORO_SECRET_KEY", "a key for tests, thirty-two characters")
    with database.write() as uow:
        add_practice(uow)
    return Office("--data", str(tmp_path / "data"), "--database", migrated_database)


def kept(database: Database) -> DkimAccount:
    with database.read() as connection:
        return organisation.account_of(organisation.settings(connection), KEY, DKIM, DkimAccount)


NAMES = ("--domain", DOMAIN, "--selector", SELECTOR)


def test_the_command_makes_a_key_and_says_what_to_publish(database: Database, office: Office) -> None:
    status, out, err = office.sign_mail(*NAMES)
    assert (status, err) == (0, "")
    account = kept(database)
    assert account.signs
    name, text = record(account)
    assert out.splitlines()[-2:] == [name, text]
    assert name == "primoro._domainkey.practice.example"
    with database.read() as connection:
        stored = str(connection.execute(table.select()).one().settings)
    # The first lines of a private key hold the public one too.
    secret = account.private_key.get_secret_value().splitlines()
    for line in secret[len(secret) // 2 : -1]:
        assert line not in stored
        assert line not in out
    assert office.sign_mail("--off")[:2] == (0, "Mail is not signed any more.\n")
    assert kept(database) == DkimAccount()


def test_the_command_takes_the_key_of_a_file(database: Database, office: Office, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(pem())
    assert office.sign_mail(*NAMES, "--key-file", str(tmp_path / "key.pem"))[0] == 0
    assert kept(database) == account()


def test_the_command_refuses_in_words(database: Database, office: Office, tmp_path: Path) -> None:
    (tmp_path / "odd.pem").write_text("no key")
    for words, said in (
        (("--domain", DOMAIN), "needs a domain and a selector"),
        (("--domain", "other.example", "--selector", "s"), "which does not belong to other.example"),
        ((*NAMES, "--key-file", str(tmp_path / "none.pem")), "cannot be read from"),
        ((*NAMES, "--key-file", str(tmp_path / "odd.pem")), "dkim.private_key: must be an RSA key"),
    ):
        status, out, err = office.sign_mail(*words)
        assert (status, out, said in err) == (1, "", True), err
    assert kept(database) == DkimAccount()
