"""Replies: what was written to us waits, unread, until somebody at the practice has dealt with it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.errors import NotFoundError
from primoro_campaigns.domain.reply.model import ReplyState
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.reply import store
from primoro_campaigns.storage.synced import EVERYWHERE, Room
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.reply import HandleReply
from primoro_campaigns.wire.sync import Event

_MOST_CHARACTERS = 20_000
_LONGEST_LINE = 500
_NO_WORDS = "(A message without words. There may have been a picture, which we cannot show.)"


class ReplyGoneError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(
            "This reply is no longer there.",
            "Nothing was changed. The patient's data may have been erased; go back to the list of replies.",
            "reply.gone",
        )


class Holder(Protocol):
    """Somebody whose file holds the address that a reply came from."""

    @property
    def patient_id(self) -> str: ...

    @property
    def location_id(self) -> str: ...

    @property
    def born_on(self) -> date | None: ...

    @property
    def is_head_of_household(self) -> bool: ...


@dataclass(frozen=True)
class Incoming:
    """What came. ``from_address`` is empty where ``from_raw`` is no number or address one could answer."""

    channel: Literal["sms", "email"]
    from_raw: str
    from_address: str
    text: str
    subject: str = ""
    campaign_id: str | None = None


def take(uow: UnitOfWork, incoming: Incoming, holders: Sequence[Holder]) -> str:
    """Keep it as unread work and return its id. The caller sees to it that it is taken once.

    Whoever may see one of several holders must be able to pick it up, and so must somebody when there is no
    holder: such a reply is everywhere.
    """
    places = {each.location_id for each in holders}
    location_id = places.pop() if len(places) == 1 else EVERYWHERE
    first = sorted(holders, key=lambda each: (not each.is_head_of_household, each.born_on or date.max))
    reply_id = new_id()
    store.add(
        uow.connection,
        {
            "id": reply_id,
            "location_id": location_id,
            "received_at": uow.now,
            "channel": incoming.channel,
            "from_raw": incoming.from_raw[:_LONGEST_LINE],
            "from_address": incoming.from_address,
            "subject": incoming.subject[:_LONGEST_LINE],
            "text": incoming.text[:_MOST_CHARACTERS] or _NO_WORDS,
            "patient_ids": json.dumps([each.patient_id for each in first]),
            "campaign_id": incoming.campaign_id,
            "state": ReplyState.UNREAD.value,
        },
    )
    uow.changes.touched(Room.REPLY, reply_id, [location_id])
    return reply_id


def mark(uow: UnitOfWork, actor: Actor, reply_id: str, *, handled: bool = True) -> bool:
    """Say that a reply is dealt with, or that it is not after all. False when it stood like that already:
    who was first stays on record.

    Needs the right ``restrict``: a reply may be a no in other words, and whoever takes it off the list must
    be able to write that no down.
    """
    actor.require(Right.RESTRICT)
    found = store.find(uow.connection, reply_id)
    if found is None:
        raise ReplyGoneError
    actor.require_sight(found.location_id)
    wanted = ReplyState.HANDLED if handled else ReplyState.UNREAD
    if found.state is wanted:
        return False
    store.change(
        uow.connection,
        reply_id,
        {
            "state": wanted.value,
            "handled_by_name": actor.display_name if handled else "",
            "handled_at": uow.now if handled else None,
        },
    )
    uow.changes.touched(Room.REPLY, reply_id, [found.location_id])
    what, words = (
        ("reply.handled", "Marked a reply as handled.")
        if handled
        else ("reply.unread", "Put a reply back among the unread ones.")
    )
    audit.record(uow, actor, what, reply_id, words)
    return True


def handle_reply(uow: UnitOfWork, actor: Actor, _event: Event, payload: HandleReply) -> None:
    mark(uow, actor, payload.reply_id, handled=payload.handled)
