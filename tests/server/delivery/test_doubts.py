"""Messages of which nobody knows whether they left, and what a person decides about them."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.account.right import Right, Role
from primoro_campaigns.domain.consent.model import Channel
from primoro_campaigns.domain.delivery.doubt import Choice
from primoro_campaigns.domain.errors import NotAllowedError
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.campaign.errors import CampaignGoneError
from primoro_campaigns.server.delivery.doubts import (
    CONFIRMED,
    NO_ANSWER,
    NOT_THERE,
    DecidedAlreadyError,
    NobodyToAskError,
    RunCancelledError,
)
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.delivery import DecideDoubt
from tests.server.delivery.conftest import House
from tests.server.delivery.test_worker import account
from tests.server.practice import actor, actor_with, contacts_of
from tests.server.sender import MANAGER, add_willing, configure, lines, shown, states

OWNER = actor(Role.OWNER, name="Olive Owner")


def decide(house: House, choice: Choice, *names: str, who: Actor = OWNER) -> None:
    ledger = lines(house.database)
    ids = [ledger[name].id for name in names]
    with house.database.write() as uow:
        house.worker.doubts.decide(uow, who, DecideDoubt(campaign_id="c1", line_ids=ids, choice=choice))


@pytest.fixture
def letters(house: House, mail: MailCatcher) -> House:
    """Ann's letter is not certain: the line broke. Bea's arrived."""
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea")
    mail.manners.die = lambda address: address.startswith("ann")
    house.approved()
    house.worker.work()
    mail.manners.die = lambda _address: False
    assert account(house.database) == {"recipients": 2, "sent": 1, "unknown": 1}
    assert shown(house.database).state == "completed"
    return house


@pytest.fixture
def text(house: House, texts: TextCatcher, clock: FixedClock) -> House:
    """Ann's text is not certain: the gateway took it and closed the line."""
    with house.database.write() as uow:
        add_willing(uow, "ann", channel=Channel.SMS)
    texts.manners.die = lambda _number: True
    house.texted()
    clock.instant = clock.instant.replace(microsecond=0)
    house.worker.work()
    assert states(house.database) == {"ann": "unknown"}
    return house


def test_counted_as_sent(letters: House, mail: MailCatcher) -> None:
    decide(letters, Choice.SENT, "ann")
    letters.worker.work()
    assert account(letters.database) == {"recipients": 2, "sent": 2}
    assert len(mail.caught) == 2
    assert lines(letters.database)["ann"].detail == "Counted as sent by Olive Owner."
    (entry,) = contacts_of(letters.database, "ann")
    assert (entry.status, entry.detail) == ("sent", "Counted as sent by Olive Owner.")


def test_sent_again(letters: House, mail: MailCatcher) -> None:
    """Also though the patient rests after a campaign: the one that is not certain no longer counts."""
    decide(letters, Choice.AGAIN, "ann")
    assert shown(letters.database).state == "sending"
    assert account(letters.database) == {"recipients": 2, "planned": 1, "sent": 1}
    letters.worker.work()
    assert account(letters.database) == {"recipients": 2, "sent": 2}
    assert [each.recipients[0] for each in mail.caught].count("ann@example.com") == 2
    assert [each.recipients[0] for each in mail.caught].count("bea@example.com") == 1
    assert shown(letters.database).state == "completed"
    before, after = contacts_of(letters.database, "ann")
    assert (before.status, after.status) == ("recorded", "sent")
    assert before.detail == "It was not certain that this arrived. Olive Owner had it sent again."


def test_only_what_is_not_certain_is_touched_and_only_once(letters: House, mail: MailCatcher) -> None:
    decide(letters, Choice.AGAIN, "ann", "bea")
    letters.worker.work()
    assert len(mail.caught) == 3
    for choice in (Choice.AGAIN, Choice.SENT):
        with pytest.raises(DecidedAlreadyError):
            decide(letters, choice, "ann", "bea")
    letters.worker.work()
    assert len(mail.caught) == 3


def test_it_needs_the_right(letters: House) -> None:
    with pytest.raises(NotAllowedError):
        decide(letters, Choice.SENT, "ann", who=actor(Role.RECEPTION))
    with pytest.raises(NotAllowedError):
        decide(letters, Choice.AGAIN, "ann", who=actor_with(Right.VIEW, Right.MANAGE))
    elsewhere = actor(Role.OWNER, "loc-9")
    with pytest.raises((CampaignGoneError, DecidedAlreadyError)):
        decide(letters, Choice.SENT, "ann", who=elsewhere)
    assert states(letters.database)["ann"] == "unknown"


def test_a_cancelled_campaign_sends_nothing_again(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    with house.database.write() as uow:
        configure(uow, selection_limit="1")
        add_willing(uow, "ann", "bea")
    mail.manners.die = lambda _address: True
    house.approved()
    house.worker.work()
    with house.database.write() as uow:
        house.campaigns.cancel(uow, MANAGER, "c1")
    clock.instant += timedelta(hours=2)
    (unsure,) = [who for who, state in states(house.database).items() if state == "unknown"]
    with pytest.raises(RunCancelledError):
        decide(house, Choice.AGAIN, unsure)
    decide(house, Choice.SENT, unsure)
    assert account(house.database) == {"recipients": 2, "sent": 1, "skipped": 1}


def test_a_mail_server_cannot_be_asked(letters: House) -> None:
    with pytest.raises(NobodyToAskError):
        decide(letters, Choice.ASK, "ann")
    assert states(letters.database)["ann"] == "unknown"


def test_the_text_gateway_confirms(text: House, texts: TextCatcher, clock: FixedClock) -> None:
    caught = texts.caught[0]
    # The gateway's clock is that of this machine; the test's stands still.
    clock.instant = caught.taken_at
    with text.database.write() as uow:
        uow.connection.execute(update(delivery).values(at=clock.instant))
    decide(text, Choice.ASK, "ann")
    text.worker.work()
    line = lines(text.database)["ann"]
    assert (line.state, line.detail, line.ask_at) == ("sent", CONFIRMED, None)
    assert (line.provider_message_id, line.provider_status) == (caught.sid, "delivered")
    (entry,) = contacts_of(text.database, "ann")
    assert entry.status == "sent"
    assert len(texts.caught) == 1


def test_the_text_gateway_does_not_have_it(text: House, texts: TextCatcher) -> None:
    # What it took, it took at another time than this line's.
    decide(text, Choice.ASK, "ann")
    text.worker.work()
    line = lines(text.database)["ann"]
    assert (line.state, line.detail, line.ask_at) == ("unknown", NOT_THERE, None)
    texts.manners.die = lambda _number: False
    decide(text, Choice.AGAIN, "ann")
    text.worker.work()
    assert states(text.database) == {"ann": "sent"}


def test_a_text_gateway_that_is_away_leaves_it_open(text: House, texts: TextCatcher) -> None:
    texts.stop()
    decide(text, Choice.ASK, "ann")
    text.worker.work()
    line = lines(text.database)["ann"]
    assert (line.state, line.detail, line.ask_at) == ("unknown", NO_ANSWER, None)
