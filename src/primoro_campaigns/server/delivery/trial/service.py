"""A test message to oneself: the same way as a patient's, and in no patient's account."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from primoro_campaigns.domain.account.right import Right
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import (
    REFUSAL_WORDS,
    Channel,
    PermissionState,
    Purpose,
    Refusal,
)
from primoro_campaigns.domain.consent.rules import Cleared, Refused, Standing, clear
from primoro_campaigns.domain.delivery.outcome import InDoubt, NotSent, Sent
from primoro_campaigns.domain.delivery.rate import RateLimit
from primoro_campaigns.domain.errors import ConflictError, NotFoundError, PrimoroError
from primoro_campaigns.domain.ids import PatientId
from primoro_campaigns.domain.message import email
from primoro_campaigns.domain.message.email import Practice
from primoro_campaigns.domain.message.template import FIELD_SAMPLES, Field
from primoro_campaigns.domain.patient.email_address import normalised
from primoro_campaigns.domain.patient.model import AddressState, PatientStatus
from primoro_campaigns.domain.patient.phone import sms_state, to_e164
from primoro_campaigns.server.account import user
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.audit import service as audit
from primoro_campaigns.server.campaign.sending import TOKEN_LENGTH, Sending, sending
from primoro_campaigns.server.consent.service import ConsentService
from primoro_campaigns.server.consent.suppression import KIND_OF
from primoro_campaigns.server.database.unit_of_work import Database, UnitOfWork
from primoro_campaigns.server.delivery.fence import STOPPED
from primoro_campaigns.server.delivery.health.service import Watch
from primoro_campaigns.server.delivery.mime import Envelope, letter
from primoro_campaigns.server.delivery.providers.provider import (
    Away,
    Letter,
    MailProvider,
    Result,
    Text,
    TextProvider,
)
from primoro_campaigns.server.delivery.providers.registry import in_use
from primoro_campaigns.server.delivery.queue import store as queue
from primoro_campaigns.server.delivery.rendering import Rendering
from primoro_campaigns.server.delivery.store import Merged
from primoro_campaigns.server.patient.service import holders_of, holders_of_email
from primoro_campaigns.support.ids import new_id
from primoro_campaigns.wire.sending import SendTest, Tested

_LIMIT = RateLimit(6)
"""A test in ten seconds is enough for anybody, and too slow to be of use for anything else."""

SUBJECT = "Test message from Primoro Campaigns"
_BODY = (
    "This is a test message. {who} had it sent to see that e-mail from {practice} arrives.\n\n"
    "No patient got it. If it lies among the spam, tell whoever looks after your mail."
)
_TEXT = "{practice}: this is a test from Primoro Campaigns. No patient got it."


MARK = "Test: "
"""How a campaign's message to oneself begins."""

_SOMEBODY = Merged(
    title=FIELD_SAMPLES[Field.TITLE],
    given_name=FIELD_SAMPLES[Field.FIRST_NAME],
    family_name=FIELD_SAMPLES[Field.FAMILY_NAME],
    last_visit_on=FIELD_SAMPLES[Field.LAST_VISIT_ON],
    next_visit_on=FIELD_SAMPLES[Field.NEXT_VISIT_ON],
    practitioner_name=FIELD_SAMPLES[Field.PRACTITIONER_NAME],
    practice_name="",
    practice_phone=FIELD_SAMPLES[Field.PRACTICE_PHONE],
    practice_town="",
)


class Carries(Protocol):
    """The providers, opened for one test (``carriers.Carriers``)."""

    def mail(self, settings: OrganisationSettings) -> MailProvider: ...

    def texts(self, settings: OrganisationSettings) -> TextProvider: ...

    def close(self) -> None: ...


class NoSuchProviderError(NotFoundError):
    def __init__(self) -> None:
        super().__init__(
            "This provider is no longer in use, or sends nothing.",
            "Nothing was sent. Look at the list again: the settings may have been changed.",
            "sending.no_provider",
        )


class OwnAddressError(PrimoroError):
    """What was typed cannot be written to."""

    def __init__(self, channel: Channel) -> None:
        what = "an e-mail address" if channel is Channel.EMAIL else "a mobile number"
        super().__init__(
            f"This is not {what}.", "Nothing was sent. Correct it and try again.", "sending.address"
        )


class PatientsAddressError(ConflictError):
    """A test must not be a way to write to a patient."""

    def __init__(self) -> None:
        super().__init__(
            "This is in a patient's file.",
            "Nothing was sent. A test goes to an address or number of your own that no patient's file holds.",
            "sending.patients_address",
        )


class TrialRefusedError(ConflictError):
    def __init__(self, reason: Refusal) -> None:
        super().__init__(
            f"{REFUSAL_WORDS[reason]}.",
            "Nothing was sent. A test asks the same as every message before it leaves.",
            "sending.test_refused",
        )


class NothingWrittenError(PrimoroError):
    def __init__(self) -> None:
        super().__init__(
            "There is no message for this channel yet.",
            "Nothing was sent. Write one and try again.",
            "sending.nothing_written",
        )


class TooSoonError(ConflictError):
    def __init__(self) -> None:
        super().__init__(
            "You had a test sent a moment ago.",
            "Nothing more was sent. Wait a few seconds and try again.",
            "sending.too_soon",
        )


class Trials:
    """``open_carriers`` opens providers of its own: a test must not close those that campaigns use."""

    def __init__(
        self,
        database: Database,
        consent: ConsentService,
        watch: Watch,
        open_carriers: Callable[[], Carries],
    ) -> None:
        self._database = database
        self._consent = consent
        self._watch = watch
        self._open = open_carriers

    def send(self, actor: Actor, asked: SendTest) -> Tested:
        """Waits for the provider. Needs the right ``manage``.

        Raises ``NoSuchProviderError``, ``OwnAddressError``, ``PatientsAddressError``, ``TrialRefusedError``,
        ``TooSoonError``, ``NothingWrittenError``.
        """
        actor.require(Right.MANAGE)
        with self._database.write() as uow:
            decided = sending(uow.connection)
            channel = _channel(decided.settings, asked.provider)
            address = _own(channel, asked.address, decided.organisation.country)
            _take_turn(uow, actor, asked.provider)
            if _is_patients(uow, channel, address):
                raise PatientsAddressError
            cleared = self._cleared(uow, actor, decided, channel, address)
            user.set_own_address(uow, actor, channel, address)
            audit.record(uow, actor, "sending.test", asked.provider, "Had a test message sent to themselves.")
            settings, now = decided.settings, uow.now
            if asked.content is None:
                message = _plain(cleared, actor, decided, now)
            else:
                message = _sample(cleared, asked.content, decided, now)
        result = self._handed_over(settings, message)
        self._watch.heard(asked.provider, [result])
        return _told(result, address)

    def _cleared(
        self, uow: UnitOfWork, actor: Actor, decided: Sending, channel: Channel, address: str
    ) -> Cleared:
        standing = Standing(
            # No patient's: nothing is written under it.
            patient_id=PatientId(actor.user_id or ""),
            channel=channel,
            purpose=Purpose.IMPORTANT,
            status=PatientStatus.ACTIVE,
            born_on=None,
            address=address,
            address_state=AddressState.OK,
            permission=PermissionState.UNKNOWN,
            suppressed=self._consent.is_suppressed(uow, KIND_OF[channel], address),
            channel_ready=decided.ready(channel, ""),
        )
        answer = clear(standing, uow.now, decided.today(uow.now), decided.frequency)
        if isinstance(answer, Refused):
            raise TrialRefusedError(answer.reason)
        return answer

    def _handed_over(self, settings: OrganisationSettings, message: Letter | Text) -> Result:
        def brake() -> str:
            return STOPPED if settings.sending_stopped else ""

        carriers = self._open()
        try:
            if isinstance(message, Letter):
                return carriers.mail(settings).send([message], brake)[0]
            return carriers.texts(settings).send([message], brake)[0]
        finally:
            carriers.close()


def _channel(settings: OrganisationSettings, provider: str) -> Channel:
    for each in in_use(settings):
        if each.id == provider and each.channel:
            return Channel(each.channel)
    raise NoSuchProviderError


def _own(channel: Channel, typed: str, country: str) -> str:
    if channel is Channel.EMAIL:
        address = normalised(typed)
        if address is None:
            raise OwnAddressError(channel)
        return address
    number = to_e164(typed, country)
    if number is None or sms_state(typed, country) is not AddressState.OK:
        raise OwnAddressError(channel)
    return number.e164


def _take_turn(uow: UnitOfWork, actor: Actor, provider: str) -> None:
    name = f"test:{provider}:{actor.user_id}"
    full_at = queue.buckets(uow.connection, [name]).get(name)
    if _LIMIT.free(full_at, uow.now) < 1:
        raise TooSoonError
    queue.keep_buckets(uow.connection, {name: _LIMIT.take(full_at, uow.now, 1)})


def _is_patients(uow: UnitOfWork, channel: Channel, address: str) -> bool:
    if channel is Channel.EMAIL:
        return bool(holders_of_email(uow.connection, address))
    return bool(holders_of(uow.connection, address))


def _plain(cleared: Cleared, actor: Actor, decided: Sending, now: datetime) -> Letter | Text:
    settings, practice = decided.settings, decided.practice_name
    name = f"test-{new_id()}"
    if cleared.channel is not Channel.EMAIL:
        return Text(cleared, settings.sms_from, _TEXT.format(practice=practice), name)
    message_id = f"{name}@{settings.sender_email.partition('@')[2] or 'localhost'}"
    parts = email.compose(
        SUBJECT, _BODY.format(who=actor.display_name, practice=practice), Practice(practice)
    )
    envelope = Envelope(practice, settings.sender_email, cleared.address, message_id, now)
    return Letter(cleared, settings.sender_email, message_id, letter(envelope, parts))


def _sample(cleared: Cleared, content: Content, decided: Sending, now: datetime) -> Letter | Text:
    """The campaign's message for a made-up patient. Its way out leads nowhere: nobody has its token."""
    by_email = cleared.channel is Channel.EMAIL
    if not (content.email_body.strip() if by_email else content.sms_body.strip()):
        raise NothingWrittenError
    marked = replace(
        content, subject=f"{MARK}{content.subject}".strip(), sms_body=f"{MARK}{content.sms_body}"
    )
    rendering = Rendering(marked, decided)
    name, token = f"test-{new_id()}", secrets.token_urlsafe(16)[:TOKEN_LENGTH]
    if by_email:
        return rendering.letter(cleared, name, _SOMEBODY, token, now)
    return rendering.text(cleared, name, _SOMEBODY, token)


def _told(result: Result, address: str) -> Tested:
    match result.outcome:
        case Sent():
            words = (
                f"It is on its way to {address}. If it is not there in a few minutes, look among the spam."
            )
            return Tested(sent=True, words=words)
        case Away(words) | NotSent(_, words) | InDoubt(words):
            return Tested(sent=False, words=words)
