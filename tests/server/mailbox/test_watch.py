"""The mailbox is listened to: a mail is taken in as it comes, and a line that breaks is not the end."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import select

from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.mailbox.watch import MailboxWatch
from primoro_campaigns.server.reply.tables import reply
from tests.fakes.certificate import certificate
from tests.fakes.imap import ImapServer
from tests.server.mailbox.mails import answer
from tests.server.practice import add_patient
from tests.server.sender import KEY, add_practice, configure, consent_service
from tests.strict import LogWatch

PATIENCE_S = 20.0


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    with ImapServer() as running:
        running.can.add("IDLE")
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


class Watching:
    """The watch at work, and what it has taken in."""

    def __init__(
        self,
        database: Database,
        *,
        between_visits_s: float = 60.0,
        listen_s: float = 60.0,
        consent: ConsentService | None = None,
        tell: Callable[[str], None] = lambda _words: None,
    ) -> None:
        self.database = database
        self._watch = MailboxWatch(
            *(database, KEY, consent or consent_service(), tell),
            between_visits_s=between_visits_s,
            listen_s=listen_s,
        )
        self._changed = threading.Condition()
        database.on_change(self._wake)

    def __enter__(self) -> "Watching":
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._watch.stop()

    def said(self) -> list[str]:
        with self.database.read() as connection:
            return list(connection.execute(select(reply.c.text).order_by(reply.c.id)).scalars())

    def hears(self, *words: str) -> float:
        """Waits until these were taken in and no others; returns how long that took, in seconds."""
        begun = time.monotonic()
        with self._changed:
            assert self._changed.wait_for(lambda: self.said() == list(words), PATIENCE_S), self.said()
        return time.monotonic() - begun

    def _wake(self, _seq: int) -> None:
        with self._changed:
            self._changed.notify_all()


def listened(imap: ImapServer) -> None:
    assert imap.listened.wait(PATIENCE_S)


def test_a_mail_is_taken_in_as_it_comes(practice: Database, imap: ImapServer) -> None:
    imap.deliver(answer(text="Before"))
    with Watching(practice) as watching:
        watching.hears("Before")
        for number in range(3):
            listened(imap)
            imap.deliver(answer(text=f"Number {number}"))
            watching.hears("Before", *(f"Number {each}" for each in range(number + 1)))
    assert imap.commands.count("LOGIN") == 1, "on one line"
    assert imap.lies_in("INBOX") == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_line_that_nobody_can_read_or_write_into(
    practice: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: Literal["starttls", "tls"]
) -> None:
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    with ImapServer(security, made.context) as safe:
        safe.can.add("IDLE")
        with practice.write() as uow:
            configure(uow, imap_port=str(safe.port), imap_security=security)
        long = "It is long. " * 20_000
        safe.deliver(answer(text=long))
        with Watching(practice) as watching:
            watching.hears(long[:20_000].strip())
            listened(safe)
            safe.deliver(answer(text="Later"))
            watching.hears(long[:20_000].strip(), "Later")
    assert safe.commands[:2] == (
        ["CAPABILITY", "STARTTLS"] if security == "starttls" else ["CAPABILITY", "LOGIN"]
    )


def test_a_mail_between_looking_and_listening_is_not_missed(practice: Database, imap: ImapServer) -> None:
    imap.meanwhile["SEARCH"] = lambda: imap.deliver(answer(text="Between"))
    with Watching(practice) as watching:
        watching.hears("Between")


def test_it_stops_while_it_listens(practice: Database, imap: ImapServer) -> None:
    with Watching(practice):
        listened(imap)
    assert imap.commands[-2:] == ["IDLE", "LOGOUT"]


def test_a_line_that_breaks_is_made_anew(practice: Database, imap: ImapServer) -> None:
    told: list[str] = []
    with Watching(practice, between_visits_s=0, tell=told.append) as watching:
        listened(imap)
        imap.listened.clear()
        imap.hang_up()
        listened(imap)
        imap.deliver(answer())
        watching.hears("Please take me off your list.")
    assert set(told) == {""}, "nobody need know of that"


def test_a_line_that_breaks_at_once_is_told_and_left_alone_for_a_while(
    practice: Database, imap: ImapServer, expect_log: LogWatch
) -> None:
    expect_log("primoro_campaigns.server.mailbox", logging.WARNING, "not read to the end")
    heard = threading.Event()
    imap.hang_up_before = "IDLE"
    with Watching(practice, tell=lambda words: heard.set() if words else None):
        assert heard.wait(PATIENCE_S)
    assert imap.commands.count("LOGIN") == 1


@pytest.mark.parametrize("why", ["cannot", "refuses"])
def test_a_server_that_cannot_tell_is_visited_again_and_again(
    practice: Database, imap: ImapServer, why: str
) -> None:
    if why == "cannot":
        imap.can.discard("IDLE")
    imap.refuse = {"IDLE"}
    with Watching(practice, between_visits_s=0) as watching:
        for number in range(3):
            imap.deliver(answer(text=f"Number {number}"))
            watching.hears(*(f"Number {each}" for each in range(number + 1)))
            assert why == "cannot" or imap.refused.wait(PATIENCE_S)
    assert ("IDLE" in imap.commands) is (why == "refuses")


def test_other_settings_are_seen_when_it_has_listened_for_a_while(
    practice: Database, imap: ImapServer
) -> None:
    imap.folders["Post"] = []
    with Watching(practice, between_visits_s=0, listen_s=0) as watching:
        listened(imap)
        with practice.write() as uow:
            configure(uow, imap_folder="Post", imap_taken_folder="INBOX")
        imap.deliver(answer(text="In the other folder"), folder="Post")
        watching.hears("In the other folder")


class _Breaks(ConsentService):
    """The first time that it is asked for anything."""

    times = 0

    def permit(self, *given: Any, **named: Any) -> bool:
        self.times += 1
        if self.times == 1:
            raise ValueError("not today")
        return super().permit(*given, **named)


def test_a_mail_that_breaks_it_is_told_and_tried_again(
    practice: Database, imap: ImapServer, expect_log: LogWatch
) -> None:
    expect_log("primoro_campaigns.server.mailbox", logging.ERROR, "could not be taken in")
    with practice.write() as uow:
        add_patient(uow, "ann")
    raw = answer(subject="unsubscribe")
    imap.deliver(raw, answer(text="After it"))
    consent = _Breaks(KEY.for_hashes)
    told: list[str] = []
    imap.can.discard("IDLE")
    with Watching(practice, between_visits_s=60, consent=consent, tell=told.append) as watching:
        watching.hears("After it")
    assert told == ["A mail in it could not be taken in; the log of the server says why."]
    assert imap.lies_in("INBOX") == [raw], "it holds up none of the others"
    MailboxWatch(practice, KEY, consent, told.append).visit()
    assert (told[1:], imap.lies_in("INBOX")) == ([""], [])
    assert consent.times == 3, "once for each purpose of marketing, after the first time"


def test_without_a_mailbox_it_waits_and_stops(database: Database) -> None:
    with Watching(database) as watching:
        assert watching.said() == []
