"""Test messages, asked for by a real client of a real server that hands them to a real mail server."""

from collections.abc import Iterator

import pytest

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.desktop.remote.http import Http
from primoro_campaigns.desktop.remote.session import Tokens
from primoro_campaigns.desktop.remote.trials import ServerTrials
from primoro_campaigns.desktop.sync.failure import RefusedError, UnreachableError
from primoro_campaigns.desktop.trial import OwnAddresses
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.support.secrets import SessionSecrets
from tests.fakes.line import Line
from tests.fakes.loopback_server import LoopbackServer

OWN = "max@practice.example"


@pytest.fixture
def mail() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


def trials_of(server: LoopbackServer, http: Http, name: str) -> ServerTrials:
    session = server.signed_in(name, "0198c000-0000-7000-8000-000000000001")
    return ServerTrials(http, Tokens(http, SessionSecrets(), "refresh", lambda _session: None, session))


@pytest.fixture
def trials(server: LoopbackServer, http: Http, mail: MailCatcher) -> ServerTrials:
    server.add_user("max", Role.MANAGER)
    values = {
        "public_address": "https://practice.example",
        "sender_email": "hello@practice.example",
        "smtp_host": "127.0.0.1",
        "smtp_port": str(mail.port),
        "smtp_security": "none",
    }

    def configure(uow: UnitOfWork) -> None:
        organisation.configure(uow.connection, server.key, values)

    server.change(configure)
    return trials_of(server, http, "max")


def test_a_test_arrives_and_the_address_is_remembered(trials: ServerTrials, mail: MailCatcher) -> None:
    assert trials.own_addresses() == OwnAddresses("", "")
    told = trials.send("smtp", OWN)
    assert (told.sent, OWN in told.words) == (True, True)
    assert [each.recipients for each in mail.caught] == [(OWN,)]
    assert trials.own_addresses() == OwnAddresses(OWN, "")


def test_the_servers_refusal_arrives_in_words(trials: ServerTrials) -> None:
    with pytest.raises(RefusedError, match="not an e-mail address"):
        trials.send("smtp", "max")


def test_what_the_mail_server_says_arrives_in_words(trials: ServerTrials, mail: MailCatcher) -> None:
    mail.manners.refuse = lambda _address: "550 5.1.1 no such user"
    told = trials.send("smtp", OWN)
    assert (told.sent, told.words) == (
        False,
        "The mail server refused this address or message (5.1.1).",
    )


def test_reception_is_refused(server: LoopbackServer, http: Http) -> None:
    with pytest.raises(RefusedError, match="You may not manage campaigns"):
        trials_of(server, http, "reception").own_addresses()


def test_a_server_that_is_away_is_said_to_be(trials: ServerTrials, line: Line) -> None:
    line.up = False
    with pytest.raises(UnreachableError):
        trials.send("smtp", OWN)
