"""One message per patient, on the second channel where the first has definitely failed (domain.md C25)."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel, PermissionState
from primoro_campaigns.server.campaign.run import COUNTS
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.delivery import accounts
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from tests.server.delivery.conftest import House
from tests.server.practice import add_permission, contacts_of
from tests.server.sender import CONTENT, add_willing, lines, shown, states

EMAIL_FIRST = replace(CONTENT, channel_policy=ChannelPolicy.EMAIL_SMS)
SMS_FIRST = replace(CONTENT, channel_policy=ChannelPolicy.SMS_EMAIL)
NO_SUCH_MAILBOX = "550 5.1.1 No such mailbox"


def balanced(house: House) -> dict[str, int]:
    row = shown(house.database)
    counts = {name: getattr(row, name) for name in COUNTS}
    assert counts["recipients"] == sum(number for name, number in counts.items() if name != "recipients")
    with house.database.read() as connection:
        assert [each.faults for each in accounts.every(connection)] == [()]
    return {name: number for name, number in counts.items() if number}


def add_both(house: House, *names: str) -> None:
    with house.database.write() as uow:
        add_willing(uow, *names)
        for name in names:
            add_permission(uow, name, Channel.SMS)


def test_c25_a_refused_e_mail_goes_as_a_text(house: House, mail: MailCatcher, texts: TextCatcher) -> None:
    add_both(house, "ann", "bea")
    mail.manners.refuse = lambda address: NO_SUCH_MAILBOX if address.startswith("ann") else None
    house.approved(EMAIL_FIRST)
    house.worker.work()
    assert states(house.database) == {"ann": "sent", "bea": "sent"}
    ann, bea = lines(house.database)["ann"], lines(house.database)["bea"]
    assert (ann.channel, bea.channel) == ("sms", "email")
    assert ann.why_channel.startswith("SMS: e-mail failed (The mail server refused this address")
    assert bea.why_channel == "E-mail: the first channel of this campaign"
    (text,) = texts.caught
    assert (ann.provider_message_id, ann.provider_status) == (text.sid, "queued")
    assert [each.recipients for each in mail.caught] == [("bea@example.com",)]
    assert balanced(house) == {"recipients": 2, "sent": 2}
    entries = [(each.kind, each.status) for each in contacts_of(house.database, "ann")]
    assert entries == [("email", "failed"), ("sms", "sent")]


def test_c25_a_number_that_is_not_valid_goes_as_an_e_mail(
    house: House, mail: MailCatcher, texts: TextCatcher
) -> None:
    add_both(house, "ann")
    texts.manners.refuse = lambda _number: (400, 21211)
    house.approved(SMS_FIRST)
    house.worker.work()
    line = lines(house.database)["ann"]
    assert (line.state, line.channel) == ("sent", "email")
    assert line.why_channel == "E-mail: SMS failed (The text gateway says that this number is not valid)"
    assert len(mail.caught) == 1
    assert balanced(house) == {"recipients": 1, "sent": 1}


def test_c25_a_missing_channel_is_passed_over_when_the_run_is_planned(
    house: House, texts: TextCatcher
) -> None:
    add_both(house, "ann")
    with house.database.write() as uow:
        uow.connection.execute(update(patient).values(email=None, email_state="none"))
    house.approved(EMAIL_FIRST)
    house.worker.work()
    line = lines(house.database)["ann"]
    assert (line.state, line.channel, line.why_channel) == ("sent", "sms", "SMS: no e-mail address")
    assert len(texts.caught) == 1


def test_l04_without_a_yes_to_texts_a_refused_e_mail_has_failed(
    house: House, mail: MailCatcher, texts: TextCatcher
) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
    mail.manners.refuse = lambda _address: NO_SUCH_MAILBOX
    house.approved(EMAIL_FIRST)
    house.worker.work()
    line = lines(house.database)["ann"]
    assert (line.state, line.channel) == ("failed", "email")
    assert line.detail.endswith("(5.1.1). SMS: has not said yes to SMS.")
    assert texts.caught == ()
    assert balanced(house) == {"recipients": 1, "failed": 1}


def test_c25_both_may_fail_and_neither_is_tried_twice(
    house: House, mail: MailCatcher, texts: TextCatcher
) -> None:
    add_both(house, "ann")
    mail.manners.refuse = lambda _address: NO_SUCH_MAILBOX
    texts.manners.refuse = lambda _number: (400, 21614)
    house.approved(EMAIL_FIRST)
    house.worker.work()
    line = lines(house.database)["ann"]
    assert (line.state, line.channel) == ("failed", "sms")
    assert balanced(house) == {"recipients": 1, "failed": 1}
    entries = [(each.kind, each.status) for each in contacts_of(house.database, "ann")]
    assert entries == [("email", "failed"), ("sms", "failed")]


def test_c25_what_is_not_certain_does_not_fall_back(
    house: House, mail: MailCatcher, texts: TextCatcher
) -> None:
    add_both(house, "ann")
    mail.manners.die = lambda _address: True
    house.approved(EMAIL_FIRST)
    house.worker.work()
    line = lines(house.database)["ann"]
    assert (line.state, line.channel) == ("unknown", "email")
    assert texts.caught == ()


def test_c25_a_passing_refusal_is_tried_again_before_it_falls_back(
    house: House, mail: MailCatcher, texts: TextCatcher, clock: FixedClock
) -> None:
    add_both(house, "ann")
    mail.manners.refuse = lambda _address: "451 4.7.1 Try again later"
    house.approved(EMAIL_FIRST)
    house.worker.work()
    assert lines(house.database)["ann"].channel == "email"
    mail.manners.refuse = lambda _address: None
    clock.instant += timedelta(minutes=1)
    house.worker.work()
    assert (lines(house.database)["ann"].channel, len(mail.caught), len(texts.caught)) == ("email", 1, 0)


def test_l08_who_opts_out_of_the_first_channel_before_it_goes_gets_the_second(
    house: House, mail: MailCatcher, texts: TextCatcher, clock: FixedClock
) -> None:
    add_both(house, "ann", "bea")
    mail.manners.refuse = lambda _address: "451 4.7.1 Try again later"
    house.approved(EMAIL_FIRST)
    house.worker.work()
    mail.manners.refuse = lambda _address: None
    with house.database.write() as uow:
        no = update(permission).where(permission.c.id == "ann:email:promotions")
        uow.connection.execute(no.values(state=PermissionState.OPTED_OUT.value))
    clock.instant += timedelta(minutes=1)
    house.worker.work()
    line = lines(house.database)["ann"]
    assert (line.state, line.channel, line.why_channel) == ("sent", "sms", "SMS: has opted out of e-mail")
    assert (len(mail.caught), len(texts.caught)) == (1, 1)
    assert balanced(house) == {"recipients": 2, "sent": 2}


def test_l22_a_number_that_two_share_gets_one_text_after_both_e_mails_failed(
    house: House, mail: MailCatcher, texts: TextCatcher
) -> None:
    add_both(house, "ann", "bea")
    with house.database.write() as uow:
        uow.connection.execute(update(patient).values(mobile_e164="+447700900123"))
    mail.manners.refuse = lambda _address: NO_SUCH_MAILBOX
    house.approved(EMAIL_FIRST)
    house.worker.work()
    assert len(texts.caught) == 1
    assert sorted(states(house.database).values()) == ["sent", "skipped"]
    assert balanced(house) == {"recipients": 2, "sent": 1, "skipped": 1}


def test_l22_a_text_that_is_planned_already_is_not_joined_by_one_that_falls_back(
    house: House, mail: MailCatcher, texts: TextCatcher
) -> None:
    """Ann's e-mail fails while the text to the number that she shares with Bea still waits."""
    add_both(house, "ann", "bea")
    with house.database.write() as uow:
        uow.connection.execute(update(patient).values(mobile_e164="+447700900123"))
        alone = update(patient).where(patient.c.id == "bea").values(email=None, email_state="none")
        uow.connection.execute(alone)
    mail.manners.refuse = lambda _address: NO_SUCH_MAILBOX
    texts.manners.refuse = lambda _number: (429, 20429)
    house.approved(EMAIL_FIRST)
    house.worker.work()
    assert {who: line.reason for who, line in lines(house.database).items()} == {
        "ann": "same_address",
        "bea": "",
    }
    assert states(house.database) == {"ann": "skipped", "bea": "planned"}
