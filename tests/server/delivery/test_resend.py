"""Sending a campaign again: to those it did not reach, and never twice to one who has it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.demo.catchers.texts import TextCatcher
from primoro_campaigns.domain.account.right import Role
from primoro_campaigns.domain.campaign.fingerprint import fingerprint
from primoro_campaigns.domain.campaign.lifecycle import NotNowError
from primoro_campaigns.domain.campaign.model import Content
from primoro_campaigns.domain.consent.model import Channel, PermissionState
from primoro_campaigns.domain.errors import NotAllowedError
from primoro_campaigns.server.account.actor import Actor
from primoro_campaigns.server.campaign import errors
from primoro_campaigns.server.campaign.run import COUNTS
from primoro_campaigns.server.consent.tables import permission
from primoro_campaigns.server.database.unit_of_work import Database
from primoro_campaigns.server.delivery import accounts
from primoro_campaigns.server.delivery.service import note_status
from primoro_campaigns.server.delivery.tables import delivery
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.campaign import DraftSave, Resend
from tests.server.delivery.conftest import House
from tests.server.practice import actor, add_location, add_patient, add_permission, contacts_of
from tests.server.sender import AUTHOR, CONTENT, MANAGER, add_willing, approve, configure, lines, shown

NO_SUCH_MAILBOX = "550 5.1.1 No such mailbox"
CHANGED = replace(CONTENT, subject="Spring at our practice, once more")


def resend(house: House, content: Content | None = None, who: Actor = MANAGER) -> None:
    """Whoever asks saw ``content``, else what the campaign holds."""
    seen = shown(house.database).fingerprint if content is None else fingerprint(content)
    with house.database.write() as uow:
        house.campaigns.resend(uow, who, uow.now, Resend(campaign_id="c1", fingerprint=seen))


def edit(house: House, content: Content = CHANGED) -> None:
    with house.database.write() as uow:
        asked = DraftSave(campaign_id="c1", base_revision=1, content=content)
        assert house.campaigns.save(uow, AUTHOR, uow.now, asked) is None
        approve(house.campaigns, uow, content)


def account(database: Database) -> dict[str, int]:
    """The campaign's counts that are not zero. They balance, and every run's ledger agrees with them."""
    row = shown(database)
    counts = {name: getattr(row, name) for name in COUNTS}
    assert counts["recipients"] == sum(number for name, number in counts.items() if name != "recipients")
    with database.read() as connection:
        assert [each.faults for each in accounts.every(connection) if each.faults] == []
    return {name: number for name, number in counts.items() if number}


def ledger(database: Database) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(select(delivery).order_by(delivery.c.run_id, delivery.c.patient_id)))


def half_reached(house: House, mail: MailCatcher) -> None:
    """Ann and Cat have it; Bea's mail server refused it."""
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea", "cat")
    mail.manners.refuse = lambda address: NO_SUCH_MAILBOX if address.startswith("bea") else None
    house.approved()
    house.worker.work()
    mail.manners.refuse = lambda _address: None


def addresses(mail: MailCatcher) -> list[str]:
    return [address for each in mail.caught for address in each.recipients]


def test_it_goes_to_those_it_did_not_reach_and_to_nobody_twice(house: House, mail: MailCatcher) -> None:
    half_reached(house, mail)
    assert account(house.database) == {"recipients": 3, "sent": 2, "failed": 1}
    resend(house)
    assert shown(house.database).state == "scheduled"
    house.worker.work()
    assert sorted(addresses(mail)) == ["ann@example.com", "bea@example.com", "cat@example.com"]
    assert account(house.database) == {"recipients": 3, "sent": 3}
    assert shown(house.database).state == "completed"
    old, new = [each for each in ledger(house.database) if each.patient_id == "bea"]
    assert [(each.state, each.replaced) for each in (old, new)] == [("failed", True), ("sent", False)]
    with pytest.raises(errors.NobodyLeftError):
        resend(house)


def test_it_can_fail_again_and_be_sent_a_third_time(house: House, mail: MailCatcher) -> None:
    half_reached(house, mail)
    mail.manners.refuse = lambda _address: NO_SUCH_MAILBOX
    for _ in range(2):
        resend(house)
        house.worker.work()
        assert account(house.database) == {"recipients": 3, "sent": 2, "failed": 1}
    assert len(addresses(mail)) == 2


def test_a_changed_message_is_a_new_revision_for_the_same_people(house: House, mail: MailCatcher) -> None:
    half_reached(house, mail)
    with house.database.write() as uow:
        add_willing(uow, "dan")
    edit(house)
    house.worker.work()
    assert sorted(addresses(mail)) == ["ann@example.com", "bea@example.com", "cat@example.com"]
    assert account(house.database) == {"recipients": 3, "sent": 3}
    row = shown(house.database)
    assert (row.revision, row.state) == (2, "completed")


def test_an_approval_that_was_taken_back_changes_nothing_about_whom_it_reaches(
    house: House, mail: MailCatcher, clock: FixedClock
) -> None:
    """The run of the second revision never began; the third goes to the same people all the same."""
    half_reached(house, mail)
    with house.database.write() as uow:
        asked = DraftSave(campaign_id="c1", base_revision=1, content=CHANGED)
        house.campaigns.save(uow, AUTHOR, uow.now, asked)
        approve(house.campaigns, uow, CHANGED, at=clock.instant + timedelta(days=1))
        third = replace(CHANGED, preview_text="News")
        asked = DraftSave(campaign_id="c1", base_revision=2, content=third)
        house.campaigns.save(uow, AUTHOR, uow.now, asked)
        approve(house.campaigns, uow, third)
    house.worker.work()
    assert sorted(addresses(mail)) == ["ann@example.com", "bea@example.com", "cat@example.com"]
    with house.database.write() as uow, pytest.raises(NotNowError):
        house.campaigns.cancel(uow, MANAGER, "c1")


def test_l08_the_gate_is_asked_again(house: House, mail: MailCatcher) -> None:
    half_reached(house, mail)
    with house.database.write() as uow:
        no = update(permission).where(permission.c.patient_id == "bea")
        uow.connection.execute(no.values(state=PermissionState.OPTED_OUT.value))
    resend(house)
    house.worker.work()
    assert len(addresses(mail)) == 2
    assert account(house.database) == {"recipients": 3, "sent": 2, "skipped": 1}


def test_what_is_not_certain_is_not_sent_again(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann")
    mail.manners.die = lambda _address: True
    house.approved()
    house.worker.work()
    assert account(house.database) == {"recipients": 1, "unknown": 1}
    with pytest.raises(errors.NobodyLeftError):
        resend(house)


def test_a_text_that_could_not_be_delivered_is_sent_again_and_does_not_count_as_rest(
    house: House, texts: TextCatcher
) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", "bea", channel=Channel.SMS)
    house.texted()
    house.worker.work()
    ann = lines(house.database)["ann"]
    with house.database.write() as uow:
        assert note_status(uow, ann.id, ann.provider_message_id, "undelivered")
    assert [each.status for each in contacts_of(house.database, "ann")] == ["failed"]
    resend(house)
    house.worker.work()
    assert [each.to for each in texts.caught].count(ann.address) == 2
    assert len(texts.caught) == 3
    assert account(house.database) == {"recipients": 2, "sent": 2}


def test_a_text_that_arrives_after_all_counts_again(house: House, texts: TextCatcher) -> None:
    with house.database.write() as uow:
        add_willing(uow, "ann", channel=Channel.SMS)
    house.texted()
    house.worker.work()
    ann = lines(house.database)["ann"]
    with house.database.write() as uow:
        note_status(uow, ann.id, ann.provider_message_id, "undelivered")
        note_status(uow, ann.id, ann.provider_message_id, "delivered")
    assert [each.status for each in contacts_of(house.database, "ann")] == ["sent"]
    assert len(texts.caught) == 1
    with pytest.raises(errors.NobodyLeftError):
        resend(house)


def test_it_waits_for_the_sending_hours(house: House, mail: MailCatcher, clock: FixedClock) -> None:
    half_reached(house, mail)
    clock.instant = clock.instant.replace(hour=20)
    resend(house)
    house.worker.work()
    assert len(addresses(mail)) == 2
    clock.instant += timedelta(hours=15)
    house.worker.work()
    assert len(addresses(mail)) == 3


def test_who_may_send_again(house: House, mail: MailCatcher) -> None:
    half_reached(house, mail)
    with pytest.raises(NotAllowedError):
        resend(house, who=actor(Role.RECEPTION))
    with pytest.raises(errors.ChangedSinceError):
        resend(house, CHANGED)
    with house.database.write() as uow:
        add_location(uow, "loc-2")
    with pytest.raises(errors.OtherLocationsError):
        resend(house, who=actor(Role.MANAGER, "loc-1"))


def test_a_new_revision_for_one_location_leaves_the_others_alone(house: House, mail: MailCatcher) -> None:
    with house.database.write() as uow:
        add_location(uow, "loc-2")
        add_willing(uow, "ann")
        add_patient(uow, "bea", location_id="loc-2")
        add_permission(uow, "bea")
    mail.manners.refuse = lambda _address: NO_SUCH_MAILBOX
    house.approved()
    house.worker.work()
    mail.manners.refuse = lambda _address: None
    edit(house, replace(CHANGED, location_ids=("loc-1",)))
    house.worker.work()
    assert addresses(mail) == ["ann@example.com"]
    assert account(house.database) == {"recipients": 2, "sent": 1, "failed": 1}


def test_l07_who_was_erased_meanwhile_is_left_alone(house: House, mail: MailCatcher) -> None:
    half_reached(house, mail)
    with house.database.write() as uow:
        configure(uow, hold_days="0")
        uow.connection.execute(update(patient).where(patient.c.id == "bea").values(status="archived"))
    resend(house)
    house.worker.work()
    assert len(addresses(mail)) == 2
    assert account(house.database) == {"recipients": 3, "sent": 2, "skipped": 1}
