"""The thread that watches the mailbox: it takes in what is there, and waits for the next mail.

A mail server that can tell (IDLE) is listened to all the time, so that a bounce, a complaint or an answer is
taken in as it comes; any other is visited every half minute.
"""

import logging
import socket
import threading
import time
from collections.abc import Callable

from sqlalchemy.exc import OperationalError, SQLAlchemyError

from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.mailbox.imap import Inbox, MailboxError, Place
from primoro_campaigns.server.mailbox.round import place, take_all
from primoro_campaigns.support.logs import FIELDS

_log = logging.getLogger("primoro_campaigns.server.mailbox")

BETWEEN_VISITS_S = 30.0

LISTEN_S = 120.0
"""Then it is looked for mails all the same, and for settings that have changed: a line can be dead without
saying so.
"""


_BROKEN = "A mail in it could not be taken in; the log of the server says why."


class MailboxWatch:
    """``stop`` it after it was started. ``tell`` hears of each look at the mailbox: why it was not possible,
    or nothing.
    """

    def __init__(
        self,
        database: Database,
        key: ServerKey,
        consent: ConsentService,
        tell: Callable[[str], None] = lambda _words: None,
        *,
        between_visits_s: float = BETWEEN_VISITS_S,
        listen_s: float = LISTEN_S,
    ) -> None:
        self._between_visits_s = between_visits_s
        self._listen_s = listen_s
        self._database = database
        self._key = key
        self._consent = consent
        self._tell = tell
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._asleep, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="mailbox")
        self._thread.start()

    def stop(self) -> None:
        """Returns when nothing is being taken in any more; what waits is taken in after the next start."""
        if self._thread is None:
            return
        self._stop.set()
        self._waker.send(b"x")
        self._thread.join()
        self._asleep.close()
        self._waker.close()

    def visit(self) -> bool:
        """Take in what is there; where the mail server tells, stay and listen until something breaks.

        A mailbox that is away is told to the log, and tried again next time. True when it is to be listened
        to again at once: mail servers end a line now and then.
        """
        try:
            where = place(self._database, self._key)
            return where is not None and self._stay(where)
        except MailboxError as error:
            _log.warning("the mailbox was not read to the end", extra={FIELDS: {"why": error.title}})
            self._say(error.title)
        except OperationalError:
            _log.info("the database is away; mails wait in the mailbox")
        except Exception:  # noqa: BLE001  # the mailbox is read as long as the server runs
            _log.exception("the mailbox could not be read; it is tried again")
            self._say("It could not be read; the log of the server says why.")
        return False

    def _stay(self, where: Place) -> bool:
        with Inbox(where) as inbox:
            while not self._stop.is_set():
                taken = take_all(self._database, self._consent, inbox, self._stop.is_set)
                self._tell(_BROKEN if taken.broken else "")
                if taken.fresh:
                    _log.info("mails taken in", extra={FIELDS: {"mails": taken.fresh}})
                if not inbox.tells or self._stop.is_set():
                    break
                begun = time.monotonic()
                try:
                    inbox.wait(self._listen_s, self._asleep)
                except MailboxError:
                    if time.monotonic() - begun < self._between_visits_s:
                        raise
                    _log.info("the line to the mailbox was ended, and is made anew")
                    return True
                if place(self._database, self._key) != where:
                    return True
        return False

    def _say(self, words: str) -> None:
        try:
            self._tell(words)
        except SQLAlchemyError:
            _log.info("the database is away; it is said next time that the mailbox is as well")

    def _run(self) -> None:
        while not self._stop.is_set():
            if not self.visit():
                self._stop.wait(self._between_visits_s)
