"""How fast messages leave, who goes first, and the stop for the whole practice."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.server.delivery.fence import STOPPED
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from tests.server.delivery.conftest import House
from tests.server.practice import add_location, add_patient
from tests.server.sender import CONTENT, add_willing, approve, configure, save, shown, states

NOTICE = replace(
    CONTENT,
    name="Storm",
    purpose=Purpose.IMPORTANT,
    location_ids=("loc-2",),
    subject="We are closed on Friday",
    email_body="Dear {first_name|patient}, we are closed on Friday because of the storm.",
)


def sent_in(house: House, mail: MailCatcher, clock: FixedClock, minutes: int) -> list[int]:
    """How many letters went in each of the coming minutes, looking every five seconds."""
    counts = []
    for _ in range(minutes):
        before = len(mail.caught)
        for _ in range(12):
            house.worker.work()
            clock.instant += timedelta(seconds=5)
        counts.append(len(mail.caught) - before)
    return counts


def test_no_minute_has_more_letters_than_the_limit(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        configure(uow, emails_per_minute="30")
        add_willing(uow, *(f"p{number}" for number in range(100)))
    house.approved()
    counts = sent_in(house, mail, clock, 3)
    assert max(counts) <= 30
    assert sum(counts) >= 75


def test_a_limit_survives_a_restart(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    with house.database.write() as uow:
        configure(uow, emails_per_minute="30")
        add_willing(uow, *(f"p{number}" for number in range(20)))
    house.approved()
    house.worker.work()
    at_once = len(mail.caught)
    assert 0 < at_once < 20
    again = house.successor()
    again.work()
    again.stop()
    assert len(mail.caught) == at_once
    clock.instant += timedelta(minutes=1)
    house.worker.work()
    assert len(mail.caught) > at_once


def test_it_says_when_it_may_go_on(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    with house.database.write() as uow:
        configure(uow, emails_per_minute="30")
        add_willing(uow, *(f"p{number}" for number in range(40)))
    house.approved()
    again_at = house.worker.work()
    assert clock.now() < again_at <= clock.now() + timedelta(seconds=5)
    before = len(mail.caught)
    clock.instant = again_at
    house.worker.work()
    assert len(mail.caught) == before + 1


def test_one_mail_domain_does_not_hold_up_the_others(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        configure(uow, emails_per_minute_to_one_domain="10")
        big = [f"b{number}" for number in range(30)]
        add_willing(uow, *big)
        for name in big:
            uow.connection.execute(
                update(patient).where(patient.c.id == name).values(email=f"{name}@BIG.example")
            )
        add_willing(uow, *(f"s{number}" for number in range(3)))
        for number in range(3):
            uow.connection.execute(
                update(patient).where(patient.c.id == f"s{number}").values(email=f"s@small{number}.example")
            )
    house.approved()
    house.worker.work()
    domains = Counter(each.recipients[0].rpartition("@")[2].lower() for each in mail.caught)
    assert domains == {"big.example": 1, "small0.example": 1, "small1.example": 1, "small2.example": 1}
    assert max(sent_in(house, mail, clock, 3)) <= 10
    sent_in(house, mail, clock, 3)
    assert shown(house.database).state == "completed"


def test_a_service_message_waits_behind_no_bulk(house: House, mail: MailCatcher) -> None:
    """EM9: 2,000 marketing letters are queued at the limit, and one notice leaves within it."""
    with house.database.write() as uow:
        configure(uow, selection_limit="5000", emails_per_minute="100")
        add_willing(uow, *(f"p{number}" for number in range(2000)))
    house.approved()
    house.worker.work()
    with house.database.write() as uow:
        add_location(uow, "loc-2", name="Mill Lane")
        add_patient(uow, "zoe", location_id="loc-2")
    house.approved(NOTICE, "c2")
    before = len(mail.caught)
    house.worker.work()
    # At this moment marketing has used up its share; the reserve is there for her.
    assert [each.recipients[0] for each in mail.caught[before:]] == ["zoe@example.com"]
    assert Counter(states(house.database).values())["planned"] >= 1900


def test_a_text_does_not_wait_for_a_thousand_letters(
    house: House, mail: MailCatcher, texts: TextCatcher
) -> None:
    with house.database.write() as uow:
        configure(uow, selection_limit="5000")
        add_willing(uow, *(f"p{number}" for number in range(120)))
        add_willing(uow, "zoe", channel=Channel.SMS)
        save(house.campaigns, uow)
        approve(house.campaigns, uow)
        by_text = replace(CONTENT, name="Texts", channel_policy=ChannelPolicy.SMS)
        save(house.campaigns, uow, by_text, "c2")
        approve(house.campaigns, uow, by_text, "c2")
    letters_before_the_text: list[int] = []

    def note(_number: str) -> None:
        letters_before_the_text.append(len(mail.caught))

    texts.manners.refuse = note
    house.worker.work()
    assert letters_before_the_text
    assert letters_before_the_text[0] <= 20


def test_a_stop_takes_hold_in_the_middle_of_a_claim(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        add_willing(uow, *(f"p{number}" for number in range(60)))

    stopped: list[int] = []

    def slowly(_address: str) -> str | None:
        clock.instant += timedelta(seconds=0.3)
        if len(mail.caught) >= 24 and not stopped:
            stopped.append(len(mail.caught))
            with house.database.write() as uow:
                configure(uow, sending_stopped="true")
        return None

    mail.manners.refuse = slowly
    house.approved()
    house.worker.work()
    # Within a second of that clock, and with what was on the four connections.
    assert stopped[0] <= len(mail.caught) <= stopped[0] + 8
    assert set(states(house.database).values()) == {"sent", "planned"}
    stopped_at = len(mail.caught)
    clock.instant += timedelta(minutes=5)
    house.worker.work()
    assert len(mail.caught) == stopped_at
    assert shown(house.database).problem == STOPPED
    with house.database.write() as uow:
        configure(uow, sending_stopped="false")
    clock.instant += timedelta(minutes=5)
    house.worker.work()
    assert set(states(house.database).values()) == {"sent"}
    assert shown(house.database).problem == ""


def test_while_it_is_stopped_it_looks_again_soon(house: House, clock: FixedClock) -> None:
    with house.database.write() as uow:
        configure(uow, sending_stopped="true")
        add_willing(uow, "ann")
    house.approved()
    assert house.worker.work() <= clock.now() + timedelta(seconds=2)
