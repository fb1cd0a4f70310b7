"""One round through the mailbox: each mail is taken in, then put away.

Whatever breaks in between, a mail is neither lost nor taken in twice: it is put away only after what it does
was committed, and a mail that is met again is known by its digest.
"""

import logging

from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.key import ServerKey
from primoro_campaigns.server.mailbox import service
from primoro_campaigns.server.mailbox.imap import Inbox, MailboxError, Place
from primoro_campaigns.support.logs import FIELDS

_log = logging.getLogger("primoro_campaigns.server.mailbox")


MOST_A_ROUND = 500
"""So that a server that is asked to stop need not wait for a whole flood."""


def go_round(database: Database, key: ServerKey, consent: ConsentService) -> int:
    """Take in what waits; returns how many mails were new. Without a mailbox in the settings nothing happens.

    Raises ``MailboxError``; what was taken in before stays so.
    """
    with database.read() as connection:
        settings = organisation.settings(connection)
    if not settings.imap_host:
        return 0
    place = Place(
        settings.imap_host,
        settings.imap_port,
        settings.imap_security,
        settings.imap_username,
        key.open(settings.imap_password),
        settings.imap_folder,
        settings.imap_taken_folder,
    )
    taken = 0
    with Inbox(place) as inbox:
        for uid in inbox.waiting()[:MOST_A_ROUND]:
            raw = inbox.read(uid)
            if raw is None:
                continue
            with database.write() as uow:
                taken += service.take(uow, consent, raw)
            inbox.put_away(uid)
    return taken


def catch_up(database: Database, key: ServerKey, consent: ConsentService) -> None:
    """A round for the scheduler: a mailbox that is away is told to the log, and tried again next time."""
    try:
        taken = go_round(database, key, consent)
    except MailboxError as error:
        _log.warning("the mailbox was not read to the end", extra={FIELDS: {"why": error.title}})
        return
    if taken:
        _log.info("mails taken in", extra={FIELDS: {"mails": taken}})
