"""What becomes of a mail in our mailbox. Each is taken in once, in one transaction with what it does."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from primoro_campaigns.domain.consent.model import MARKETING, Channel, ConsentSource, PermissionState
from primoro_campaigns.domain.delivery.bounce import Weight, weigh
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.patient.email_address import address_key
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import AddressKind
from primoro_campaigns.server.database.unit_of_work import UnitOfWork
from primoro_campaigns.server.delivery import service as delivery
from primoro_campaigns.server.delivery.service import Posted
from primoro_campaigns.server.mailbox import store
from primoro_campaigns.server.mailbox.reading import Kind, Mail, Returned, read
from primoro_campaigns.server.patient import contacts
from primoro_campaigns.server.patient.service import NumberHolder, holders_of_email, known_among
from primoro_campaigns.server.reply import service as replies
from primoro_campaigns.server.reply.service import Incoming
from primoro_campaigns.wire.mailbox import MailEvent, MailReport

COUNTED_FOR = timedelta(days=90)
"""For so long a mail that came back counts."""

_MOST_CHARACTERS = 1000


@dataclass(frozen=True)
class _Writer:
    """The patient whose mail is answered, from an address that no file holds."""

    patient_id: str
    location_id: str
    born_on: date | None = None
    is_head_of_household: bool = False


def take(uow: UnitOfWork, consent: ConsentService, raw: bytes) -> bool:
    """Act on a mail. False when it was taken in before: then nothing happens.

    A report about mail that is not ours, like everything that is not understood, waits for a person.
    """
    if not store.claim(uow.connection, hashlib.sha256(raw).hexdigest(), uow.now):
        return False
    mail = read(raw)
    posted = _posted(uow, mail)
    match mail.kind:
        case Kind.BOUNCE if posted is not None:
            _came_back(uow, consent, posted, mail.returned)
        case Kind.COMPLAINT if posted is not None:
            _complained(uow, consent, posted)
        case Kind.UNSUBSCRIBE if people := {
            each.patient_id for each in holders_of_email(uow.connection, mail.sender)
        }:
            _opt_out(uow, consent, people, ConsentSource.ONE_CLICK, "By an e-mail from this address.")
        case Kind.AUTOMATIC:
            pass
        case _:
            _wait_for_a_person(uow, mail, posted)
    return True


def take_report(uow: UnitOfWork, consent: ConsentService, report: MailReport) -> bool:
    """Act on what the mail provider tells by itself, as if it had come by mail.

    False when it is not about a mail of ours: then nothing happens, and it may be told again.
    """
    posted = delivery.posted(uow.connection, report.message_id.strip().strip("<>"))
    if posted is None:
        return False
    if store.claim(uow.connection, hashlib.sha256(f"event {report.event_id}".encode()).hexdigest(), uow.now):
        match report.event:
            case MailEvent.BOUNCED:
                told = Returned((report.recipient,), "failed", report.status, report.diagnostic)
                _came_back(uow, consent, posted, (told,))
            case MailEvent.COMPLAINED:
                _complained(uow, consent, posted)
    return True


def _complained(uow: UnitOfWork, consent: ConsentService, posted: Posted) -> None:
    people = {each.patient_id for each in holders_of_email(uow.connection, posted.address)}
    why = "The mail provider passed a spam complaint on."
    _opt_out(uow, consent, people | {posted.patient_id}, ConsentSource.COMPLAINT, why)


def _posted(uow: UnitOfWork, mail: Mail) -> Posted | None:
    """The mail of ours that it is about."""
    found = (delivery.posted(uow.connection, each) for each in mail.message_ids)
    return next((each for each in found if each is not None), None)


def _came_back(
    uow: UnitOfWork, consent: ConsentService, posted: Posted, returned: tuple[Returned, ...]
) -> None:
    weights = {_weight(each, posted.address): each.status for each in returned}
    for weight in (Weight.HARD, Weight.SOFT):
        if weight in weights and posted.address:
            delivery.note_status(uow, posted.line_id, posted.message_id, "undelivered")
            if weight is Weight.HARD:
                _suppress(uow, consent, posted, f"The mail server said: no such mailbox ({weights[weight]}).")
            else:
                _count(uow, consent, posted, weights[weight])
            return


def _weight(returned: Returned, address: str) -> Weight:
    """What failed behind a forwarding tells nothing for good about the address that we wrote to."""
    weight = weigh(returned.action, returned.status, returned.diagnostic)
    same = address_key(address) in {address_key(each) for each in returned.addresses}
    return Weight.SOFT if weight is Weight.HARD and not same else weight


def _count(uow: UnitOfWork, consent: ConsentService, posted: Posted, status: str) -> None:
    if not store.count_return(uow.connection, posted.line_id, uow.now):
        return
    most = organisation.settings(uow.connection).returned_mails
    times = store.returns_of(uow.connection, posted.address, uow.now - COUNTED_FOR)
    entry = contacts.ContactEntry(
        PatientId(posted.patient_id),
        kind="email",
        direction="in",
        title="An e-mail came back",
        status="received",
        detail=f"It could not be delivered now ({status or 'no reason given'}). "
        f"This is number {times} in {COUNTED_FOR.days} days; after {most} the address is not used any more.",
    )
    contacts.record(uow, [entry])
    if times >= most:
        _suppress(uow, consent, posted, f"{times} e-mails in {COUNTED_FOR.days} days came back.")


def _suppress(uow: UnitOfWork, consent: ConsentService, posted: Posted, why: str) -> None:
    consent.suppress(uow, AddressKind.EMAIL, posted.address, source=ConsentSource.BOUNCE, why=why)


def _opt_out(
    uow: UnitOfWork, consent: ConsentService, people: Iterable[str], source: ConsentSource, why: str
) -> None:
    """No more marketing by e-mail to these. One whose data was erased is not there any more."""
    for patient_id in known_among(uow.connection, people):
        for purpose in sorted(MARKETING):
            consent.permit(
                uow,
                SERVER,
                patient_id,
                Channel.EMAIL,
                purpose,
                PermissionState.OPTED_OUT,
                how=why,
                source=source,
            )


def _wait_for_a_person(uow: UnitOfWork, mail: Mail, posted: Posted | None) -> None:
    holders: list[NumberHolder] = []
    if mail.kind in (Kind.ANSWER, Kind.UNSUBSCRIBE) and mail.sender:
        holders = holders_of_email(uow.connection, mail.sender)
    people: list[NumberHolder | _Writer] = [*holders]
    if not people and posted is not None:
        people = [_Writer(posted.patient_id, posted.location_id)]
    entries = [
        contacts.ContactEntry(
            PatientId(each.patient_id),
            kind="email",
            direction="in",
            title="E-mail from the patient" if len(people) == 1 else "E-mail from a shared address",
            status="received",
            detail=f"{mail.subject}\n{mail.text}".strip()[:_MOST_CHARACTERS],
        )
        for each in people
    ]
    contacts.record(uow, entries)
    incoming = Incoming(
        "email",
        mail.sender_raw,
        address_key(mail.sender),
        mail.text,
        mail.subject,
        None if posted is None else posted.campaign_id,
    )
    replies.take(uow, incoming, people)
