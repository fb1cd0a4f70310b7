"""The SMTP client against a real SMTP server that behaves well, badly, or not at all."""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.server.delivery.providers.provider import Away, Letter, Result
from primoro_campaigns.server.delivery.providers.smtp.client import SmtpClient, SmtpSettings
from tests.server.delivery.cleared import cleared
from tests.strict import LogWatch


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@contextmanager
def client(port: int, **settings: object) -> Iterator[SmtpClient]:
    values: dict[str, object] = {"security": "none", "timeout_seconds": 5.0, "connections": 2, **settings}
    opened = SmtpClient(SmtpSettings("127.0.0.1", port, **values))  # type: ignore[arg-type]  # what a test says
    try:
        yield opened
    finally:
        opened.close()


def letter(address: str = "ann@example.com", body: bytes = b"Hello.\r\n") -> Letter:
    content = b"Subject: x\r\n\r\n" + body
    return Letter(cleared(address), "practice@example.com", f"id-of-{address}", content)


def kinds(results: list[Result]) -> list[str]:
    return [type(result.outcome).__name__ for result in results]


def test_each_letter_goes_to_its_one_recipient(catcher: MailCatcher) -> None:
    letters = [letter(f"p{number}@example.com") for number in range(7)]
    with client(catcher.port) as smtp:
        assert smtp.send([]) == []
        results = smtp.send(letters)
        again = smtp.send(letters[:1])
    assert [result.outcome for result in results] == [Sent(each.message_id) for each in letters]
    assert kinds(again) == ["Sent"]
    caught = catcher.caught
    assert sorted(mail.recipients for mail in caught[:7]) == sorted(
        (each.cleared.address,) for each in letters
    )
    assert {mail.sender for mail in caught} == {"practice@example.com"}


def test_a_line_that_is_a_dot_arrives_as_a_dot(catcher: MailCatcher) -> None:
    with client(catcher.port) as smtp:
        smtp.send([letter(body=b"One.\r\n.\r\n..two\r\nEnd")])
    (mail,) = catcher.caught
    assert mail.content == b"Subject: x\r\n\r\nOne.\r\n.\r\n..two\r\nEnd\r\n"


@pytest.mark.parametrize(("reply", "retry"), [("550 5.1.1 no such user", False), ("451 4.7.1 later", True)])
def test_a_refused_address_spares_the_others(catcher: MailCatcher, reply: str, retry: bool) -> None:
    catcher.manners.refuse = lambda address: reply if address.startswith("bad") else None
    with client(catcher.port, connections=1) as smtp:
        results = smtp.send([letter("ann@example.com"), letter("bad@example.com"), letter("cat@example.com")])
    assert kinds(results) == ["Sent", "NotSent", "Sent"]
    refused = results[1].outcome
    assert isinstance(refused, NotSent)
    assert refused.retry is retry
    assert "bad@example.com" not in refused.words
    assert results[1].provider_status == reply[4:9]


@pytest.mark.parametrize(("reply", "retry"), [("554 5.7.1 spam", False), ("452 full", True)])
def test_a_message_refused_after_it_was_read_did_not_leave(
    catcher: MailCatcher, reply: str, retry: bool
) -> None:
    catcher.manners.refuse_data = lambda _address: reply
    with client(catcher.port) as smtp:
        (result,) = smtp.send([letter()])
    assert isinstance(result.outcome, NotSent)
    assert result.outcome.retry is retry


def test_a_line_that_breaks_after_the_message_leaves_doubt(catcher: MailCatcher) -> None:
    catcher.manners.die = lambda address: address.startswith("bea")
    with client(catcher.port, connections=1) as smtp:
        results = smtp.send([letter("ann@example.com"), letter("bea@example.com"), letter("cat@example.com")])
    assert kinds(results) == ["Sent", "InDoubt", "Sent"]
    assert len(catcher.caught) == 3


def test_a_server_that_never_answers_after_the_message_leaves_doubt(catcher: MailCatcher) -> None:
    catcher.manners.hang = lambda _address: True
    with client(catcher.port, timeout_seconds=0.3) as smtp:
        (result,) = smtp.send([letter()])
    assert isinstance(result.outcome, InDoubt)


def test_an_idle_connection_that_was_closed_is_opened_again(catcher: MailCatcher) -> None:
    with client(catcher.port, connections=1) as smtp:
        smtp.send([letter()])
        catcher.stop()
        catcher.start()
        assert kinds(smtp.send([letter("bea@example.com")])) == ["Sent"]


def test_a_server_that_is_not_there_is_away_for_all(catcher: MailCatcher) -> None:
    catcher.stop()
    with client(catcher.port) as smtp:
        results = smtp.send([letter(f"p{number}@example.com") for number in range(5)])
    for result in results:
        assert isinstance(result.outcome, Away)
        assert result.outcome.words.startswith("The mail server cannot be reached (127.0.0.1")
        assert "Nothing is lost" in result.outcome.words


def test_a_server_that_keeps_silent_is_waited_for_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with client(listener.getsockname()[1], timeout_seconds=0.2, connections=4) as smtp:
            results = smtp.send([letter(f"p{number}@example.com") for number in range(8)])
        assert kinds(results) == ["Away"] * 8
        listener.settimeout(0.2)
        listener.accept()[0].close()
        with pytest.raises(TimeoutError):
            listener.accept()


@pytest.mark.parametrize(
    ("reply", "words"), [("550 not you", "does not accept our sender"), ("451 busy", "now")]
)
def test_a_refused_sender_is_not_the_patients_fault(catcher: MailCatcher, reply: str, words: str) -> None:
    catcher.manners.refuse_sender = reply
    with client(catcher.port) as smtp:
        (result,) = smtp.send([letter()])
    assert isinstance(result.outcome, Away)
    assert words in result.outcome.words


def test_a_wrong_password_says_so_and_a_right_one_sends(catcher: MailCatcher, expect_log: LogWatch) -> None:
    expect_log("mail.log", logging.WARNING, "login_data is deprecated")  # aiosmtpd of itself
    catcher.manners.username, catcher.manners.password = "practice", "right"
    with client(catcher.port, username="practice", password="wrong") as smtp:
        (result,) = smtp.send([letter()])
    assert isinstance(result.outcome, Away)
    assert "user name and password" in result.outcome.words
    with client(catcher.port, username="practice", password="right") as smtp:
        assert kinds(smtp.send([letter()])) == ["Sent"]


def test_without_the_encryption_we_ask_for_nothing_is_sent(
    catcher: MailCatcher, expect_log: LogWatch
) -> None:
    # The catcher takes a TLS greeting for a command if a line break happens to be among its random bytes.
    expect_log.allow("mail.log", logging.WARNING, "unrecognised")
    for security in ("starttls", "tls"):
        with client(catcher.port, security=security, timeout_seconds=1.0) as smtp:
            (result,) = smtp.send([letter()])
        assert isinstance(result.outcome, Away)
    assert catcher.caught == ()


def test_a_greeting_that_refuses_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with client(port, timeout_seconds=0.2) as smtp:
            (result,) = smtp.send([letter()])
    assert isinstance(result.outcome, Away)


def test_an_address_with_letters_beyond_ascii(catcher: MailCatcher) -> None:
    with client(catcher.port) as smtp:
        assert kinds(smtp.send([letter("zoë@example.com"), letter()])) == ["Sent", "Sent"]
    assert {mail.recipients[0] for mail in catcher.caught} == {"zoë@example.com", "ann@example.com"}
