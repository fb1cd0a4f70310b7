"""Every table of the server, gathered so that migrations and tests see the whole schema."""

from primoro_campaigns.server.account import tables as account
from primoro_campaigns.server.audit import tables as audit
from primoro_campaigns.server.call import tables as call
from primoro_campaigns.server.campaign import tables as campaign
from primoro_campaigns.server.consent import tables as consent
from primoro_campaigns.server.database import tables as database
from primoro_campaigns.server.database.base import metadata
from primoro_campaigns.server.delivery import tables as delivery
from primoro_campaigns.server.delivery.health import tables as health
from primoro_campaigns.server.delivery.queue import tables as queue
from primoro_campaigns.server.delivery.texts import tables as texts
from primoro_campaigns.server.intake import tables as intake
from primoro_campaigns.server.mailbox import tables as mailbox
from primoro_campaigns.server.patient import tables as patient
from primoro_campaigns.server.reply import tables as reply
from primoro_campaigns.server.sync import tables as sync

ROOMS = (
    *(account, audit, call, campaign, consent, database, delivery, intake, mailbox, patient, queue, reply),
    sync,
    texts,
    health,
)
"""Named so that importing this module is plainly for its effect: each room declares its tables on
``metadata``.
"""

__all__ = ["ROOMS", "metadata"]
