"""Going through the mailbox: each mail is taken in, then put away.

Whatever breaks in between, a mail is neither lost nor taken in twice: it is put away only after what it does
was committed, and a mail that is met again is known by its digest.
"""

import logging
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.mailbox import service
from primoro_campaigns.server.mailbox.imap import Inbox, Place

_log = logging.getLogger("primoro_campaigns.server.mailbox")


class Taken(NamedTuple):
    """How many mails were new, and how many could not be taken in and lie there still."""

    fresh: int
    broken: int


def place(database: Database, key: ServerKey) -> Place | None:
    """Where the mailbox is; None while there is none in the settings."""
    with database.read() as connection:
        settings = organisation.settings(connection)
    if not settings.imap_host:
        return None
    return Place(
        settings.imap_host,
        settings.imap_port,
        settings.imap_security,
        settings.imap_username,
        key.open(settings.imap_password),
        settings.imap_folder,
        settings.imap_taken_folder,
    )


def take_all(
    database: Database, consent: ConsentService, inbox: Inbox, stopping: Callable[[], bool] = lambda: False
) -> Taken:
    """Take in what waits, and what comes meanwhile.

    A mail that breaks us stays where it is and holds up none of the others. Raises ``MailboxError``; what was
    taken in before stays so.
    """
    taken = broken = 0
    met: set[int] = set()
    while fresh := [uid for uid in inbox.waiting() if uid not in met]:
        for uid in fresh:
            if stopping():
                return Taken(taken, broken)
            # One that cannot be moved out of the way lies there still: it is not met twice in a row.
            met.add(uid)
            raw = inbox.read(uid)
            if raw is None:
                continue
            try:
                with database.write() as uow:
                    taken += service.take(uow, consent, raw)
            except Exception as error:  # told apart here: is it the mail's fault?
                if isinstance(error, SQLAlchemyError) and not isinstance(error, DataError | IntegrityError):
                    raise
                _log.exception("a mail could not be taken in; it waits in the mailbox")
                broken += 1
                continue
            inbox.put_away(uid)
    return Taken(taken, broken)
