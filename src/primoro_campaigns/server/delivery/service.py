"""What other rooms ask of the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.domain.delivery.model import UNDELIVERED
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import store
from primoro_campaigns.server.delivery.token import token_hash
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.storage.synced import Room


@dataclass(frozen=True)
class Addressee:
    """To whom an unsubscribe link was sent, on which channel and for which purpose."""

    patient_id: str
    channel: Channel
    purpose: Purpose
    practice_name: str


def addressee(connection: Connection, token: str) -> Addressee | None:
    """Whose link this is; None for a token that we did not give out."""
    row = store.line_by_token(connection, token_hash(token))
    if row is None:
        return None
    return Addressee(
        row["patient_id"], Channel(row["channel"]), Purpose(row["purpose"]), row["practice_name"] or ""
    )


@dataclass(frozen=True)
class Posted:
    """An e-mail of ours. ``address`` is empty once its patient's data was erased."""

    line_id: str
    message_id: str
    patient_id: str
    location_id: str
    campaign_id: str
    address: str


def posted(connection: Connection, message_id: str) -> Posted | None:
    """The e-mail with this Message-ID (without brackets); None when it is not one of ours."""
    line_id = message_id.partition("@")[0]
    row = store.email_line(connection, line_id)
    if row is None or row["provider_message_id"] not in (None, message_id):
        return None
    return Posted(
        line_id, message_id, row["patient_id"], row["location_id"], row["campaign_id"], row["address"]
    )


_RANK: Mapping[str, int] = {
    "accepted": 1,
    "queued": 1,
    "sending": 2,
    "sent": 3,
    "undelivered": 4,
    "failed": 4,
    "delivered": 5,
    "read": 6,
}
"""Reports may overtake each other; a later stage is never replaced by an earlier one."""


_NOT_DELIVERED = contacts.Amendment("failed", "It was sent, and could not be delivered.")
_DELIVERED = contacts.Amendment("sent", "It was delivered after all.")


def note_status(uow: UnitOfWork, line_id: str, provider_message_id: str, status: str) -> bool:
    """What the provider says later of a message. False when it is not one of ours."""
    found = store.line_for_status(uow.connection, line_id, provider_message_id)
    if found is None:
        return False
    line, known = found
    if _RANK.get(status, 0) > _RANK.get(known, 0):
        store.note_status(uow.connection, line.id, provider_message_id, status)
        if (status in UNDELIVERED) != (known in UNDELIVERED):
            # What did not arrive is no message to the patient: neither rest nor caps count it.
            amended = _NOT_DELIVERED if status in UNDELIVERED else _DELIVERED
            contacts.amend(uow, {line.id: amended})
        uow.changes.touched(Room.RECIPIENT, line.id, [line.location_id])
    return True
