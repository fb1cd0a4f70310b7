"""A guardian's message is for the child, whose no stops it until it leaves (domain.md L08, L20)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from primoro_campaigns.demo.catchers.mail import MailCatcher
from primoro_campaigns.domain.consent.model import Channel, Purpose
from primoro_campaigns.server.account.actor import SERVER
from primoro_campaigns.server.delivery.claim import Claim
from primoro_campaigns.server.delivery.leaving.store import is_leaving
from primoro_campaigns.server.patient.tables import patient
from primoro_campaigns.support.clock import FixedClock
from primoro_campaigns.wire.campaign import Resend
from tests.server.delivery.conftest import House
from tests.server.practice import add_location, add_patient, add_permission
from tests.server.sender import CONTENT, MANAGER, add_willing, lines, shown


@pytest.fixture
def family(house: House, clock: FixedClock) -> House:
    """Gus, of another location, is to get it for two children, and for Eve, who shares his address; frozen in
    the evening, so that nothing leaves yet.
    """
    with house.database.write() as uow:
        add_location(uow, "loc-2")
        add_willing(uow, "eve")
        for each in ("bob", "cat"):
            add_patient(uow, each, born_on=date(2015, 6, 1), household_id="home")
        add_patient(uow, "gus", born_on=date(1950, 1, 1), household_id="home", location_id="loc-2")
        add_permission(uow, "gus")
        uow.connection.execute(update(patient).where(patient.c.id == "eve").values(email="gus@example.com"))
        uow.connection.execute(update(patient).where(patient.c.id == "gus").values(is_head_of_household=True))
    house.approved(replace(CONTENT, location_ids=("loc-1",)))
    clock.instant = clock.instant.replace(hour=20)
    house.worker.work()
    assert lines(house.database)["gus"].state == "planned"
    clock.instant += timedelta(days=1)
    clock.instant = clock.instant.replace(hour=10)
    return house


@pytest.mark.parametrize("objecting", [("bob",), ("bob", "cat"), ("bob", "cat", "eve")])
def test_l20_it_goes_as_long_as_one_of_them_has_not_said_no(
    family: House, mail: MailCatcher, objecting: tuple[str, ...]
) -> None:
    with family.database.write() as uow:
        for each in objecting:
            family.consent.restrict(uow, SERVER, each, Purpose.PROMOTIONS)
    family.worker.work()
    line = lines(family.database)["gus"]
    if len(objecting) < 3:
        assert [each.recipients for each in mail.caught] == [("gus@example.com",)]
        assert line.state == "sent"
    else:
        assert mail.caught == ()
        assert (line.state, line.reason) == ("skipped", "restricted")
        assert line.detail == "For the child: Asked for no messages of this kind"


@pytest.mark.parametrize("objecting", [("bob", "cat"), ("bob", "cat", "eve")])
def test_sent_again_it_is_still_for_the_same_people(
    family: House, mail: MailCatcher, objecting: tuple[str, ...]
) -> None:
    mail.manners.refuse = lambda _address: "550 5.1.1 No such mailbox"
    family.worker.work()
    assert lines(family.database)["gus"].state == "failed"
    mail.manners.refuse = lambda _address: None
    with family.database.write() as uow:
        for each in objecting:
            family.consent.restrict(uow, SERVER, each, Purpose.PROMOTIONS)
        again = Resend(campaign_id="c1", fingerprint=shown(family.database).fingerprint)
        family.campaigns.resend(uow, MANAGER, uow.now, again)
    family.worker.work()
    assert len(mail.caught) == 3 - len(objecting)
    line = lines(family.database)["gus"]
    assert (line.state, line.reason) == (("sent", "") if len(objecting) < 3 else ("skipped", "restricted"))


def test_l08_a_no_for_the_child_waits_for_the_message_that_is_leaving(family: House) -> None:
    with family.database.write() as uow:
        claim = family.worker.ledger.claim(uow, Channel.EMAIL)
    assert isinstance(claim, Claim)
    assert [each.line.patient_id for each in claim.claimed] == ["gus"]
    with family.database.read() as connection:
        assert {who: is_leaving(connection, [who]) for who in ("bob", "cat", "eve", "gus", "ann")} == {
            "bob": True,
            "cat": True,
            "eve": True,
            "gus": True,
            "ann": False,
        }
