"""What a patient can do on the page behind an unsubscribe link, without signing in."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection

from primoro_campaigns.domain.consent.model import MARKETING, Channel, ConsentSource, PermissionState, Purpose
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.standing import standing
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import service as delivery
from primoro_campaigns.server.delivery.service import Addressee

AGAIN_WORDS = "I would like to get them again"
"""What the patient presses to opt back in; kept as the wording of the permission (domain.md L05)."""


class Wish(StrEnum):
    """What the buttons ask for."""

    CHANNEL = "channel"
    EVERYTHING = "everything"
    AGAIN = "again"


@dataclass(frozen=True)
class Page:
    """What the page says. ``wish`` is what was just done, None before anything was."""

    practice_name: str
    practice_colour: str
    channel: Channel
    purpose: Purpose
    stopped: bool
    channel_stopped: bool
    wish: Wish | None = None


def page(connection: Connection, token: str) -> Page | None:
    """What stands now; None for a link that is not ours."""
    found = delivery.addressee(connection, token)
    return None if found is None else _page(connection, found, None)


def act(
    uow: UnitOfWork, consent: ConsentService, token: str, wish: Wish, source: ConsentSource
) -> Page | None:
    """Do what the patient asked for; None for a link that is not ours, which changes nothing.

    "Everything" restricts promotions and newsletters on every channel, one-click the purpose of the message
    (domain.md E05); "channel" takes away the permission for this channel.
    """
    found = delivery.addressee(uow.connection, token)
    if found is None:
        return None
    match wish:
        case Wish.EVERYTHING if source is ConsentSource.ONE_CLICK:
            consent.restrict(uow, SERVER, found.patient_id, found.purpose, source=source)
        case Wish.EVERYTHING:
            for purpose in sorted(MARKETING):
                consent.restrict(uow, SERVER, found.patient_id, purpose, source=source)
        case Wish.CHANNEL:
            _permit_all(uow, consent, found, PermissionState.OPTED_OUT, source)
        case Wish.AGAIN:
            _come_back(uow, consent, found, source)
    return _page(uow.connection, found, wish)


def _come_back(uow: UnitOfWork, consent: ConsentService, found: Addressee, source: ConsentSource) -> None:
    """Just what the page names, the purpose of the message on its channel; no other no is taken back."""
    said = standing(uow.connection, found.patient_id)
    if found.purpose in said.restricted:
        consent.lift(uow, SERVER, found.patient_id, found.purpose, why="", source=source)
    if (found.channel, found.purpose) in said.opted_out:
        consent.permit(
            uow,
            SERVER,
            found.patient_id,
            found.channel,
            found.purpose,
            PermissionState.OPTED_IN,
            how="Asked for it on the unsubscribe page.",
            wording=AGAIN_WORDS,
            source=source,
        )


def _permit_all(
    uow: UnitOfWork, consent: ConsentService, found: Addressee, state: PermissionState, source: ConsentSource
) -> None:
    for purpose in sorted(MARKETING):
        consent.permit(uow, SERVER, found.patient_id, found.channel, purpose, state, source=source)


def _page(connection: Connection, found: Addressee, wish: Wish | None) -> Page:
    said = standing(connection, found.patient_id)
    settings = organisation.settings(connection)
    return Page(
        practice_name=found.practice_name or settings.sender_name,
        channel=found.channel,
        purpose=found.purpose,
        practice_colour=settings.practice_colour,
        stopped=found.purpose in said.restricted,
        channel_stopped=(found.channel, found.purpose) in said.opted_out,
        wish=wish,
    )
