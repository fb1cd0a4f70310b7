"""Texts from patients: STOP, START and HELP act at once, everything else is for a person to read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from primoro_campaigns.domain.consent.keyword import Keyword, read
from primoro_campaigns.domain.consent.model import ConsentSource, Purpose
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.phone import to_e164
from primoro_campaigns.server.account import organisation, user
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery.texts import store
from primoro_campaigns.server.delivery.texts.store import LastText
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.server.patient.service import NumberHolder, holders_of
from primoro_campaigns.server.reply import service as replies
from primoro_campaigns.server.reply.service import Incoming

REMEMBERED_FOR = timedelta(days=30)
"""For so long a text that the gateway delivers again is known."""

STOPPED = "you will get no more texts from us. Reply START to get them again."

_MOST_CHARACTERS = 1000
_MOST_NUMBERS = 3


@dataclass(frozen=True)
class PatientText:
    """A text as the gateway handed it over. ``text_id`` is the gateway's own, by which it is known again.

    ``handled`` is the keyword that the gateway took it for and has answered itself. ``can_answer`` says
    whether our words would reach the patient.
    """

    text_id: str
    sender: str
    body: str
    handled: Keyword | None = None
    can_answer: bool = True


def take_text(uow: UnitOfWork, consent: ConsentService, text: PatientText) -> str:
    """Act on a text. Returns what is answered to the patient, empty for nothing.

    A text that the gateway delivers again is neither acted on nor answered. What is no keyword waits for a
    person, also from a number that nobody's file holds, and from a sender who has no number.

    STOP is confirmed once; whoever has said STOP then hears nothing more from us, not even in answer to HELP,
    until START (domain.md S6). Where the gateway takes no answer, HELP waits for a person.
    """
    if text.text_id and not store.claim(uow.connection, text.text_id, uow.now):
        return ""
    body = text.body.replace("\x00", "").strip()
    sender = text.sender.replace("\x00", "").strip()
    found = to_e164(sender)
    if found is None:
        replies.take(uow, Incoming("sms", sender, "", body), [])
        return ""
    number = found.e164
    holders = holders_of(uow.connection, number)
    stopped = consent.is_suppressed(uow, AddressKind.MOBILE, number)
    # The gateway can be told to handle the keywords itself: then it has answered already.
    silent = stopped or text.handled is not None
    last = _last_text(uow, holders)
    match text.handled or _keyword(body, last):
        case Keyword.STOP:
            why = f"The text said “{body[:_MOST_CHARACTERS]}”."
            consent.suppress(uow, AddressKind.MOBILE, number, source=ConsentSource.STOP_TEXT, why=why)
            return "" if silent else f"{_name(uow)}: {STOPPED}"
        case Keyword.START if stopped:
            if not consent.release(uow, AddressKind.MOBILE, number, source=ConsentSource.START_TEXT):
                _wait_for_a_person(uow, number, body, holders, last)
            return ""
        case Keyword.HELP if silent or text.can_answer:
            _keep(uow, holders, body)
            return "" if silent else _who_we_are(uow, holders)
        case _:
            _wait_for_a_person(uow, number, body, holders, last)
            return ""


def forget(uow: UnitOfWork) -> None:
    """Forget which texts came in long ago."""
    store.forget(uow.connection, uow.now - REMEMBERED_FOR)


def _keyword(body: str, last: LastText | None) -> Keyword | None:
    return read(body, answers_service_message=last is not None and last.category == Purpose.IMPORTANT)


def _last_text(uow: UnitOfWork, holders: Sequence[NumberHolder]) -> LastText | None:
    """What a text from this number may answer."""
    ids = [holder.patient_id for holder in holders]
    answered_within = timedelta(days=organisation.settings(uow.connection).answer_days)
    return store.last_text_to(uow.connection, ids, uow.now - answered_within)


def _wait_for_a_person(
    uow: UnitOfWork, number: str, body: str, holders: Sequence[NumberHolder], last: LastText | None
) -> None:
    _keep(uow, holders, body)
    campaign_id = None if last is None else last.campaign_id
    replies.take(uow, Incoming("sms", number, number, body, campaign_id=campaign_id), holders)


def _keep(uow: UnitOfWork, holders: Sequence[NumberHolder], body: str) -> None:
    """A line in the Contacts tab of everyone whose file holds the number."""
    entries = [
        contacts.ContactEntry(
            PatientId(holder.patient_id),
            kind="sms",
            direction="in",
            title="Text from the patient" if len(holders) == 1 else "Text from a shared number",
            status="received",
            detail=body[:_MOST_CHARACTERS],
        )
        for holder in holders
    ]
    contacts.record(uow, entries)


def _name(uow: UnitOfWork) -> str:
    settings = organisation.settings(uow.connection)
    return settings.sender_name or organisation.present(uow.connection).name


def _who_we_are(uow: UnitOfWork, holders: Sequence[NumberHolder]) -> str:
    """The practice and how to reach it: the patient's own location where we know it, else each."""
    own = {holder.location_id for holder in holders}
    everywhere = user.locations(uow.connection, SERVER)
    near = [row for row in everywhere if row.id in own] or everywhere
    reached = [f"{row.name} {row.phone}" for row in near if row.phone][:_MOST_NUMBERS]
    words = f"{_name(uow)}."
    if reached:
        words = f"{words} Ring us: {', '.join(reached)}."
    return f"{words} Reply STOP to opt out of texts."
