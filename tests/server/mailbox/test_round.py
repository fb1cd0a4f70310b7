"""The mailbox over IMAP: nothing is lost and nothing taken twice, whatever breaks in between."""

import logging
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.mailbox.imap import Inbox, MailboxError
from primoro_campaigns.server.mailbox.round import place, take_all
from primoro_campaigns.server.mailbox.watch import MailboxWatch
from primoro_campaigns.server.reply.tables import reply
from tests.fakes.imap import ImapServer
from tests.server.mailbox.mails import answer
from tests.server.sender import KEY, add_practice, configure, consent_service
from tests.strict import LogWatch

TAKEN = "Taken by Primoro"


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    with ImapServer() as running:
        yield running


@pytest.fixture
def practice(database: Database, imap: ImapServer) -> Database:
    with database.write() as uow:
        add_practice(
            uow,
            imap_host="127.0.0.1",
            imap_port=str(imap.port),
            imap_security="none",
            imap_username=imap.username,
            imap_password=imap.password,
        )
    return database


def go(database: Database) -> int:
    where = place(database, KEY)
    if where is None:
        return 0
    with Inbox(where) as inbox:
        return take_all(database, consent_service(), inbox).fresh


def said(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(reply.c.text).order_by(reply.c.id)).scalars())


def test_mails_are_taken_in_and_put_away(practice: Database, imap: ImapServer) -> None:
    mails = [answer(text=f"Number {number}") for number in range(5)]
    imap.deliver(*mails)
    assert go(practice) == 5
    assert said(practice) == [f"Number {number}" for number in range(5)]
    assert (imap.lies_in("INBOX"), imap.lies_in(TAKEN)) == ([], mails)
    assert go(practice) == 0
    imap.deliver(answer(text="Later"))
    assert go(practice) == 1
    assert said(practice)[-1] == "Later"


@pytest.mark.parametrize("can", [{"IMAP4REV1", "UIDPLUS"}, {"IMAP4REV1"}])
def test_a_server_that_cannot_move(practice: Database, imap: ImapServer, can: set[str]) -> None:
    imap.can = can
    imap.deliver(answer())
    assert (go(practice), go(practice)) == (1, 0)
    assert imap.lies_in(TAKEN) == [answer()]
    assert len(imap.lies_in("INBOX")) == (0 if "UIDPLUS" in can else 1), "marked as deleted, at least"


@pytest.mark.parametrize(
    "command",
    ["LOGIN", "CAPABILITY", "CREATE", "SELECT", "SEARCH", "FETCH", "MOVE", "COPY", "STORE", "EXPUNGE"],
)
@pytest.mark.parametrize("after", [True, False])
def test_a_line_that_breaks_loses_nothing_and_takes_nothing_twice(
    practice: Database, imap: ImapServer, command: str, after: bool
) -> None:
    if command in ("COPY", "STORE", "EXPUNGE"):
        imap.can.discard("MOVE")
    mails = [answer(text=f"Number {number}") for number in range(3)]
    imap.deliver(*mails)
    setattr(imap, "hang_up_after" if after else "hang_up_before", command)
    with pytest.raises(MailboxError, match="The mailbox "):
        go(practice)
    go(practice)
    assert said(practice) == ["Number 0", "Number 1", "Number 2"]
    assert all(b"\\Deleted" in each.flags for each in imap.folders["INBOX"])
    assert set(imap.lies_in(TAKEN)) == set(mails)


def test_the_same_mail_met_under_other_numbers_is_known(practice: Database, imap: ImapServer) -> None:
    imap.deliver(answer())
    go(practice)
    imap.deliver(*imap.lies_in(TAKEN))
    assert go(practice) == 0
    assert imap.lies_in("INBOX") == []
    assert len(said(practice)) == 1


def test_a_mail_that_cannot_be_put_away_is_not_taken_twice(practice: Database, imap: ImapServer) -> None:
    imap.deliver(answer())
    imap.refuse = {"MOVE"}
    for _ in range(2):
        with pytest.raises(MailboxError, match="refused move"):
            go(practice)
    assert len(said(practice)) == 1
    imap.refuse = set()
    assert go(practice) == 0
    assert imap.lies_in(TAKEN) == [answer()]


def test_a_database_that_breaks_leaves_the_mail_where_it_is(practice: Database, imap: ImapServer) -> None:
    imap.deliver(answer(text="First"), answer(text="Second"))
    with practice.write() as uow:
        reply.drop(uow.connection)
    with pytest.raises(DatabaseError):
        go(practice)
    assert len(imap.lies_in("INBOX")) == 2
    with practice.write() as uow:
        reply.create(uow.connection)
    assert go(practice) == 2
    assert said(practice) == ["First", "Second"]


def test_a_mail_that_comes_while_the_others_are_taken_in_is_taken_too(
    practice: Database, imap: ImapServer
) -> None:
    imap.deliver(answer(text="First"))
    for command in ("SEARCH", "FETCH", "MOVE"):
        imap.meanwhile[command] = partial(imap.deliver, answer(text=f"During {command}"))
    assert go(practice) == 4
    assert imap.lies_in("INBOX") == []


def test_a_server_that_is_stopped_leaves_the_rest_for_later(practice: Database, imap: ImapServer) -> None:
    imap.deliver(*(answer(text=f"Number {number}") for number in range(5)))
    where, told = place(practice, KEY), iter([False, False, True])
    assert where is not None
    with Inbox(where) as inbox:
        assert take_all(practice, consent_service(), inbox, lambda: next(told)) == (2, 0)
    assert go(practice) == 3
    assert len(said(practice)) == 5


def test_a_very_long_mail_is_read_to_its_beginning(practice: Database, imap: ImapServer) -> None:
    imap.deliver(answer(text="It begins.\n" + "x" * 3_000_000))
    assert go(practice) == 1
    assert said(practice)[0].startswith("It begins.")


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("imap_password", "guessed", "does not let us in: wrong name or password."),
        ("imap_password", "pässword", "letters beyond English"),
        ("imap_folder", "Nowhere", "no folder “Nowhere”"),
        ("imap_port", "1", "cannot be reached"),
        ("imap_security", "starttls", "cannot be reached"),
    ],
)
def test_a_mailbox_that_is_away_is_told_once_a_round(
    practice: Database, imap: ImapServer, expect_log: LogWatch, setting: str, value: str, words: str
) -> None:
    told: list[str] = []
    imap.deliver(answer())
    with practice.write() as uow:
        configure(uow, **{setting: value})
    with pytest.raises(MailboxError, match=words):
        go(practice)
    with expect_log("primoro_campaigns.server.mailbox", logging.WARNING, "not read to the end"):
        MailboxWatch(practice, KEY, consent_service(), told.append).visit()
    assert len(told) == 1
    assert words in told[0]
    assert len(imap.lies_in("INBOX")) == 1


def test_without_a_mailbox_nothing_happens(database: Database, imap: ImapServer) -> None:
    assert go(database) == 0
    with database.write() as uow:
        add_practice(uow)
    assert go(database) == 0
    assert imap.commands == []


def test_the_password_is_kept_sealed(practice: Database, imap: ImapServer) -> None:
    with practice.read() as connection:
        settings = organisation.settings(connection)
    assert imap.password not in settings.model_dump_json()
    assert organisation.shown(settings)["imap_password"] == "(set)"
