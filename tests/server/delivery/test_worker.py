"""From approval to mailbox: real databases, a real SMTP server, a real text gateway."""

import logging
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import insert, select, update

from primoro_campaigns.demo.catchers.mail import CaughtMail, MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.campaign.model import ChannelPolicy
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.server.account import organisation
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.account.organisation import OrganisationSettings
from primoro_campaigns.server.campaign.run import COUNTS
from primoro_campaigns.server.consent.store import permissions
from primoro_campaigns.server.database.tables import change
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery.claim import Claim
from primoro_campaigns.server.delivery.token import token_hash
from primoro_campaigns.server.patient.tables import appointment, patient
from primoro_campaigns.support.clock import FixedClock
from tests.server.delivery.conftest import House
from tests.server.practice import (
    add_contact,
    add_location,
    add_patient,
    add_permission,
    add_restriction,
    contacts_of,
)
from tests.server.sender import CONTENT, MANAGER, add_willing, approve, configure, lines, save, shown, states
from tests.strict import LogWatch


def read(mail: CaughtMail) -> EmailMessage:
    message = message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def number_of(mail: MailCatcher) -> int:
    return len(mail.caught)


def account(database: Database, campaign_id: str = "c1") -> dict[str, int]:
    """The counts that are not zero; they always balance."""
    row = shown(database, campaign_id)
    counts = {name: getattr(row, name) for name in COUNTS}
    assert counts["recipients"] == sum(number for name, number in counts.items() if name != "recipients")
    assert counts["recipients"] == len(lines(database)) or campaign_id != "c1"
    return {name: number for name, number in counts.items() if number}


def test_everyone_who_may_be_written_to_gets_one_message(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea")
        add_patient(uow, "cat")
        add_willing(uow, "dan")
        add_restriction(uow, "dan")
        add_patient(uow, "eve", email="ANN@example.com", born_on=datetime(1985, 1, 1, tzinfo=UTC).date())
        add_permission(uow, "eve")
    house.approved()
    house.worker.work()
    assert states(house.database) == {
        "ann": "sent",
        "bea": "sent",
        "cat": "skipped",
        "dan": "skipped",
        "eve": "skipped",
    }
    ledger = lines(house.database)
    assert [ledger[who].reason for who in ("cat", "dan", "eve")] == ["unknown", "restricted", "same_address"]
    assert ledger["ann"].why_channel == "E-mail: the channel of this campaign"
    assert account(house.database) == {"recipients": 5, "sent": 2, "skipped": 3}
    row = shown(house.database)
    assert (row.state, row.problem) == ("completed", "")
    assert sorted(each.recipients for each in mail.caught) == [("ann@example.com",), ("bea@example.com",)]
    (line,) = contacts_of(house.database, "ann")
    assert (line.kind, line.direction, line.title, line.status) == ("email", "out", "Spring offer", "sent")
    assert contacts_of(house.database, "cat") == []
    with house.database.read() as connection:
        days = connection.execute(select(patient.c.id, patient.c.last_contacted_on))
        contacted = {row.id for row in days if row.last_contacted_on is not None}
        rooms = set(connection.execute(select(change.c.room)).scalars())
    assert contacted == {"ann", "bea"}
    assert {"recipient", "campaign", "contact", "patient"} <= rooms


def test_l20_a_childs_message_goes_to_the_guardian(house: House, mail: MailCatcher) -> None:
    """The guardian is a patient of another location, which the campaign does not select."""
    with house.database.write() as uow:
        add_location(uow, "loc-2")
        add_willing(uow, "ann", "eve")
        for each in ("bob", "cat", "dan", "fay"):
            add_patient(uow, each, born_on=date(2015, 6, 1), household_id="home")
        add_restriction(uow, "fay")
        uow.connection.execute(update(patient).where(patient.c.id == "dan").values(household_id="no-adult"))
        for each, born_on in (("gus", date(1950, 1, 1)), ("hal", date(1980, 1, 1))):
            add_patient(uow, each, born_on=born_on, household_id="home", location_id="loc-2")
            add_permission(uow, each)
        uow.connection.execute(update(patient).where(patient.c.id == "hal").values(is_head_of_household=True))
        uow.connection.execute(update(patient).where(patient.c.id == "eve").values(email="HAL@example.com"))
    house.approved(replace(CONTENT, location_ids=("loc-1",)))
    house.worker.work()
    assert {each.recipients for each in mail.caught} == {("ann@example.com",), ("hal@example.com",)}
    ledger = lines(house.database)
    assert {who: line.state for who, line in ledger.items() if line.state == "sent"}.keys() == {"ann", "hal"}
    assert (ledger["eve"].reason, ledger["hal"].location_id) == ("same_address", "loc-2")
    assert ledger["hal"].why_channel == "E-mail: the channel of this campaign; as the guardian"
    assert {ledger[who].reason for who in ("bob", "cat", "dan", "fay")} == {"under_18"}
    assert {who: ledger[who].detail for who in ("bob", "dan", "fay")} == {
        "bob": "Is under 18: the message goes to the guardian",
        "dan": "Is under 18, and no adult of the household is on file",
        "fay": "Is under 18, and asked for no messages of this kind",
    }
    assert account(house.database) == {"recipients": 7, "sent": 2, "skipped": 5}


def test_the_message_names_its_reader_and_its_way_out(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
    house.approved()
    house.worker.work()
    (caught,) = mail.caught
    message = read(caught)
    assert message["From"] == "Bridge Street Dental <hello@practice.example>"
    assert message["Subject"] == CONTENT.subject
    assert message["Message-ID"] == f"<{lines(house.database)['ann'].id}@practice.example>"
    link = str(message["List-Unsubscribe"]).partition(">")[0].removeprefix("<")
    assert link.startswith("https://practice.example/u/")
    token = link.rpartition("/")[2]
    assert lines(house.database)["ann"].token_hash == token_hash(token)
    plain = message.get_body(("plain",))
    assert plain is not None
    assert str(plain.get_content()).startswith("Dear Ann,")
    assert link in str(plain.get_content())


def test_texts_go_to_the_gateway_with_the_way_out(house: House, texts: TextCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", channel=Channel.SMS)
    house.texted()
    house.worker.work()
    (text,) = texts.caught
    assert text.body == "Bridge Street: Dear Ann, come and see us this spring.\nReply STOP to opt out"
    line = lines(house.database)["ann"]
    assert (line.state, line.provider_message_id, line.provider_status) == ("sent", text.sid, "queued")
    assert text.status_callback == f"https://practice.example/hooks/sms/status?line={line.id}"
    (entry,) = contacts_of(house.database, "ann")
    assert (entry.kind, entry.status) == ("sms", "sent")


def test_preferred_takes_the_channel_that_is_open(
    house: House, mail: MailCatcher, texts: TextCatcher
) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
        add_permission(uow, "ann", Channel.SMS)
        add_willing(uow, "bea", channel=Channel.SMS)
        uow.connection.execute(update(patient).where(patient.c.id == "ann").values(preferred_channel="sms"))
    house.approved(replace(CONTENT, channel_policy=ChannelPolicy.PREFERRED))
    house.worker.work()
    assert {who: line.channel for who, line in lines(house.database).items()} == {"ann": "sms", "bea": "sms"}
    assert (len(mail.caught), len(texts.caught)) == (0, 2)


def test_who_opts_out_between_plan_and_claim_gets_nothing(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    """L08: the gate is asked again in the claim."""
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea", "cat", "dan")
    with house.database.write() as uow:
        save(house.campaigns, uow)
        approve(house.campaigns, uow)
    clock.instant = datetime(2026, 3, 3, 18, 30, tzinfo=UTC)
    house.worker.work()
    assert set(states(house.database).values()) == {"planned"}
    with house.database.write() as uow:
        house.consent.restrict(uow, SERVER, "ann", Purpose.PROMOTIONS)
        add_contact(uow, "bea", uow.now)
        uow.connection.execute(
            insert(appointment).values(
                id="a1",
                patient_id="cat",
                location_id="loc-1",
                status="booked",
                starts_at=uow.now + timedelta(days=3),
                booked_at=uow.now,
            )
        )
    clock.instant = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    house.worker.work()
    ledger = lines(house.database)
    assert {who: (line.state, line.reason) for who, line in ledger.items()} == {
        "ann": ("skipped", "restricted"),
        "bea": ("skipped", "resting"),
        "cat": ("skipped", "booked"),
        "dan": ("sent", ""),
    }
    assert [each.recipients for each in mail.caught] == [("dan@example.com",)]
    assert account(house.database) == {"recipients": 4, "sent": 1, "skipped": 3}
    assert shown(house.database).state == "completed"


def test_a_schedule_waits_for_its_time_and_for_the_hours(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
    due = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
    with house.database.write() as uow:
        save(house.campaigns, uow)
        approve(house.campaigns, uow, at=due)
    assert house.worker.work() <= clock.now() + timedelta(minutes=1)
    assert lines(house.database) == {}
    clock.instant = due
    house.worker.work()
    assert states(house.database) == {"ann": "planned"}
    assert shown(house.database).state == "sending"
    clock.instant = datetime(2026, 3, 4, 9, 59, 45, tzinfo=UTC)
    assert house.worker.work() == datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    assert list(mail.caught) == []
    clock.instant = datetime(2026, 3, 4, 10, 0, tzinfo=UTC)
    house.worker.work()
    assert states(house.database) == {"ann": "sent"}


def test_an_asked_for_send_ignores_the_hours(house: House, clock: FixedClock) -> None:
    clock.instant = datetime(2026, 3, 3, 21, 0, tzinfo=UTC)
    with house.database.write() as uow:
        add_willing(uow, "ann")
        save(house.campaigns, uow)
        approve(house.campaigns, uow, outside_window=True)
    house.worker.work()
    assert states(house.database) == {"ann": "sent"}


def test_a_send_that_is_a_day_late_asks(house: House, clock: FixedClock) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
        save(house.campaigns, uow)
        approve(house.campaigns, uow, at=uow.now + timedelta(hours=1))
    clock.instant += timedelta(hours=26)
    house.worker.work()
    row = shown(house.database)
    assert row.state == "paused"
    assert "Choose a new time" in row.problem
    assert lines(house.database) == {}


def test_over_the_limit_it_goes_in_batches_an_hour_apart(house: House, clock: FixedClock) -> None:
    with house.database.write() as uow:
        configure(uow, selection_limit="2")
        add_willing(uow, *(f"p{number}" for number in range(5)))
        save(house.campaigns, uow)
        approve(house.campaigns, uow)
    for sent in (2, 4, 5):
        house.worker.work()
        assert list(states(house.database).values()).count("sent") == sent
        clock.instant += timedelta(hours=1)
    assert shown(house.database).state == "completed"


def test_pause_stops_what_was_not_claimed_and_resume_goes_on(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        configure(uow, selection_limit="1")
        add_willing(uow, "ann", "bea")
        save(house.campaigns, uow)
        approve(house.campaigns, uow)
    house.worker.work()
    with house.database.write() as uow:
        house.campaigns.pause(uow, MANAGER, "c1")
    clock.instant += timedelta(hours=2)
    house.worker.work()
    assert number_of(mail) == 1
    assert shown(house.database).state == "paused"
    with house.database.write() as uow:
        house.campaigns.resume(uow, MANAGER, "c1")
    house.worker.work()
    assert number_of(mail) == 2
    assert account(house.database) == {"recipients": 2, "sent": 2}


def test_cancel_skips_who_is_waiting(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    with house.database.write() as uow:
        configure(uow, selection_limit="1")
        add_willing(uow, "ann", "bea", "cat")
        save(house.campaigns, uow)
        approve(house.campaigns, uow)
    house.worker.work()
    with house.database.write() as uow:
        house.campaigns.cancel(uow, MANAGER, "c1")
    clock.instant += timedelta(hours=5)
    house.worker.work()
    assert account(house.database) == {"recipients": 3, "sent": 1, "skipped": 2}
    assert {line.reason for line in lines(house.database).values()} == {"", "cancelled"}
    assert number_of(mail) == 1
    assert shown(house.database).state == "cancelled"


def test_one_refused_address_fails_and_the_others_go(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea", "cat")
    mail.manners.refuse = lambda address: "550 5.1.1 unknown" if address.startswith("bea") else None
    house.approved()
    house.worker.work()
    assert account(house.database) == {"recipients": 3, "sent": 2, "failed": 1}
    line = lines(house.database)["bea"]
    assert (line.detail, line.provider_status) == (
        "The mail server refused this address or message (5.1.1).",
        "5.1.1",
    )
    (entry,) = contacts_of(house.database, "bea")
    assert (entry.status, entry.detail) == ("failed", line.detail)


def test_all_refused_is_a_completed_campaign_that_says_so(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, *(f"p{number}" for number in range(25)))
    mail.manners.refuse = lambda _address: "550 no"
    house.approved()
    house.worker.work()
    assert account(house.database) == {"recipients": 25, "failed": 25}
    assert shown(house.database).state == "completed"


def test_asked_to_try_later_it_tries_later_and_in_the_end_gives_up(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
    mail.manners.refuse = lambda _address: "451 4.7.1 greylisted"
    house.approved()
    attempts = []
    for _ in range(7):
        again_at = house.worker.work()
        attempts.append(lines(house.database)["ann"].attempts)
        assert again_at > clock.now()
        clock.instant += timedelta(hours=5 if clock.now().hour < 12 else 21)
    assert attempts[-1] == 6
    line = lines(house.database)["ann"]
    assert line.state == "failed"
    assert len(contacts_of(house.database, "ann")) == 1


def test_a_mail_server_that_is_away_loses_nothing(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    with house.database.write() as uow:
        add_willing(uow, *(f"p{number}" for number in range(30)))
    mail.stop()
    house.approved()
    again_at = house.worker.work()
    assert again_at == clock.now() + timedelta(seconds=15)
    row = shown(house.database)
    assert row.state == "sending"
    assert row.problem.startswith("The mail server cannot be reached")
    assert "Nothing is lost" in row.problem
    assert account(house.database) == {"recipients": 30, "planned": 30}
    assert {line.attempts for line in lines(house.database).values()} == {0}
    mail.start()
    for _ in range(3):
        clock.instant += timedelta(minutes=1)
        house.worker.work()
    assert account(house.database) == {"recipients": 30, "sent": 30}
    row = shown(house.database)
    assert (row.state, row.problem) == ("completed", "")


def test_a_broken_line_leaves_the_message_uncertain_and_never_repeats_it(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea")
    mail.manners.die = lambda address: address.startswith("ann")
    house.approved()
    house.worker.work()
    clock.instant += timedelta(days=1)
    house.worker.work()
    assert account(house.database) == {"recipients": 2, "sent": 1, "unknown": 1}
    assert number_of(mail) == 2
    (entry,) = contacts_of(house.database, "ann")
    assert entry.status == "unknown"
    assert shown(house.database).state == "completed"


def test_a_gateway_that_knows_an_opt_out_teaches_it_to_us(house: House, texts: TextCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", channel=Channel.SMS)
    texts.manners.refuse = lambda _number: (400, 21610)
    house.texted()
    house.worker.work()
    assert states(house.database) == {"ann": "failed"}
    with house.database.read() as connection:
        assert connection.execute(select(patient.c.mobile_suppressed)).scalars().all() == [True]
        assert {row.state for row in permissions(connection)} == {"opted_out"}


def test_what_a_dead_worker_had_claimed_is_uncertain(
    house: House, mail: MailCatcher, expect_log: LogWatch, clock: FixedClock
) -> None:
    with house.database.write() as uow:
        add_willing(uow, *(f"p{number}" for number in range(25)))
    house.approved()
    # The first worker dies between its claim and the mail server.
    dead = house.successor("dead")
    dead._begin()
    dead._freeze_due()
    with house.database.write() as uow:
        claim = dead.ledger.claim(uow, Channel.EMAIL)
    assert isinstance(claim, Claim)
    assert len(claim.claimed) == 20
    dead.stop()
    assert account(house.database) == {"recipients": 25, "planned": 5, "claimed": 20}
    clock.instant += timedelta(minutes=5)
    with expect_log("primoro_campaigns.server.delivery", logging.WARNING, "not certain"):
        house.worker.work()
    assert account(house.database) == {"recipients": 25, "sent": 5, "unknown": 20}
    assert number_of(mail) == 5
    assert shown(house.database).state == "completed"
    uncertain = next(who for who, state in states(house.database).items() if state == "unknown")
    (entry,) = contacts_of(house.database, uncertain)
    assert entry.status == "unknown"
    assert "may have reached" in entry.detail


def test_a_worker_that_was_frozen_sends_nothing_more_and_undoes_nothing(
    house: House, mail: MailCatcher, expect_log: LogWatch, clock: FixedClock
) -> None:
    """Its messages stand as uncertain by now, and somebody may have had them sent again."""
    with house.database.write() as uow:
        add_willing(uow, "ann")
    house.approved()
    slow = house.successor("slow")
    slow._begin()
    slow._freeze_due()
    with house.database.write() as uow:
        claim = slow.ledger.claim(uow, Channel.EMAIL)
    assert isinstance(claim, Claim)
    clock.instant += timedelta(minutes=11)
    with expect_log("primoro_campaigns.server.delivery", logging.WARNING, "not certain"):
        house.worker.work()
    results = slow._hand_over(claim, _settings(house))
    with house.database.write() as uow:
        slow.ledger.settle(uow, claim, results, timedelta(0))
    slow.stop()
    assert account(house.database) == {"recipients": 1, "unknown": 1}
    assert number_of(mail) == 0


def _settings(house: House) -> OrganisationSettings:
    with house.database.read() as connection:
        return organisation.settings(connection)


def test_the_thread_sleeps_until_it_is_poked_or_due(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea")
    house.worker.start()
    house.approved()
    mail.wait_for(2)
    done = threading.Event()
    house.database.on_change(lambda _seq: done.set() if shown(house.database).state == "completed" else None)
    if shown(house.database).state != "completed":
        assert done.wait(30)
    house.worker.stop()
    assert states(house.database) == {"ann": "sent", "bea": "sent"}


def test_an_important_notice_passes_a_restriction_and_has_no_way_out(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_patient(uow, "ann")
        add_restriction(uow, "ann")
    house.approved(
        replace(
            CONTENT,
            purpose=Purpose.IMPORTANT,
            subject="We are closed on Friday",
            email_body="Dear {first_name|patient}, we are closed on Friday because of the storm.",
        )
    )
    house.worker.work()
    (caught,) = mail.caught
    assert read(caught)["List-Unsubscribe"] is None
    assert lines(house.database)["ann"].token_hash is None
